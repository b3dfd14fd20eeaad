"""From cameras to masks: what the engine is asked for, what it answers, and what then goes onto the cameras."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from typing import Callable, Sequence

from underside_metashape.host import Chunk, Host, MenuError, StoppedError, listed
from underside_metashape.masks import put_masks
from underside_metashape.process import Event, Run
from underside_metashape.record import Engine
from underside_metashape.results import find_masks, plates_among, read_results
from underside_metashape.telling import told_of
from underside_metashape.views import View, passes_of

__all__ = ["EFFORTS", "MODEL", "Tally", "Wish", "begin", "begin_folder", "check_end", "import_results", "make_folder"]

EFFORTS = ("normal", "fast", "best")
MODEL = "turntable"

_INTERRUPTED = 130


@dataclass(frozen=True)
class Wish:
    """What a person chose."""

    results: str
    """The folder for masks, manifest and report."""
    model: str = MODEL
    effort: str = EFFORTS[0]
    combine: bool = False
    """Keep hidden what masks hide already."""
    by_groups: bool = False
    """Camera groups are passes; otherwise folders are."""


@dataclass
class Tally:
    """What the engine has reported so far."""

    total: int = 0
    done: int = 0
    failed: list[str] = field(default_factory=list)
    last: str = ""
    proving: str = ""
    """What is done now to prove that the passes are one object; empty before and after."""
    unproven: str = ""
    """Why it could not be checked whether the passes are one object, if that was wanted."""

    def take(self, event: Event) -> None:
        """Count one event; what is not known is passed over."""
        kind = event.get("event")
        if kind == "started":
            self.total = int(event.get("total", 0))
        elif kind in ("shot", "failed"):
            self.done += 1
            self.last = str(event.get("photo", ""))
            if kind == "failed":
                self.failed.append(str(event.get("reason", self.last)))
        elif kind == "proving":
            self.proving = str(event.get("text", ""))
        elif kind == "proof":
            self.proving = ""
            # An answer is read from the results, as it is where they are imported later.
            self.unproven = "" if event.get("answer") else " ".join(map(str, event.get("reasons", ())))

    @property
    def stage(self) -> tuple[int, int, str]:
        """How much is done, of how much, and what is being done; of 0 if that cannot be said."""
        if self.proving:
            return 0, 0, f"Proving that the passes are one object: {self.proving}..."
        if not self.done:
            return 0, 0, f"Looking over all {self.total} photos first..." if self.total else "Starting..."
        return self.done, self.total, f"{self.done} of {self.total}: {self.last}"


def begin(engine: Engine, views: Sequence[View], wish: Wish) -> Run:
    """Start the engine on photos; of a long list the command line would not hold the names."""
    make_folder(wish.results)
    lines: dict[str, None] = {}
    for (kind, name), members in passes_of(views, by_groups=wish.by_groups).items():
        for view in members:
            lines[f"{name}\t{view.path}" if kind == "group" else view.path] = None
    handle, photos = tempfile.mkstemp(prefix="underside-", suffix=".txt")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            file.write("".join(line + "\n" for line in lines))
        return _Listed(_command(engine, wish, "--list", photos), photos)
    except BaseException:
        os.unlink(photos)
        raise


def begin_folder(engine: Engine, folder: str, wish: Wish) -> Run:
    """Start the engine on a whole folder."""
    make_folder(wish.results)
    return Run(_command(engine, wish, folder))


class _Listed(Run):
    """A run that reads its photos from a file, and takes the file along when it ends."""

    def __init__(self, command: Sequence[str], photos: str) -> None:
        super().__init__(command)
        self._photos = photos

    def kill(self) -> None:
        super().kill()
        if os.path.exists(self._photos):
            os.unlink(self._photos)


def _command(engine: Engine, wish: Wish, *sources: str) -> list[str]:
    choices = ["--model", wish.model, "--effort", wish.effort]
    return engine.command("mask", *sources, "-o", wish.results, *choices, "--events")


def make_folder(folder: str) -> None:
    """Find out before any work whether results can be kept."""
    try:
        os.makedirs(folder, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=".underside-", dir=folder)
        os.close(handle)
        os.unlink(path)
    except OSError as error:
        raise MenuError(
            f"The folder {folder} cannot be written to ({error.strerror}). Choose another folder for the results."
        ) from error


def check_end(run: Run, tally: Tally) -> None:
    """Raise why masks may not be taken over, if they may not."""
    if run.code in (0, 3):
        return
    finished = tally.done - len(tally.failed)
    kept = f"{finished} of {tally.total} masks are finished and kept; the same command continues with the rest."
    if run.asked_to_stop or run.code == _INTERRUPTED:
        raise StoppedError("Stopped. " + (kept if tally.total else "Nothing had been started."))
    if run.code == 2 and run.complaint:
        raise MenuError(run.complaint)
    told = run.complaint or "no message"
    raise MenuError(
        "The engine ended unexpectedly ({}: {}). {}".format(run.code, told, kept if tally.total else "Try again.")
    )


def import_results(
    metashape: Host,
    chunk: Chunk,
    views: Sequence[View],
    folder: str,
    *,
    combine: bool,
    step: Callable[[], None] = lambda: None,
) -> str:
    """Put a folder's masks on these photos, and say what came of it."""
    results = read_results(folder)
    found, without = find_masks(views, results)
    put = put_masks(metashape, chunk, found, combine=combine, step=step)
    missing = [*put.refused, *without]
    lines = [f"{len(put.done)} of {len(put.done) + len(missing)} photos have their mask."]
    if missing:
        lines += ["Without a mask from this run (Metashape uses the whole of such a photo):", *listed(missing)]
    plates = plates_among(views, results)
    if plates:
        lines += ["Not masked:", *listed(plates)]
    return "\n".join([*lines, *told_of(put.done, results)])
