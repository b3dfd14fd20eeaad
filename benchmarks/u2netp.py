"""A network with U2NETP's graph and random weights: costs what the published one costs, answers an ellipse.

The published weights may not be at hand where the benchmark runs. The time of a convolution does not depend on its
weights, and a fixed, soft ellipse as the answer gives masks of a usual size to write.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["write_u2netp"]

SIDE = 320
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class _Graph:
    """Collects nodes and random weights, one small method a layer."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, **facts: Any) -> str:  # noqa: ANN401 - whatever the operator takes
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **facts))
        return name

    def constant(self, value: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def convolution(self, x: str, before: int, after: int, dilation: int = 1, relu: bool = True) -> str:
        scale = (2 / (9 * before)) ** 0.5
        weight = self.constant(self.random.normal(0, scale, (after, before, 3, 3)).astype(np.float32))
        bias = self.constant(np.zeros(after, np.float32))
        sides = [dilation] * 4
        y = self.node("Conv", x, weight, bias, kernel_shape=[3, 3], pads=sides, dilations=[dilation] * 2)
        return self.node("Relu", y) if relu else y

    def smaller(self, x: str) -> str:
        return self.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)

    def as_large_as(self, x: str, channels: int, side: int) -> str:
        size = self.constant(np.array([1, channels, side, side], np.int64))
        return self.node("Resize", x, "", "", size, mode="linear", coordinate_transformation_mode="half_pixel")

    def join(self, *parts: str) -> str:
        return self.node("Concat", *parts, axis=1)


def _block(g: _Graph, x: str, before: int, middle: int, after: int, depth: int, side: int) -> str:
    """The residual U-block: down ``depth`` - 1 times less one, a dilated bottom, and up again."""
    outer = g.convolution(x, before, after)
    levels, sides = [g.convolution(outer, after, middle)], [side]
    for _ in range(depth - 2):
        sides.append((sides[-1] + 1) // 2)
        levels.append(g.convolution(g.smaller(levels[-1]), middle, middle))
    y = g.convolution(levels[-1], middle, middle, dilation=2)
    for level in range(depth - 2, -1, -1):
        y = g.convolution(g.join(y, levels[level]), 2 * middle, after if level == 0 else middle)
        if level:
            y = g.as_large_as(y, middle, sides[level - 1])
    return g.node("Add", y, outer)


def _flat_block(g: _Graph, x: str, before: int, middle: int, after: int) -> str:
    """The same without changing size, by dilation."""
    outer = g.convolution(x, before, after)
    first = g.convolution(outer, after, middle)
    second = g.convolution(first, middle, middle, 2)
    third = g.convolution(second, middle, middle, 4)
    y = g.convolution(third, middle, middle, 8)
    y = g.convolution(g.join(y, third), 2 * middle, middle, 4)
    y = g.convolution(g.join(y, second), 2 * middle, middle, 2)
    y = g.convolution(g.join(y, first), 2 * middle, after)
    return g.node("Add", y, outer)


def write_u2netp(path: Path) -> int:
    """Write the network, and beside it what our engine must know of it; gives the number of parameters."""
    g = _Graph()
    sides = [SIDE]
    for _ in range(5):
        sides.append((sides[-1] + 1) // 2)
    middle, wide = 16, 64
    encoded = [_block(g, "input.1", 3, middle, wide, 7, sides[0])]
    for level, depth in ((1, 6), (2, 5), (3, 4)):
        encoded.append(_block(g, g.smaller(encoded[-1]), wide, middle, wide, depth, sides[level]))
    encoded += [_flat_block(g, g.smaller(encoded[-1]), wide, middle, wide)]
    deepest = _flat_block(g, g.smaller(encoded[-1]), wide, middle, wide)
    decoded = [deepest]
    for level, depth in ((4, 0), (3, 4), (2, 5), (1, 6), (0, 7)):
        x = g.join(g.as_large_as(decoded[-1], wide, sides[level]), encoded[level])
        if depth:
            decoded.append(_block(g, x, 2 * wide, middle, wide, depth, sides[level]))
        else:
            decoded.append(_flat_block(g, x, 2 * wide, middle, wide))
    answers = [g.convolution(d, wide, 1, relu=False) for d in reversed(decoded)]
    answers = [answers[0], *(g.as_large_as(answer, 1, SIDE) for answer in answers[1:])]
    mixed = g.node("Conv", g.join(*answers), g.constant(np.ones((1, 6, 1, 1), np.float32)), kernel_shape=[1, 1])
    # The network's own answer counts for nothing, yet all of it must be computed.
    bounded = g.node("Mul", g.node("Tanh", mixed), g.constant(np.full(1, 1e-6, np.float32)))
    answer = g.node("Sigmoid", g.node("Add", bounded, g.constant(_ellipse())))
    maps = [answer, *(g.node("Sigmoid", each) for each in answers)]
    shape = [1, 1, SIDE, SIDE]
    model = helper.make_model(
        helper.make_graph(
            g.nodes,
            "u2netp",
            [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in maps],
            g.weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return sum(int(np.prod(w.dims)) for w in g.weights if len(w.dims) == 4 and w.dims[2] == 3)


def _ellipse() -> np.ndarray:
    row, column = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    return np.asarray(60 * (0.3 - np.hypot(column, row * 0.8)), np.float32)[None, None]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    print(f"{write_u2netp(parser.parse_args().path) / 1e6:.3f} M weights")
