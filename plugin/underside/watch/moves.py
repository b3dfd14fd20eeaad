"""A photo that was renamed or moved takes its mask along, with what a person's hand has made of it."""

import errno
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from underside.capture import natural_order
from underside.disks import rename
from underside.errors import OutputError, UnfitNameError
from underside.files import sha256_of, writing
from underside.flip import PROOF_NAME
from underside.journal import Entry, Journal
from underside.layouts.write import LAYOUTS_FOLDER
from underside.manifest import MANIFEST_NAME, Manifest, ShotRecord, load, save
from underside.masks import CUTOUTS, MASKS, mask_name
from underside.outfolder import alone_in, claimed
from underside.promises import Promises
from underside.report.contact_sheet import REPORT_NAME
from underside.report.sheet import COVERAGE_NAME
from underside.shotwork.along import take_along
from underside.watch.desk import Desk
from underside.watch.folder import WatchedFolder
from underside.watch.places import name_in_capture
from underside.watch.troubles import is_of_one_capture

__all__ = ["Move", "Moves", "leave_nothing_behind"]


@dataclass(frozen=True)
class Move:
    """One photo's way."""

    before: Entry
    after: Entry

    @property
    def name_before(self) -> str:
        """Its name in its capture's manifest before the move."""
        return name_in_capture(self.before.photo, self.before.capture)

    @property
    def name_after(self) -> str:
        """Its name in its capture's manifest now."""
        return name_in_capture(self.after.photo, self.after.capture)


class Moves:
    """Photos whose masks wait to be moved, until nobody is writing the output folders that they concern."""

    def __init__(self, journal: Journal, folder: WatchedFolder, out: Path) -> None:
        self._journal = journal
        self._folder = folder
        self._out = out
        self._waiting: list[Move] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def concern(self, capture: str) -> bool:
        """Whether masks wait to be moved from or to it."""
        return any(capture in (move.before.capture, move.after.capture) for move in self._waiting)

    def take(self, entry: Entry) -> bool:
        """Whether a photo that is new there was elsewhere before; then its mask is moved soon."""
        taken = {move.before.photo for move in self._waiting}
        for other in self._journal.with_content(entry.sha256):
            if other.photo == entry.photo or not other.mask_stamp or other.photo in taken:
                continue
            if self._folder.is_gone(other.photo):
                self._waiting.append(Move(other, entry))
                return True
        return False

    def make(self, desks: Mapping[str, Desk], refused: Callable[[Desk, OutputError], None]) -> list[tuple[Move, bool]]:
        """Move what can be moved now; returns whether each had something to move.

        ``refused`` is told of a capture whose moves have to wait, because another run is writing at either end.
        """
        now = time.monotonic()
        together: dict[tuple[str, str], list[Move]] = defaultdict(list)
        for move in self._waiting:
            together[move.before.capture, move.after.capture].append(move)
        self._waiting = []
        made: list[tuple[Move, bool]] = []
        for (old, new), moves in together.items():
            concerned = [desks[name] for name in {old, new} if name in desks]
            if any(desk.busy or now < desk.wait_until for desk in concerned):
                self._waiting += moves
                continue
            for desk in concerned:
                desk.close()
            try:
                moved = _move_masks(moves, self._out / old, self._out / new, capture=desks[new].folder)
            except OutputError as error:
                if not is_of_one_capture(error):
                    raise
                self._waiting += moves
                refused(desks[new], error)
                continue
            made += [(move, move in moved) for move in moves]
        return made


def _move_masks(moves: Sequence[Move], before: Path, after: Path, *, capture: Path) -> set[Move]:
    """Move what belongs to the photos between two output folders, or within one; those that had something to move.

    Whatever stops it in between: the same again goes on where it was.
    """
    with ExitStack() as stack:
        for out in sorted({before, after}):  # the source's may be gone, and must not be left behind
            stack.enter_context(claimed(out) if out == after else alone_in(out))
        old = load(before) or Manifest(capture="", engines={})
        new = old if before == after else load(after) or Manifest(capture=str(capture), engines={})
        known = {record.photo: record for record in new.shots}
        promises = Promises(after)
        moved: dict[Move, ShotRecord] = {}
        for move in moves:
            record = old.of_photo(move.name_before)
            if record is None:
                there = known.get(move.name_after)
                if there is not None and there.sha256 == move.after.sha256:
                    moved[move] = there  # a watch that was killed had come so far
                else:
                    _take_a_hands_work_along(move, before, after)
                continue
            if record.sha256 != move.after.sha256:
                continue
            renamed = None
            try:
                renamed = take_along(
                    record,
                    move.name_after,
                    move.after.pass_name,
                    before,
                    after,
                    there=known.get(move.name_after),
                    promises=promises,
                )
            except UnfitNameError as error:
                if isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EBUSY:
                    raise  # it is open just now, and can be moved later
                # No results can have such names: that is told when they are made.
            if renamed is not None:
                moved[move] = replace(renamed, mtime_ns=move.after.mtime_ns, ctime_ns=move.after.ctime_ns)
        if moved:
            known |= {record.photo: record for record in moved.values()}
            left = {move.name_before for move in moved}
            if before == after:
                left -= {move.name_after for move in moved}
                known = {photo: record for photo, record in known.items() if photo not in left}
            engines = {**old.engines, **new.engines}
            used = {record.fingerprint for record in known.values()}
            shots = tuple(sorted(known.values(), key=lambda record: natural_order(Path(record.photo))))
            save(replace(new, shots=shots, engines={key: engines[key] for key in engines if key in used}), after)
        if moved and before != after:
            save(replace(old, shots=tuple(shot for shot in old.shots if shot.photo not in left)), before)
        return set(moved)


def _take_a_hands_work_along(move: Move, before: Path, after: Path) -> None:
    """The photo was missing for so long that its record is gone; its mask is remade unless it is a person's."""
    source, target = before / mask_name(move.name_before), after / mask_name(move.name_after)
    with suppress(OSError, UnfitNameError):  # no mask, or one that cannot be read just now or have such a name
        if not target.exists() and not Promises(before).is_ours(move.name_before, sha256_of(source)):
            _rename(source, target)


def _rename(source: Path, target: Path) -> None:
    if source.exists():
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            rename(source, target)


def leave_nothing_behind(out: Path, manifest: Manifest) -> None:
    """A capture that was renamed, and has taken all its masks along, leaves no page about nothing."""
    kept = (path for name in (MASKS, CUTOUTS) for path in (out / name).rglob("*"))
    if manifest.shots or any(path.is_file() for path in kept):
        return
    with suppress(OSError):
        for left in (out / MANIFEST_NAME, out / REPORT_NAME, out / PROOF_NAME, out / COVERAGE_NAME):
            left.unlink(missing_ok=True)
        for folder in ("previews", MASKS, CUTOUTS):
            shutil.rmtree(out / folder, ignore_errors=True)
        # A layout stays: what a program or a person has put into it is not ours.
        layouts = out / LAYOUTS_FOLDER
        for empty in (*sorted(layouts.rglob("*"), reverse=True), layouts):
            with suppress(OSError):
                empty.rmdir()
        out.rmdir()
