"""What a person is told about a layout: how to use it, what is missing in it, what to look at."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from underside.counted import some
from underside.layouts.naming import Place, mask_names
from underside.layouts.table import Layout, WithoutMask
from underside.manifest import Manifest, ShotRecord, State

__all__ = ["how_to_text", "kept_note", "notes"]


def notes(layout: Layout, manifest: Manifest, placed: Sequence[Place], folder: Path) -> Iterator[str]:
    """Sentences without their full stop: shots without a mask, new names, facts to check.

    A shot that failed may have a mask of a person's own in the layout's ``folder``.
    """
    masks = folder / layout.masks
    failed = [
        shot.photo
        for shot in manifest.shots
        # Path.exists() fails where the name is too long to be there.
        if shot.state is State.FAILED
        and not any(os.path.lexists(masks / name) for name in mask_names(layout, shot.photo))
    ]
    if failed:
        if layout.cut_out or any(place.photo for place in placed):
            yield f"Not in this layout, for lack of a mask: {some(failed)}"
        elif layout.without_mask is WithoutMask.LEFT_OUT:
            yield f"{layout.program} {layout.without_mask}: {some(failed)}"
        else:
            yield f"{layout.program} {layout.without_mask}, so take these out of the project: {some(failed)}"
    renamed = [place for place in placed if place.mask != f"{layout.masks}/{_usual_mask(layout, place)}"]
    if renamed:
        first = renamed[0]
        example = f"{PurePosixPath(first.photo or first.mask).name} for {first.shot.photo}"
        yield f"Renamed here, such as {example} ({len(renamed)} in all): {_why(layout, renamed)}"
    passes = {shot.pass_name for shot in manifest.shots}
    if layout.whole_photos and len(passes) > 1:
        yield (
            f"{layout.program} looks for features in whole photos, the platter's too: for several passes use "
            f"underside prepare --for {layout.name}"
        )
    if layout.check_once:
        yield f"Not confirmed. {layout.check_once}"


def kept_note(layout: Layout, changed: Sequence[str], masks: Mapping[str, ShotRecord], out: Path) -> str:
    """Which files stay as a person has changed them, and how ``masks`` would get the change; empty where none do.

    ``masks`` are the layout's, with their shots.
    """
    if not changed:
        return ""
    told = f"Changed by hand, so it stays as it is (delete it to have it made again): {some(changed)}"
    first = next((name for name in changed if name in masks), None)
    if first is None:
        return told
    own, shot = out / masks[first].mask, masks[first]
    if layout.cut_out or layout.inverted or (layout.upright and shot.orientation != 1):
        return f"{told}. To have it in all results, change {own} in the same way and run again"
    return f"{told}. To have it in all results, copy {first} over {own} and run again"


def how_to_text(layout: Layout, how_to: str, sentences: Sequence[str]) -> str:
    """The text that lies beside the masks."""
    return "\n\n".join(
        [
            f"Masks for {layout.program}",
            how_to,
            *(f"{sentence}." for sentence in sentences),
            "Every run makes this folder again, except for what somebody has changed in it. To change a "
            "mask, change the one in the masks folder beside capture.json and run underside mask again. Do not edit "
            "files here: they may be the very same files as your photos and masks (hard links).\n",
        ]
    )


def _usual_mask(layout: Layout, place: Place) -> str:
    return mask_names(layout, place.shot.photo)[0]


def _why(layout: Layout, renamed: Sequence[Place]) -> str:
    if not layout.spaces and any(" " in place.shot.photo for place in renamed):
        return f"{layout.program} ignores masks with a space in their name"
    return "otherwise names would clash in one folder"
