"""What the manifest says: every shot of a capture, what became of it, and what made it so."""

import hashlib
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from underside.files import Stamp, sha256_of
from underside.typed import called

__all__ = [
    "BY_OTHERS",
    "CUT_OFF",
    "FORMAT",
    "PUT_RIGHT",
    "Manifest",
    "ProofRecord",
    "ShotRecord",
    "State",
    "Step",
    "masks_of",
    "verdicts",
]

FORMAT = 1
PUT_RIGHT = "what the other shots show"
"""The step by which a mask is put right once the passes are proven to be one object."""
BY_OTHERS = "Put right by what the other shots show"
CUT_OFF = "The platter was cut off"
"""The note of a mask that was put right begins with one of these two."""


class State(StrEnum):
    """What became of a shot."""

    MASKED = "masked"
    BY_HAND = "by hand"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One step of the ladder, for one shot."""

    name: str
    doubt: float | None
    """Doubt of the mask that it gave; none if that was not judged on its own."""
    taken: bool
    """Whether that mask was better than what there was."""
    change: float
    """Share of both masks that is not common to them."""


@dataclass(frozen=True)
class ShotRecord:
    """One shot. Paths are relative, with "/"; boxes are left, top, right, bottom in stored pixels.

    A field that is ``called`` something has that name in the file.
    """

    photo: str
    """The photo, relative to the capture's folder."""
    pass_name: str
    """The pass: the sub-folder the photo lies in, empty for a photo in the capture's folder itself."""
    state: State
    sha256: str = ""
    """The SHA-256 of the photo's file."""
    picture_sha256: str = ""
    """That of its picture alone, whatever the file says beside it; empty where that is not told apart."""
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    """With size and time, the stamp of the photo's file; 0 where an earlier Underside wrote the record."""
    width: int = 0
    height: int = 0
    """Size of the stored pixel grid, as the mask's."""
    orientation: int = 1
    """EXIF orientation of the stored grid, 1 to 8."""
    mask: str = ""
    """The mask, relative to the manifest's folder."""
    mask_sha256: str = ""
    """The hash of the mask as it was written: if the file's is another, a person has changed it since."""
    next_sha256: str = ""
    """The hash of a better mask that is about to be written in its place."""
    hand_sha256: str = ""
    """The hash of the mask as a person left it, where one has changed it."""
    hand_photo_sha256: str = ""
    """The hash of the photo that the person had before them; empty where an earlier Underside wrote the record."""
    cutout: str = ""
    """The cut-out, relative to the manifest's folder; empty where none was asked for."""
    cutout_sha256: str = ""
    cutout_fingerprint: str = ""
    """A hash of everything that decides the cut-out, the mask it was made with included."""
    cutout_mask_sha256: str = ""
    """The hash of the mask that it was made with; empty where an earlier Underside wrote the record."""
    cutout_by_hand: bool = False
    """A person has changed it since, so that it was kept where another one was to be made."""
    cutouts_before: Mapping[str, str] = field(default_factory=dict)
    """Cut-outs that were written earlier, by name, with their hashes: if still there, they are not a person's."""
    crop: tuple[int, int, int, int] | None = None
    """The box that a cropped cut-out shows."""
    box: tuple[int, int, int, int] | None = None
    """The object's box; none for an empty mask."""
    area: float = 0.0
    """Share of the photo that is object."""
    fingerprint: str = ""
    """A hash of everything that decides the mask; the manifest's ``engines`` spells it out."""
    learnt_from: str = called("ring", "")
    """A hash of all photos that its ring was learnt from; empty for a shot that was masked alone."""
    position_number: int = called("place", -1)
    """Number of the camera position from which it was taken, among those of that hash; -1 where that is not known."""
    companions: tuple[str, ...] = ()
    """The same shot's camera raw files, relative to the capture's folder."""
    seconds: float = 0.0
    verdict: str = ""
    """How far the mask can be trusted: ``very good``, ``good`` or ``insufficient``; empty for a mask by hand."""
    doubt: float = 0.0
    """The chance that less than .95 of mask and truth is common to both."""
    terms: Mapping[str, float] = field(default_factory=dict)
    """What the verdict is made of, each 1 where nothing is wrong."""
    reasons: tuple[str, ...] = ()
    """Why the verdict is not better, worst first."""
    silhouette: tuple[float, ...] = ()
    """The mask before any further step: area, height, middle across and down, as shares of the upright photo."""
    steps: tuple[Step, ...] = ()
    """What was tried beyond the usual way, in order."""
    agreement: str = ""
    """What its neighbours said of it when it was judged; empty for a shot without any."""
    judged: bool = False
    """Held against its neighbours, and every step taken that its verdict asked for."""
    lacks: tuple[str, ...] = ()
    """What photogrammetry needs and the photo's metadata do not say, such as ``FocalLength``."""
    notes: tuple[str, ...] = ()
    """What a person should know of this shot, as sentences."""
    reason: str = ""
    """Why the shot failed; what else is said is then of the mask and cut-out that it had before, if any."""

    @property
    def cutouts_written(self) -> Mapping[str, str]:
        """Every cut-out that was written for it, with its hash."""
        return {**self.cutouts_before, **({self.cutout: self.cutout_sha256} if self.cutout else {})}

    @property
    def is_for_another_photo(self) -> bool:
        """A person has changed the mask, and another photo has taken the place of the one that it was changed for."""
        return self.state is State.BY_HAND and self.hand_photo_sha256 not in ("", self.sha256)

    @property
    def is_put_right(self) -> bool:
        """Whether the mask was rewritten by what the other shots show; the verdict is of the mask before."""
        return any(step.name == PUT_RIGHT and step.taken for step in self.steps)

    @property
    def said_of_repairs(self) -> tuple[str, ...]:
        """The notes that say what was wrong with the mask before it was put right."""
        return tuple(note for note in self.notes if note.startswith((BY_OTHERS, CUT_OFF)))

    @property
    def why_failed(self) -> str:
        """The reason without the photo's name, as sentences."""
        told = self.reason.removeprefix(f"{self.photo}: ") or "It could not be masked. Run underside mask again"
        return f"{told.rstrip('.')}."

    @property
    def has_old_cutout(self) -> bool:
        """Whether the shot's last cut-out was made with another mask than it has now."""
        if not self.cutout:
            return bool(self.cutouts_before)
        now = self.hand_sha256 if self.state is State.BY_HAND else self.mask_sha256
        return not self.cutout_by_hand and self.cutout_mask_sha256 not in ("", now)

    def is_of(self, path: Path) -> bool:
        """Whether a file is still the photo that this record tells of."""
        return self.as_it_lies(path) is not None

    def as_it_lies(self, path: Path) -> Self | None:
        """The record with the file's stamp of now, so that it need not be read again; none if it is another photo."""
        try:
            facts = path.stat()
            stamp = Stamp.of(facts)
            if stamp == (self.size, self.mtime_ns, self.ctime_ns):
                return self
            if stamp.size != self.size or not stat.S_ISREG(facts.st_mode):  # from a pipe, nothing would ever come
                return None
        except OSError:
            return None
        try:
            if sha256_of(path) != self.sha256:
                return None
        except OSError:  # it cannot be read just now: nothing speaks for another photo, and it is asked again
            return self if stamp.mtime_ns == self.mtime_ns else None
        return replace(self, mtime_ns=stamp.mtime_ns, ctime_ns=stamp.ctime_ns)


