"""Views for which a Meshroom node has no mask: named, and left, kept or failed as chosen."""

import json
from pathlib import Path

import numpy as np
import pytest
from blob_captures import linux
from meshroom_host import (
    failure,
    masking,
    masks_of,
    photo,
    scene,
    stored,
    view_ids,
)
from PIL import Image

pytestmark = pytest.mark.usefixtures("own_python")


def test_a_view_without_a_usable_mask_fails_the_node_and_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo at all")
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), broken, photo(tmp_path / "empty_room.jpg", empty=True)])
    told = failure(node.chunks()[0])
    assert told.startswith("2 of 3 views have no mask: ")
    assert "broken.jpg" in told
    assert "empty_room.jpg: no object was found." in told
    assert len(masks_of(node)) == 1
    # Another choice is another node to Meshroom, with a folder of its own.
    assert told.endswith(
        "Fix these photos where they are and compute again: the others are kept. Or remove them, or choose another "
        "way in Views Without a Mask: then all views are made again."
    )
    assert {each.name: each for each in node.desc.inputs}["withoutMask"].invalidate


@pytest.mark.parametrize("below", ["", "upright/"])
@pytest.mark.parametrize(("name", "kind"), [("b.bmp", "BMP"), ("c.jp2", "JPEG2000")])
def test_a_photo_of_a_kind_that_is_not_read_is_named_once_and_not_called_damaged(
    tmp_path: Path, name: str, kind: str, below: str
) -> None:
    other = tmp_path / f"{below}{name}"
    other.parent.mkdir(exist_ok=True)
    Image.new("RGB", (96, 64), "white").save(other, format=kind)
    told = failure(masking(tmp_path, [photo(tmp_path / "a.jpg"), other]).chunks()[0])
    suffix = name.rpartition(".")[2].upper()
    assert told.startswith(
        f"1 of 2 views have no mask: {below}{name} is of a kind that is not read ({suffix}). "
        "Convert it to PNG or TIFF. "
    )
    assert told.count(name) == 1


def test_a_photo_that_is_mended_where_it_lies_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo at all")
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), broken])
    failure(node.chunks()[0])
    (kept,) = masks_of(node).values()
    before = kept.stat().st_ino
    photo(broken)
    node.compute()
    assert len(masks_of(node)) == 2
    manifest = json.loads((tmp_path / "cache/engine/0/capture.json").read_text(encoding="utf-8"))
    assert kept.stat().st_ino == before == (tmp_path / "cache/engine/0" / manifest["shots"][0]["mask"]).stat().st_ino


@pytest.mark.parametrize(("choice", "value"), [("whole", 255), ("leaveOut", 0)])
def test_by_choice_a_view_without_a_mask_counts_whole_or_not_at_all_with_a_warning(
    tmp_path: Path, choice: str, value: int
) -> None:
    gone = tmp_path / "gone.jpg"
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), gone], withoutMask=choice)
    gone.write_bytes(b"no photo at all")
    (chunk,) = node.compute()
    mask = stored(Path(node.output.value) / f"{view_ids(tmp_path / 'scene.sfm')[str(gone)]}.png")
    assert (mask.shape, set(np.unique(mask))) == ((64, 96), {value})
    assert any(line.startswith("WARNING: gone.jpg") for line in chunk.lines)


def test_a_photo_of_another_size_than_its_view_is_refused_in_words(tmp_path: Path) -> None:
    # AliceVision compares numbers of pixels only: a turned mask would be taken, and be garbage.
    node = masking(tmp_path, [photo(tmp_path / "a.jpg")])
    scene(tmp_path / "scene.sfm", [tmp_path / "a.jpg"], width="64", height="96")
    told = failure(node.chunks()[0])
    assert "has 96 x 64 pixels, but the scene says 64 x 96" in told
    assert not (tmp_path / "cache" / "masks").exists()


@linux
@pytest.mark.parametrize("sign", ["\t", "\n", "\r"])
def test_a_photo_whose_name_breaks_a_line_is_told(tmp_path: Path, sign: str) -> None:
    odd = photo(tmp_path / f"a{sign}b.jpg")
    told = failure(masking(tmp_path, [photo(tmp_path / "c.jpg"), odd]).chunks()[0])
    assert told == f"{str(odd)!r} has a tab or a line break in its path. Rename it."


def test_a_raw_photo_beside_its_jpeg_is_told(tmp_path: Path) -> None:
    raw = tmp_path / "IMG_1.NEF"
    raw.write_bytes(b"raw")
    node = masking(tmp_path, [photo(tmp_path / "IMG_1.jpg"), raw])
    assert "IMG_1.NEF: it is the raw file of IMG_1.jpg: leave one of the two out" in failure(node.chunks()[0])
