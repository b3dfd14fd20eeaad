"""Say why a program would ignore or misuse the masks of a folder."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from underside.capture import read_capture
from underside.errors import PhotoError, SettingsError, UndersideError
from underside.files import alike, sha256_of
from underside.layouts.by_hand import File, known_files
from underside.layouts.examine import Facts, Mask, examine
from underside.layouts.findings import Finding, Kind, Report
from underside.layouts.pairing import PICTURES, is_mask_name, near_misses, pairs, shared
from underside.layouts.table import IMAGES, LAYOUTS, OWN, Layout, Photos, find
from underside.layouts.write import LAYOUTS_FOLDER, laid_out
from underside.manifest import Manifest, ShotRecord, State, load
from underside.manifest.other_photos import OF_ANOTHER_PHOTO
from underside.masks import mask_name, read_mask
from underside.photo import open_known, open_photo

__all__ = ["check_folder"]

# A mask of 24 megapixels in flight holds about 100 MB, with the one it is compared to.
_AT_ONCE = 4


@dataclass(frozen=True)
class _FolderToCheck:
    """One folder to check for one program, and the output folder it was made from, if it was."""

    layout: Layout
    folder: Path
    out: Path | None = None
    manifest: Manifest | None = None

    @property
    def masks(self) -> Path:
        """The masks' folder; one that another tool made may hold them directly."""
        inner = self.folder / self.layout.masks
        return inner if inner.is_dir() else self.folder


@dataclass(frozen=True)
class _PhotosToMatch:
    """The photos whose masks are looked for, by names relative to a folder, with what the manifest knows."""

    folder: Path
    names: Sequence[str]
    records: Mapping[str, ShotRecord] = field(default_factory=dict)
    brought: bool = False
    """They were brought along into a layout, with their masks, by an output folder that still tells of it."""


def check_folder(folder: Path, *, layout: str | None = None, photos: Path | None = None) -> tuple[Report, ...]:
    """Check an output folder with all its layouts, one layout, or masks that another tool made.

    ``layout`` is needed where the folder is not called like one. ``photos`` is their folder where neither the
    manifest nor a folder ``images`` beside the masks tells it.
    """
    for given in filter(None, (folder, photos)):
        if not given.is_dir():
            raise SettingsError(f"{given} is not a folder", "Check the path")
    return tuple(_check(place, photos) for place in _places(folder.absolute(), layout))


def _places(folder: Path, layout: str | None) -> list[_FolderToCheck]:
    manifest = _of_output(folder)
    if manifest is None:
        out = folder.parents[1] if folder.parent.name == LAYOUTS_FOLDER else None
        return [_FolderToCheck(_meant(folder, layout), folder, out, load(out) if out else None)]
    laid = folder / LAYOUTS_FOLDER
    if layout is None:
        there = [each for each in LAYOUTS.values() if (laid / each.name).is_dir()]
        ours = _FolderToCheck(OWN, folder, folder, manifest)
        return [ours, *(_FolderToCheck(each, laid / each.name, folder, manifest) for each in there)]
    if not (laid / find(layout).name).is_dir():
        raise SettingsError(f"{folder} has no layout {layout}", f"Make it with underside mask --layout {layout}")
    return [_FolderToCheck(find(layout), laid / layout, folder, manifest)]


def _of_output(folder: Path) -> Manifest | None:
    """The manifest, where the masks are called as in an output folder; a set for Metashape has one with other names."""
    manifest = load(folder)
    ours = manifest is not None and all(shot.mask in ("", mask_name(shot.photo)) for shot in manifest.shots)
    return manifest if ours else None


def _meant(folder: Path, layout: str | None) -> Layout:
    if layout is None and folder.name not in LAYOUTS:
        raise SettingsError(
            f"Nothing says which program {folder} is for, and each wants its masks in a different way",
            f"Name it with --layout: {', '.join(LAYOUTS)}",
        )
    return find(layout or folder.name)


def _check(place: _FolderToCheck, given: Path | None) -> Report:
    layout = place.layout
    photos = _photos(place, given)
    if not photos.names:
        raise SettingsError(f"There are no photos in {photos.folder}", "Say where they are with --photos")
    files = _pictures(place.masks)
    if photos.folder.resolve() == place.masks.resolve() and not layout.cut_out:
        files = sorted(set(files) - set(photos.names))
    paired = pairs(layout, photos.names, files)
    findings = [*near_misses(layout, photos.names, files, paired), *shared(layout, paired)]
    written = known_files(layout, place.folder) if place.out and layout is not OWN else {}
    if given is None and photos.brought:
        findings += _of_another_time(place, photos, written)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(lambda photo: _look(place, photos, written, photo, paired[photo]), paired):
            findings += found
    in_order = sorted(findings, key=lambda finding: (not finding.photo, finding.photo, finding.mask))
    return Report(layout.name, layout.program, place.folder, len(photos.names), tuple(in_order))


