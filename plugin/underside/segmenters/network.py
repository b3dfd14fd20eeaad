"""Any network in an ONNX file as a segmenter, asked and read as its entry in the catalogue says."""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.catalogue import Model, Recipe, Weights, load_catalogue, read_own_model
from underside.catalogue.pins import check_file, check_licence, checksum_problem
from underside.errors import DeviceError, ModelError
from underside.files import sha256_of
from underside.runtime.library import load_onnxruntime
from underside.runtime.processor import multiplies_bytes
from underside.runtime.providers import (
    CPU,
    Device,
    Provider,
    choose_provider,
    in_short,
    is_the_cards_failure,
    open_session,
)
from underside.segmenters import Choices
from underside.segmenters._recipe import (
    Form,
    channels_of,
    form_of,
    grid_of,
    is_probability,
    matte_from,
    numbers_for,
    sized,
)

__all__ = ["NetworkSegmenter", "load_segmenter", "make"]

# Mean difference between a network's int8 answer to the trial picture and its other one. The embedded
# network's is 0.0001 on a CPU that multiplies bytes rightly (Xeon with VNNI, onnxruntime 1.31).
_INT8_DIFFERENCE = 0.005
_OUT_OF_MEMORY = ("allocate", "Available memory", "out of memory", "bad_alloc")


@dataclass(frozen=True)
class NetworkSegmenter:
    """One session, asked by any number of threads."""

    name: str
    fingerprint: Mapping[str, str]
    notes: tuple[str, ...]
    session: Any
    recipe: Recipe
    form: Form
    turn: AbstractContextManager[Any]
    """Held while the network works."""

    @property
    def closer_look(self) -> bool:
        """Whether its recipe asks for a closer look."""
        return self.recipe.closer_look

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """Columns and rows at which a picture of that size is looked at."""
        return grid_of(self.recipe, width, height)

    def larger(self, times: float) -> "NetworkSegmenter | None":
        """The network with so many times its pixels along each side; none if its file takes no other size."""
        if self.form.size is not None or self.recipe.size is None:
            return None
        width, height = self.recipe.size if isinstance(self.recipe.size, tuple) else (self.recipe.size,) * 2
        recipe = sized(self.recipe, self.form, round(times * (width * height) ** 0.5), self.name)
        own = {"recipe": _recipe_hash(recipe), "working_size": json.dumps(recipe.size)}
        return replace(self, recipe=recipe, fingerprint={**self.fingerprint, **own})

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely each part of the picture is object, from 0 to 1, on the network's grid."""
        numbers = numbers_for(picture, self.recipe, self.form)
        with self.turn:
            answer = _ask(self.session, self.form, numbers, self.name)
        return matte_from(answer, self.recipe, self.form, self.name)


def load_segmenter(
    model: str | Path = "turntable",
    *,
    device: Device = "auto",
    gpu_memory_gb: float = 2.0,
    working_size: int | None = None,
    accept_licence: bool = False,
    allow_non_object: bool = False,
) -> NetworkSegmenter:
    """Make a model of the catalogue, or an ONNX file of one's own, ready to be asked.

    ``working_size`` is the side of the square with as many
    pixels as the network looks at; its own where it is not given.
    """
    own = _own_file(model)
    known = read_own_model(own) if own else load_catalogue().find(str(model))
    if known.refused and not allow_non_object:
        raise ModelError(
            f"{known.name} is not a model for objects: {known.refused}",
            "Choose another (`underside models`), or override this with --allow-non-object",
        )
    check_licence(known, accepted=accept_licence)

    def load(provider: Provider) -> NetworkSegmenter:
        def load_weights(weights: Weights) -> NetworkSegmenter:
            path, sha256 = _own_checked(own, weights) if own else check_file(known, weights)
            session = open_session(path, provider)
            return _segmenter(
                known,
                session,
                provider=provider,
                sha256=sha256,
                working_size=working_size,
                is_own=own is not None,
            )

        return _best(known, provider, load_weights)

    provider = choose_provider(device, gpu_memory_gb=gpu_memory_gb)
    try:
        return load(provider)
    except DeviceError as error:
        if device != "auto" or not provider.is_gpu:
            raise
        return load(replace(CPU, why=error.what))


def make(choices: Choices) -> NetworkSegmenter:
    """The model that was chosen."""
    return load_segmenter(
        choices.model,
        device=choices.device,
        gpu_memory_gb=choices.gpu_memory,
        working_size=choices.working_size,
        accept_licence=choices.accept_licence,
        allow_non_object=choices.allow_non_object,
    )


def _own_file(model: str | Path) -> Path | None:
    path = Path(model)
    if isinstance(model, str) and path.suffix.lower() != ".onnx" and path.name == model:
        return None
    if not path.is_file():
        raise ModelError(f"There is no model file {path}", "Check the path, or see `underside models`")
    return path


def _own_checked(path: Path, weights: Weights) -> tuple[Path, str]:
    try:
        if problem := checksum_problem(weights, path):
            raise ModelError(f"{path} is not the file that {path.stem}.toml describes: {problem}", "Fix one of them")
        return path, sha256_of(path)
    except OSError as error:
        raise ModelError(f"Cannot read {path}: {error.strerror}", "Check its permissions") from error


