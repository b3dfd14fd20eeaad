"""The models we know: where each comes from, what it may be used for, how it is asked and answered."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import Any, Literal

from underside import resources
from underside.errors import ModelError
from underside.typed import as_typed

__all__ = ["Activation", "Catalogue", "Model", "Recipe", "Weights", "load_catalogue", "read_own_model"]

CATALOGUE_NAME = "catalogue.toml"
_EVERY_KEY = "docs/models.md describes every key"
_NO_KEYS = {"name", "weights", "recipe"}

Activation = Literal["none", "sigmoid", "softmax", "detect"]
Resize = Literal["lanczos", "area"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is asked, and how its answer is read."""

    size: tuple[int, int] | int | None = None
    """Width and height that every picture is squashed to; or the side of a square with the area to look at,
    where the picture keeps its aspect. Where it is not given: what the file says, else 1024 x 1024."""
    multiple: int = 32
    """Where the aspect is kept: both sides are multiples of this."""
    resize: Resize = "lanczos"
    """Pillow's Lanczos filter, or OpenCV's mean over areas."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Mean and deviation of red, green and blue, on the scale 0..1 (pixels are divided by 255)."""
    input: str = ""
    """Name of the input; the only one where empty."""
    output: str = ""
    """Name of the output; the first where empty."""
    channel: int = 0
    """Which channel of the output is the matte."""
    inverted: bool = False
    """The channel is the background's."""
    closer_look: bool = False
    """It was made to see an object from near, too: a second look at the object's box makes masks better."""
    activation: Activation = "detect"
    """What is still to be done to the answer; ``detect`` tries the network on a picture of its own once."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One file with a network in it."""

    file: str
    """Its name in the folder of models, and on a mirror."""
    url: str = ""
    """Empty where no address is known to hold the file with this checksum."""
    sha256: str = ""
    md5: str = ""
    """Checked where no SHA-256 is published."""
    size_mb: float = 0
    """About; in millions of bytes. 0 where nobody says."""
    kind: Literal["full", "half", "int8"] = "full"
    """How the numbers are stored: ``int8`` is chosen only where the processor computes it rightly."""

    @property
    def fetchable(self) -> bool:
        """Only a file that can be checked is ever fetched."""
        return bool(self.url and (self.sha256 or self.md5))


@dataclass(frozen=True, kw_only=True)
class Model:
    """One entry of the catalogue."""

    name: str
    title: str
    licence: str
    commercial: bool
    """May be used inside a paid product."""
    weights: tuple[Weights, ...]
    """The files of the network, stored in several ways, the preferred first; for most models one."""
    recipe: Recipe
    source: str = ""
    aliases: tuple[str, ...] = ()
    embedded: bool = False
    """Part of Underside: nothing to fetch."""
    refused: str = ""
    """Why it is not a model for objects; such a model is used only on request."""
    note: str = ""
    """A sentence for everyone who uses it."""

    @property
    def fetchable(self) -> bool:
        """Whether ``underside models fetch`` can bring all of it."""
        return all(weights.fetchable for weights in self.weights)

    @property
    def size_mb(self) -> float:
        """Size of all its files; 0 if unknown."""
        return sum(weights.size_mb for weights in self.weights)


@dataclass(frozen=True)
class Catalogue:
    """All entries by name, the user's own among them."""

    models: Mapping[str, Model]

    def find(self, name: str) -> Model:
        """The entry of that name, or else of that alias."""
        if name in self.models:
            return self.models[name]
        for model in self.models.values():
            if name in model.aliases:
                return model
        known = [known for model in self.models.values() for known in (model.name, *model.aliases)]
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        remedy = f"{hint}`underside models` lists all, and the path of an .onnx file works too"
        raise ModelError(f"There is no model {name}", remedy[0].upper() + remedy[1:])


def load_catalogue() -> Catalogue:
    """The built-in catalogue, and the entries of ``catalogue.toml`` in the user's folder of models."""
    models = _entries(resources.models_folder() / CATALOGUE_NAME)
    own = resources.user_models_folder() / CATALOGUE_NAME
    if own.is_file():
        models |= _entries(own, may_embed=False)
    return Catalogue(models)


