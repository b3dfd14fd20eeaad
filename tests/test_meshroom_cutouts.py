"""The Meshroom node that cuts out: metadata stay, and its scene is whole."""

import hashlib
import json
from pathlib import Path

import pytest
from meshroom_host import (
    Node,
    failure,
    make_blocks_of_two,
    photo,
    quick_model,
    scene,
)
from PIL import Image

pytestmark = pytest.mark.usefixtures("own_python")


def cutouts(tmp_path: Path, photos: list[Path], **values: object) -> Node:
    source = scene(tmp_path / "scene.sfm", photos)
    return Node(
        "UndersideCutout", tmp_path / "cache", input=str(source), model=quick_model(tmp_path / "model"), **values
    )


def test_cut_outs_keep_their_metadata_and_the_chunk_that_ends_last_writes_their_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_blocks_of_two(monkeypatch)
    photos = [photo(tmp_path / name, orientation=6) for name in ("a/IMG_1.jpg", "b/IMG_1.jpg", "b/IMG_2.jpg")]
    before = [hashlib.sha256(path.read_bytes()).digest() for path in photos]
    node = cutouts(tmp_path, photos)
    first, second = node.chunks()
    node.desc.processChunk(second)
    assert not Path(node.output.value).exists()
    node.desc.processChunk(first)
    views = json.loads(Path(node.output.value).read_text(encoding="utf-8"))["views"]
    source = json.loads((tmp_path / "scene.sfm").read_text(encoding="utf-8"))["views"]
    assert [{**view, "path": ""} for view in views] == [{**view, "path": ""} for view in source]
    for view in views:
        with Image.open(view["path"]) as picture:
            assert (picture.format, picture.size) == ("JPEG", (96, 64))
            assert (picture.getexif()[271], picture.getexif()[274]) == ("LUMENWORKS", 6)
            assert max(picture.convert("RGB").getpixel((80, 8))) < 4  # type: ignore[arg-type]
            assert min(picture.convert("RGB").getpixel((32, 32))) > 200  # type: ignore[arg-type]
    assert len({view["path"] for view in views}) == 3
    assert [hashlib.sha256(path.read_bytes()).digest() for path in photos] == before


@pytest.mark.parametrize(
    ("values", "suffixes"),
    [
        ({}, {".jpg", ".tif"}),
        ({"background": "transparent"}, {".tif"}),
        ({"background": " Transparent"}, {".tif"}),
        ({"format": "png"}, {".png"}),
    ],
)
def test_a_cut_out_is_never_a_png_unless_that_is_asked_for(
    tmp_path: Path, values: dict[str, str], suffixes: set[str]
) -> None:
    node = cutouts(tmp_path, [photo(tmp_path / "a.jpg"), photo(tmp_path / "b.png")], **values)
    node.compute()
    views = json.loads(Path(node.output.value).read_text(encoding="utf-8"))["views"]
    assert {Path(view["path"]).suffix for view in views} == suffixes


def test_a_view_without_a_cut_out_fails_or_keeps_its_photo(tmp_path: Path) -> None:
    room = photo(tmp_path / "room.jpg", empty=True)
    node = cutouts(tmp_path, [photo(tmp_path / "a.jpg"), room])
    assert "room.jpg: no object was found." in failure(node.chunks()[0])
    assert not Path(node.output.value).exists()
    node = cutouts(tmp_path, [photo(tmp_path / "a.jpg"), room], withoutMask="original")
    node.compute()
    views = json.loads(Path(node.output.value).read_text(encoding="utf-8"))["views"]
    assert str(room) in {view["path"] for view in views}