def _best(model: Model, provider: Provider, load: Callable[[Weights], NetworkSegmenter]) -> NetworkSegmenter:
    """The network from the file that suits the processor: int8 is fast, where it is not wrong."""
    int8 = [weights for weights in model.weights if weights.kind == "int8"]
    others = [weights for weights in model.weights if weights.kind != "int8"]
    if not int8 or not others:
        return load(model.weights[0])
    right = False if provider.is_gpu else multiplies_bytes()
    if right is False:
        return load(others[0])
    fast = load(int8[0])
    if right is None:
        safe, picture = load(others[0]), _trial_picture()
        if np.abs(fast.matte(picture) - safe.matte(picture)).mean() > _INT8_DIFFERENCE:
            return safe
    return fast


def _segmenter(
    model: Model,
    session: Any,  # noqa: ANN401 - untyped library
    *,
    provider: Provider,
    sha256: str,
    working_size: int | None,
    is_own: bool,
) -> NetworkSegmenter:
    form = form_of(session, model.recipe, model.name)
    recipe = sized(model.recipe, form, working_size, model.name)
    notes = [f"{model.name} runs on {provider.described}", _licence_note(model), model.note]
    if recipe.activation == "detect":
        recipe, seen = _with_activation(session, form, recipe, model.name)
        notes.append(_assumed(model, recipe, seen, is_own=is_own))
    elif provider.is_gpu:
        # A card may open what it then has no memory or no kernels for.
        _answer_to_trial(session, form, recipe, model.name)
    return NetworkSegmenter(
        name=model.name,
        fingerprint=_fingerprint(model.name, sha256, provider, recipe),
        notes=tuple(note for note in notes if note),
        session=session,
        recipe=recipe,
        form=form,
        # A card answers one question at a time anyway; two at once would only need twice its memory.
        turn=threading.Lock() if provider.is_gpu else nullcontext(),
    )


def _ask(session: Any, form: Form, numbers: NDArray[Any], name: str) -> NDArray[Any]:  # noqa: ANN401
    try:
        answer = session.run([form.output], {form.input: numbers})[0]
    except Exception as error:
        told = in_short(error)
        if any(sign in told for sign in _OUT_OF_MEMORY):
            raise DeviceError(
                f"{name} needs more memory than it is allowed: {told}",
                "Raise --gpu-memory, use fewer --workers, or choose a smaller model",
            ) from error
        if is_the_cards_failure(error, session.get_providers()[0]):
            raise DeviceError(f"CUDA cannot run {name}: {told}", "Use --device cpu") from error
        raise ModelError(f"{name} cannot answer: {told}", "Check its entry, above all its size") from error
    if not isinstance(answer, np.ndarray):
        raise ModelError(f"{name} answers with something other than numbers", "Choose another model")
    return answer


def _answer_to_trial(session: Any, form: Form, recipe: Recipe, name: str) -> NDArray[Any]:  # noqa: ANN401
    return _ask(session, form, numbers_for(_trial_picture(), recipe, form), name)


def _with_activation(session: Any, form: Form, recipe: Recipe, name: str) -> tuple[Recipe, str]:  # noqa: ANN401
    """Settle from a trial what is to be done to the answers, once for all photos; and what was seen."""
    answer = _answer_to_trial(session, form, recipe, name)
    channels = channels_of(answer, form, name)
    if len(channels) > 1:
        raise ModelError(
            f"{name} answers in {len(channels)} channels, and which one is the object is not known",
            'State channel = 0 or another, and activation = "none", "sigmoid" or "softmax", in its entry',
        )
    seen = f"its answers to a trial picture range from {channels.min():.3g} to {channels.max():.3g}"
    if is_probability(channels):
        return replace(recipe, activation="none"), f"{seen} and are taken as probabilities"
    return replace(recipe, activation="sigmoid"), f"{seen} and go through a sigmoid"


def _assumed(model: Model, recipe: Recipe, seen: str, *, is_own: bool) -> str:
    if not is_own:
        return f"{model.name}: {seen}"
    width, height = grid_of(recipe, 1024, 1024)
    return (
        f"{model.name} gets {width} x {height} pixels, mean {list(recipe.mean)} and deviation "
        f"{list(recipe.std)}; {seen}; if any of this is wrong, state the right value in {model.name}.toml beside it"
    )


def _licence_note(model: Model) -> str:
    return "" if model.commercial else f"{model.name} may not be used commercially (licence: {model.licence})"


def _fingerprint(name: str, sha256: str, provider: Provider, recipe: Recipe) -> Mapping[str, str]:
    return {
        "model": name,
        "sha256": sha256,
        "recipe": _recipe_hash(recipe),
        "working_size": json.dumps(recipe.size),
        "provider": provider.name,
        "onnxruntime": load_onnxruntime().__version__,
    }


def _recipe_hash(recipe: Recipe) -> str:
    return hashlib.sha256(json.dumps(asdict(recipe)).encode()).hexdigest()[:16]


def _trial_picture() -> NDArray[np.uint8]:
    """A thing on a platter, drawn: the same for everyone."""
    rows, columns = np.mgrid[0:256, 0:384]
    shades = (90 + columns // 5, 80 + rows // 3, 150 - columns // 10)
    picture = np.stack(shades, axis=2).astype(np.uint8)
    cv2.ellipse(picture, (192, 190), (150, 40), 0, 0, 360, (40, 40, 45), cv2.FILLED)
    cv2.ellipse(picture, (192, 130), (50, 80), 0, 0, 360, (220, 120, 60), cv2.FILLED)
    cv2.rectangle(picture, (150, 100), (180, 150), (30, 160, 230), cv2.FILLED)
    return picture
