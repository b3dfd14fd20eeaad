"""The fields of a request: their names, defaults and limits are rembg's, and so is the answer to wrong ones."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from underside.cutout.plain import Rgba
from underside.serve.refusal import Refusal

__all__ = ["FIELDS", "IN_QUERY_TOO", "REMBG_MODELS", "Field", "Wish", "read_wish"]

REMBG_MODELS = (
    "birefnet-general",
    "birefnet-general-lite",
    "birefnet-general-fp16",
    "birefnet-portrait",
    "birefnet-dis",
    "birefnet-hrsod",
    "birefnet-cod",
    "birefnet-massive",
    "isnet-anime",
    "dis_custom",
    "isnet-general-use",
    "sam",
    "silueta",
    "u2net_cloth_seg",
    "u2net_custom",
    "u2net_human_seg",
    "u2net",
    "u2netp",
    "bria-rmbg",
    "ben_custom",
    "withoutbg",
    "atlascloud",
)
"""The names that a client of rembg may send."""

Problem = dict[str, Any]

_TRUE, _FALSE = {"1", "true", "on", "yes", "t", "y"}, {"0", "false", "off", "no", "f", "n"}
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")
# rembg hands its extras on as arguments, next to these.
_TAKEN = {
    "alpha_matting",
    "alpha_matting_background_threshold",
    "alpha_matting_erode_size",
    "alpha_matting_foreground_threshold",
    "bgcolor",
    "data",
    "decontaminate",
    "model_name",
    "only_mask",
    "post_process_mask",
    "session",
    "vitmatte",
}


@dataclass(frozen=True)
class Field:
    """One field besides the photo itself."""

    name: str
    kind: Literal["text", "truth", "whole"]
    default: str | bool | int | None
    says: str
    most: int | None = None


FIELDS = (
    Field("model", "text", None, "A model that is installed; default: the one the service was started with."),
    Field("a", "truth", False, "Accepted, without effect: every mask's edge is found in the photo itself."),
    Field("af", "whole", 240, "Goes with a.", 255),
    Field("ab", "whole", 10, "Goes with a.", 255),
    Field("ae", "whole", 10, "Goes with a."),
    Field("om", "truth", False, "Answer with the mask alone: 8-bit grey, 0 or 255."),
    Field("ppm", "truth", False, "Accepted, without effect: every mask is hard and free of specks."),
    Field("dc", "truth", False, "Accepted, without effect: nothing is half transparent."),
    Field("vm", "truth", False, "Accepted, without effect, like a."),
    Field("bgc", "text", None, "A background for the object: red,green,blue or red,green,blue,alpha, 0 to 255 each."),
    Field("extras", "text", None, "Accepted, without effect."),
)

IN_QUERY_TOO = ("bgc", "extras")
"""Fields that a POST may have in its query, where rembg looks for them, or in its form."""


@dataclass(frozen=True)
class Wish:
    """What a request asks for, once its fields are understood."""

    where: Literal["query", "body"]
    """Where its fields stand."""
    model: str | None
    """The model; none means the one that the service was started with."""
    only_mask: bool
    background: Rgba


def read_wish(given: Mapping[str, object], *, where: Literal["query", "body"], needed: str) -> Wish:
    """Understand the fields of a request; those that cannot be meant are a Refusal with a list of them."""
    problems: list[Problem] = []
    if needed not in given or (where == "body" and given[needed] == ""):
        problems.append(_problem("missing", "Field required", [where, needed], None))
    values = {field.name: _value(field, given.get(field.name), where, problems) for field in FIELDS}
    if problems:
        raise Refusal(422, problems)
    _check_extras(values["extras"])
    background = _background(values["bgc"]) if values["bgc"] else (0, 0, 0, 0)
    return Wish(where, values["model"] or None, values["om"], background)


def _value(field: Field, said: object, where: str, problems: list[Problem]) -> Any:  # noqa: ANN401
    # In a form, an empty field is one that was left empty.
    if said is None or (said == "" and where == "body"):
        return field.default
    if not isinstance(said, str):
        problems.append(_problem("string_type", "Input should be a valid string", [where, field.name], None))
        return None
    try:
        return _READERS[field.kind](said, field)
    except _UnfitError as unfit:
        problems.append(_problem(unfit.kind, unfit.msg, [where, field.name], said, **unfit.more))
        return None


class _UnfitError(Exception):
    """Why a value cannot be meant, in the words of the library that checks them for rembg."""

    def __init__(self, kind: str, msg: str, **more: object) -> None:
        super().__init__(msg)
        self.kind, self.msg, self.more = kind, msg, more


def _truth(said: str, _: Field) -> bool:
    if said.lower() not in _TRUE | _FALSE:
        raise _UnfitError("bool_parsing", "Input should be a valid boolean, unable to interpret input")
    return said.lower() in _TRUE


def _whole(said: str, field: Field) -> int:
    if not _WHOLE.fullmatch(said.strip()):
        raise _UnfitError("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
    number = int(said.partition(".")[0])
    if number < 0:
        raise _UnfitError("greater_than_equal", "Input should be greater than or equal to 0", ctx={"ge": 0})
    if field.most is not None and number > field.most:
        msg = f"Input should be less than or equal to {field.most}"
        raise _UnfitError("less_than_equal", msg, ctx={"le": field.most})
    return number


_READERS: Mapping[str, Callable[[str, Field], object]] = {
    "text": lambda said, _: said,
    "truth": _truth,
    "whole": _whole,
}


def _problem(kind: str, msg: str, loc: list[str], said: str | None, **more: object) -> Problem:
    return {"type": kind, "loc": loc, "msg": msg, "input": said, **more}


def _background(said: str) -> Rgba:
    try:
        red, green, blue, *alpha = (min(max(int(part), 0), 255) for part in said.split(","))
        (opacity,) = alpha or (255,)
    except ValueError:
        raise Refusal(
            400,
            f"bgc={said[:40]} is not a colour. Write red,green,blue or red,green,blue,alpha, such as bgc=255,255,255.",
        ) from None
    return red, green, blue, opacity


def _check_extras(said: str | None) -> None:
    """What is no JSON is ignored, as by rembg; what would collide there is refused."""
    try:
        extras = json.loads(said or "{}")
    except (ValueError, RecursionError):
        return
    repeated = sorted(_TAKEN & set(extras)) if isinstance(extras, dict) else []
    if repeated:
        raise Refusal(400, f"extras cannot set {', '.join(repeated)}. Use its own field.")
