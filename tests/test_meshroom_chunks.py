"""Chunks of a Meshroom node, by the real engine: together they give every view its mask, each once."""

import json
from pathlib import Path

import numpy as np
import pytest
from meshroom_host import (
    Node,
    failure,
    make_blocks_of_two,
    masking,
    masks_of,
    part,
    photo,
    quick_model,
    scene,
    stored,
    view_ids,
)

pytestmark = pytest.mark.usefixtures("own_python")


def test_all_chunks_together_give_every_view_its_mask_and_leave_the_photos_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_blocks_of_two(monkeypatch)
    photos = [photo(tmp_path / "Käte's photos" / f"{side}/IMG_{n}.jpg") for side in ("a", "b") for n in (1, 2, 10)][:5]
    before = {path: path.read_bytes() for path in photos}
    node = masking(tmp_path, photos)
    chunks = node.compute()
    assert len(chunks) == 3
    ids = view_ids(tmp_path / "scene.sfm")
    # Same names in two folders do not meet: masks are named by view.
    assert set(masks_of(node)) == {f"{view_id}.png" for view_id in ids.values()}
    for path in masks_of(node).values():
        mask = stored(path)
        assert mask.shape == (64, 96)
        assert set(np.unique(mask)) == {0, 255}
        assert (mask[32, 32], mask[32, 80]) == (255, 0)
    assert {path: path.read_bytes() for path in photos} == before
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.name.endswith(".part")]
    assert "2 of 5 views belong to this chunk" in chunks[0].log
    assert "[1/2]" in chunks[0].log
    assert "[2/2]" in chunks[0].log


def test_a_second_run_gives_the_same_and_does_nothing_twice(tmp_path: Path) -> None:
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")])
    node.compute()
    first = {name: path.read_bytes() for name, path in masks_of(node).items()}
    (chunk,) = node.compute()
    assert {name: path.read_bytes() for name, path in masks_of(node).items()} == first
    manifest = json.loads((tmp_path / "cache/engine/0/capture.json").read_text(encoding="utf-8"))
    assert len(manifest["shots"]) == 2
    assert "2 masks are in" in chunk.log


@pytest.mark.parametrize("kind", ["UndersideMasking", "UndersideCutout"])
def test_an_insufficient_mask_is_a_warning_and_the_last_line_names_its_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    read = part("results").read_results

    def doubted(folder: str) -> object:
        path = Path(folder) / "capture.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        content["shots"][1] |= {"verdict": "insufficient"}
        content["shots"][2] |= {"verdict": "insufficient", "box": None}
        path.write_text(json.dumps(content), encoding="utf-8")
        return read(folder)

    monkeypatch.setattr(part("work"), "read_results", doubted)
    photos = [photo(tmp_path / f"{name}.jpg") for name in "abc"]
    source, model = str(scene(tmp_path / "scene.sfm", photos)), quick_model(tmp_path / "model")
    choice = {"UndersideMasking": "leaveOut", "UndersideCutout": "original"}[kind]
    (chunk,) = Node(kind, tmp_path / "cache", input=source, model=model, withoutMask=choice).compute()
    assert chunk.lines[-1] == "WARNING: Look at these insufficient masks (1): b.jpg"


def test_a_verdict_of_insufficient_is_a_warning_when_it_is_told(tmp_path: Path) -> None:
    chunk = masking(tmp_path, [photo(tmp_path / "a.jpg")]).chunks()[0]
    chunk.is_open = True
    log = part("work")._Log(chunk.logger)
    log({"event": "started", "total": 2})
    for verdict in ("insufficient", "good"):
        log({"event": "shot", "photo": "a.jpg", "state": "masked", "verdict": verdict, "reasons": ["cut off"]})
        log({"event": "judged", "photo": "a.jpg", "verdict": verdict, "reasons": ["cut off"]})
    assert chunk.lines == [
        "WARNING: [1/2] a.jpg: insufficient; cut off",
        "WARNING: a.jpg: insufficient; cut off, after another look",
        "INFO: [2/2] a.jpg: good; cut off",
        "INFO: a.jpg: good; cut off, after another look",
    ]


