"""Metadata of TIFFs: every tag is kept, in either byte order, and comes along from and into other containers."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from photo_files import red_and_green_swapped
from PIL import Image
from rich_photos import (
    MAKER_NOTE,
    PHOTOSHOP,
    XMP,
    cut,
    exif_block,
    rich_jpeg,
)
from rich_tiffs import rich_tiff, tags_of

from underside.metadata import read_metadata
from underside.photo.exif import Tags


def test_a_tiff_keeps_the_exif_block_where_the_makers_note_finds_itself(tmp_path: Path) -> None:
    content = cut(tmp_path, rich_jpeg(), ".jpg", format="tiff").data
    block = exif_block()
    assert content[8 : len(block)] == block[8:]
    again = read_metadata(content)
    assert (again.photoshop, again.icc) == (PHOTOSHOP, red_and_green_swapped())
    assert b"turn the plate" in again.xmp


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("background", [(0, 0, 0), None])
def test_a_tiff_keeps_every_tag(tmp_path: Path, order: str, background: object) -> None:
    content = rich_tiff(order)
    cutout = cut(tmp_path, content, ".tif", background=background)
    assert cutout.suffix == ".tif"
    assert sorted(tags_of(cutout.data)) == sorted(tags_of(content))
    assert cutout.data.index(MAKER_NOTE) == content.index(MAKER_NOTE)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_becomes_a_jpeg_with_all_it_says(tmp_path: Path, order: str) -> None:
    content = cut(tmp_path, rich_tiff(order), ".tif", format="jpeg").data
    again = read_metadata(content)
    assert (again.xmp, again.icc, again.photoshop) == (XMP, red_and_green_swapped(), PHOTOSHOP)
    camera = {each for each in tags_of(rich_tiff(order)) if each[0] not in ("700", "33723", "34675", "34377")}
    assert set(tags_of(again.exif)) == camera
    assert again.exif.index(MAKER_NOTE) == rich_tiff(order).index(MAKER_NOTE)


def test_a_tiff_cut_out_is_one_page_with_its_thumbnail_beside(tmp_path: Path) -> None:
    content = cut(tmp_path, rich_jpeg(exif_block(orientation=1)), ".jpg", format="tiff").data
    _, pages = cv2.imdecodemulti(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert [page.shape for page in pages] == [(120, 200, 3)]
    with Image.open(io.BytesIO(content)) as image:
        assert getattr(image, "n_frames", 1) == 1
    tags = Tags.of(content)
    assert tags is not None
    beside = tags.directory(*tags.whole(tags.directory(tags.first), 330))
    begin, length = (tags.whole(beside, tag)[0] for tag in (513, 514))
    assert Image.open(io.BytesIO(content[begin : begin + length])).size == (32, 24)
