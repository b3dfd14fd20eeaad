"""A photo that was renamed or moved takes its mask along, with what a person's hand has made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from underside.capture import natural_order
from underside.files import writing
from underside.journal import Entry
from underside.manifest import Manifest, ShotRecord, State, load, save
from underside.masks import CUTOUTS, mask_name
from underside.outfolder import claimed
from underside.preview import preview_path

__all__ = ["Move", "move_masks"]


@dataclass(frozen=True)
class Move:
    """One photo's way, by the names that the manifests of its captures call it."""

    before: Entry
    after: Entry
    name_before: str
    name_after: str


def move_masks(moves: Sequence[Move], before: Path, after: Path, *, capture: Path) -> set[Move]:
    """Move what belongs to the photos between two output folders, or within one; those that had something to move.

    Whatever stops it in between: the same again goes on where it was.
    """
    with claimed(after):
        old = load(before) or Manifest(capture="", engines={})
        new = old if before == after else load(after) or Manifest(capture=str(capture), engines={})
        known = {record.photo: record for record in new.shots}
        moved: dict[Move, ShotRecord] = {}
        for move in moves:
            record = old.of_photo(move.name_before)
            if record is None:
                there = known.get(move.name_after)
                if there is not None and there.sha256 == move.after.sha256:
                    moved[move] = there  # a watch that was killed had come so far
                continue
            if record.state is State.FAILED or record.sha256 != move.after.sha256:
                continue
            renamed = _renamed(record, move, before, after)
            if renamed is not None:
                moved[move] = renamed
        if moved:
            known |= {record.photo: record for record in moved.values()}
            left = {move.name_before for move in moved} - {move.name_after for move in moved}
            if before == after:
                known = {photo: record for photo, record in known.items() if photo not in left}
            engines = {**old.engines, **new.engines}
            used = {record.fingerprint for record in known.values()}
            shots = tuple(sorted(known.values(), key=lambda record: natural_order(Path(record.photo))))
            save(replace(new, shots=shots, engines={key: engines[key] for key in engines if key in used}), after)
        if moved and before != after:
            save(replace(old, shots=tuple(shot for shot in old.shots if shot.photo not in left)), before)
        return set(moved)


def _renamed(record: ShotRecord, move: Move, before: Path, after: Path) -> ShotRecord | None:
    mask = mask_name(move.name_after)
    ways = [(before / record.mask, after / mask)]
    cutout = record.cutout
    if cutout:
        # The photo's name, and perhaps a suffix for another container.
        cutout = f"{CUTOUTS}/{move.name_after}{cutout.removeprefix(f'{CUTOUTS}/{move.name_before}')}"
        ways.append((before / record.cutout, after / cutout))
    ways.append((preview_path(before, move.name_before), preview_path(after, move.name_after)))
    (source, target), *others = ways
    if source.exists() == target.exists():  # nothing to move, or another mask in the way
        return None
    for way in ((source, target), *others):
        _rename(*way)
    return replace(
        record,
        photo=move.name_after,
        pass_name=move.after.pass_name,
        size=move.after.size,
        mtime_ns=move.after.mtime_ns,
        mask=mask,
        cutout=cutout,
    )


def _rename(source: Path, target: Path) -> None:
    if source.exists():
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
