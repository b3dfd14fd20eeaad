"""Metadata that is broken: carried as it is where the container lets it, and told where not."""

import io
import struct
from pathlib import Path

import numpy as np
import piexif
import pytest
from photo_files import avif, heic, picture, red_and_green_swapped, saved
from PIL import Image
from rich_photos import (
    BROKEN_EXIF,
    cut,
    exif_block,
    metadata_segments,
    rich_jpeg,
    rich_png,
)

from underside.metadata import read_metadata


@pytest.mark.parametrize("mode", ["lossless", "fast"])
def test_broken_exif_survives_in_a_jpeg(tmp_path: Path, mode: str) -> None:
    content = rich_jpeg(BROKEN_EXIF)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever piexif raises: it cannot be edited
        piexif.load(content)
    cutout = cut(tmp_path, content, ".jpg", mode=mode)
    assert (0xE1, b"Exif\0\0" + BROKEN_EXIF) in metadata_segments(cutout.data)


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_broken_exif_survives_in_other_containers(tmp_path: Path, kind: str) -> None:
    cutout = cut(tmp_path, rich_jpeg(BROKEN_EXIF), ".jpg", format=kind)
    assert BROKEN_EXIF[8:] in cutout.data
    assert np.asarray(Image.open(io.BytesIO(cutout.data))).shape[:2] == (120, 200)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("block", [BROKEN_EXIF, b"no EXIF at all, by any measure"], ids=["broken", "none"])
def test_broken_exif_of_an_avif_or_heic_is_carried_as_it_is(tmp_path: Path, kind: str, block: bytes) -> None:
    for suffix, content in (".avif", avif(block)), (".heic", heic(picture(64, 48), exif=block)):
        cutout = cut(tmp_path, content, suffix, format=kind)
        assert read_metadata(cutout.data).exif.rstrip(b"\0") == block
        assert cutout.notes == ()


def test_exif_that_an_avif_has_lost_is_said_and_the_rest_is_carried(tmp_path: Path) -> None:
    content = avif(exif_block(orientation=1))
    place = struct.pack(">I", content.index(b"Exif\0\0MM") - 4)
    assert content.count(place) == 1
    cutout = cut(tmp_path, content.replace(place, struct.pack(">I", len(content) + 99)), ".avif", format="png")
    assert cutout.notes == ("Its EXIF is not where the file says, and was left out",)
    assert read_metadata(cutout.data).icc == red_and_green_swapped()


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (BROKEN_EXIF, "Some tags of its EXIF are too broken for TIFF and were left out"),
        (b"no EXIF at all", "Its EXIF is too broken for TIFF and was left out"),
        (b"II+\0" + exif_block()[4:], "Its EXIF is too broken for TIFF and was left out"),
    ],
    ids=["some", "none", "big"],
)
def test_a_tiff_says_that_exif_is_too_broken_for_it(tmp_path: Path, block: bytes, said: str) -> None:
    source = saved(picture(64, 48), "WEBP", exif=block)
    assert cut(tmp_path, source, ".webp").notes == ()
    assert cut(tmp_path, source, ".webp", format="tiff").notes == (said,)


def test_metadata_of_damaged_containers_counts_as_absent() -> None:
    for content in (rich_jpeg()[:300], rich_png()[:60], b"RIFF\0\0\0\0WEBPEXIF\xff\xff\xff\xffII", b"II*\0", b""):
        assert not read_metadata(content).xmp
