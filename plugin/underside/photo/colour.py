"""From a photo's own channels and depth to the eight-bit colours that a network understands."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

__all__ = ["Pixels", "eight_bits", "not_darkened", "rgb_of", "shrink", "to_srgb"]

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def to_srgb(pixels: NDArray[np.uint8], icc: bytes | None) -> NDArray[np.uint8]:
    """RGB as a screen shows it; without a profile that is whole and fits, pixels stay as they are."""
    if not icc:
        return pixels
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if profile.profile.xcolor_space.strip() == "GRAY":
            return _transformed(pixels[..., 0], profile, "L")
        return _transformed(pixels, profile, "RGB")
    except _PROFILE_ERRORS:
        return pixels


def rgb_of(pixels: Pixels, *, mode: str, icc: bytes | None) -> NDArray[np.uint8]:
    """Eight-bit RGB of a photo's own pixels; alpha is left out, inks are mixed as their profile says."""
    pixels = eight_bits(pixels)
    match mode:
        case "grey":
            return _u8(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
        case "rgba":
            return _u8(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB))
        case "cmyk":
            return _mixed_inks(pixels, icc)
        case _:
            return pixels


def eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """16 bits become 8 so that white stays white: divided by 257, rounded."""
    return _u8(pixels if pixels.dtype == np.uint8 else cv2.convertScaleAbs(pixels, alpha=1 / 257))


def not_darkened(pixels: Pixels) -> Pixels:
    """RGBA whose colours were stored multiplied by alpha, with the colours as they were."""
    white = np.iinfo(pixels.dtype).max
    alpha = pixels[..., 3:]
    colours = pixels[..., :3] * np.float32(white) / np.maximum(alpha, 1)
    return np.concatenate([np.rint(np.minimum(colours, white)).astype(pixels.dtype), alpha], axis=2)


def shrink(pixels: Pixels, reduce: int) -> Pixels:
    """One pixel for each square of ``reduce`` pixels, their mean; the last ones stand for what is left."""
    if reduce == 1:
        return pixels
    height, width = pixels.shape[:2]
    size = (-(-width // reduce), -(-height // reduce))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _mixed_inks(pixels: NDArray[np.uint8], icc: bytes | None) -> NDArray[np.uint8]:
    if icc:
        try:
            return _transformed(pixels, ImageCms.ImageCmsProfile(io.BytesIO(icc)), "CMYK")
        except _PROFILE_ERRORS:
            pass
    light = cv2.bitwise_not(pixels)
    black = np.ascontiguousarray(light[..., 3])
    return _u8(cv2.merge([cv2.multiply(light[..., ink], black, scale=1 / 255) for ink in range(3)]))


def _transformed(pixels: NDArray[np.uint8], profile: ImageCms.ImageCmsProfile, mode: str) -> NDArray[np.uint8]:
    screen = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(profile, screen, mode, "RGB")
    size = (pixels.shape[1], pixels.shape[0])
    picture = Image.frombuffer(mode, size, np.ascontiguousarray(pixels), "raw", mode, 0, 1)
    return np.asarray(ImageCms.applyTransform(picture, transform))


def _u8(pixels: cv2.typing.MatLike) -> NDArray[np.uint8]:
    return pixels  # type: ignore[return-value]
