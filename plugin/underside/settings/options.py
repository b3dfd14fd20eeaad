"""Every option once, with its default, its limits and its help."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self, get_args

from underside.cutout import CutoutFormat, CutoutMode, CutoutOptions, parse_background
from underside.errors import SettingsError
from underside.masker import Effort
from underside.photo import MOST_MEGAPIXELS
from underside.refine import EdgeOptions, Keep
from underside.runtime.providers import Device
from underside.segmenters import Choices
from underside.segmenters.by_name import SEGMENTERS
from underside.segmenters.chroma import parse_key
from underside.settings.checks import Option, checked, option_of, spoken

__all__ = ["Settings"]


def _option(default: Any, help: str, **facts: Any) -> Any:  # noqa: A002, ANN401 - as dataclasses.field
    return field(default=default, metadata={"option": Option(help, **facts)})


_EDGES = EdgeOptions()


def _edge_option(default: Any, help: str, **facts: Any) -> Any:  # noqa: A002, ANN401 - as above
    """One of the edge step's, which all decide the mask."""
    return _option(default, help, in_mask=True, **facts)


@dataclass(frozen=True)
class Settings:
    """One set of choices for a whole capture."""

    effort: Effort = _option(
        "normal",
        "fast: one look, edges at half resolution; normal: two looks, edges at full resolution, more where the "
        "verdict is poor; best: every step of the ladder for every shot.",
        choices=get_args(Effort),
        in_mask=True,
    )
    segmenter: str = _option(
        "network",
        "How the object is found: by a network, or in one of the ways in docs/segmenters.md.",
        choices=tuple(SEGMENTERS),
    )
    url: str | None = _option(
        None, "The rembg service for --segmenter remote; photos are sent there.", metavar="URL", only_for="remote"
    )
    key_colour: str | None = _option(
        None,
        "The background's colour for --segmenter chroma: #rrggbb or r,g,b; default: the border's.",
        metavar="COLOUR",
        check=parse_key,
        only_for="chroma",
    )
    model: str = _option("turntable", "A name that `underside models` lists, or an ONNX file.", metavar="NAME")
    working_size: int | None = _option(
        None,
        "Side of a square of the area, in pixels, that the network looks at; default: the model's own.",
        least=64,
        most=4096,
        metavar="PIXELS",
    )
    device: Device = _option("auto", "The processor to use.", choices=get_args(Device))
    gpu_memory: float = _option(2.0, "Most GPU memory for the network.", least=0.25, metavar="GB")
    sensitivity: float = _edge_option(
        _EDGES.sensitivity,
        "How much of a doubtful matte is kept: more above 0.5, less below.",
        least=0.0,
        most=1.0,
        metavar="SHARE",
    )
    foreground: int = _edge_option(
        _EDGES.foreground,
        "From this level up (of 255) the matte is object without consulting the photo.",
        least=1,
        most=255,
    )
    background: int = _edge_option(
        _EDGES.background,
        "Up to this level (of 255) the matte is background without consulting the photo.",
        least=0,
        most=254,
    )
    keep: Keep = _edge_option(
        _EDGES.keep,
        "parts: all large parts; largest: one; centre: the one at the photo's middle.",
        choices=get_args(Keep),
    )
    specks: float = _edge_option(
        _EDGES.specks,
        "Drop parts with less than this share of the largest part's area.",
        least=0.0,
        most=1.0,
        metavar="SHARE",
    )
    pinholes: float = _edge_option(
        _EDGES.pinholes,
        "Fill holes with less than this share of the largest part's area, unless the matte is sure of them.",
        least=0.0,
        most=1.0,
        metavar="SHARE",
    )
    grow: int = _edge_option(
        _EDGES.grow,
        "Grow the mask by this many pixels; negative shrinks.",
        least=-200,
        most=200,
        metavar="PIXELS",
        also=("mask_offset",),
    )
    mask_blur: float = _edge_option(
        _EDGES.mask_blur,
        "Smooth jagged outlines over this many pixels; the mask stays hard.",
        least=0.0,
        most=10.0,
        metavar="PIXELS",
    )
    cutout: str | None = _option(
        None,
        "Also write cut-outs, metadata kept: on black, white, #rrggbb, r,g,b, or transparent.",
        metavar="BACKGROUND",
        check=parse_background,
    )
    cutout_format: CutoutFormat | None = _option(
        None,
        "File format of the cut-outs; default: the photo's own, if it can hold them.",
        choices=("jpeg", "png", "tiff"),
    )
    cutout_mode: CutoutMode = _option(
        "lossless",
        "JPEG to JPEG: keep the object's blocks bit for bit, or compress again at the same quality.",
        choices=get_args(CutoutMode),
    )
    crop: int | None = _option(
        None,
        "Crop cut-outs to the object's box plus this many pixels around it (10 without a number).",
        least=0,
        metavar="PIXELS",
        bare=10,
    )
    max_megapixels: float = _option(
        MOST_MEGAPIXELS, "Refuse larger photos: a small file can claim a size that fills all memory.", least=0.001
    )
    accept_licence: bool = _option(False, "Accept the licence of a non-commercial model.")
    allow_non_object: bool = _option(False, "Allow models made for people, clothes or drawings.")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None or each.default is not None:
                checked(each, value)
        if self.background >= self.foreground:
            raise SettingsError(
                f"--background {self.background} is not below --foreground {self.foreground}",
                "Leave a gap between them; the edge step decides in it",
            )
        for each in fields(self):
            segmenter = option_of(each).only_for
            if segmenter not in (None, self.segmenter) and getattr(self, each.name) != each.default:
                raise SettingsError(
                    f"--{spoken(each.name)} is for --segmenter {segmenter}, not for {self.segmenter}",
                    "Leave one of them out",
                )

    def for_segmenter(self, segmenter: str) -> Self:
        """The same for another segmenter, without what concerns one alone that is not this one."""
        of_others: dict[str, Any] = {
            f.name: f.default for f in fields(self) if option_of(f).only_for not in (None, segmenter)
        }
        return replace(self, segmenter=segmenter, **of_others)

    @property
    def edges(self) -> EdgeOptions:
        """How the matte becomes a mask."""
        return EdgeOptions(**{f.name: getattr(self, f.name) for f in fields(EdgeOptions)})

    def choices(self, *, plates: Sequence[Path] = (), shots: Sequence[Path] = ()) -> Choices:
        """What the segmenter is made from, for a capture of these plates and shots."""
        own = {f.name: getattr(self, f.name) for f in fields(Choices) if f.name not in ("plates", "shots")}
        return Choices(**own, plates=tuple(plates), shots=tuple(shots))

    @property
    def cutout_options(self) -> CutoutOptions | None:
        """How cut-outs are made; none where none are asked for."""
        if self.cutout is None:
            return None
        return CutoutOptions(
            background=parse_background(self.cutout),
            format=self.cutout_format,
            mode=self.cutout_mode,
            padding=self.crop,
        )

    def deciding_the_mask(self) -> dict[str, Any]:
        """The choices that change a mask's pixels, besides the segmenter's own."""
        return {f.name: getattr(self, f.name) for f in fields(self) if option_of(f).in_mask}
