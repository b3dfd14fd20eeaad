"""What a scene is made of, as the tracer reads it: tracer/records.h has the same fields in the same order."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["ATTRIBUTES", "INSTANCE", "LIGHT", "MATERIAL", "NODE", "PIXEL", "SCENE", "TRIANGLE", "Array", "Tensor"]

Array = NDArray[Any]
"""Numbers whose shape the docstring tells; made-up geometry is float64 until it is packed."""
Tensor: TypeAlias = Any
"""Of torch, which is imported only where pictures are made."""

INSTANCE = np.dtype(
    [
        ("to_object", "f4", (3, 4)),
        ("low", "f4", 3),
        ("high", "f4", 3),
        ("shape", "i4"),
        ("mesh", "i4"),
        ("label", "i4"),
        ("material", "i4"),
        ("slots", "i4"),
        ("shadowless", "i4"),
    ]
)
MATERIAL = np.dtype(
    [
        ("pattern", "i4"),
        ("texture", "i4"),
        ("colour", "f4", 3),
        ("second", "f4", 3),
        ("scale", "f4"),
        ("offset", "f4", 2),
        ("turn", "f4"),
        ("frequency", "f4"),
        ("contrast", "f4"),
        ("roughness", "f4"),
        ("reflectance", "f4"),
        ("metal", "f4"),
        ("bump", "f4"),
        ("bump_frequency", "f4"),
        ("glow", "f4"),
    ]
)
LIGHT = np.dtype([("centre", "f4", 3), ("across", "f4", 3), ("up", "f4", 3), ("power", "f4", 3), ("visible", "i4")])
SCENE = np.dtype(
    [
        ("first_instance", "i4"),
        ("instances", "i4"),
        ("first_light", "i4"),
        ("lights", "i4"),
        ("eye", "f4", 3),
        ("right", "f4", 3),
        ("up", "f4", 3),
        ("forward", "f4", 3),
        ("half_width", "f4"),
        ("half_height", "f4"),
        ("shift", "f4", 2),
        ("lens", "f4"),
        ("focus", "f4"),
        ("surroundings", "i4"),
        ("surroundings_turn", "f4"),
        ("surroundings_repeat", "f4"),
        ("surroundings_gain", "f4"),
        ("zenith", "f4", 3),
        ("horizon", "f4", 3),
        ("nadir", "f4", 3),
        ("sky_light", "f4"),
        ("last_light", "f4", 3),
        ("brightest", "f4"),
        ("seed", "u4"),
        ("smoothing", "f4"),
        ("brightness", "f4"),
        ("shoulder", "i4"),
    ]
)
NODE = np.dtype([("low", "f4", 3), ("first", "i4"), ("high", "f4", 3), ("count", "i4")])
TRIANGLE = np.dtype([("corner", "f4", 3), ("first_edge", "f4", 3), ("second_edge", "f4", 3)])
ATTRIBUTES = np.dtype([("normals", "f4", (3, 3)), ("places", "f4", (3, 2)), ("slot", "i4")])
PIXEL = np.dtype(
    [
        ("radiance", "f4", 3),
        ("albedo", "f4", 3),
        ("normal", "f4", 3),
        ("depth", "f4"),
        ("coverage", "f4", 5),
        ("spare", "f4"),
    ]
)
