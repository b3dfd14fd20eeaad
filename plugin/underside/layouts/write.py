"""Lay finished masks out as one program wants them, whole or not at all."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.cutout import CutoutOptions, make_cutout
from underside.disks import rename, same_file
from underside.errors import OutputError, UnfitNameError
from underside.files import link_or_copy, sha256_of, write_atomically
from underside.layouts.advice import how_to_text, kept_note, notes
from underside.layouts.by_hand import File, known_files, remember, take_along
from underside.layouts.naming import Place, places
from underside.layouts.table import HOW_TO, LAYOUTS, Layout, find
from underside.manifest import Manifest, ShotRecord, State
from underside.masks import mask_name, read_mask
from underside.photo import open_known, turn_upright
from underside.png import SIGNATURE, encode_png

__all__ = [
    "ENCODERS",
    "LAYOUTS_FOLDER",
    "LaidOut",
    "LayoutResult",
    "encoded_mask",
    "is_as_wanted",
    "laid_out",
    "outdated",
    "write_layout",
    "write_layouts",
]

LAYOUTS_FOLDER = "layouts"
_NEW, _OLD = ".underside-new", ".underside-old"
# Linking waits for the disk, encoding for the processor; a 24-megapixel cut-out in flight holds about 200 MB.
_AT_ONCE = 2

Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class LayoutResult:
    """What was laid out, and what to do with it."""

    name: str
    folder: Path
    written: int
    """How many masks, or cut-outs where the program wants these."""
    how_to: str
    """What to type or to click in the program."""
    notes: tuple[str, ...]
    """What a person should know, as sentences without their full stop."""
    by_hand: str = ""
    """Which files stay as a person has changed them; one of the notes."""


@dataclass(frozen=True)
class LaidOut:
    """What came of several layouts."""

    layouts: tuple[LayoutResult, ...] = ()
    refused: tuple[OutputError, ...] = ()
    """Why others could not be written."""


def write_layouts(manifest: Manifest, out: Path, names: Iterable[str]) -> LaidOut:
    """Write several layouts; one for which names do not fit keeps none of the others."""
    written, refused = [], []
    for name in names:
        try:
            written.append(write_layout(manifest, out, name))
        except UnfitNameError as error:
            refused.append(error)
    return LaidOut(tuple(written), tuple(refused))


def outdated(manifest: Manifest, out: Path) -> list[str]:
    """The layouts of earlier runs that are older than a mask: a program would read outdated masks."""
    masks = [out / shot.mask for shot in manifest.shots if shot.state is not State.FAILED]
    newest = max((_written(mask) for mask in masks), default=0)
    return [name for name in LAYOUTS if 0 < _written(out / LAYOUTS_FOLDER / name / HOW_TO) < newest]


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def write_layout(manifest: Manifest, out: Path, name: str) -> LayoutResult:
    """Write ``out/layouts/<name>`` for the masks of ``out``, in place of an earlier one.

    Underside owns the layout's folders and the how-to there; what a program has put beside them stays, and so
    does what a person has changed in them.
    """
    layout = find(name)
    placed = laid_out(layout, manifest)
    if not placed:
        raise OutputError(f"There is no mask to lay out for {layout.program}", "See first why the shots failed")
    capture, folder = Path(manifest.capture), out.absolute() / LAYOUTS_FOLDER / name
    known = {each: _with_sources(file, capture, out) for each, file in known_files(layout, folder).items()}
    with _replacing(layout, folder) as new:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda place: _write(layout, place, capture, out, new), placed))
        with _in_words(folder):
            made = _files(placed, capture, out, new)
            changed = take_along(layout, folder, new, known=known, made=made)
        # A run that is killed while folders change places leaves one or the other: both are ours.
        remember(folder, {**known, **{each: file.or_as(known.get(each)) for each, file in made.items()}})
    remember(folder, {**made, **{each: known[each] for each in changed if each in known}})
    by_hand = kept_note(layout, changed, {place.mask: place.shot for place in placed}, out)
    result = LayoutResult(
        name=name,
        folder=folder,
        written=len(placed),
        how_to=_how_to(layout, placed).replace("{folder}", str(folder)).replace("{capture}", manifest.capture),
        notes=(*notes(layout, manifest, placed, folder), *([by_hand] if by_hand else [])),
        by_hand=by_hand,
    )
    # Last of all: where it stands, the layout is whole.
    text = how_to_text(layout, result.how_to, result.notes)
    write_atomically(folder / HOW_TO, text.encode(errors="surrogateescape"))
    return result


def _with_sources(file: File, capture: Path, out: Path) -> File:
    return replace(file, sources=(capture / file.photo, out / mask_name(file.photo)))


def _files(placed: Sequence[Place], capture: Path, out: Path, new: Path) -> dict[str, File]:
    """All that was written into ``new``, by the names there."""
    files = dict[str, File]()
    for place in placed:
        shot = place.shot
        sources = [out / name for name in (shot.mask, shot.cutout) if name]
        # To read gigabytes of linked cut-outs at every run would take longer than all the rest.
        is_linked = shot.cutout and same_file(new / place.mask, out / shot.cutout)
        sha256 = shot.cutout_sha256 if is_linked else sha256_of(new / place.mask)
        files[place.mask] = File(shot.photo, frozenset({sha256}), tuple(sources))
        if place.photo is not None:
            files[place.photo] = File(shot.photo, frozenset({shot.sha256}), (capture / shot.photo,))
    return files


def _how_to(layout: Layout, placed: Sequence[Place]) -> str:
    name = layout.mask.replace("{stem}", "{filename}")
    folders = dict.fromkeys(PurePosixPath(place.mask).parent.as_posix() for place in placed)
    templates = ", then ".join(f'"{{folder}}/{folder}/{name}"' for folder in folders)
    return layout.how_to.replace("{templates}", templates)


def laid_out(layout: Layout, manifest: Manifest) -> tuple[Place, ...]:
    """The place of every shot that has a mask."""
    return places(layout, [shot for shot in manifest.shots if shot.state is not State.FAILED])


def _write(layout: Layout, place: Place, capture: Path, out: Path, new: Path) -> None:
    shot, photo, mask, target = (
        place.shot,
        capture / place.shot.photo,
        out / place.shot.mask,
        new / place.mask,
    )
    _must_be_there(mask)
    if place.photo is not None:
        _must_be_there(photo)
        link_or_copy(photo, new / place.photo)
    if layout.cut_out:
        _write_cut_out(shot, photo, out, target)
    elif is_as_wanted(layout, shot):
        link_or_copy(mask, target)
    else:
        canonical = read_mask(mask, width=shot.width, height=shot.height)
        write_atomically(target, encoded_mask(layout, shot, canonical), durable=False)


def is_as_wanted(layout: Layout, shot: ShotRecord) -> bool:
    """Whether the shot's mask can be laid out as the file that it is."""
    # A mask changed by hand may be anything that a paint program saves.
    turned = layout.upright and shot.orientation != 1
    return shot.state is State.MASKED and not turned and not layout.inverted and layout.mask.endswith(".png")


