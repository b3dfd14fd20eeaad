"""Metadata of HEICs and AVIFs, which are turned while they are decoded."""

import io
from pathlib import Path

import numpy as np
import piexif
import pytest
from photo_files import avif, picture, red_and_green_swapped
from PIL import Image
from rich_photos import (
    MAKER_NOTE,
    cut,
    exif_block,
)

from underside.metadata import read_metadata


def test_a_heic_that_was_turned_while_decoding_says_so_no_more(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif")
    content = io.BytesIO()
    heif.from_pillow(Image.fromarray(picture(64, 48))).save(content, exif=b"Exif\0\0" + exif_block(), quality=90)
    cutout = cut(tmp_path, content.getvalue(), ".heic")
    assert cutout.suffix == ".jpg"
    block = read_metadata(cutout.data).exif
    assert piexif.load(b"Exif\0\0" + block)["0th"][274] == 1
    assert MAKER_NOTE in block


def test_an_avif_keeps_its_blocks(tmp_path: Path) -> None:
    again = read_metadata(cut(tmp_path, avif(exif_block(orientation=1)), ".avif").data)
    assert again.icc == red_and_green_swapped()
    assert again.exif.rstrip(b"\0") == exif_block(orientation=1).rstrip(b"\0")


def test_an_avif_that_was_turned_while_decoding_keeps_all_but_the_turn(tmp_path: Path) -> None:
    # If the two do not agree, Pillow would rewrite the block.
    cutout = cut(tmp_path, avif(exif_block(orientation=3), orientation=6), ".avif")
    assert read_metadata(cutout.data).exif.rstrip(b"\0") == exif_block(orientation=1).rstrip(b"\0")
    assert np.asarray(Image.open(io.BytesIO(cutout.data))).shape[:2] == (64, 48)
