"""Photos: opened whole, decoded on their stored grid, turned upright and back."""

from underside.photo.colour import to_srgb
from underside.photo.containers import HEIF_SUFFIXES, OTHER_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES, Container
from underside.photo.exif import CameraFacts
from underside.photo.grid import Box, part_of
from underside.photo.orientation import turn_stored, turn_upright, upright_size
from underside.photo.peek import Peek, peek
from underside.photo.photo import MOST_MEGAPIXELS, Hashed, Photo, decode, decode_exact, open_known, open_photo

__all__ = [
    "HEIF_SUFFIXES",
    "MOST_MEGAPIXELS",
    "OTHER_SUFFIXES",
    "PHOTO_SUFFIXES",
    "RAW_SUFFIXES",
    "Box",
    "CameraFacts",
    "Container",
    "Hashed",
    "Peek",
    "Photo",
    "decode",
    "decode_exact",
    "open_known",
    "open_photo",
    "part_of",
    "peek",
    "to_srgb",
    "turn_stored",
    "turn_upright",
    "upright_size",
]
