"""The Metashape menu finds the masks of its cameras among finished results."""

import json
import shutil
from pathlib import Path

from fake_metashape import CameraType
from metashape_host import HostProgram, change, finished, imported, part, two_poses


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
