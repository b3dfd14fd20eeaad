"""What a proof begins with: the shots of an output folder, their masks and their cameras."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from underside.capture import shots_besides
from underside.errors import PhotoError, SettingsError
from underside.files import sha256_of
from underside.manifest import Manifest, ShotRecord, State, load_made
from underside.masks import read_mask
from underside.photo import CameraFacts, Photo, open_known

__all__ = ["FEWEST", "FlipShot", "Sources", "manifest_of", "read_sources"]

FEWEST = 6
"""Fewer shots make no circle, and no proof."""
_FILM_WIDTH = 36.0
# Rigs of more cameras than that are not zooms that moved.
_MOST_LENSES = 8


@dataclass(frozen=True)
class FlipShot:
    """One photo with its mask."""

    name: str
    pass_name: str
    photo: Path
    mask: Path
    width: int
    height: int
    orientation: int
    camera: str
    """A key shared by photos of one camera, lens and focal length."""
    focal: float | None
    """In stored pixels, as far as the photo tells."""
    by_hand: bool = False
    """A person has changed the mask, since the last run of ``underside mask`` or before."""


@dataclass(frozen=True)
class Sources:
    """All shots that can be asked, in the order of their names, and why others cannot."""

    capture: Path
    shots: tuple[FlipShot, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    not_masked: tuple[str, ...] = ()
    """Photos that the capture's folder holds by now, and no run has masked."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of this proof beside its answer, as sentences."""
        return tuple(_notes(self))

    @property
    def passes(self) -> tuple[str, ...]:
        """The passes' names, in the order in which they come."""
        return tuple(dict.fromkeys(shot.pass_name for shot in self.shots))


def manifest_of(out: Path) -> Manifest:
    """The manifest of an output folder of ``underside mask``; a folder without one is refused."""
    return load_made(out, then="prove")


def read_sources(out: Path) -> Sources:
    """Find photos and masks of an output folder of ``underside mask``."""
    manifest = manifest_of(out)
    capture = Path(manifest.capture)
    shots: list[FlipShot] = []
    left_out: dict[str, str] = {}
    for record in manifest.shots:
        if record.state is State.FAILED:
            left_out[record.photo] = record.why_failed
            continue
        try:
            shots.append(_shot(record, capture, out))
        except PhotoError as error:
            left_out[record.photo] = str(error)
    if len(shots) < FEWEST:
        why = f" ({next(iter(left_out.values()))})" if left_out else ""
        raise SettingsError(
            f"Of {len(manifest.shots)} shots only {len(shots)} have a photo and a mask{why}",
            f"A proof needs at least {FEWEST} shots; mask the capture, and leave its photos in place",
        )
    not_masked = shots_besides(manifest.photos, capture, output=out) if capture.is_dir() else ()
    return Sources(capture, tuple(shots), left_out, not_masked)


def _notes(sources: Sources) -> Iterator[str]:
    if sources.not_masked:
        first, *others = sources.not_masked
        these = f"{first} and {len(others)} more photos have" if others else f"{first} has"
        yield f"{these} no mask yet, and no part in this answer. Run underside mask, and prove again."
    for name, why in sources.left_out.items():
        yield f"{name} has no part in this answer: {why}"
    cameras = {name: {shot.camera for shot in sources.shots if shot.pass_name == name} for name in sources.passes}
    if len(cameras) > 1 and not set.intersection(*cameras.values()):
        yield (
            "The passes were not shot with one camera, lens and focal length: each was placed with a lens of its own, "
            "which needs more points. One camera with its zoom left alone is safer."
        )
    for name, own in cameras.items():
        if len(own) > _MOST_LENSES:
            yield f"The focal length changed {len(own) - 1} times over {name or 'the pass'}: leave the zoom alone."


def _shot(record: ShotRecord, capture: Path, out: Path) -> FlipShot:
    mask = out / record.mask
    if not mask.is_file():
        raise PhotoError(f"The mask {mask} is missing", "Run underside mask again")
    photo = open_known(capture / record.photo, record)
    if photo.sha256 != record.sha256:
        raise PhotoError(f"{photo.path} has changed since it was masked", "Run underside mask again")
    by_hand = record.state is State.BY_HAND or sha256_of(mask) != record.mask_sha256
    if by_hand:
        read_mask(mask, width=photo.width, height=photo.height)  # a file that is not a mask must not end the proof
    return FlipShot(
        name=record.photo,
        pass_name=record.pass_name,
        photo=photo.path,
        mask=mask,
        width=photo.width,
        height=photo.height,
        orientation=photo.orientation,
        camera=_camera(photo),
        focal=_focal(photo.camera, photo.width, photo.height),
        by_hand=by_hand,
    )


def _camera(photo: Photo) -> str:
    facts = photo.camera
    parts = (facts.make, facts.model, facts.serial, facts.lens, facts.focal_length, photo.width, photo.height)
    return " ".join("?" if part is None else str(part) for part in parts)


def _focal(facts: CameraFacts, width: int, height: int) -> float | None:
    if facts.film_focal_length is None:
        return None
    return facts.film_focal_length / _FILM_WIDTH * max(width, height)
