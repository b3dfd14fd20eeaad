"""The two small files made of the exact one: weights in half precision, and int8 throughout."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

from training.files import whole_file

__all__ = ["write_half", "write_int8"]

_SMALL = 64
"""Weights of fewer numbers, such as biases of narrow layers, stay as they are: they save nothing."""


def write_half(exact: Path, path: Path) -> None:
    """Weights in half precision, made single again as the file is loaded: arithmetic stays single."""
    model = onnx.load(exact)
    casts = []
    for weight in list(model.graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= _SMALL:
            model.graph.initializer.remove(weight)
            short = f"{weight.name}.half"
            model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), short))
            casts.append(helper.make_node("Cast", [short], [weight.name], to=TensorProto.FLOAT))
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *rest])
    onnx.checker.check_model(model)
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


def write_int8(exact: Path, path: Path, pictures: Iterable[NDArray[np.float32]]) -> None:
    """Static, per channel; the range of every activation is what ``pictures``, (1, 3, h, w), make of it.

    The convolutions that read the picture and the one that answers stay exact: they cost little, and there every
    step of rounding shows.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(exact, prepared, skip_symbolic_shape=True)
        nodes = onnx.load(prepared).graph.node
        edges = [node.name for node in nodes if node.op_type == "Conv" and _at_the_edge(node, nodes)]
        draft = Path(folder) / "int8.onnx"
        quantization.quantize_static(
            prepared,
            draft,
            _Calibration(pictures),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
            op_types_to_quantize=["Conv", "Add", "Relu"],
            nodes_to_exclude=edges,
            extra_options={"CalibMovingAverage": True},
        )
        with whole_file(path) as file:
            file.write(draft.read_bytes())


def _at_the_edge(convolution: Any, nodes: Sequence[Any]) -> bool:  # noqa: ANN401 - ONNX has no types
    normalised = next(node.output[0] for node in nodes if node.op_type == "Mul")
    answers = next(node.input[0] for node in nodes if node.op_type == "DepthToSpace")
    return bool(convolution.input[0] == normalised or convolution.output[0] == answers)


class _Calibration(quantization.CalibrationDataReader):
    """Hands pictures on in the form that onnxruntime asks for."""

    def __init__(self, pictures: Iterable[NDArray[np.float32]]) -> None:
        self._pictures: Iterator[NDArray[np.float32]] = iter(pictures)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """One more, or None when there are no more."""
        picture = next(self._pictures, None)
        return None if picture is None else {"image": picture}