def encoded_mask(layout: Layout, shot: ShotRecord, mask: Mask) -> bytes:
    """A mask on the stored grid as the program's file: turned, inverted and encoded as it wants."""
    if layout.upright:
        mask = turn_upright(mask, shot.orientation)
    if layout.inverted:
        mask = np.bitwise_not(mask)
    return ENCODERS[PurePosixPath(layout.mask).suffix](mask)


def _write_cut_out(shot: ShotRecord, photo: Path, out: Path, target: Path) -> None:
    if shot.cutout and shot.crop is None and _is_transparent_png(out / shot.cutout):
        link_or_copy(out / shot.cutout, target)
        return
    _must_be_there(photo)
    opened = open_known(photo, shot)
    options = CutoutOptions(background=None, format="png")
    cutout = make_cutout(opened, read_mask(out / shot.mask, width=shot.width, height=shot.height), options)
    write_atomically(target, cutout.data, durable=False)


def _is_transparent_png(path: Path) -> bool:
    _must_be_there(path)
    with path.open("rb") as file:
        head = file.read(26)
    # The last byte is the colour type; 4 is its bit for alpha.
    return head.startswith(SIGNATURE) and len(head) == 26 and bool(head[25] & 4)


def _must_be_there(path: Path) -> None:
    if not path.is_file():
        raise OutputError(f"{path} no longer exists", "Put it back, or run underside mask again")


def _encode_tiff(mask: Mask) -> bytes:
    # Uncompressed, which every program reads.
    how = [cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_NONE]
    return cv2.imencode(".tif", mask, how)[1].tobytes()


ENCODERS: Mapping[str, Callable[[Mask], bytes]] = {".png": encode_png, ".tif": _encode_tiff}
"""How a mask is written, by the end of its name: another kind of file than these is another line."""


@contextmanager
def _replacing(layout: Layout, folder: Path) -> Iterator[Path]:
    """A folder to fill, whose own folders then take the place of those in ``folder``."""
    new, old = folder / _NEW, folder / _OLD
    try:
        with _in_words(folder):
            _put_back(layout, folder, old)
            for left_over in (new, old):
                shutil.rmtree(left_over, ignore_errors=True)
                left_over.mkdir(parents=True)
        yield new
        with _in_words(folder):
            (folder / HOW_TO).unlink(missing_ok=True)
            for part in layout.folders:
                if (folder / part).exists():
                    rename(folder / part, old / part)
                if (new / part).exists():
                    rename(new / part, folder / part)
    except BaseException:
        with suppress(OSError):
            _put_back(layout, folder, old)
        raise
    finally:
        for left_over in (new, old):
            shutil.rmtree(left_over, ignore_errors=True)
        with suppress(OSError):
            folder.rmdir()  # only where nothing came of it


def _put_back(layout: Layout, folder: Path, old: Path) -> None:
    """What was moved away, where nothing has come into its place: a run was killed between the two."""
    for part in layout.folders:
        if (old / part).exists() and not (folder / part).exists():
            rename(old / part, folder / part)


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"Cannot write {folder}: {error.strerror}", "Close whatever uses that folder, then run again"
        ) from error
