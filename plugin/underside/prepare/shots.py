"""Which shots of an output folder can go into a set, and why others cannot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from underside.capture import shots_besides
from underside.counted import some
from underside.errors import PhotoError, SettingsError
from underside.files import sha256_of
from underside.manifest import ShotRecord, State, load_made
from underside.manifest.other_photos import of_other_photos
from underside.photo import HEIF_SUFFIXES, RAW_SUFFIXES
from underside.verdict import Grade

__all__ = ["Chosen", "choose_shots", "chosen_notes"]


@dataclass(frozen=True)
class Chosen:
    """What goes into a set. A mask whose hash is another than the one that was written counts as by hand."""

    capture: Path
    shots: tuple[ShotRecord, ...]
    mask_hashes: Mapping[str, str]
    """By photo, of the masks as they are now."""
    left_out: Mapping[str, str]
    """Why, by photo, as a sentence with its full stop."""
    declined: tuple[str, ...]
    """Left out because their verdict is insufficient and that was asked for."""
    not_masked: tuple[str, ...]
    """Photos that lie in the capture's folder by now, of which the manifest knows nothing."""
    passes: tuple[str, ...]
    """All that the manifest knows."""


def choose_shots(out: Path, *, without_insufficient: bool) -> Chosen:
    """Read the manifest, and look at every photo and mask that it tells of."""
    manifest = load_made(out, then="name")
    capture = Path(manifest.capture)
    if not capture.is_dir():
        raise SettingsError(
            f"The photos' folder {capture} is missing", "Put it back, or mask the photos where they are now"
        )
    shots: list[ShotRecord] = []
    hashes: dict[str, str] = {}
    left_out: dict[str, str] = {}
    declined: list[str] = []
    for record in manifest.shots:
        if without_insufficient and record.verdict == Grade.INSUFFICIENT and record.state is State.MASKED:
            declined.append(record.photo)
            continue
        if record.state is State.FAILED:
            left_out[record.photo] = record.why_failed
            continue
        try:
            hashes[record.photo] = _looked_at(record, capture, out)
        except PhotoError as error:
            left_out[record.photo] = str(error)
            continue
        ours = record.state is State.MASKED and hashes[record.photo] == record.mask_sha256
        if not ours:
            seen = record.hand_photo_sha256 if hashes[record.photo] == record.hand_sha256 else ""
            record = replace(record, state=State.BY_HAND, hand_photo_sha256=seen)
        shots.append(record)
    if not shots:
        why = next(iter(left_out.values()), "Every mask is insufficient." if declined else "It lists no shots.")
        raise SettingsError(f"No shot of {out} can be used. {why.rstrip('.')}", "Fix that and run underside mask again")
    return Chosen(
        capture=capture,
        shots=tuple(shots),
        mask_hashes=hashes,
        left_out=left_out,
        declined=tuple(declined),
        not_masked=shots_besides(manifest.photos, capture, output=out),
        passes=tuple(dict.fromkeys(record.pass_name for record in manifest.shots)),
    )


def chosen_notes(chosen: Chosen) -> Iterator[str]:
    """What a person should know before a program takes hours over these shots."""
    passes = list(dict.fromkeys(shot.pass_name for shot in chosen.shots))
    gone = [name for name in chosen.passes if name not in passes]
    if gone:
        yield f"No shot is left of {' and '.join(name or 'the pass without a name' for name in gone)}"
    if len(passes) == 1:
        name = f" ({passes[0]})" if passes[0] else ""
        yield (
            f"There is only one pass{name}: no program can show the side the object stood on. For the underside turn "
            "it over, shoot a second pass, and mask both into one output folder"
        )
    if others := of_other_photos(chosen.shots):
        yield others
    poor = [shot.photo for shot in chosen.shots if shot.verdict == Grade.INSUFFICIENT and shot.state is State.MASKED]
    if poor:
        yield (
            f"Their masks are insufficient, look at them first (--without-insufficient leaves them out): {some(poor)}"
        )
    if chosen.declined:
        yield f"Left out because their masks are insufficient: {some(chosen.declined)}"
    if chosen.not_masked:
        yield (
            f"{chosen.capture} holds photos that have not been masked; if they show this object, run underside mask "
            f"and then this again: {some(chosen.not_masked)}"
        )
    odd = [shot.photo for shot in chosen.shots if _is_odd(shot.photo)]
    if odd:
        yield (
            "Only some programs read camera raw and HEIC, and some of these turn them: develop to TIFF or JPEG and "
            f"mask these if the masks do not fit: {some(odd)}"
        )


def _looked_at(record: ShotRecord, capture: Path, out: Path) -> str:
    """The mask's hash, if all is well."""
    photo, mask = capture / record.photo, out / record.mask
    if not photo.is_file():
        raise PhotoError(f"The photo {photo} no longer exists", "Put it back")
    if not record.is_of(photo):
        raise PhotoError(f"{photo} has changed since it was masked", "Run underside mask again")
    try:
        return sha256_of(mask)
    except OSError as error:
        raise PhotoError(f"Its mask {mask} cannot be read: {error.strerror}", "Run underside mask again") from error


def _is_odd(photo: str) -> bool:
    """Whether only some programs read it, and perhaps turn it."""
    return PurePosixPath(photo).suffix.lower() in RAW_SUFFIXES | HEIF_SUFFIXES
