"""The segmenters by name: to add one, write its file and a line of the table."""

from collections.abc import Callable
from dataclasses import replace

from underside.segmenters import Choices, Segmenter, chroma, grabcut, kmeans, network, plate, remote, threshold

__all__ = ["OF_ONE_CAPTURE", "SEGMENTERS", "make_segmenter"]

SEGMENTERS: dict[str, Callable[[Choices], Segmenter]] = {
    "network": network.make,
    "plate": plate.make,
    "chroma": chroma.make,
    "threshold": threshold.make,
    "kmeans": kmeans.make,
    "grabcut": grabcut.make,
    "remote": remote.make,
}
OF_ONE_CAPTURE = frozenset({"plate"})
"""Those made from the plates or the shots of a capture, for no other one, and not before all of these are there."""


def make_segmenter(name: str, choices: Choices) -> Segmenter:
    """A segmenter, ready to be asked."""
    # One that is missing above lacks its plates at once, rather than have those of another capture in a watch.
    return SEGMENTERS[name](choices if name in OF_ONE_CAPTURE else replace(choices, plates=(), shots=()))
