"""Small pictures in the metadata of a cut-out show the background: the page says how to be rid of them."""

import io
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from photo_files import picture
from PIL import Image
from rich_photos import exiftool_facts, object_in_the_middle, rich_jpeg, segment

from underside.cutout import CutoutOptions, make_cutout
from underside.photo.photo import photo_of

PAGE = Path(__file__).parents[1] / "docs" / "cutouts.md"


def with_thumbnails() -> bytes:
    """A JPEG as Photoshop saves it: with a small picture in its EXIF, and another among the image resources."""
    small = io.BytesIO()
    Image.fromarray(picture(32, 24)).save(small, "JPEG")
    facts = struct.pack(">6I2H", 1, 32, 24, 96, 32 * 24 * 3, len(small.getvalue()), 24, 1)
    content = facts + small.getvalue()
    thumbnail = b"8BIM\x04\x0c\0\0" + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)
    return rich_jpeg(extra=segment(0xED, b"Photoshop 3.0\0" + thumbnail))


@pytest.mark.parametrize("kind", ["jpeg", "tiff"])
def test_the_command_on_the_page_leaves_no_small_picture(tmp_path: Path, kind: str) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
    photo = photo_of(with_thumbnails(), name="a.jpg")
    cutout = make_cutout(photo, object_in_the_middle(200, 120), CutoutOptions(format=kind))  # type: ignore[arg-type]
    path = tmp_path / f"a{cutout.suffix}"
    path.write_bytes(cutout.data)

    def pictures() -> list[str]:
        said = subprocess.run(["exiftool", "-a", "-s", "-m", path], capture_output=True, text=True, check=True).stdout
        return re.findall(r"^(\w*(?:Image|Thumbnail|JpgFromRaw)) *: \(Binary", said, re.MULTILINE)

    assert len(pictures()) == 2
    told = re.search(r"`exiftool ([^`]*) FILE`", PAGE.read_text(encoding="utf-8"))
    assert told is not None
    subprocess.run(["exiftool", "-q", "-m", "-overwrite_original", *told[1].split(), path], check=True)
    assert pictures() == []
    assert exiftool_facts(path.read_bytes(), path.suffix, tmp_path)[
        "IPTC:ObjectName" if kind == "jpeg" else "IFD0:Make"
    ]
