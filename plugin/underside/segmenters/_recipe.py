"""A recipe carried out: a picture becomes the numbers that a network takes, its answer becomes a matte."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underside.catalogue import Recipe
from underside.errors import ModelError, SettingsError

__all__ = ["Form", "form_of", "grid_of", "matte_from", "numbers_for", "sized"]

_USUAL_SIZE = 1024
# Exports to half precision stray a little out of 0..1; anything further out is not a probability.
_STRAY = 0.01
# A coarser answer is a list of classes, not a picture of them.
_COARSEST = 4


@dataclass(frozen=True)
class Form:
    """What the file itself says of the network's input and output."""

    input: str
    output: str
    number: type[np.floating[Any]]
    channels_last: bool
    size: tuple[int, int] | None
    """Width and height, where it takes no other."""


def form_of(session: Any, recipe: Recipe, name: str) -> Form:  # noqa: ANN401 - untyped library
    """Learn how to ask, and refuse what cannot be a network that segments photos."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1:
        raise _no_segmenter(name, f"it wants {len(inputs)} inputs ({_names(inputs)}), not one picture")
    asked = _called(inputs, recipe.input, name, "input")
    answered = _called(outputs, recipe.output, name, "output")
    shape = list(asked.shape)
    if len(shape) != 4:
        raise _no_segmenter(name, f"its input has {len(shape)} dimensions, not 4")
    channels_last = shape[3] == 3 and shape[1] != 3
    channels = shape[3] if channels_last else shape[1]
    if isinstance(channels, int) and channels != 3:
        raise _no_segmenter(name, f"it takes {channels} channels, and a photo has 3")
    numbers: dict[str, type[np.floating[Any]]] = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
    if asked.type not in numbers:
        raise _no_segmenter(name, f"it takes {asked.type}, not floating-point numbers")
    # An empty shape says that the file does not tell; the answer will.
    if answered.shape and len(answered.shape) not in (3, 4):
        raise _no_segmenter(name, f"it answers with {len(answered.shape)} dimensions, as a classifier does")
    height, width = shape[1:3] if channels_last else shape[2:4]
    fixed = isinstance(width, int) and isinstance(height, int)
    return Form(asked.name, answered.name, numbers[asked.type], channels_last, (width, height) if fixed else None)


def sized(recipe: Recipe, form: Form, working_size: int | None, name: str) -> Recipe:
    """The recipe with its size settled between entry, file and wish."""
    size = recipe.size or form.size or (_USUAL_SIZE, _USUAL_SIZE)
    if working_size is not None:
        if working_size < recipe.multiple:
            raise SettingsError(f"A working size of {working_size} is too small", "Give 256 or more")
        scale = 1.0 if isinstance(size, int) else working_size / (size[0] * size[1]) ** 0.5
        size = working_size if isinstance(size, int) else (round(size[0] * scale), round(size[1] * scale))
    if form.size is None:
        return replace(recipe, size=size)
    wanted, fixed = _written(size), _written(form.size)
    if wanted != fixed and working_size is not None:
        raise SettingsError(f"{name} works at {fixed} pixels and no other size", "Leave the working size out")
    if wanted != fixed:
        raise ModelError(f"{name} takes {fixed} pixels, but its entry says {wanted}", "Fix the entry, or get its file")
    return replace(recipe, size=form.size)


def grid_of(recipe: Recipe, width: int, height: int) -> tuple[int, int]:
    """Columns and rows at which a picture of that size is looked at."""
    if not isinstance(recipe.size, int):
        return recipe.size or (_USUAL_SIZE, _USUAL_SIZE)
    steps = recipe.size / (width * height) ** 0.5 / recipe.multiple
    return max(1, round(width * steps)) * recipe.multiple, max(1, round(height * steps)) * recipe.multiple


def numbers_for(picture: NDArray[np.uint8], recipe: Recipe, form: Form) -> NDArray[np.floating[Any]]:
    """The picture as a batch of one, in the form the network takes."""
    small = _resized(picture, grid_of(recipe, picture.shape[1], picture.shape[0]), recipe)
    # Eight bits have 256 values: a table is exact, and eight times as fast as arithmetic on every pixel.
    tables = (np.arange(256) / 255 - np.reshape(recipe.mean, (3, 1))) / np.reshape(recipe.std, (3, 1))
    planes = [cv2.LUT(plane, table) for plane, table in zip(cv2.split(small), tables.astype(np.float32), strict=True)]
    return np.stack(planes, axis=-1 if form.channels_last else 0, dtype=form.number, casting="same_kind")[None]


def matte_from(answer: NDArray[Any], recipe: Recipe, form: Form, name: str) -> NDArray[np.float32]:
    """What the network said, as probabilities; never stretched, so that nothing found stays nothing."""
    channels = channels_of(answer, form, name)
    if not np.isfinite(channels).all():
        raise ModelError(f"{name} answers with something other than numbers", "Try another --device, or another model")
    if recipe.channel >= len(channels):
        raise ModelError(
            f"{name} answers in {len(channels)} channels; its entry names number {recipe.channel}",
            "Count from 0 and fix the entry",
        )
    if recipe.activation == "softmax":
        shifted = np.exp(channels - channels.max(axis=0))
        channels = shifted / shifted.sum(axis=0)
    matte = channels[recipe.channel]
    if recipe.activation == "sigmoid":
        matte = 0.5 + 0.5 * np.tanh(0.5 * matte)
    if not is_probability(matte):
        raise ModelError(
            f"{name} answers with {matte.min():.3g} to {matte.max():.3g}, which are not probabilities",
            'State activation = "sigmoid" (or "softmax") in its entry',
        )
    matte = np.clip(matte, 0, 1)
    return np.ascontiguousarray(1 - matte if recipe.inverted else matte)


def channels_of(answer: NDArray[Any], form: Form, name: str) -> NDArray[np.float32]:
    """The answer to one picture as (channels, rows, columns)."""
    values = np.asarray(answer, dtype=np.float32)
    if values.ndim == 4:
        values = values[0].transpose(2, 0, 1) if form.channels_last and values.shape[1] != 1 else values[0]
    if values.ndim != 3 or min(values.shape[1:]) < _COARSEST:
        raise _no_segmenter(
            name, f"it answers with {' x '.join(map(str, answer.shape))} numbers, which is not a picture"
        )
    return values


def is_probability(values: NDArray[np.float32]) -> bool:
    """Whether all values lie in 0..1, but for rounding."""
    return bool(values.min() >= -_STRAY and values.max() <= 1 + _STRAY)


def _resized(picture: NDArray[np.uint8], grid: tuple[int, int], recipe: Recipe) -> NDArray[np.uint8]:
    if recipe.resize == "lanczos":
        return np.asarray(Image.fromarray(picture).resize(grid, Image.Resampling.LANCZOS))
    shrinks = grid[0] <= picture.shape[1] and grid[1] <= picture.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(picture, grid, interpolation=method).astype(np.uint8, copy=False)


def _called(ports: Sequence[Any], wanted: str, name: str, kind: str) -> Any:  # noqa: ANN401 - untyped library
    for port in ports:
        if wanted in ("", port.name):
            return port
    raise ModelError(f"{name} has no {kind} called {wanted}, but {_names(ports)}", "Fix its entry")


def _names(ports: Sequence[Any]) -> str:
    return ", ".join(port.name for port in ports)


def _written(size: int | tuple[int, int]) -> str:
    return f"{size} x {size}" if isinstance(size, int) else f"{size[0]} x {size[1]}"


def _no_segmenter(name: str, why: str) -> ModelError:
    return ModelError(f"{name} is not a network that finds objects in photos: {why}", "Choose another file or model")
