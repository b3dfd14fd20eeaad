"""One shot's way from photo to results; whatever fails is told of that shot, and harms no other."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from underside.capture import Shot
from underside.cutout import CutoutWorkers
from underside.errors import UnfitNameError
from underside.ladder import Agreed, Ladder
from underside.manifest import ShotRecord, State
from underside.photo import Hashed, Photo, open_photo
from underside.promises import Promises
from underside.settings import Settings
from underside.shotwork.climbing import Better, TriedAhead, climb, settle, try_ahead
from underside.shotwork.cutouts import Cutouts
from underside.shotwork.done import Done, in_words, set_aside, that_meets_all
from underside.shotwork.masking import Masking
from underside.shotwork.record import with_cutout_of, with_mask
from underside.shotwork.results import Results
from underside.survey import Seen
from underside.verdict import Grade

__all__ = ["ShotWork"]


@dataclass(frozen=True)
class ShotWork:
    """Does one shot after another, all in the same way, from any number of threads."""

    out: Path
    ladder: Ladder
    settings: Settings
    engine: Mapping[str, Any]
    """The engine's facts, with their fingerprint."""
    promises: Promises
    cutout_workers: CutoutWorkers | None = None
    """Needed where the settings ask for cut-outs."""
    cutouts_later: bool = False
    """Masks may still change: cut-outs are made by ``cut_out`` once they do not, rather than with each mask."""
    force: bool = False
    """Mask finished shots again."""
    force_edited: bool = False
    """Write over masks and cut-outs that a person has changed."""
    names: frozenset[str] = frozenset()
    """The names of all the capture's shots."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Shots that are set aside unseen, and why."""
    pinned: frozenset[str] = frozenset()
    """Shots that were masked with settings of their own: their masks stay."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What these choices ask to be told once for the whole capture."""
        options = self.settings.cutout_options
        return options.warnings if options else ()

    def do(
        self,
        shot: Shot,
        before: ShotRecord | None,
        learnt_from: str = "",
        seen: Seen | None = None,
        *,
        hashed: Hashed | None = None,
        ahead: bool = False,
    ) -> Done:
        """Do what a shot still lacks; a photo that cannot be used gives a record that says why.

        ``before`` is what an earlier run says of the shot. ``learnt_from`` is the hash of all photos that ``seen`` was
        learnt from, and ``hashed`` that of the photo's file, where it is known. The verdict is of the mask by itself:
        ``climb`` holds it against its neighbours. With ``ahead``, the steps that the verdict asks for are tried at
        once, while the photo is at hand, for ``climb`` to use.
        """
        started = time.monotonic()
        record = before or ShotRecord(shot.name, shot.pass_name, State.FAILED, companions=shot.companions)
        if shot.name in self.refused:
            return set_aside(shot, record, self.refused[shot.name])
        try:
            known = self._masked(shot, before, learnt_from) if before is not None else None
            if known is not None:
                # A raw file may have arrived since, or another pass have been found.
                kept = replace(known, pass_name=shot.pass_name, companions=shot.companions)
                return Done(replace(kept, position_number=seen.position_number) if seen else kept, kept=True)
            photo = self._open(shot, hashed)
            masked = self._masking.mask(shot, photo, before, learnt_from, seen)
            record = replace(masked.record, cutouts_before=before.cutouts_written) if before else masked.record
            if self._cutouts is not None:
                record = self._cutouts.add(shot, photo, masked.mask, record, before)
            elif before is not None and self.cutouts_later:
                record = with_cutout_of(record, before)
            tried = try_ahead(self.ladder, *masked.made) if masked.made and ahead else None
            return Done(
                replace(record, seconds=round(time.monotonic() - started, 3)),
                masked=masked.made is not None,
                cut_out=masked.made is None and self._cutouts is not None and not record.cutout_by_hand,
                signs=masked.made[1] if masked.made else None,
                tried=tried,
            )
        except Exception as error:  # one shot cannot harm another, whatever it is
            return set_aside(shot, record, in_words(error), breaks=that_meets_all(error))

    def climb(
        self,
        shot: Shot,
        record: ShotRecord,
        seen: Seen | None,
        agreed: Agreed,
        lenders: Sequence[tuple[Shot, Seen | None]],
        announce: Callable[[ShotRecord], None],
        tried: TriedAhead | None = None,
    ) -> Done:
        """Look at a shot again, and try other ways to its mask where the verdict asks for it.

        ``record`` is the shot's, with what its neighbours say of the mask. ``lenders`` are shots of its ring that can
        be trusted, given where it breaks their pattern. ``announce`` makes a record durable before its mask is.
        ``tried`` is a climb ahead: it saves this one where it still holds. What fails here leaves the mask that there
        is, and says that it could not be looked at again.
        """
        started = time.monotonic()
        try:
            photo = None
            climbed = settle(self.ladder, record, tried, agreed) if tried and not lenders else None
            if climbed is None:
                photo = self._open(shot)
                climbed = climb(self.ladder, record, photo, seen, agreed, lenders, self._open)
            final = climbed.record
            if climbed.better is not None:
                photo = photo or self._open(shot)
                final = self._put_in_place(shot, photo, record, final, climbed.better, announce)
                if final is not record and self._cutouts is not None:
                    record = final  # should the cut-out fail, the better mask is still there
                    final = self._cutouts.add(shot, photo, climbed.better.mask, final, None)
            return Done(replace(final, seconds=round(record.seconds + time.monotonic() - started, 3)))
        except Exception as error:
            told = f"could not be looked at again: {in_words(error)}"
            doubted = replace(record, verdict=Grade.INSUFFICIENT.value, doubt=1.0, reasons=(told,), judged=False)
            return Done(doubted, breaks=that_meets_all(error))

    def cut_out(self, shot: Shot, record: ShotRecord) -> Done:
        """Make the cut-out of a mask that is finished."""
        assert self._cutouts is not None
        try:
            photo = self._open(shot)
            mask = self._results.read_mask(shot, photo)
            return Done(self._cutouts.add(shot, photo, mask, record, None))
        except Exception as error:
            return set_aside(shot, record, in_words(error), breaks=that_meets_all(error))

    def lacks_cutout(self, shot: Shot, record: ShotRecord) -> bool:
        """Whether a shot with a mask has no cut-out, or one of an earlier mask."""
        if record.state is State.FAILED:
            return False
        try:
            sha256 = self._results.mask_sha256(shot)
        except (OSError, UnfitNameError):  # it will come up, and be reported, when the mask is read for the cut-out
            return True
        return sha256 is not None and not self._has_cutout(record, sha256)

    def is_finished(self, shot: Shot, before: ShotRecord, learnt_from: str) -> bool:
        """Whether an earlier run left nothing to do."""
        try:
            known = self._masked(shot, before, learnt_from)
        except (OSError, UnfitNameError):  # an unreadable mask will come up, and be reported, when the shot is done
            return False
        return known is not None and (before.judged or before.state is State.BY_HAND)

    def _masked(self, shot: Shot, before: ShotRecord, learnt_from: str) -> ShotRecord | None:
        """The record of a shot that has its mask, by an earlier run or by hand, and its cut-out if one is asked for."""
        known = None if self.force or before.state is State.FAILED else before.as_it_lies(shot.path)
        sha256 = self._results.mask_sha256(shot) if known is not None else None
        if sha256 is None or not self._has_cutout(before, sha256):
            return None
        if sha256 != before.mask_sha256:
            return known if sha256 == before.hand_sha256 and not self.force_edited else None
        same_way = (before.fingerprint, before.learnt_from) == (self.engine["fingerprint"], learnt_from)
        return known if before.state is State.MASKED and (same_way or shot.name in self.pinned) else None

    def _put_in_place(
        self,
        shot: Shot,
        photo: Photo,
        record: ShotRecord,
        final: ShotRecord,
        better: Better,
        announce: Callable[[ShotRecord], None],
    ) -> ShotRecord:
        """``final`` with a better mask, once that has replaced the one that ``record`` tells of."""
        # Should this run be killed on the way, the next one must not take our mask for a person's.
        announce(replace(record, next_sha256=better.sha256))
        if self._results.mask_sha256(shot) != record.mask_sha256:
            return record  # changed by hand just now, or gone: the next run sees to it
        self._results.write_preview(shot, photo, better.pixels, better.mask)
        self._results.write_mask(shot, better.png)
        return with_mask(final, better.mask, sha256=better.sha256, fingerprint=record.fingerprint)

    def _has_cutout(self, record: ShotRecord, mask_sha256: str) -> bool:
        return self._cutouts is None or self._cutouts.is_current(record, mask_sha256)

    def _open(self, shot: Shot, hashed: Hashed | None = None) -> Photo:
        return open_photo(shot.path, max_megapixels=self.settings.max_megapixels, hashed=hashed)

    @property
    def _results(self) -> Results:
        return Results(self.out)

    @property
    def _masking(self) -> Masking:
        return Masking(
            results=self._results,
            ladder=self.ladder,
            fingerprint=self.engine["fingerprint"],
            promises=self.promises,
            force=self.force,
            force_edited=self.force_edited,
        )

    @property
    def _cutouts(self) -> Cutouts | None:
        """The cut-outs to make; none if no cut-out goes with each mask."""
        options = None if self.cutouts_later else self.settings.cutout_options
        if options is None:
            return None
        assert self.cutout_workers is not None
        return Cutouts(
            results=self._results,
            options=options,
            workers=self.cutout_workers,
            names=self.names,
            promises=self.promises,
            force=self.force,
            force_edited=self.force_edited,
        )
