"""The Meshroom node that learns rings, and the chunks that mask with them."""

import importlib
import json
import shutil
from pathlib import Path

import pytest
from conftest import DEMO, Run
from meshroom_host import Node, failure, make_blocks_of_two, masks_of, photo, quick_model, scene, stored, view_ids

from underside.photo import PHOTO_SUFFIXES, RAW_SUFFIXES

pytestmark = pytest.mark.usefixtures("own_python")


def test_chunks_with_rings_mask_as_the_command_does_the_whole_and_plates_are_black(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    names = ("upright/DSC_0001", "upright/DSC_0004", "upright/DSC_0007", "flipped/DSC_0019")
    photos = [tmp_path / "photos" / f"IMG {number}.JPG" for number in range(4)]
    (tmp_path / "photos" / "empty").mkdir(parents=True)
    for name, path in zip(names, photos, strict=True):
        shutil.copy(DEMO / f"{name}.JPG", path)
    plate = Path(shutil.copy(DEMO / "empty" / "DSC_0037.JPG", tmp_path / "photos" / "empty"))
    source = scene(tmp_path / "scene.sfm", [*photos, plate])
    rings = Node("UndersideRings", tmp_path / "rings cache", input=str(source))
    (survey,) = rings.compute()
    assert "4 shots looked at; camera positions with a ring: 1" in survey.log
    make_blocks_of_two(monkeypatch)
    links = {name: rings.attributes[name] for name in ("input", "model", "effort", "passes", "device")}
    node = Node("UndersideMasking", tmp_path / "cache", rings=rings.attributes["output"], **links)
    chunks = node.compute()
    assert len(chunks) == 3
    assert any("shows the empty platter" in chunk.log for chunk in chunks)
    assert run("mask", tmp_path / "photos", "-o", "whole").returncode == 0
    ids = view_ids(source)
    for path in photos:
        own, whole = masks_of(node)[f"{ids[str(path)]}.png"], tmp_path / "whole" / "masks" / f"{path.name}.png"
        assert own.read_bytes() == whole.read_bytes()
    assert stored(masks_of(node)[f"{ids[str(plate)]}.png"]).max() == 0
    other = Node("UndersideMasking", tmp_path / "other", input=str(source), rings=rings.output.value, effort="fast")
    assert "were learnt with another effort" in failure(other.chunks()[0])


def test_a_folder_of_plates_may_lie_anywhere_and_an_empty_one_is_told(tmp_path: Path) -> None:
    photos = [photo(tmp_path / "photos" / f"{number}.jpg") for number in range(2)]
    photo(tmp_path / "the room" / "a.JPG", empty=True)
    source, model = str(scene(tmp_path / "scene.sfm", photos)), quick_model(tmp_path / "model")
    rings = Node("UndersideRings", tmp_path / "c", input=source, model=model, platesFolder=str(tmp_path / "the room"))
    rings.compute()
    index = json.loads((tmp_path / "c" / "rings" / "rings.json").read_text(encoding="utf-8"))
    assert [Path(name).name for name in index["plates"]] == ["a.JPG"]
    (tmp_path / "nothing").mkdir()
    for folder, told in (("nothing", "There are no photos in the folder of plates"), ("gone", "cannot be read")):
        rings = Node("UndersideRings", tmp_path / "c", input=source, model=model, platesFolder=str(tmp_path / folder))
        assert told in failure(rings.chunks()[0])


def test_the_node_takes_plates_of_every_kind_that_the_engine_reads() -> None:
    known = importlib.import_module("undersideNodes.UndersideRings").PHOTOS
    # A camera that writes raw files beside JPEGs has written each plate twice.
    assert set(known) == PHOTO_SUFFIXES - RAW_SUFFIXES, "the node, which runs without our package, has its own list"
