"""The attributes that the nodes share; only keywords that every Meshroom since 2025.1 takes."""

from __future__ import annotations

from typing import Any

from meshroom.core import desc

from .revision import REVISION

__all__ = ["device", "effort", "grow", "last", "model", "of_this_revision", "passes", "rings", "scene", "without_mask"]

_LEVELS = ["fatal", "error", "warning", "info", "debug", "trace"]


def scene() -> Any:
    """Which views."""
    return desc.File(
        name="input",
        label="SfMData",
        description="Scene whose views are masked: a .sfm file, such as CameraInit's.",
        value="",
    )


def rings() -> Any:
    """What UndersideRings has learnt."""
    return desc.File(
        name="rings",
        label="Rings",
        description="Folder from UndersideRings: what all shots together show of the still room behind the object. "
        "Without it each view is masked alone.",
        value="",
    )


def model() -> Any:
    """Which network."""
    return desc.StringParam(
        name="model",
        label="Model",
        description="A name that `underside models` lists, or the path of an ONNX file. Models are never downloaded "
        "during a computation.",
        value="turntable",
    )


def effort() -> Any:
    """How hard the engine tries."""
    return desc.ChoiceParam(
        name="effort",
        label="Effort",
        description="fast: one look, edges at half resolution, no rings; normal: two looks, edges at full "
        "resolution, more where a mask cannot be trusted; best: every step for every view.",
        value="normal",
        values=["fast", "normal", "best"],
        exclusive=True,
    )


def grow(description: str) -> Any:
    """How much larger than the object a mask is."""
    return desc.IntParam(name="grow", label="Grow", description=description, value=0, range=(-200, 200, 1))


def passes() -> Any:
    """Which shots are of which pose."""
    return desc.StringParam(
        name="passes",
        label="Passes",
        description="If folders do not show the passes (the poses of the object): NAME = PATTERN, separated by "
        "semicolons, as in: upright = up*; flipped = down*",
        value="",
    )


def device() -> Any:
    """Which processor."""
    return desc.ChoiceParam(
        name="device",
        label="Device",
        description="The processor for the network.",
        value="auto",
        values=["auto", "cpu", "cuda"],
        exclusive=True,
        invalidate=False,
        advanced=True,
    )


def without_mask(values: dict[str, str], label: str) -> Any:
    """What becomes of views that get no mask; ``values`` with what each means."""
    meanings = "; ".join(f"{value}: {meaning}" for value, meaning in values.items())
    return desc.ChoiceParam(
        name="withoutMask",
        label=label,
        description=f"What to do about a view that cannot be masked, or in which no object is found. {meanings}. "
        "Another choice makes all views again.",
        value=next(iter(values)),
        values=list(values),
        exclusive=True,
    )


def last() -> list[Any]:
    """What every node ends with."""
    return [
        desc.IntParam(
            name="revision",
            label="Revision",
            description="Version of how Underside makes masks. Updates raise it, which makes older results invalid; "
            "leave it as it is.",
            value=REVISION,
            range=(0, 1000000, 1),
            advanced=True,
        ),
        desc.ChoiceParam(
            name="verboseLevel",
            label="Verbose Level",
            description="How much the log says.",
            value="info",
            values=_LEVELS,
            exclusive=True,
            invalidate=False,
        ),
    ]


def of_this_revision(values: dict[str, Any]) -> dict[str, Any]:
    """A node's values, as an older project has them, without the one that must not stay."""
    return {name: value for name, value in values.items() if name != "revision"}
