"""What the Meshroom nodes do with a scene, by the real engine: every view gets its mask, or the node says why not."""

import hashlib
import json
import os
import shutil
import sys
import types
from pathlib import Path

import cv2
import numpy as np
import pytest
from blob_captures import linux
from conftest import DEMO, Run
from meshroom_host import Chunk, Node, node_class, part, photo, quick_model, scene, sfm_reader, stored, view_ids
from PIL import Image


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)


@pytest.fixture
def blocks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UndersideMasking", "UndersideCutout"):
        monkeypatch.setattr(node_class(name).parallelization, "blockSize", 2)


def masking(tmp_path: Path, photos: list[Path], **values: object) -> Node:
    source = scene(tmp_path / "scene.sfm", photos)
    return Node(
        "UndersideMasking", tmp_path / "cache", input=str(source), model=quick_model(tmp_path / "model"), **values
    )


def masks_of(node: Node) -> dict[str, Path]:
    return {path.name: path for path in Path(node.output.value).iterdir()}


def failure(chunk: Chunk) -> str:
    with pytest.raises(part("trouble").NodeError) as raised:
        chunk.node.desc.processChunk(chunk)
    assert f"ERROR: {raised.value}" in chunk.lines
    assert not chunk.is_open
    return str(raised.value)


@pytest.mark.usefixtures("blocks_of_two")
def test_all_chunks_together_give_every_view_its_mask_and_leave_the_photos_alone(tmp_path: Path) -> None:
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


def drawn(*, channels: int = 1) -> bytes:
    """A mask as no node makes it here: the upper rows."""
    pixels = np.zeros((64, 96, channels), np.uint8)
    pixels[:20] = 255
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("moved_there", [True, False])
def test_a_mask_that_a_person_corrected_stays_when_the_node_is_computed_again(
    tmp_path: Path, moved_there: bool, channels: int
) -> None:
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")])
    node.compute()
    corrected, other = masks_of(node).values()
    before, mine = other.read_bytes(), drawn(channels=channels)
    if moved_there:
        (tmp_path / "saved").write_bytes(mine)
        (tmp_path / "saved").replace(corrected)
    else:
        corrected.write_bytes(mine)
    (chunk,) = node.compute()
    assert (corrected.read_bytes(), other.read_bytes()) == (mine, before)
    assert "its mask was changed by hand, and stays" in chunk.log


def test_a_mask_that_a_person_draws_for_a_view_without_one_is_taken(tmp_path: Path) -> None:
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), photo(tmp_path / "empty_room.jpg", empty=True)])
    assert "empty_room.jpg: no object was found." in failure(node.chunks()[0])
    mine = Path(node.output.value) / f"{view_ids(tmp_path / 'scene.sfm')[str(tmp_path / 'empty_room.jpg')]}.png"
    mine.write_bytes(drawn())
    node.compute()
    assert mine.read_bytes() == drawn()
    mine.write_bytes(drawn(channels=4))
    assert "has transparency. Save it without" in failure(node.chunks()[0])
    mine.write_bytes(b"no picture")
    assert f"{mine} is not a PNG of 96 x 64 pixels. Fix or delete it" in failure(node.chunks()[0])
    assert mine.read_bytes() == b"no picture"


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


def test_paths_in_a_scene_may_be_as_seen_from_it(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "a.jpg")
    node = masking(tmp_path, [tmp_path / "photos" / "a.jpg"])
    text = (tmp_path / "scene.sfm").read_text(encoding="utf-8")
    (tmp_path / "scene.sfm").write_text(text.replace(str(tmp_path) + os.sep, ""), encoding="utf-8")
    node.compute()
    assert len(masks_of(node)) == 1


