"""The Metashape menu masks photos of both poses, with the real engine as the process that it is."""

import json
from pathlib import Path

import numpy as np
import pytest
from fake_metashape import VERSIONS, CameraType
from metashape_host import HostProgram, finished, mask_all, part, started, stored, two_poses

from underside.layouts import LAYOUTS


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
