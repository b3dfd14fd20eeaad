"""Writes a network as an ONNX file, each normalisation folded into the convolution before it.

PyTorch's own exporters either are deprecated or want another package; our networks use a dozen operations.
"""

import copy
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn
from torch.nn import functional
from torch.nn.utils import fuse_conv_bn_eval

from training.files import whole_file
from training.network import TurntableNet
from training.network.blocks import Convolution

__all__ = ["folded", "write_onnx"]

_OPERATORS, _FORMAT = 17, 8
"""Old enough for every onnxruntime that the engine allows."""


def folded(network: TurntableNet) -> TurntableNet:
    """The same answers without a normalisation left."""
    network = copy.deepcopy(network).float().cpu().eval()
    for part in network.modules():
        if isinstance(part, Convolution):
            part[0] = fuse_conv_bn_eval(part[0], part[1])
            part[1] = nn.Identity()
    return network


def write_onnx(network: TurntableNet, path: Path) -> None:
    """Input ``image`` of 0..1, (n, 3, h, w); output ``mask`` of 0..1, (n, 1, h, w)."""
    graph = _Graph()
    answer = graph.follow(folded(network))
    graph.node("Sigmoid", [answer], "mask")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "turntable",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
            [helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", 1, "h", "w"])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", _OPERATORS)],
        ir_version=_FORMAT,
        producer_name="training",
    )
    onnx.checker.check_model(model, full_check=True)
    with whole_file(path) as file:
        file.write(model.SerializeToString(deterministic=True))


class _Graph:
    """Nodes and weights, named after where they stand in the network."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def node(self, kind: str, inputs: list[str], name: str, **facts: Any) -> str:  # noqa: ANN401 - the operator's own
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **facts))
        return name

    def constant(self, value: NDArray[Any], name: str) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def follow(self, network: TurntableNet) -> str:
        """Add all that happens to ``image``; gives the name of the logits."""
        traced = fx.symbolic_trace(network)
        values: dict[Any, str] = {}
        for step in traced.graph.nodes:
            inputs = [values[x] for x in step.args if isinstance(x, fx.Node)]
            if step.op == "placeholder":
                values[step] = "image"
            elif step.op == "get_attr":
                values[step] = self.constant(getattr(traced, step.target).numpy(), step.name)
            elif step.op == "call_module":
                values[step] = self._module(traced.get_submodule(step.target), inputs, step.name)
            elif step.op == "output":
                return inputs[0]
            else:
                values[step] = _FUNCTIONS[step.target](self, inputs, step.name)
        raise AssertionError

    def _module(self, part: nn.Module, inputs: list[str], name: str) -> str:
        if isinstance(part, nn.Identity):
            return inputs[0]
        if isinstance(part, nn.ReLU):
            return self.node("Relu", inputs, name)
        assert isinstance(part, nn.Conv2d), part
        weight = self.constant(part.weight.detach().numpy(), f"{name}.weight")
        bias = self.constant(part.bias.detach().numpy(), f"{name}.bias")
        return self.node(
            "Conv",
            [*inputs, weight, bias],
            name,
            kernel_shape=part.kernel_size,
            strides=part.stride,
            pads=(*part.padding, *part.padding),
            dilations=part.dilation,
            group=part.groups,
        )


def _plain(kind: str) -> Callable[[_Graph, list[str], str], str]:
    return lambda graph, inputs, name: graph.node(kind, inputs, name)


def _twice(graph: _Graph, inputs: list[str], name: str) -> str:
    scales = graph.constant(np.array([1, 1, 2, 2], np.float32), f"{name}.scales")
    facts = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return graph.node("Resize", [*inputs, "", scales], name, **facts)


def _shuffled(graph: _Graph, inputs: list[str], name: str) -> str:
    return graph.node("DepthToSpace", inputs, name, blocksize=2, mode="CRD")


_FUNCTIONS: dict[Any, Callable[[_Graph, list[str], str], str]] = {
    operator.add: _plain("Add"),
    operator.sub: _plain("Sub"),
    operator.mul: _plain("Mul"),
    functional.relu: _plain("Relu"),
    functional.adaptive_avg_pool2d: _plain("GlobalAveragePool"),
    functional.interpolate: _twice,
    torch.pixel_shuffle: _shuffled,
    "sigmoid": _plain("Sigmoid"),
}
"""What the networks call; Resize and pooling are used in one way each (see network/blocks.py)."""