@pytest.mark.parametrize("name", ["done", "total", "logger", "known", "tell_verdict", "_class__", "proving", None, [1]])
def test_events_that_are_not_known_are_passed_over(tmp_path: Path, name: object) -> None:
    chunk = masking(tmp_path, [photo(tmp_path / "a.jpg")]).chunks()[0]
    chunk.is_open = True
    part("work")._Log(chunk.logger)({"event": name, "text": "something new"})
    assert chunk.lines == []


def test_a_mask_follows_its_photo_that_has_changed(tmp_path: Path) -> None:
    node = masking(tmp_path, [photo(tmp_path / "a.jpg")], withoutMask="leaveOut")
    for empty, kept in ((True, False), (False, True), (True, False)):
        photo(tmp_path / "a.jpg", empty=empty)
        node.compute()
        (mask,) = masks_of(node).values()
        assert stored(mask).any() == kept


def test_a_mask_lies_as_the_photo_is_stored_not_as_it_is_shown(tmp_path: Path) -> None:
    turned = photo(tmp_path / "turned.jpg", orientation=6)
    node = masking(tmp_path, [turned])
    node.compute()
    (mask,) = masks_of(node).values()
    assert stored(mask).shape == (64, 96)
    assert stored(mask)[32, 32] == 255


def test_a_mask_of_a_mask_shrinks_as_asked(tmp_path: Path) -> None:
    sizes = []
    for grow in (-4, 0, 4):
        node = masking(tmp_path / str(grow + 4), [photo(tmp_path / str(grow + 4) / "a.jpg")], grow=grow)
        node.compute()
        sizes.append(int((stored(next(iter(masks_of(node).values()))) > 0).sum()))
    assert sizes[0] < sizes[1] < sizes[2]


def test_two_views_of_one_photo_have_a_mask_each(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg")
    node = masking(tmp_path, [path])
    content = json.loads((tmp_path / "scene.sfm").read_text(encoding="utf-8"))
    content["views"].append({**content["views"][0], "viewId": "17"})
    (tmp_path / "scene.sfm").write_text(json.dumps(content), encoding="utf-8")
    node.compute()
    assert len(masks_of(node)) == 2


def test_a_scene_that_has_grown_since_the_chunks_were_counted_is_masked_whole(tmp_path: Path) -> None:
    node = masking(tmp_path, [photo(tmp_path / f"{n}.jpg") for n in range(3)])
    node.compute(size=1)
    assert len(masks_of(node)) == 3


def test_a_chunk_that_has_no_views_left_does_nothing(tmp_path: Path) -> None:
    node = masking(tmp_path, [photo(tmp_path / "a.jpg")])
    last = node.chunks(size=50)[1]
    node.desc.processChunk(last)
    assert "0 of 1 views belong to this chunk" in last.log
    assert not (tmp_path / "cache").exists()


def test_passes_are_told_by_patterns_and_wrong_ones_in_words(tmp_path: Path) -> None:
    photos = [photo(tmp_path / name) for name in ("up_1.jpg", "up_2.jpg", "down_1.jpg")]
    node = masking(tmp_path, photos, passes="upright = UP*; flipped=down*")
    node.compute()
    shots = json.loads((tmp_path / "cache/engine/0/capture.json").read_text(encoding="utf-8"))["shots"]
    told = {shot["photo"]: shot["pass_name"] for shot in shots}
    assert told == {"up_1.jpg": "upright", "up_2.jpg": "upright", "down_1.jpg": "flipped"}
    node = masking(tmp_path, photos, passes="upright")
    assert "Write NAME = PATTERN" in failure(node.chunks()[0])


def test_what_an_underside_toml_beside_the_photos_says_of_layouts_is_not_for_meshroom(tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg")
    (path.parent / "underside.toml").write_text('layouts = ["colmap"]\ncutout = "black"\n', encoding="utf-8")
    node = masking(tmp_path, [path])
    node.compute()
    assert {each.name for each in (tmp_path / "cache/engine/0").iterdir()}.isdisjoint({"layouts", "cutouts"})
