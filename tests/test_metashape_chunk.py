"""The Metashape menu makes one chunk of a capture, checks its masks and aligns it."""

import json
from pathlib import Path

import pytest
from fake_metashape import VERSIONS
from metashape_host import HostProgram, change, finished, imported, part, started, two_poses
from PIL import Image, ImageOps


@pytest.mark.parametrize("version", VERSIONS)
def test_a_capture_becomes_one_chunk_with_a_folder_group_for_each_pass(tmp_path: Path, version: str) -> None:
    with started(tmp_path, version) as host:
        becomes_one_chunk(host, tmp_path)


def becomes_one_chunk(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    folder = finished(host, [*upright, *flipped])
    content = json.loads((folder / "capture.json").read_text(encoding="utf-8"))
    gone = {**content["shots"][0], "photo": "upright/DSC_0009.JPG", "state": "failed", "reason": "It is cut short"}
    change(folder, shots=[*content["shots"], gone], plates=["empty/DSC_0037.JPG"])
    host.app.folder = str(folder)
    told = host.app.choose("Underside/Import capture as one chunk...")
    chunk = host.metashape.document.chunk
    assert chunk is not None
    assert chunk.label == "photos"
    assert [(group.label, group.type.name) for group in chunk.camera_groups] == [
        ("upright", "Folder"),
        ("flipped", "Folder"),
    ]
    assert sorted(camera.label for camera in chunk.cameras) == [
        "flipped/DSC_0001",
        "flipped/DSC_0002",
        "upright/DSC_0001",
        "upright/DSC_0002",
    ]
    assert all(camera.mask for camera in chunk.cameras)
    assert told.startswith("4 photos of 2 pass(es), 4 with a mask. Next: Underside > Align")
    assert "DSC_0009.JPG: left out, It is cut short" in told
    assert "DSC_0037.JPG: left out, it shows the empty platter" in told


def test_a_new_chunk_is_the_one_that_the_next_entries_act_on(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    host.chunk(*upright)
    host.app.folder = str(finished(host, [*upright, *flipped]))
    host.app.choose("Underside/Import capture as one chunk...")
    assert host.app.choose("Underside/Check masks").startswith("All 2 masks are there")


def test_a_photo_that_metashape_refuses_is_left_out_and_named(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 3)
    before = host.chunk(upright[0])
    host.app.folder = str(finished(host, [*upright, *flipped]))
    upright[1].write_bytes(b"no picture")
    told = host.app.choose("Underside/Import capture as one chunk...")
    assert told.startswith("5 photos of 2 pass(es), 5 with a mask.")
    assert f"- DSC_0002.JPG: left out, Metashape refuses it: Can't load photo: {upright[1].as_posix()}" in told
    chunk = host.metashape.document.chunk
    assert chunk is not before
    assert chunk is not None
    assert [camera.group.label for camera in chunk.cameras if camera.group] == ["upright"] * 2 + ["flipped"] * 3
    assert len({camera.photo.path for camera in chunk.cameras if camera.photo}) == 5


def test_a_chunk_of_which_metashape_takes_nothing_is_told_and_not_made_the_active_one(
    host: HostProgram, tmp_path: Path
) -> None:
    upright, _ = two_poses(tmp_path, 1)
    before = host.chunk(*upright)
    host.app.folder = str(finished(host, upright))
    upright[0].write_bytes(b"no picture")
    told = host.app.choose("Underside/Import capture as one chunk...")
    assert told.startswith(f"Metashape accepted no photo of {host.app.folder}; delete the empty chunk upright.")
    assert "DSC_0001.JPG: left out, Metashape refuses it" in told
    assert host.metashape.document.chunk is before
    object.__setattr__(host.metashape.document, "read_only", True)
    assert host.app.choose("Underside/Import capture as one chunk...") == (
        "Metashape could not add a chunk (Document is read-only). Check that the project can be changed."
    )


def test_masks_are_checked_in_words_and_the_poor_ones_selected(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 3)
    chunk = host.chunk(*upright, *flipped[:2])
    imported(host, finished(host, [*upright, *flipped]))
    good, small, empty, full, without = chunk.cameras
    width, height = good.sensor.width, good.sensor.height  # type: ignore[union-attr]
    for camera, size, value in ((small, (9, 9), 255), (empty, (width, height), 0), (full, (width, height), 255)):
        mask = host.metashape.Mask()
        mask.setImage(host.metashape.Image.fromstring(bytes([value]) * (size[0] * size[1]), *size, "L"))
        camera.mask = mask
    without.mask = None
    told = host.app.choose("Underside/Check masks")
    assert "4 of 5 photos need a look; they are selected now:" in told
    for said in ("its mask has 9 x 9 pixels", "keeps nearly nothing", "keeps nearly everything", "no mask"):
        assert said in told
    assert [camera.selected for camera in chunk.cameras] == [False, True, True, True, True]


def test_a_mask_that_keeps_most_of_a_photo_may_be_inverted(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    mask = folder / "masks" / f"{upright[0].name}.png"
    with Image.open(mask) as file:
        ImageOps.invert(file).convert("RGB").save(mask)
    imported(host, folder)
    assert "is it inverted?" in host.app.choose("Underside/Check masks")
    assert chunk.cameras[0].selected


@pytest.mark.parametrize("version", VERSIONS)
def test_aligning_passes_what_two_poses_need(tmp_path: Path, version: str) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    with started(tmp_path, version) as host:
        chunk = host.chunk(*upright, group="upright")
        host.chunk(*flipped, group="flipped")
        imported(host, finished(host, upright))
        views, _ = part("views").views_of(host.metashape, chunk)
        assert [doubt[:28] for doubt in part("align").before_aligning(chunk, views)] == ["1 of 2 photos have no mask: "]
        seen: list[float] = []
        told = part("align").align(chunk, views, seen.append)
        calls = dict(chunk.calls)
        wanted = {
            "filter_mask": True,
            "mask_tiepoints": False,
            "filter_stationary_points": True,
            "reference_preselection": False,
        }
        assert wanted.items() <= calls["matchPhotos"].items()
        assert "upright: 1 of 1 photos were aligned." in told
        assert "flipped: 0 of 1 photos were aligned." in told
        assert "lying on its side" in told
        aligned, _ = part("align").before_aligning(chunk, views)
        assert aligned.startswith("1 of 2 photos are aligned already: ")
        assert "discards camera positions, matches and tie points" in aligned
        object.__setattr__(chunk.cameras[0], "transform", None)
        assert part("align").before_aligning(chunk, views)[0].startswith("There are tie points already: ")
