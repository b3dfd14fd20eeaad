"""What is done for one shot: its mask, its preview, its cut-out, and the record of them."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underside import __version__
from underside.capture import Shot
from underside.cutout import CutoutOptions, CutoutWorkers
from underside.errors import PhotoError, UndersideError, UnfitNameError
from underside.files import sha256_of, write_atomically
from underside.ladder import Agreed, Ahead, Ladder
from underside.manifest import ShotRecord, State, Step
from underside.masker import REVISION, Masked
from underside.masks import CUTOUTS, mask_name, read_mask
from underside.photo import Hashed, Photo, decode, open_photo, to_srgb, turn_upright
from underside.png import encode_png
from underside.preview import draw_preview, preview_path, shrink
from underside.promises import Promises
from underside.settings import Settings
from underside.shotrecord import judged_as, record_of, with_cutout_of, with_mask, with_silhouette, with_verdict
from underside.survey import Seen
from underside.verdict import Grade, Signs, Verdict, judge

__all__ = ["Done", "ShotWork", "Tried", "engine_facts"]


def engine_facts(settings: Settings, ladder: Ladder) -> dict[str, Any]:
    """All that decides a mask's bytes, and its fingerprint."""
    facts: dict[str, Any] = {
        "underside": __version__,
        "revision": REVISION,
        "segmenter": dict(ladder.masker.segmenter.fingerprint),
        "ladder": ladder.fingerprint,
        **settings.deciding_the_mask(),
    }
    return {"fingerprint": _fingerprint(facts), **facts}


@dataclass(frozen=True)
class Done:
    """What came of a shot."""

    record: ShotRecord
    kept: bool = False
    """Finished by an earlier run and left as it is."""
    signs: Signs | None = None
    """Of a mask that was made just now."""
    tried: "Tried | None" = None
    """What other ways to the mask gave, where its verdict asked for them."""
    breaks: UndersideError | None = None
    """An error that would meet the other shots too: a full disk, a broken model."""


@dataclass(frozen=True)
class Tried:
    """What is kept of a climb until the neighbours are known; the photo is not."""

    ahead: Ahead
    content: bytes = b""
    """The PNG of a better mask; empty where none was found."""
    picture: NDArray[np.uint8] | None = None
    """The photo at a preview's size, where a better mask was found."""


