"""Masks as a person may leave them, read as masks or refused in words."""

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from photo_files import png_chunk, saved, saved16

from underside.errors import PhotoError
from underside.masks import read_mask
from underside.png import SIGNATURE, encode_png

WIDTH, HEIGHT = 64, 48


def mask() -> NDArray[np.uint8]:
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[10:40, 10:50] = 255
    return pixels


def with_alpha(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """White all over, where it can be seen."""
    return np.dstack([np.full((HEIGHT, WIDTH, 3), 255, np.uint8), alpha])


@pytest.mark.parametrize(
    "content",
    [
        encode_png(mask()),
        saved(mask(), "TIFF"),
        saved(np.dstack([mask()] * 3), "PNG"),
        saved(mask() // 3 + 60, "PNG"),
        saved16(mask().astype(np.uint16) * 257, ".png"),
        saved(with_alpha(mask()), "PNG"),
        saved16(with_alpha(mask()).astype(np.uint16) * 257, ".png"),
    ],
    ids=["ours", "TIFF", "colours", "soft", "16 bits", "erased", "erased, 16 bits"],
)
def test_whatever_a_paint_program_makes_of_a_mask_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mask.png").write_bytes(content)
    assert np.array_equal(read_mask(tmp_path / "mask.png", width=WIDTH, height=HEIGHT), mask())


def too_large() -> bytes:
    """A PNG that claims more pixels than any decoder takes."""
    header = struct.pack(">IIBBBBB", 70_000, 70_000, 8, 0, 0, 0, 0)
    return SIGNATURE + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", encode_png(mask())[:-20], too_large()],
    ids=["empty", "text", "cut short", "too large"],
)
def test_what_is_no_mask_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mask.png").write_bytes(content)
    with pytest.raises(PhotoError, match="was changed and is not a picture"):
        read_mask(tmp_path / "mask.png", width=WIDTH, height=HEIGHT)