@dataclass(frozen=True)
class ProofRecord:
    """What was asked of all masks together, in short; ``proof.json`` says the whole."""

    answer: str
    """Whether the passes are one object: ``yes``, ``unsafe`` or ``no``."""
    reasons: tuple[str, ...]
    """What speaks against it, the gravest first; each says what to do about it."""
    underside: float
    """Share of the directions from below that were seen."""
    disagreeing: int
    """Masks that disagreed with all others."""
    repaired: tuple[str, ...] | None
    """Photos whose masks were put right; none where that was not asked for."""
    version: str
    """The version of Underside."""
    of: str
    """Stands for the photos and masks that it speaks of."""
    notes: tuple[str, ...] = ()
    """What a person should know beside the answer, as sentences: photos without a part in it, a platter cut off."""


@dataclass(frozen=True)
class Manifest:
    """All shots of a capture, in order of their photos' paths."""

    capture: str
    """The capture's folder, as an absolute path."""
    engines: Mapping[str, Mapping[str, Any]]
    """By fingerprint: versions, model and its hash, provider, settings. The same ones give the same bytes."""
    shots: tuple[ShotRecord, ...] = ()
    plates: tuple[str, ...] = ()
    """Photos known as plates, relative to the capture's folder: never masked."""
    warnings: tuple[str, ...] = ()
    survey_told: tuple[str, ...] = called("plates_told", ())
    """What is wrong of plates, and what held the object; among the warnings too."""
    proof: ProofRecord | None = None
    """The proof of these very masks; none if they were not proven."""
    format: int = field(default=FORMAT)

    @property
    def photos(self) -> frozenset[str]:
        """All photos that it tells of, plates and camera raw files too."""
        return frozenset(self.plates).union(*((shot.photo, *shot.companions) for shot in self.shots))

    def of_photo(self, photo: str) -> ShotRecord | None:
        """The record of one photo, by its relative path."""
        return next((shot for shot in self.shots if shot.photo == photo), None)


def verdicts(shots: Iterable[ShotRecord]) -> dict[str, int]:
    """How many masks there are of each verdict, the best first; those by hand have none."""
    counts = Counter(shot.verdict for shot in shots if shot.state is State.MASKED)
    return {verdict: counts[verdict] for verdict in ("very good", "good", "insufficient") if counts[verdict]}


def masks_of(shots: Iterable[ShotRecord]) -> str:
    """What stands for all photos and masks as they are."""
    facts = [
        (each.photo, each.pass_name, each.sha256, each.mask_sha256, each.hand_sha256, each.state) for each in shots
    ]
    return hashlib.sha256(repr(facts).encode(errors="backslashreplace")).hexdigest()[:16]