@dataclass(frozen=True)
class ShotWork:
    """Does one shot after another, from any number of threads."""

    out: Path
    ladder: Ladder
    settings: Settings
    engine: Mapping[str, Any]
    promises: Promises
    cutout_workers: CutoutWorkers | None = None
    """Needed where the settings ask for cut-outs."""
    cutouts_later: bool = False
    """Not with each mask: masks may still change, and ``cut_out`` is asked once they do not."""
    force: bool = False
    """Do finished shots again."""
    force_edited: bool = False
    """Write over masks that a person has changed."""
    names: frozenset[str] = frozenset()
    """Of all the capture's shots."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Shots that are set aside unseen, and why."""
    pinned: frozenset[str] = frozenset()
    """Shots that were masked in another way on purpose: what there is of them stays."""

    @property
    def _options(self) -> CutoutOptions | None:
        """How cut-outs are made with the masks, if they are."""
        return None if self.cutouts_later else self.settings.cutout_options

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to tell once a capture of these choices."""
        options = self.settings.cutout_options
        return options.warnings if options else ()

    def do(
        self,
        shot: Shot,
        before: ShotRecord | None,
        ring: str = "",
        seen: Seen | None = None,
        *,
        hashed: Hashed | None = None,
        ahead: bool = False,
    ) -> Done:
        """Do what is missing for a shot; a photo that cannot be used gives a record that says why.

        ``ring`` stands for all photos that ``seen`` was learnt from. The verdict is of the mask by itself: ``climb``
        holds it against its neighbours. ``hashed`` is the photo's file as it was hashed before. ``ahead``: try other
        ways at once where the verdict asks for them, while the photo is at hand; what comes of them is for ``climb``.
        """
        started = time.monotonic()
        record = before or ShotRecord(shot.name, shot.pass_name, State.FAILED, companions=shot.companions)
        if shot.name in self.refused:
            return _set_aside(shot, record, self.refused[shot.name])
        try:
            if before is not None and self.is_masked(shot, before, ring):
                # A raw file may have come since, or another pass been told apart.
                return Done(replace(before, pass_name=shot.pass_name, companions=shot.companions), kept=True)
            photo = open_photo(shot.path, max_megapixels=self.settings.max_megapixels, hashed=hashed)
            record, mask, made = self._masked(shot, photo, before, ring, seen)
            if self._options is not None:
                record = self._cut_out(shot, photo, mask, record, before)
            elif before is not None and self.cutouts_later:
                record = with_cutout_of(record, before)
            tried = self._try_ahead(*made) if made and ahead else None
            signs = made[1] if made else None
            return Done(replace(record, seconds=round(time.monotonic() - started, 3)), signs=signs, tried=tried)
        except Exception as error:  # one shot cannot harm another, whatever it is
            return _set_aside(shot, record, _in_words(error), breaks=_that_meets_all(error))

    def climb(
        self,
        shot: Shot,
        record: ShotRecord,
        seen: Seen | None,
        agreed: Agreed,
        lenders: Sequence[tuple[Shot, Seen | None]],
        announce: Callable[[ShotRecord], None],
        tried: Tried | None = None,
    ) -> Done:
        """Look at a shot again, and try other ways to its mask where the verdict asks for it.

        ``record`` is the shot's, with what its neighbours say of the mask. ``lenders`` are shots of its ring that can
        be trusted, given where it breaks their pattern. ``announce`` makes a record durable before its mask is.
        ``tried`` saves the second look where it still holds. What fails here leaves the mask that there is.
        """
        try:
            settled = self.ladder.settle(tried.ahead, agreed) if tried and not lenders else None
            if tried and settled:
                return Done(self._settle(shot, record, tried, *settled, announce))
            return Done(self._climb(shot, record, seen, agreed, lenders, announce))
        except Exception as error:
            told = f"could not be looked at again: {_in_words(error)}"
            doubted = replace(record, verdict=Grade.INSUFFICIENT.value, doubt=1.0, reasons=(told,))
            return Done(doubted, breaks=_that_meets_all(error))

    def _climb(
        self,
        shot: Shot,
        record: ShotRecord,
        seen: Seen | None,
        agreed: Agreed,
        lenders: Sequence[tuple[Shot, Seen | None]],
        announce: Callable[[ShotRecord], None],
    ) -> ShotRecord:
        started = time.monotonic()
        photo = open_photo(shot.path, max_megapixels=self.settings.max_megapixels)
        masked = self.ladder.masker.mask_photo(photo, seen)
        climbed = self.ladder.climb(masked, agreed, lambda: [self._look(*each) for each in lenders])
        final = replace(with_verdict(record, climbed.verdict), steps=climbed.steps, judged=True)
        content = encode_png(climbed.mask)
        if hashlib.sha256(content).hexdigest() != record.mask_sha256:
            better = _Better(climbed.mask, content, masked.look.pixels)
            final = self._with_better(shot, photo, record, final, better, announce)
        return replace(final, seconds=round(record.seconds + time.monotonic() - started, 3))

    def lacks_cutout(self, shot: Shot, record: ShotRecord) -> bool:
        """Whether a shot with a mask has no cut-out, or one of an earlier mask."""
        sha256 = _hash_or_none(self._mask_path(shot))
        return record.state is not State.FAILED and sha256 is not None and not self._cutout_is_current(record, sha256)

    def cut_out(self, shot: Shot, record: ShotRecord) -> Done:
        """Make the cut-out of a mask that is finished."""
        try:
            photo = open_photo(shot.path, max_megapixels=self.settings.max_megapixels)
            mask = read_mask(self._mask_path(shot), width=photo.width, height=photo.height)
            return Done(self._cut_out(shot, photo, mask, record, None))
        except Exception as error:
            return _set_aside(shot, record, _in_words(error), breaks=_that_meets_all(error))

    def _settle(
        self,
        shot: Shot,
        record: ShotRecord,
        tried: Tried,
        verdict: Verdict,
        steps: tuple[Step, ...],
        announce: Callable[[ShotRecord], None],
    ) -> ShotRecord:
        final = replace(with_verdict(record, verdict), steps=steps, judged=True)
        if tried.picture is None or hashlib.sha256(tried.content).hexdigest() == record.mask_sha256:
            return final
        photo = open_photo(shot.path, max_megapixels=self.settings.max_megapixels)
        mask = cv2.imdecode(np.frombuffer(tried.content, np.uint8), cv2.IMREAD_GRAYSCALE)
        better = _Better(np.asarray(mask, np.uint8), tried.content, tried.picture)
        return self._with_better(shot, photo, record, final, better, announce)

    def _with_better(
        self,
        shot: Shot,
        photo: Photo,
        record: ShotRecord,
        final: ShotRecord,
        better: "_Better",
        announce: Callable[[ShotRecord], None],
    ) -> ShotRecord:
        """``final`` with a better mask, once that is in the place of the one that ``record`` tells of."""
        sha256 = hashlib.sha256(better.content).hexdigest()
        # Should this run be killed on the way, the next one must not take our mask for a person's.
        announce(replace(record, next_sha256=sha256))
        if _hash_or_none(self._mask_path(shot)) != record.mask_sha256:
            return record  # changed by hand just now, or gone: the next run sees to it
        self._write_preview(shot, photo, better.pixels, better.mask)
        write_atomically(self._mask_path(shot), better.content)
        final = with_mask(final, better.mask, sha256=sha256, fingerprint=record.fingerprint)
        return final if self._options is None else self._cut_out(shot, photo, better.mask, final, None)

    def _try_ahead(self, masked: Masked, signs: Signs) -> Tried | None:
        if not self.ladder.asks_for(judge(signs, None)):
            return None
        try:
            ahead, mask = self.ladder.climb_ahead(masked, signs)
        except Exception:  # it will be met, and told of, when the shot's turn to climb comes
            return None
        if mask is masked.mask:
            return Tried(ahead)
        return Tried(ahead, encode_png(mask), shrink(masked.look.pixels).copy())

    def _look(self, shot: Shot, seen: Seen | None) -> Masked:
        photo = open_photo(shot.path, max_megapixels=self.settings.max_megapixels)
        return self.ladder.masker.mask_photo(photo, seen)

    def is_finished(self, shot: Shot, before: ShotRecord, ring: str) -> bool:
        """Whether an earlier run left nothing to do."""
        return self.is_masked(shot, before, ring) and (before.judged or before.state is State.BY_HAND)

    def is_masked(self, shot: Shot, before: ShotRecord, ring: str) -> bool:
        """Whether the shot has its mask, by an earlier run or by hand, and its cut-out if one is asked for."""
        if self.force or before.state is State.FAILED or not before.is_of(shot.path):
            return False
        sha256 = _hash_or_none(self._mask_path(shot))
        if sha256 is None or not self._cutout_is_current(before, sha256):
            return False
        if sha256 != before.mask_sha256:
            return sha256 == before.hand_sha256 and not self.force_edited
        same_way = (before.fingerprint, before.ring) == (self.engine["fingerprint"], ring)
        return before.state is State.MASKED and (same_way or shot.name in self.pinned)

    def _masked(
        self, shot: Shot, photo: Photo, before: ShotRecord | None, ring: str, seen: Seen | None
    ) -> tuple[ShotRecord, NDArray[np.uint8], tuple[Masked, Signs] | None]:
        path = self._mask_path(shot)
        record = replace(record_of(shot, photo), ring=ring)
        on_disk = None if self.force_edited else _hash_or_none(path)
        written = before.mask_sha256 if before is not None else ""
        if before is not None and on_disk == written and self._mask_is_current(photo, before, ring):
            mask = read_mask(path, width=photo.width, height=photo.height)
            record = judged_as(record, before)
            return with_mask(record, mask, sha256=written, fingerprint=before.fingerprint), mask, None
        masked = self.ladder.masker.mask_photo(photo, seen)
        content = encode_png(masked.mask)
        sha256 = hashlib.sha256(content).hexdigest()
        # A run that was killed may have written the mask, but not said so in the manifest.
        ours = (None, written, sha256, before.next_sha256 if before is not None else "")
        if on_disk not in ours and not self.promises.is_ours(shot.name, str(on_disk)):
            return *self._by_hand(shot, photo, record, written=written or sha256, found=str(on_disk)), None
        self._write_preview(shot, photo, masked.look.pixels, masked.mask)
        self.promises.make(shot.name, sha256)
        write_atomically(path, content)
        signs = self.ladder.signs(masked, masked.found, masked.mask)
        record = with_verdict(with_silhouette(record, masked.mask), judge(signs, None))
        return (
            with_mask(record, masked.mask, sha256=sha256, fingerprint=self.engine["fingerprint"]),
            masked.mask,
            (masked, signs),
        )

    def _mask_is_current(self, photo: Photo, before: ShotRecord, ring: str) -> bool:
        now = (self.engine["fingerprint"], ring, photo.sha256)
        return (before.fingerprint, before.ring, before.sha256) == now and not self.force

    def _by_hand(
        self, shot: Shot, photo: Photo, record: ShotRecord, *, written: str, found: str
    ) -> tuple[ShotRecord, NDArray[np.uint8]]:
        mask = read_mask(self._mask_path(shot), width=photo.width, height=photo.height)
        self._write_preview(shot, photo, decode(photo, reduce=4), mask)
        seen = with_mask(with_silhouette(record, mask), mask, sha256=written, fingerprint="")
        return replace(seen, state=State.BY_HAND, hand_sha256=found), mask

    def _write_preview(self, shot: Shot, photo: Photo, pixels: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
        picture = turn_upright(to_srgb(shrink(pixels), photo.icc), photo.orientation)
        outline = turn_upright(shrink(mask), photo.orientation)
        write_atomically(preview_path(self.out, shot.name), draw_preview(picture, outline), durable=False)

    def _cut_out(
        self,
        shot: Shot,
        photo: Photo,
        mask: NDArray[np.uint8],
        record: ShotRecord,
        before: ShotRecord | None,
    ) -> ShotRecord:
        mask_sha256 = _hash_or_none(self._mask_path(shot)) or ""
        same_photo = before is not None and before.sha256 == photo.sha256
        if before is not None and same_photo and not self.force and self._cutout_is_current(before, mask_sha256):
            return with_cutout_of(record, before)
        assert self.cutout_workers is not None
        assert self._options is not None
        cutout = self.cutout_workers.make(photo, mask, self._options)
        name = _cutout_name(shot.name, cutout.suffix)
        if name != shot.name and name in self.names:
            raise PhotoError(f"Its cut-out would be called {name}, as that of another photo", "Rename one of the two")
        write_atomically(self.out / CUTOUTS / name, cutout.data)
        return replace(
            record,
            cutout=f"{CUTOUTS}/{name}",
            cutout_sha256=hashlib.sha256(cutout.data).hexdigest(),
            cutout_fingerprint=self._cutout_fingerprint(mask_sha256),
            crop=cutout.crop,
            notes=tuple(dict.fromkeys((*record.notes, *cutout.notes))),
        )

    def _cutout_is_current(self, before: ShotRecord, mask_sha256: str) -> bool:
        if self._options is None:
            return True
        if before.cutout_fingerprint != self._cutout_fingerprint(mask_sha256):
            return False
        return (self.out / before.cutout).is_file()

    def _cutout_fingerprint(self, mask_sha256: str) -> str:
        assert self._options is not None
        return _fingerprint({**asdict(self._options), "mask": mask_sha256, "revision": REVISION})

    def _mask_path(self, shot: Shot) -> Path:
        return self.out / mask_name(shot.name)


@dataclass(frozen=True)
class _Better:
    """A mask to take another one's place, its PNG, and the photo's pixels, for a preview."""

    mask: NDArray[np.uint8]
    content: bytes
    pixels: NDArray[np.uint8]


_SAME_KIND = {".jpeg": ".jpg", ".jpe": ".jpg", ".tiff": ".tif"}


def _cutout_name(photo: str, suffix: str) -> str:
    """The photo's own name where the container stays, the new suffix behind the whole name otherwise."""
    kind = PurePosixPath(photo).suffix.lower()
    return photo if _SAME_KIND.get(kind, kind) == suffix else photo + suffix


def _in_words(error: Exception) -> str:
    match error:
        case UndersideError():
            return str(error)
        case OSError():
            return f"Cannot read {error.filename}: {error.strerror}. Mend that and run again."
        case MemoryError():
            return "There is not enough free memory for it. Try --workers 1."
    return f"Underside made a mistake of its own ({type(error).__name__}: {error}). Please report it."


def _that_meets_all(error: Exception) -> UndersideError | None:
    """The error, where other shots would meet it too."""
    of_one = (PhotoError, UnfitNameError)
    return error if isinstance(error, UndersideError) and not isinstance(error, of_one) else None


def _set_aside(shot: Shot, record: ShotRecord, reason: str, *, breaks: UndersideError | None = None) -> Done:
    """The reason becomes a sentence of its own, which names the photo as the manifest does."""
    told = reason.replace(str(shot.path), shot.name)
    named = told if told.startswith(shot.name) else f"{shot.name}: {told}"
    return Done(replace(record, state=State.FAILED, reason=named), breaks=breaks)


def _hash_or_none(path: Path) -> str | None:
    return sha256_of(path) if path.is_file() else None


def _fingerprint(facts: Mapping[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
