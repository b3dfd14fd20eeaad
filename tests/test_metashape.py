"""The Metashape menu from photos to masks on cameras, with the real engine as the process that it is."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_metashape import VERSIONS, CameraType
from metashape_host import HostProgram, change, finished, mask_all, part, started, stored, two_poses
from PIL import Image, ImageOps

from underside.layouts import LAYOUTS
from underside.manifest import PUT_RIGHT, ProofRecord, Step


@pytest.fixture
def host(tmp_path: Path) -> Iterator[HostProgram]:
    with started(tmp_path) as host:
        yield host


@pytest.mark.parametrize("version", VERSIONS)
def test_both_poses_get_their_own_masks_though_their_names_are_the_same(tmp_path: Path, version: str) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    with started(tmp_path, version) as host:
        chunk = host.chunk(*upright, *flipped)
        assert mask_all(host) == "2 of 2 photos have their mask."
        masks = host.folder / "projekt.underside" / "masks"
        for camera in chunk.cameras:
            photo = Path(camera.photo.path)  # type: ignore[union-attr]
            mask = stored(masks / photo.parent.name / f"{photo.name}.png")
            assert np.array_equal(camera.mask.kept(), mask)  # type: ignore[union-attr]
        calls = [options for name, options in chunk.calls if name == "generateMasks"]
        assert [len(options["cameras"]) for options in calls] == [1, 1]
        assert all(type(key) is int for options in calls for key in options["cameras"])
        assert {options["path"].rsplit("/", 2)[1] for options in calls} == {"upright", "flipped"}


def test_groups_may_be_the_passes(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    host.chunk(*upright, group="oben")
    host.chunk(*flipped)
    mask_all(host, by_groups=True)
    content = json.loads((host.folder / "projekt.underside" / "capture.json").read_text(encoding="utf-8"))
    assert [shot["pass_name"] for shot in content["shots"]] == ["flipped", "flipped", "oben", "oben"]


def test_cameras_that_have_no_photo_to_mask_are_told_of_and_left_alone(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright)
    chunk.add(str(upright[0]), type=CameraType.Keyframe, label="track 1")
    chunk.add(str(upright[0]), photo=None, label="empty one")
    chunk.add(str(tmp_path / "gone.JPG"), exists=False)
    found, set_aside = part("views").views_of(host.metashape, chunk)
    assert [view.camera.key for view in found] == [7]
    assert [line.split(":")[0] for line in set_aside] == ["track 1", "empty one", "gone"]
    assert "its photo is missing" in set_aside[2]


# ---- finding masks


def imported(host: HostProgram, folder: Path, *, combine: bool = False) -> str:
    chunk = host.metashape.document.chunk
    views, _ = part("views").views_of(host.metashape, chunk)
    told: str = part("masking").import_results(host.metashape, chunk, views, str(folder), combine=combine)
    return told


def test_finished_masks_are_imported_by_the_menu(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    host.app.folder = str(finished(host, [*upright, *flipped]))
    assert host.app.choose("Underside/Import finished masks...") == "4 of 4 photos have their mask."
    assert all(camera.mask for camera in chunk.cameras)


def test_photos_that_were_moved_are_known_by_name_and_content(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    folder = finished(host, [*upright, *flipped])
    elsewhere = host.folder / "elsewhere"
    (host.folder / "photos").rename(elsewhere)
    chunk = host.chunk(*(elsewhere / "flipped" / photo.name for photo in flipped))
    assert imported(host, folder) == "2 of 2 photos have their mask."
    templates = {options["path"] for name, options in chunk.calls if name == "generateMasks"}
    assert templates == {f"{folder.as_posix()}/masks/flipped/{{filename}}.JPG.png"}


def test_a_photo_that_only_shares_its_name_gets_no_mask(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    folder = finished(host, upright)
    chunk = host.chunk(*flipped)
    told = imported(host, folder)
    assert told.startswith("0 of 2 photos have their mask.")
    assert "flipped/DSC_0001.JPG: it has no mask there" in told
    assert not any(camera.mask for camera in chunk.cameras)


def test_only_cameras_whose_mask_exists_are_written(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    (folder / "masks" / f"{upright[0].name}.png").unlink()
    told = imported(host, folder)
    assert told.startswith("1 of 2 photos have their mask.")
    assert "its mask is gone" in told
    assert [bool(camera.mask) for camera in chunk.cameras] == [False, True]


def test_masks_of_other_cameras_stay_as_they_are(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright, *flipped)
    imported(host, finished(host, [*upright, *flipped]))
    kept = chunk.cameras[1].mask
    shutil.rmtree(host.folder / "results")
    assert imported(host, finished(host, upright)).startswith("1 of 2 photos have their mask.")
    assert chunk.cameras[1].mask is kept


def test_failed_shots_and_plates_say_why_they_have_no_mask(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 2)
    host.chunk(*upright)
    folder = finished(host, upright)
    content = json.loads((folder / "capture.json").read_text(encoding="utf-8"))
    failed = {**content["shots"][0], "state": "failed", "reason": "DSC_0001.JPG is cut short"}
    change(folder, shots=[failed], plates=[upright[1].name])
    told = imported(host, folder)
    assert "DSC_0001.JPG is cut short" in told
    assert "it shows the empty platter" in told


def test_names_with_several_dots_or_braces_are_given_as_they_are(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 2)
    odd = [upright[0].with_name("a.b.c.JPG"), upright[0].parent / "{filename} {x}" / "d.JPG"]
    odd[1].parent.mkdir()
    for photo, name in zip(upright, odd, strict=True):
        photo.rename(name)
    chunk = host.chunk(*odd)
    assert imported(host, finished(host, odd)) == "2 of 2 photos have their mask."
    assert all(camera.mask for camera in chunk.cameras)


def test_two_cameras_of_one_photo_and_doubled_labels_do_no_harm(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    chunk = host.chunk(upright[0], upright[0])
    for camera in chunk.cameras:
        camera.label = "same"
    assert imported(host, finished(host, upright)) == "2 of 2 photos have their mask."


def test_plates_and_disabled_cameras_are_not_said_to_lack_a_mask(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 6)
    chunk = host.chunk(*upright)
    folder = finished(host, upright[:3])
    change(folder, plates=[upright[3].name, upright[4].name])
    for camera in chunk.cameras[4:]:
        camera.enabled = False
    chunk.add(str(upright[0].with_name("gone.JPG")), exists=False, enabled=False)
    chunk.add(str(upright[0]), type=CameraType.Keyframe, enabled=False)
    host.app.folder = str(folder)
    plate = "- upright/DSC_0004.JPG: it shows the empty platter and gets no mask: disable or remove it"
    told = host.app.choose("Underside/Import finished masks...")
    assert told.splitlines() == ["3 of 3 photos have their mask.", "Not masked:", plate]
    told = host.app.choose("Underside/Check masks")
    whole = "All 3 masks are there, of the right size, neither empty nor full."
    assert told.splitlines() == [whole, "Not checked:", plate]
    chunk.cameras[3].enabled = False
    assert host.app.choose("Underside/Check masks") == whole
    views, set_aside = part("views").views_of(host.metashape, chunk)
    assert part("align").before_aligning(chunk, views) == set_aside == []
    chunk.cameras[5].enabled = True
    assert "1 of 4 photos have no mask" in part("align").before_aligning(chunk, views)[0]


# ---- what is told beside that masks are there


def judged(host: HostProgram, photos: list[Path], *, answer: str = "no") -> Path:
    """Results that a person should look at: the first mask is insufficient, the second one black, the proof is bad."""
    folder = finished(host, photos)
    first, second, *others = json.loads((folder / "capture.json").read_text(encoding="utf-8"))["shots"]
    put_right = asdict(Step(PUT_RIGHT, doubt=None, taken=True, change=0.2))
    first |= {"verdict": "insufficient", "reasons": ["a part is missing", "cut off"], "steps": [put_right]}
    second |= {"box": None, "verdict": "insufficient", "reasons": ["no object was found"]}
    with Image.open(folder / second["mask"]) as mask:
        Image.new("L", mask.size).save(folder / second["mask"])
    proof = ProofRecord(answer, ("2 shots make a model of their own. Photograph it again",), 0.1, 0, None, "0", "0")
    change(folder, shots=[first, second, *others], proof=asdict(proof), warnings=["The focal length is not known"])
    return folder


def test_masks_to_look_at_the_proof_and_warnings_are_told(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    host.chunk(*upright, *flipped)
    assert imported(host, judged(host, [*upright, *flipped])).splitlines() == [
        "4 of 4 photos have their mask.",
        "No object was found in these photos, so nothing of them is used. Correct their masks, or disable them:",
        "- upright/DSC_0002.JPG",
        "Look at these masks, which are insufficient; Underside > Check masks selects them:",
        "- upright/DSC_0001.JPG: a part is missing; cut off; put right since by what the other shots show",
        "The passes do not become one object: the proof answers no. 2 shots make a model of their own. "
        "Photograph it again.",
        "Please note:",
        "- The focal length is not known",
    ]


def test_masks_of_disabled_cameras_need_no_look(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    for camera in chunk.cameras[:2]:
        camera.enabled = False
    told = imported(host, judged(host, [*upright, *flipped]))
    assert "DSC_000" not in told
    assert "the proof answers no" in told


def test_a_chunk_of_a_capture_whose_proof_is_no_is_not_sent_on_to_be_aligned(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    for answer, said in (("no", "the proof answers no"), ("unsafe", "the proof answers unsafe")):
        host.app.folder = str(judged(host, [*upright, *flipped], answer=answer))
        told = host.app.choose("Underside/Import capture as one chunk...")
        assert said in told
        assert ("Next: Underside > Align" in told) == (answer != "no")
        assert "upright/DSC_0002.JPG" in told


def test_a_proof_that_could_not_be_asked_is_remembered_and_an_answer_is_left_to_the_results(host: HostProgram) -> None:
    tally = part("masking").Tally()
    tally.take({"event": "proof", "answer": "no", "reasons": ["They are two objects."]})
    assert tally.unproven == ""
    tally.take({"event": "proof", "answer": "", "reasons": ["The proof needs pycolmap."]})
    assert tally.unproven == "The proof needs pycolmap."


def test_masks_that_were_called_insufficient_are_selected_when_masks_are_checked(
    host: HostProgram, tmp_path: Path
) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    folder = judged(host, [*upright, *flipped])
    host.app.folder = str(folder)
    host.app.choose("Underside/Import finished masks...")
    told = host.app.choose("Underside/Check masks")
    assert "2 of 4 photos need a look" in told
    assert "upright/DSC_0001.JPG: its mask was judged insufficient: a part is missing" in told
    assert "upright/DSC_0002.JPG: its mask keeps nearly nothing" in told
    assert [camera.selected for camera in chunk.cameras] == [True, True, False, False]
    (folder / "capture.json").write_text("{")
    told = host.app.choose("Underside/Check masks")
    assert "1 of 4 photos need a look" in told
    assert "The engine's verdicts were not checked. " in told


def test_verdicts_of_a_run_without_a_window_are_found_beside_the_project(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    host.chunk(*upright, *flipped)
    folder = judged(host, [*upright, *flipped])
    imported(host, folder)
    usual = Path(part("views").results_beside(host.metashape.document.path, str(host.folder / "photos")))
    usual.parent.mkdir()
    folder.rename(usual)
    assert "DSC_0001.JPG: its mask was judged insufficient" in host.app.choose("Underside/Check masks")


def test_the_step_that_puts_masks_right_is_called_as_the_engine_calls_it(host: HostProgram) -> None:
    assert part("results").PUT_RIGHT == PUT_RIGHT


# ---- existing masks, sizes, frames


def test_masks_are_replaced_or_combined_as_wished(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 2)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    first, second = chunk.cameras
    before = host.metashape.Mask()
    width, height = first.sensor.width, first.sensor.height  # type: ignore[union-attr]
    keep = np.zeros((height, width), np.uint8)
    keep[:, : width // 4] = 255
    before.setImage(host.metashape.Image.fromstring(keep.tobytes(), width, height, "L", "U8"))
    first.mask = before
    assert imported(host, folder, combine=True) == "2 of 2 photos have their mask."
    new = stored(folder / "masks" / f"{upright[0].name}.png")
    assert np.array_equal(first.mask.kept(), new & (keep > 0))
    assert second.mask is not None
    assert imported(host, folder) == "2 of 2 photos have their mask."
    assert np.array_equal(first.mask.kept(), new)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_is_turned_where_metashape_turns_the_photo(host: HostProgram, tmp_path: Path, orientation: int) -> None:
    photo = host.folder / "turned.JPG"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (90, 60), "grey").save(photo, exif=exif)
    host.metashape.turns = True
    chunk = host.chunk(photo)
    folder = finished(host, [photo], orientation)
    assert imported(host, folder) == "1 of 1 photos have their mask."
    with Image.open(folder / "masks" / "turned.JPG.png") as mask:
        mask.getexif()[0x0112] = orientation
        wanted = np.asarray(ImageOps.exif_transpose(mask)) > 127
    assert wanted.shape == (90, 60)
    assert np.array_equal(chunk.cameras[0].mask.kept(), wanted)  # type: ignore[union-attr]


def test_a_mask_of_another_size_is_refused_in_words(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 2)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    Image.new("L", (30, 20)).save(folder / "masks" / f"{upright[0].name}.png")
    (folder / "masks" / f"{upright[1].name}.png").write_bytes(b"no picture")
    told = imported(host, folder)
    assert "its mask has 30 x 20 pixels, the photo in Metashape" in told
    assert "is not a PNG file" in told
    assert not any(camera.mask for camera in chunk.cameras)


def test_a_mask_with_parts_erased_is_refused_in_words_and_one_in_colours_is_taken(
    host: HostProgram, tmp_path: Path
) -> None:
    """What an eraser leaves is white where it is transparent: taken for a mask, it would keep the whole photo."""
    upright, _ = two_poses(tmp_path, 2)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    erased, coloured = (folder / "masks" / f"{photo.name}.png" for photo in upright)
    wanted = stored(coloured)
    kept, white = stored(erased) * np.uint8(255), np.full_like(wanted, 255, np.uint8)
    Image.fromarray(np.dstack([white, white, white, kept])).save(erased)
    Image.fromarray(np.dstack([wanted * np.uint8(255)] * 3)).save(coloured)
    told = imported(host, folder)
    assert told.startswith("1 of 2 photos have their mask.")
    assert f"its mask {erased} was saved with transparency" in told
    assert chunk.cameras[0].mask is None
    assert np.array_equal(chunk.cameras[1].mask.kept(), wanted)  # type: ignore[union-attr]


@pytest.mark.parametrize("combine", [False, True])
def test_each_frame_of_a_chunk_gets_its_own_mask(host: HostProgram, tmp_path: Path, combine: bool) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright)
    later = host.metashape.document.addChunk().add(str(flipped[0]))
    host.metashape.document.chunks.pop()
    object.__setattr__(chunk.cameras[0], "others", [later])
    object.__setattr__(chunk, "frame_count", 2)
    folder = finished(host, [*upright, *flipped])
    for _ in range(2):
        assert imported(host, folder, combine=combine) == "2 of 2 photos have their mask."
    for frame, photo in zip(chunk.cameras[0].frames, ("upright", "flipped"), strict=True):
        assert np.array_equal(frame.mask.kept(), stored(folder / "masks" / photo / "DSC_0001.JPG.png"))  # type: ignore[union-attr]


def test_what_metashape_refuses_is_told_and_the_rest_goes_on(
    host: HostProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    folder = finished(host, [*upright, *flipped])
    generate = chunk.generateMasks  # type: ignore[attr-defined]

    def refuse(**options: Any) -> None:  # noqa: ANN401
        if "flipped" in options["path"]:
            raise RuntimeError("Can't open file")
        generate(**options)

    object.__setattr__(chunk, "generateMasks", refuse)
    told = imported(host, folder)
    assert told.startswith("2 of 4 photos have their mask.")
    assert "Metashape refuses its mask: Can't open file" in told


@pytest.mark.parametrize("combine", [True, False])
def test_a_mask_that_metashape_refuses_does_not_keep_those_of_its_folder_away(
    host: HostProgram, tmp_path: Path, combine: bool
) -> None:
    upright, _ = two_poses(tmp_path, 3)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    # Broken inside: its head is as it should be.
    mask = folder / "masks" / f"{upright[1].name}.png"
    mask.write_bytes(mask.read_bytes()[:60])
    for _ in range(2):
        told = imported(host, folder, combine=combine)
        assert told.startswith("2 of 3 photos have their mask.")
        assert told.count("Metashape refuses its mask") == 1
        assert "upright/DSC_0002.JPG: Metashape refuses its mask" in told
    for camera, photo in ((chunk.cameras[0], upright[0]), (chunk.cameras[2], upright[2])):
        assert np.array_equal(camera.mask.kept(), stored(folder / "masks" / f"{photo.name}.png"))  # type: ignore[union-attr]


# ---- one chunk, aligning, checking, the report


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


def test_a_keyword_that_a_version_lacks_is_left_out_and_no_other(host: HostProgram) -> None:
    called: dict[str, object] = {}

    def match(*, filter_mask: bool, reset_matches: bool = False) -> None:
        called.update(filter_mask=filter_mask, reset_matches=reset_matches)

    call = part("host").call_with_what_it_knows
    call(match, needed={"filter_mask": True}, wanted={"filter_stationary_points": True, "reset_matches": True})
    assert called == {"filter_mask": True, "reset_matches": True}
    with pytest.raises(TypeError):
        call(match, needed={"mask_tiepoints": True}, wanted={"reset_matches": True})


def test_the_pages_example_passes_over_cameras_without_a_photo(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright, *flipped)
    chunk.add(str(upright[0]), photo=None)
    masks = finished(host, [*upright, *flipped]) / "masks" / "upright"
    (masks / "DSC_0001.JPG.png").rename(masks / "DSC_0001_mask.png")
    page = (Path(__file__).parents[1] / "docs" / "metashape.md").read_text(encoding="utf-8")
    example = page.partition("```py\n")[2].partition("```")[0]
    example = example.replace("/full/path/out/amphora/layouts/metashape/masks/upright", masks.as_posix())
    exec(example, {"chunk": chunk, "Metashape": host.metashape})
    assert [bool(camera.mask) for camera in chunk.cameras] == [True, False, False]


def test_the_page_names_the_template_that_the_layout_makes() -> None:
    page = (Path(__file__).parents[1] / "docs" / "metashape.md").read_text(encoding="utf-8")
    assert LAYOUTS["metashape"].mask == "{stem}_mask.png"
    assert "/masks/upright/{filename}_mask.png" in page
