"""The segmenters by name: to add one, write its file and a line of the table."""

from collections.abc import Callable

from underside.segmenters import Choices, Segmenter, chroma, grabcut, kmeans, network, plate, remote, threshold

__all__ = ["SEGMENTERS", "make_segmenter"]

SEGMENTERS: dict[str, Callable[[Choices], Segmenter]] = {
    "network": network.make,
    "plate": plate.make,
    "chroma": chroma.make,
    "threshold": threshold.make,
    "kmeans": kmeans.make,
    "grabcut": grabcut.make,
    "remote": remote.make,
}


def make_segmenter(name: str, choices: Choices) -> Segmenter:
    """A segmenter, ready to be asked."""
    return SEGMENTERS[name](choices)
