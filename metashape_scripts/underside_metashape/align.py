"""Align photos of two poses: the masks decide which features there are, and nothing else is known beforehand."""

from __future__ import annotations

from typing import Callable

from underside_metashape.host import Chunk, Host, call_with_what_it_knows
from underside_metashape.views import View

__all__ = ["align", "before_aligning", "share_of"]

# Below this share of the photo, masks leave few features to match.
_SMALL = 0.15


def before_aligning(chunk: Chunk, views: list[View]) -> list[str]:
    """What speaks against aligning now, as sentences."""
    doubts: list[str] = []
    views = [view for view in views if view.camera.enabled]
    aligned = sum(view.camera.transform is not None for view in views)
    if aligned or _tie_points(chunk) is not None:
        there = f"{aligned} of {len(views)} photos are aligned already" if aligned else "There are tie points already"
        doubts.append(
            f"{there}: aligning again discards camera positions, matches and tie points, and depth maps and models "
            "made with them no longer fit."
        )
    without = [view for view in views if view.frame.mask is None]
    if without:
        doubts.append(
            f"{len(without)} of {len(views)} photos have no mask: Metashape uses the whole of them, room and "
            "platter included."
        )
    return doubts


def _tie_points(chunk: Chunk) -> Host | None:
    # Before 2.0 tie points had the name that the dense cloud has since.
    return chunk.tie_points if hasattr(chunk, "tie_points") else getattr(chunk, "point_cloud", None)


def align(chunk: Chunk, views: list[View], progress: Callable[[float], None]) -> str:
    """Match and align; say how many of each group found their place."""
    call_with_what_it_knows(
        chunk.matchPhotos,
        # Key points: masked per photo. Tie points would drop a point everywhere that one tight mask hides once.
        needed={"filter_mask": True, "mask_tiepoints": False, "progress": progress},
        wanted={
            "filter_stationary_points": True,
            "reference_preselection": False,
            "generic_preselection": True,
            "reset_matches": True,
        },
    )
    call_with_what_it_knows(chunk.alignCameras, needed={"progress": progress}, wanted={"reset_alignment": True})
    return "\n".join([*_placed(views), *_advice(views)])


def _placed(views: list[View]) -> list[str]:
    groups: dict[str, list[bool]] = {}
    for view in views:
        if view.camera.enabled:
            groups.setdefault(view.group, []).append(view.camera.transform is not None)
    return [
        "{}: {} of {} photos were aligned.".format(group or "Without a group", sum(placed), len(placed))
        for group, placed in groups.items()
    ]


def _advice(views: list[View]) -> list[str]:
    lines: list[str] = []
    if any(view.camera.enabled and view.camera.transform is None for view in views):
        lines.append(
            "If one pose did not join, photos of the object lying on its side help: both poses share views with them."
        )
    shares = sorted(share_of(view.frame.mask.image()) for view in views if view.frame.mask is not None)
    if shares and shares[len(shares) // 2] < _SMALL:
        lines.append(
            f"The object fills less than {_SMALL:.0%} of most photos: raise the key point limit, or move closer."
        )
    return lines


def share_of(image: Host) -> float:
    """The share of a mask that is kept; masks have one value a pixel in every channel."""
    content = image.tostring()
    return 1 - content.count(b"\0") / len(content) if content else 0.0
