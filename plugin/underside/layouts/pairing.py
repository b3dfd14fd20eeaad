"""Find each photo's mask by its name: where the program looks for it, or somewhere near."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from underside.files import alike
from underside.layouts.findings import Finding, Kind
from underside.layouts.naming import mask_names
from underside.layouts.table import LAYOUTS, Layout
from underside.photo import PHOTO_SUFFIXES

__all__ = ["PICTURES", "is_mask_name", "near_misses", "pairs", "shared"]

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
_RULES = {rule for layout in LAYOUTS.values() for rule in (layout.mask, *layout.also)}
# How masks are called that no layout here wants, but other tools write.
_FOREIGN = {
    "{name}",
    "{stem}-mask.png",
    "{name}_mask.png",
    "mask_{stem}.png",
    "{stem}_alpha.png",
    "{stem}_seg.png",
}


def pairs(layout: Layout, photos: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    """The mask of every photo that has one under a name which the program reads, letter for letter."""
    there = {file for file in files if layout.spaces or " " not in file}
    return {
        photo: name
        for photo in photos
        for name in reversed(mask_names(layout, photo))  # of several the first one in the layout's order wins
        if name in there
    }


def near_misses(
    layout: Layout, photos: Sequence[str], files: Sequence[str], paired: Mapping[str, str]
) -> Iterator[Finding]:
    """Photos without their mask, each with the file that was perhaps meant; then the files left over."""
    free: dict[str, list[PurePosixPath]] = defaultdict(list)
    for file in sorted(set(files) - set(paired.values())):
        free[_spelling(PurePosixPath(file).name)].append(PurePosixPath(file))
    alone = [photo for photo in photos if photo not in paired]
    meant: dict[str, PurePosixPath] = {}
    for anywhere in (False, True):
        for photo in alone:
            if photo not in meant and (found := _take(layout, photo, free, anywhere=anywhere)):
                meant[photo] = found
    for photo in alone:
        wanted = mask_names(layout, photo)[0]
        if photo in meant:
            yield Finding(Kind.NAME, _difference(layout, PurePosixPath(wanted), meant[photo]), photo, str(meant[photo]))
        else:
            yield Finding(Kind.MISSING, f"There is no {wanted}: {layout.program} {layout.without_mask}", photo)
    for left_over in sorted(file for alike_files in free.values() for file in alike_files):
        yield Finding(Kind.NO_PHOTO, "No photo asks for this file", mask=str(left_over))


def shared(layout: Layout, paired: Mapping[str, str]) -> Iterator[Finding]:
    """Photos that would get the mask of another one."""
    by_mask: dict[str, list[str]] = defaultdict(list)
    for photo, mask in paired.items():
        by_mask[mask].append(photo)
    for mask, photos in by_mask.items():
        if len(photos) > 1:
            why = f"{layout.program} would use {mask} for all of these: {', '.join(photos)}"
            yield from (Finding(Kind.SHARED, why, photo, mask) for photo in photos)


def is_mask_name(name: str) -> bool:
    """Whether a file beside photos is called as only masks are."""
    return any(pattern.fullmatch(name) for pattern in _MASK_NAMES)


def _take(
    layout: Layout, photo: str, free: Mapping[str, list[PurePosixPath]], *, anywhere: bool
) -> PurePosixPath | None:
    path = PurePosixPath(photo)
    wanted = PurePosixPath(mask_names(layout, photo)[0])
    others = [rule.format(name=path.name, stem=path.stem) for rule in sorted(_RULES | _FOREIGN)]
    for name in (wanted.name, *others):
        for file in free.get(_spelling(name), []):
            if anywhere or file.parent == wanted.parent:
                free[_spelling(name)].remove(file)
                return file
    return None


def _spelling(name: str) -> str:
    """What is left of a name once case, spaces and the kind of picture do not count."""
    plain = PurePosixPath(alike(name).replace(" ", "_").replace("-", "_"))
    return plain.stem if plain.suffix in PICTURES else plain.name


def _difference(layout: Layout, wanted: PurePosixPath, found: PurePosixPath) -> str:
    if wanted == found:
        return f"{layout.program} ignores names with spaces: rename the photo and {found}"
    if alike(str(wanted)) == alike(str(found)):
        why = "case matters"
    elif wanted.name == found.name:
        why = "it is in another folder"
    elif wanted.with_suffix("") == found.with_suffix(""):
        why = "it is another kind of file"
    else:
        why = "it has another name"
    return f"{layout.program} looks for {wanted}, there is {found}: {why}"


def _pattern(rule: str) -> re.Pattern[str]:
    suffixes = "|".join(suffix[1:] for suffix in sorted(PHOTO_SUFFIXES))
    expression = re.escape(rule).replace(r"\{stem\}", ".+").replace(r"\{name\}", rf".+\.({suffixes})")
    return re.compile(expression, re.IGNORECASE | re.DOTALL)


# Photos may be called anything, so a name tells a mask from a photo only where the rule adds something to it.
_MASK_NAMES = tuple(
    _pattern(rule) for rule in sorted(_RULES | _FOREIGN) if rule != "{name}" and PurePosixPath(rule).stem != "{stem}"
)
