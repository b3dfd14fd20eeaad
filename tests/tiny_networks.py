"""Networks of a handful of nodes, written for the tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str]

ANY_SIZE: Shape = ("n", 3, "h", "w")


def brightness(
    path: Path,
    *,
    shape: Shape = ANY_SIZE,
    times: float = 1.0,
    plus: float = 0.0,
    half: bool = False,
    axis: int = 1,
) -> Path:
    """Answers with the mean of the three channels, times and plus a number."""
    number = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    kind = np.float16 if half else np.float32
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[axis], keepdims=1),
        helper.make_node("Mul", ["mean", "times"], ["scaled"]),
        helper.make_node("Add", ["scaled", "plus"], ["matte"]),
    ]
    answer = [1 if place == axis else side for place, side in enumerate(shape)]
    constants = {"times": np.array(times, kind), "plus": np.array(plus, kind)}
    return _save(path, nodes, {"picture": shape}, {"matte": answer}, constants, number=number)


def colours(path: Path) -> Path:
    """Answers with its own picture: three channels."""
    return _save(
        path,
        [helper.make_node("Identity", ["picture"], ["classes"])],
        {"picture": ANY_SIZE},
        {"classes": ANY_SIZE},
    )


def classifier(path: Path) -> Path:
    """Answers with one number a class."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["classes"]),
    ]
    return _save(path, nodes, {"picture": ANY_SIZE}, {"classes": ("n", 3)})


def pooled(path: Path) -> Path:
    """Answers with a picture of one pixel, as classifiers do that were made for it."""
    nodes = [helper.make_node("GlobalAveragePool", ["picture"], ["classes"])]
    return _save(path, nodes, {"picture": ANY_SIZE}, {"classes": ("n", 3, 1, 1)})


def two_inputs(path: Path) -> Path:
    """Wants a picture and a prompt."""
    nodes = [helper.make_node("Add", ["picture", "prompt"], ["matte"])]
    return _save(path, nodes, {"picture": ANY_SIZE, "prompt": ANY_SIZE}, {"matte": ANY_SIZE})


def four_channels(path: Path) -> Path:
    """Wants a fourth channel beside red, green and blue."""
    return brightness(path, shape=("n", 4, "h", "w"))


def _save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Shape],
    outputs: dict[str, Shape],
    constants: dict[str, np.ndarray] | None = None,
    *,
    number: int = TensorProto.FLOAT,
) -> Path:
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(name, number, list(shape)) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, number, list(shape)) for name, shape in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path
