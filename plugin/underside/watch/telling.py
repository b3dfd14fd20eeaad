"""What happens in a watched folder, in words for people and as events for programs."""

from dataclasses import asdict
from typing import Any

from underside.counted import counted
from underside.flip import in_short, proof_facts
from underside.manifest import State
from underside.watch.happenings import (
    Completed,
    Failed,
    Happening,
    Masked,
    Moved,
    Note,
    Proven,
    Proving,
    Seen,
    Started,
    Stopped,
)

__all__ = ["as_event", "in_words", "not_yet"]


def in_words(happening: Happening) -> list[str]:
    """One line or several; none for what a person need not hear of each time."""
    match happening:
        case Started(root, out, notes):
            return [*notes, f"Watching {root}; masks go to {out}. Ctrl-C ends it."]
        case Masked(again=True):
            return []
        case Masked(photo=photo, record=record, alone=alone):
            by_hand = ", by hand" if record.state is State.BY_HAND else ""
            how = f"{record.verdict or 'masked'}{by_hand}{', for now' if alone else ''}"
            return [f"{photo}: {how} ({record.seconds:.1f} s)"]
        case Failed(photo=photo, reason=reason, attempts=attempts, final=final):
            if final:
                return [f"underside: {reason} It is set aside."]
            # While a photo is still being copied, its reason and remedy would be wrong a moment later.
            return [not_yet(photo)] if attempts == 1 else []
        case Moved(photo, before):
            return [f"{before} is now {photo}; its mask was moved too"]
        case Proving(capture, text):
            return [f"{capture}: {text}"]
        case Proven(capture, proof):
            said = f"{capture}: {in_short(proof)}"
            more = [f"  {text}" for text in (*proof.reasons[1:], *proof.notes)]
            return [f"underside: {said}" if proof.reasons else said, *more]
        case Completed(capture, manifest, path, layouts):
            page = path.with_name("report.html")
            laid_out = [f"  laid out for {layout.name}: {layout.folder}" for layout in layouts]
            return [f"{capture} is complete: {counted(len(manifest.shots), 'shot')}, {page}", *laid_out]
        case Note(text):
            return [f"underside: {text}."]
        case Stopped(failed):
            return [f"Stopped; set aside: {counted(failed, 'photo')}." if failed else "Stopped."]
        case Seen():
            return []


def not_yet(photo: str) -> str:
    """A sentence about a photo that could not be used yet, but may be soon."""
    return f"{photo} cannot be masked yet, perhaps while it is being copied: it will be tried again automatically"


def as_event(happening: Happening) -> tuple[str, dict[str, Any]]:
    """Name and facts, as the line protocol has them."""
    match happening:
        case Started(root, out, notes):
            return "started", {"root": str(root), "output": str(out), "notes": list(notes)}
        case Seen(photo):
            return "seen", {"photo": photo}
        case Masked(capture, photo, record, alone):
            return "shot", {
                "capture": capture,
                "photo": photo,
                "mask": record.mask,
                "state": record.state.value,
                "alone": alone,
                "verdict": record.verdict,
                "reasons": list(record.reasons),
                "notes": list(record.notes),
                "seconds": record.seconds,
            }
        case Failed() | Moved():
            return type(happening).__name__.lower(), asdict(happening)
        case Proving(capture, text):
            return "proving", {"capture": capture, "text": text}
        case Proven(capture, proof, kept):
            return "proof", {"capture": capture, **proof_facts(proof), "kept": kept}
        case Completed(capture, manifest, path, layouts):
            folders = {layout.name: str(layout.folder) for layout in layouts}
            shots = len(manifest.shots)
            return "complete", {"capture": capture, "manifest": str(path), "shots": shots, "layouts": folders}
        case Note(text):
            return "note", {"text": text}
        case Stopped(failed):
            return "finished", {"failed": failed}
