"""What a camera does to light: vignette, defocus, exposure, noise, tone curve, JPEG with EXIF."""

import io
from datetime import datetime

import cv2
import numpy as np
import piexif
from numpy.typing import NDArray
from PIL import Image as Pictures

from .plan import Shot

__all__ = ["developed", "jpeg_of"]

Image = NDArray[np.float32]
_SHUTTER = (1, 60)


def developed(light: Image, depth: Image, focus: float, shot: Shot, *, seed: int, exposure: float, iso: int) -> bytes:
    """The JPEG file of linear light."""
    random = np.random.default_rng([seed, shot.number, 77])
    picture = _defocused(light, depth, focus) * _vignette(light.shape[:2])
    picture *= exposure * random.normal(1, 0.007)
    noise = random.normal(0, 1, picture.shape).astype(np.float32)
    noise = 0.8 * noise + 0.9 * cv2.GaussianBlur(noise, (0, 0), 0.8)
    strength = np.sqrt(np.maximum(picture, 0) * 1.6e-4 * (iso / 400) + 1.2e-6 * (iso / 400) ** 1.6)
    picture = _tone(picture + noise * strength)
    dither = random.uniform(0, 1, picture.shape).astype(np.float32)
    return jpeg_of(np.clip(picture * 255 + dither, 0, 255).astype(np.uint8), shot, iso=iso)


def _defocused(light: Image, depth: Image, focus: float) -> Image:
    far = np.clip(np.abs(1 - focus / np.maximum(depth, 1e-3)) * 2.2 - 0.15, 0, 1)
    scale = light.shape[1] / 1280
    sharp = cv2.GaussianBlur(light, (0, 0), max(0.55 * scale, 0.3))
    soft = cv2.GaussianBlur(light, (0, 0), max(2.6 * scale, 0.3))
    share = cv2.GaussianBlur(far.astype(np.float32), (0, 0), max(2.0 * scale, 0.3))[..., None]
    return np.asarray(sharp + share * (soft - sharp), np.float32)


def _vignette(shape: tuple[int, ...]) -> Image:
    y, x = np.indices(shape[:2], np.float32)
    away = ((x / shape[1] - 0.5) ** 2 + (y / shape[0] - 0.5) ** 2) * 2
    return np.asarray(1 - 0.22 * away[..., None], np.float32)


def _tone(picture: Image) -> Image:
    """The sRGB curve with a shoulder, so that highlights roll off instead of clipping."""
    x = np.maximum(picture, 0)
    x = np.where(x > 0.7, 0.7 + 0.3 * np.tanh((x - 0.7) / 0.42), x)
    return np.asarray(np.where(x < 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055), np.float32)


def jpeg_of(pixels: NDArray[np.uint8], shot: Shot, *, iso: int) -> bytes:
    """Quality 92, with what a camera writes about itself."""
    file = io.BytesIO()
    exif = _exif(shot, pixels.shape[1], pixels.shape[0], iso, shot.time)
    Pictures.fromarray(pixels).save(file, "JPEG", quality=92, subsampling="4:2:2", exif=exif)
    return file.getvalue()


def _exif(shot: Shot, width: int, height: int, iso: int, time: datetime) -> bytes:
    body, stamp = shot.ring.body, time.strftime("%Y:%m:%d %H:%M:%S")
    image = {
        piexif.ImageIFD.Make: "LUMENWORKS",
        piexif.ImageIFD.Model: body.model,
        piexif.ImageIFD.Software: "LX Ver.1.30",
        piexif.ImageIFD.Orientation: shot.ring.orientation,
        piexif.ImageIFD.DateTime: stamp,
        piexif.ImageIFD.XResolution: (300, 1),
        piexif.ImageIFD.YResolution: (300, 1),
        piexif.ImageIFD.Copyright: "CC0 rendered test image",
    }
    photo = {
        piexif.ExifIFD.ExifVersion: b"0232",
        piexif.ExifIFD.DateTimeOriginal: stamp,
        piexif.ExifIFD.DateTimeDigitized: stamp,
        piexif.ExifIFD.ExposureTime: _SHUTTER,
        piexif.ExifIFD.FNumber: (11, 1),
        piexif.ExifIFD.ISOSpeedRatings: iso,
        piexif.ExifIFD.FocalLength: (round(body.focal_mm * 10), 10),
        piexif.ExifIFD.FocalLengthIn35mmFilm: round(body.focal_mm * 36 / 17.3),
        piexif.ExifIFD.PixelXDimension: width,
        piexif.ExifIFD.PixelYDimension: height,
        piexif.ExifIFD.BodySerialNumber: body.serial,
    }
    return bytes(piexif.dump({"0th": image, "Exif": photo}))
