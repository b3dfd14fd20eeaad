"""The eight ways in which a camera may have stored its picture, and the way there and back."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["turn_stored", "turn_upright", "upright_size"]

Element = TypeVar("Element", bound=np.generic)

# All others undo themselves.
_UNDOES = {6: 8, 8: 6}


def turn_upright(pixels: NDArray[Element], orientation: int) -> NDArray[Element]:
    """What is on the stored grid, as a person sees it; the same array where nothing is to do."""
    if pixels.dtype == np.bool_:
        return turn_upright(pixels.view(np.uint8), orientation).view(np.bool_)
    return _turn(pixels, orientation)  # type: ignore[arg-type, return-value]


def turn_stored(pixels: NDArray[Element], orientation: int) -> NDArray[Element]:
    """The way back: from upright to the stored grid of a photo with this orientation."""
    return turn_upright(pixels, _UNDOES.get(orientation, orientation))


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height that a stored grid has once it is upright."""
    return (height, width) if orientation >= 5 else (width, height)


def _turn(pixels: cv2.typing.MatLike, orientation: int) -> cv2.typing.MatLike:
    # OpenCV turns 24 megapixels several times as fast as NumPy copies a turned view.
    match orientation:
        case 2:
            return cv2.flip(pixels, 1)
        case 3:
            return cv2.flip(pixels, -1)
        case 4:
            return cv2.flip(pixels, 0)
        case 5:
            return cv2.transpose(pixels)
        case 6:
            return cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)
        case 7:
            return cv2.flip(cv2.transpose(pixels), -1)
        case 8:
            return cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
        case _:
            return pixels