@linux
@pytest.mark.parametrize("sign", ["\t", "\n", "\r"])
def test_a_photo_whose_name_breaks_a_line_is_told(tmp_path: Path, sign: str) -> None:
    odd = photo(tmp_path / f"a{sign}b.jpg")
    told = failure(masking(tmp_path, [photo(tmp_path / "c.jpg"), odd]).chunks()[0])
    assert told == f"{str(odd)!r} has a tab or a line break in its path. Rename it."


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "Compute the node that writes it first"),
        ("{", "cannot be read"),
        ("[]", "is not a scene"),
        ('{"views": []}', "There are no views in"),
        ('{"views": [{"path": "a.jpg"}]}', "is not a readable scene"),
    ],
)
def test_a_scene_that_is_none_says_what_to_do(tmp_path: Path, content: str | None, told: str) -> None:
    path = tmp_path / "scene.sfm"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert told in failure(Node("UndersideMasking", tmp_path, input=str(path)).chunks(size=1)[0])
    assert "connect Input" in failure(Node("UndersideMasking", tmp_path, input="").chunks(size=1)[0])


def test_an_alembic_scene_needs_alicevisions_binding_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "scene.abc").write_bytes(b"Ogawa")
    node = Node("UndersideMasking", tmp_path, input=str(tmp_path / "scene.abc"))
    assert "only AliceVision's own Python binding reads" in failure(node.chunks(size=1)[0])


def test_an_alembic_scene_is_read_where_the_binding_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(photo(tmp_path / "a.jpg"))
    binding, data, reader = (types.ModuleType(name) for name in ("pyalicevision", "sfmData", "sfmDataIO"))
    views = types.SimpleNamespace(getViews=lambda: {42: sfm_reader("42", 96, 64, path)})
    data.SfMData = lambda: views  # type: ignore[attr-defined]
    reader.VIEWS, reader.load = 1, lambda scene, path, what: scene is views  # type: ignore[attr-defined]
    binding.sfmData, binding.sfmDataIO = data, reader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyalicevision", binding)
    (tmp_path / "scene.abc").write_bytes(b"Ogawa")
    model = quick_model(tmp_path / "model")
    node = Node("UndersideMasking", tmp_path / "cache", input=str(tmp_path / "scene.abc"), model=model)
    node.compute(size=1)
    assert set(masks_of(node)) == {"42.png"}


def test_passes_are_told_by_patterns_and_wrong_ones_in_words(tmp_path: Path) -> None:
    photos = [photo(tmp_path / name) for name in ("up_1.jpg", "up_2.jpg", "down_1.jpg")]
    node = masking(tmp_path, photos, passes="upright = UP*; flipped=down*")
    node.compute()
    shots = json.loads((tmp_path / "cache/engine/0/capture.json").read_text(encoding="utf-8"))["shots"]
    told = {shot["photo"]: shot["pass_name"] for shot in shots}
    assert told == {"up_1.jpg": "upright", "up_2.jpg": "upright", "down_1.jpg": "flipped"}
    node = masking(tmp_path, photos, passes="upright")
    assert "Write NAME = PATTERN" in failure(node.chunks()[0])


def test_a_raw_photo_beside_its_jpeg_is_told(tmp_path: Path) -> None:
    raw = tmp_path / "IMG_1.NEF"
    raw.write_bytes(b"raw")
    node = masking(tmp_path, [photo(tmp_path / "IMG_1.jpg"), raw])
    assert "IMG_1.NEF: it is the raw file of IMG_1.jpg: leave one of the two out" in failure(node.chunks()[0])


def test_what_an_underside_toml_beside_the_photos_says_of_layouts_is_not_for_meshroom(tmp_path: Path) -> None:
    path = photo(tmp_path / "photos" / "a.jpg")
    (path.parent / "underside.toml").write_text('layouts = ["colmap"]\ncutout = "black"\n', encoding="utf-8")
    node = masking(tmp_path, [path])
    node.compute()
    assert {each.name for each in (tmp_path / "cache/engine/0").iterdir()}.isdisjoint({"layouts", "cutouts"})


def cutouts(tmp_path: Path, photos: list[Path], **values: object) -> Node:
    source = scene(tmp_path / "scene.sfm", photos)
    return Node(
        "UndersideCutout", tmp_path / "cache", input=str(source), model=quick_model(tmp_path / "model"), **values
    )


@pytest.mark.usefixtures("blocks_of_two")
def test_cut_outs_keep_their_metadata_and_the_chunk_that_ends_last_writes_their_scene(tmp_path: Path) -> None:
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
    monkeypatch.setattr(node_class("UndersideMasking").parallelization, "blockSize", 2)
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
