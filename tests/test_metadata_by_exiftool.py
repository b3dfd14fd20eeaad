"""Metadata of cut-outs as exiftool sees it: the same as the photo's."""

import re
from pathlib import Path

import pytest
from rich_photos import cut, exiftool_facts, rich_jpeg
from rich_tiffs import rich_tiff

from underside.cutout import Cutout

# What exiftool says of the file itself, not of the photo; JPEG's colours are stored otherwise than others'.
FILE_FACTS = {
    "jpeg": r"File:EncodingProcess",
    "png": r"File:|PNG:(BitDepth|ColorType|Compression|Filter|Image(Width|Height)|Interlace)$",
    "tiff": r"File:|IFD0:(BitsPerSample|Compression|Photometric.*|Strip.*|SamplesPerPixel|RowsPerStrip|Planar.*"
    r"|Predictor|ExtraSamples|Image(Width|Height)|YCbCrPositioning|PageCount)$",
    "webp": r"File:|RIFF:",
}

# Where another container keeps the same, or has no place for it.
EVERYWHERE = r"JFIF:|File:Comment|APP4:|XMP-xmpNote:|IFD1:ThumbnailOffset"

MOVED = {
    "jpeg": "nothing",
    "png": rf"{EVERYWHERE}|PNG:Comment|PNG-pHYs:|PNG:ProfileName",
    "tiff": rf"{EVERYWHERE}|IFD1:|SubIFD:|IPTC2:|IFD0:ImageDescription",
    "webp": rf"{EVERYWHERE}|Photoshop:|IPTC:",
}


def differences(folder: Path, source: tuple[bytes, str], cutout: Cutout, kind: str) -> set[tuple[str, str]]:
    before = exiftool_facts(*source, folder).items()
    after = exiftool_facts(cutout.data, cutout.suffix, folder).items()
    known = f"{FILE_FACTS[kind]}|{MOVED[kind]}"
    return {each for each in before ^ after if not re.match(known, each[0])}


@pytest.mark.parametrize("mode", ["lossless", "fast"])
def test_exiftool_sees_no_difference_in_a_jpeg(tmp_path: Path, mode: str) -> None:
    content = rich_jpeg()
    assert not differences(tmp_path, (content, ".jpg"), cut(tmp_path, content, ".jpg", mode=mode), "jpeg")


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
def test_exiftool_sees_the_same_photo_in_another_container(tmp_path: Path, kind: str) -> None:
    content = rich_jpeg()
    cutout = cut(tmp_path, content, ".jpg", format=kind, background=None)
    assert not differences(tmp_path, (content, ".jpg"), cutout, kind)


@pytest.mark.parametrize("order", ["<", ">"])
def test_exiftool_sees_the_same_photo_in_a_tiff_of_a_tiff(tmp_path: Path, order: str) -> None:
    content = rich_tiff(order)
    assert not differences(tmp_path, (content, ".tif"), cut(tmp_path, content, ".tif"), "tiff")


def test_exiftool_sees_no_difference_in_a_photo_of_the_sample(tmp_path: Path, shared: Path) -> None:
    source = shared / "data/flip-sample/spot/upright/DSC_0001.JPG"
    for kind in ("jpeg", "png", "tiff", "webp"):
        cutout = cut(tmp_path, source.read_bytes(), ".jpg", format=kind)
        assert not differences(tmp_path, (source.read_bytes(), ".jpg"), cutout, kind)
