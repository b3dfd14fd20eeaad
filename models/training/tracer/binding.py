"""The built tracer, called from Python."""

import ctypes
from functools import lru_cache

import numpy as np

from training.records import ATTRIBUTES, INSTANCE, LIGHT, MATERIAL, NODE, PIXEL, SCENE, TRIANGLE, Array
from training.tracer.build import BuildError, library

__all__ = ["Tracer", "build_tree", "load_tracer"]

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_RECORDS = (SCENE, INSTANCE, MATERIAL, LIGHT, NODE, TRIANGLE, ATTRIBUTES, PIXEL)


class Tracer:
    """Takes addresses in the memory of its device; whoever calls keeps what lies there alive."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._library = _load(device)

    def trace(
        self,
        pool: tuple[int, ...],
        texture_side: int,
        scene: tuple[int, ...],
        count: int,
        side: int,
        samples: int,
        pixels: int,
    ) -> None:
        """`pool`: nodes, triangles, attributes, meshes, textures. `scene`: scenes, instances, materials, lights."""
        self._check(self._library.trace(*pool, texture_side, *scene, count, side, side, samples, pixels))

    def smooth(self, scenes: int, pixels: int, light: int, smoothed: int, count: int, side: int, step: int) -> None:
        """One pass over the light without its colours, four floats per pixel."""
        self._check(self._library.smooth(scenes, pixels, light, smoothed, count, side, side, step))

    def _check(self, answer: int) -> None:
        if answer:
            raise RuntimeError(f"the {self.device} refused to trace: error {answer}")


def build_tree(points: Array, faces: Array) -> tuple[Array, Array]:
    """The order that a mesh's triangles go into, and its tree of boxes; always on the CPU."""
    points, faces = np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces, np.int32)
    order, nodes = np.zeros(len(faces), np.int32), np.zeros(2 * len(faces), NODE)
    used = _load("cpu").build_tree(
        points.ctypes.data, faces.ctypes.data, len(faces), order.ctypes.data, nodes.ctypes.data
    )
    return order, nodes[:used].copy()


def load_tracer(device: str) -> Tracer:
    """For `cpu` or `cuda`; builds it where needed."""
    return Tracer(device)


@lru_cache
def _load(device: str) -> ctypes.CDLL:
    path = library(device)
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as problem:
        raise BuildError(f"the tracer for {device} cannot be loaded here: {problem}", "Use the cpu") from problem
    loaded.trace.argtypes = [_POINTER] * 5 + [_INT] + [_POINTER] * 4 + [_INT] * 4 + [_POINTER]
    loaded.smooth.argtypes = [_POINTER] * 4 + [_INT] * 4
    loaded.build_tree.argtypes = [_POINTER, _POINTER, _INT, _POINTER, _POINTER]
    sizes = (ctypes.c_int * len(_RECORDS))()
    loaded.record_sizes(sizes)
    assert list(sizes) == [record.itemsize for record in _RECORDS], "records.py and records.h differ"
    return loaded
