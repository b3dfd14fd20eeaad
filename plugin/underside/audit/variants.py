"""The settings that are tried beside the reference's: those asked for, or the usual ones."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import Field, dataclass, replace
from typing import Any

from underside.errors import SettingsError
from underside.settings import SETTINGS, Settings, option_of, read_text, setting, spoken

__all__ = ["Variant", "usual_variants", "variants"]

# These change the mask through the segmenter, as its own options do: its fingerprint says so, not Option.in_mask.
_OF_THE_SEGMENTER = {"model", "working_size", "segmenter"}

# The knobs that people reach for first. An effort has few values, so all of them are tried.
_USUAL = {
    "working_size": ("384", "512", "640"),
    "sensitivity": ("0.2", "0.8"),
    "grow": ("-2", "2"),
    "mask_blur": ("3",),
    "keep": ("largest",),
    "foreground": ("200", "250"),
}


@dataclass(frozen=True)
class Variant:
    """The reference's settings but for one."""

    setting: str
    value: str
    settings: Settings

    @property
    def name(self) -> str:
        """The variant's name, as asked for."""
        return f"{self.setting}={self.value}"


def variants(reference: Settings, vary: Sequence[str]) -> tuple[Variant, ...]:
    """Each value of each ``SETTING=V1,V2`` as a variant; the reference's own values are left out."""
    known = _that_vary()
    found: dict[str, Variant] = {}
    for wish in vary:
        name, equals, values = wish.partition("=")
        field = setting(name.strip())
        if field is None or field.name not in known:
            can = ", ".join(sorted(map(spoken, known)))
            raise SettingsError(f"There is no setting {name.strip()} to vary", f"These change the mask: {can}")
        texts = [text.strip() for text in values.split(",") if text.strip()]
        if not equals or not texts:
            raise SettingsError(f"{wish} names no values", f"Write {name.strip()}=VALUE,VALUE")
        for text in texts:
            value = read_text(field, text)
            if value != getattr(reference, field.name):
                variant = Variant(spoken(field.name), text, _with(reference, field.name, value))
                found.setdefault(variant.name, variant)
    return tuple(found.values())


def usual_variants(reference: Settings) -> tuple[Variant, ...]:
    """What is tried where nothing is asked for, as far as it goes with the reference."""
    found: list[Variant] = []
    for name, values in {"effort": option_of(SETTINGS["effort"]).choices, **_USUAL}.items():
        for value in values:
            with suppress(SettingsError):  # such as a foreground below the reference's background
                found += variants(reference, [f"{name}={value}"])
    return tuple(found)


def _with(reference: Settings, name: str, value: object) -> Settings:
    """The settings with one changed."""
    changes: dict[str, Any] = {name: value}
    return reference.for_segmenter(str(value)) if name == "segmenter" else replace(reference, **changes)


def _that_vary() -> dict[str, Field[Any]]:
    return {
        name: each
        for name, each in SETTINGS.items()
        if option_of(each).in_mask or option_of(each).only_for or name in _OF_THE_SEGMENTER
    }