def read_own_model(path: Path) -> Model:
    """A model file of the user's own, described by the TOML beside it where there is one."""
    described = path.with_suffix(".toml")
    entry = _read_toml(described) if described.is_file() else {}
    own = {"title": "a model of your own", "licence": "your own", "commercial": True, "file": path.name}
    return _model(path.stem, own | entry, where=str(described))


def _entries(path: Path, *, may_embed: bool = True) -> dict[str, Model]:
    models = {}
    for name, entry in _read_toml(path).items():
        where = f"{path} [{name}]"
        if not isinstance(entry, dict):
            raise ModelError(f"{path}: {name} is outside any model", f"Write it below a line [{name}]")
        if entry.get("embedded") and not may_embed:
            raise ModelError(f"{where} is not part of Underside", "Remove the line embedded")
        models[name] = _model(name, entry, where=where)
    return models


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not TOML: {error}", "Fix that line") from error
    except OSError as error:
        raise ModelError(f"Cannot read {path}: {error.strerror}", "Check the file and its permissions") from error


def _model(name: str, entry: Mapping[str, Any], *, where: str) -> Model:
    """Build an entry: facts about the model, its recipe and its file all stand in one table."""
    left = dict(entry)
    variants = left.pop("variants", None)
    recipe = _taken(Recipe, left, where)
    weights = _taken(Weights, left, where)
    facts = _taken(Model, left, where)
    _nothing_left(left, where)
    try:
        model = Model(
            name=name,
            recipe=Recipe(**recipe),
            weights=_variants(variants, where) if variants else (Weights(**weights),),
            **facts,
        )
    except TypeError as error:
        missing = str(error).rpartition(": ")[2]
        raise ModelError(f"{where} lacks {missing}", _EVERY_KEY) from error
    _refuse_nonsense(model, where)
    return model


def _refuse_nonsense(model: Model, where: str) -> None:
    for each in model.weights:
        # A name with a folder in it could point anywhere on the disk.
        if PurePath(each.file).name != each.file or each.file[:1] in ("", ".") or "\\" in each.file:
            raise ModelError(f"{where}: {each.file!r} is not a plain file name", "Give a name without folders")
    size = model.recipe.size
    sides = size if isinstance(size, tuple) else (1 if size is None else size,)
    if min(*sides, model.recipe.multiple, *model.recipe.std) <= 0:
        raise ModelError(f"{where}: sizes and deviations are greater than 0", _EVERY_KEY)


def _variants(entries: object, where: str) -> tuple[Weights, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ModelError(f"{where}: variants is not a list of files", _EVERY_KEY)
    variants = []
    for entry in entries:
        left = dict(entry)
        variants.append(Weights(**_taken(Weights, left, where)))
        _nothing_left(left, where)
    return tuple(variants)


def _nothing_left(left: Mapping[str, Any], where: str) -> None:
    for key in left:
        known = {f.name for kind in (Model, Recipe, Weights) for f in fields(kind)} - _NO_KEYS
        near = difflib.get_close_matches(key, known, n=1)
        raise ModelError(f"{where} has an unknown key {key}", f"Perhaps {near[0]} was meant" if near else _EVERY_KEY)


def _taken(kind: type, entry: dict[str, Any], where: str) -> dict[str, Any]:
    """Take out of the entry what belongs to that dataclass, checked against its types."""
    taken = {}
    for f in fields(kind):
        if f.name in entry and f.name not in _NO_KEYS:
            value = entry.pop(f.name)
            try:
                taken[f.name] = as_typed(value, f.type)
            except TypeError as error:
                raise ModelError(f"{where}: {f.name} cannot be {value!r}", _EVERY_KEY) from error
            if _is_negative(taken[f.name]):
                raise ModelError(f"{where}: {f.name} cannot be {value!r}", _EVERY_KEY)
    return taken


def _is_negative(value: object) -> bool:
    # Sizes and channels count from one or nought.
    return any(isinstance(one, int) and one < 0 for one in (value if isinstance(value, tuple) else (value,)))