def _photos(place: _FolderToCheck, given: Path | None) -> _PhotosToMatch:
    layout, masks = place.layout, place.masks
    images = place.folder / IMAGES
    shots = place.manifest.shots if place.manifest else ()
    in_capture = {shot.photo: shot for shot in shots if shot.state is not State.FAILED}
    if given is not None:
        return _PhotosToMatch(given, _photo_names(given, masks), in_capture)
    stays = layout.photos is Photos.STAY and not layout.cut_out
    placed = laid_out(layout, place.manifest) if place.manifest and not stays else ()
    if layout.cut_out:
        prefix = f"{layout.masks}/"
        records = {each.mask.removeprefix(prefix): each.shot for each in placed}
        return _PhotosToMatch(masks, _pictures(masks), records, brought=bool(placed))
    if place.manifest is not None and not any(each.photo for each in placed):
        return _PhotosToMatch(Path(place.manifest.capture), [shot.photo for shot in shots], in_capture)
    if images.is_dir():
        records = {each.photo.removeprefix(f"{IMAGES}/"): each.shot for each in placed if each.photo}
        return _PhotosToMatch(images, _photo_names(images, masks), records, brought=bool(placed))
    if layout.masks == IMAGES:
        return _PhotosToMatch(place.folder, _photo_names(place.folder, masks))
    raise SettingsError(f"Nothing says where the photos of {place.folder} are", "Say it with --photos")


def _photo_names(folder: Path, masks: Path) -> list[str]:
    capture = read_capture([folder], output=masks)
    return [shot.name for shot in capture.shots if not is_mask_name(Path(shot.name).name)]


def _pictures(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    names = (path.relative_to(folder) for path in paths)
    return sorted(name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts))


def _of_another_time(place: _FolderToCheck, photos: _PhotosToMatch, written: Mapping[str, File]) -> Iterator[Finding]:
    """Shots that have come or gone since the layout was made; a photo that a person has put there stays."""
    there = {alike(name) for name in photos.names}
    for photo in sorted(photo for photo in photos.records if alike(photo) not in there):
        yield Finding(Kind.OLD, "It has a mask now, but is not in this layout: lay out again", photo)
    for photo in sorted(set(photos.names) - photos.records.keys()):
        if (photos.folder / photo).relative_to(place.folder).as_posix() in written:
            yield Finding(Kind.OLD, "The capture no longer has such a shot with a mask: lay out again", photo)


def _look(
    place: _FolderToCheck, photos: _PhotosToMatch, written: Mapping[str, File], photo: str, mask: str
) -> list[Finding]:
    facts, path = _facts(place, photos, photo), place.masks / mask
    if facts is not None and facts.made is not None and written:
        known = written.get(path.relative_to(place.folder).as_posix())
        facts = replace(facts, by_hand=known is None or sha256_of(path) not in known.sha256)
    found = [Finding(kind, why, photo, mask) for kind, why in examine(place.layout, path, facts)]
    record = photos.records.get(photo)
    if record is not None and place.out is not None and _is_for_another_photo(record, place.out):
        found.append(Finding(Kind.OTHER_PHOTO, OF_ANOTHER_PHOTO, photo, mask))
    return found


def _is_for_another_photo(record: ShotRecord, out: Path) -> bool:
    """Whether it is, and has not been edited again since the last run."""
    try:
        return record.is_for_another_photo and sha256_of(out / record.mask) == record.hand_sha256
    except OSError:  # a mask that is away or cannot be read, which is told
        return False


def _facts(place: _FolderToCheck, photos: _PhotosToMatch, photo: str) -> Facts | None:
    record = photos.records.get(photo)
    if record is not None and place.out is not None:
        made = None if place.layout is OWN else _made(place.out, record)
        return Facts(record.width, record.height, record.orientation, made)
    try:
        path = photos.folder / photo
        opened = open_photo(path) if record is None else open_known(path, record)
    except PhotoError:
        return None  # no program opens it either
    return Facts(opened.width, opened.height, opened.orientation)


def _made(out: Path, record: ShotRecord) -> Mask | None:
    try:
        return read_mask(out / record.mask, width=record.width, height=record.height)
    except (OSError, UndersideError):
        return None
