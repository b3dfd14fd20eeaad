"""Photos whose truth is known by construction, and a network that takes what is white for object."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["write_photo", "write_set", "write_white_finder"]

SIDE = 96


def write_photo(folder: Path, name: str, picture: np.ndarray, truth: np.ndarray, platter: np.ndarray | None) -> None:
    """As captures are laid out."""
    for path, pixels in (
        (folder / name, picture),
        (folder / "gt_masks" / f"{name}.png", truth),
        (folder / "gt_platter" / f"{name}.png", platter),
    ):
        if pixels is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), pixels)


def write_set(folder: Path, *, facts: dict[str, object] | None = None) -> None:
    """Found whole, found to the half with as much of the platter, not found, and an empty one with a white patch."""
    for name, shown, true in (
        ("usual/000000.png", (24, 72), (24, 72)),
        ("usual/000001.png", (24, 72), (48, 96)),
        ("spindly/000002.png", None, (24, 72)),
        ("empty/000003.png", (0, 24), None),
    ):
        picture = np.full((SIDE, SIDE, 3), 30, np.uint8)
        truth, platter = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
        platter[:, :48] = 255
        for pixels, columns in ((picture, shown), (truth, true)):
            if columns:
                pixels[24:72, columns[0] : columns[1]] = 255
        write_photo(folder, name, picture, truth, platter)
    if facts is not None:
        (folder / "set.json").write_text(json.dumps(facts), encoding="utf-8")


def write_white_finder(path: Path, *, steepness: float = 40.0, scale: float = 1.0) -> None:
    """Input and output as our networks have them."""
    weights = np.full((1, 3, 1, 1), steepness / 3, np.float32)
    nodes = [
        helper.make_node("Conv", ["image", "weights", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["chance"]),
        helper.make_node("Mul", ["chance", "scale"], ["mask"]),
    ]
    graph = helper.make_graph(
        nodes,
        "white",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([-0.5 * steepness], np.float32), "bias"),
            numpy_helper.from_array(np.array(scale, np.float32), "scale"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
