"""Photos of a watched folder that are renamed, moved or deleted: their masks go along, or stay where that is safer."""

import json
import sys
from pathlib import Path

import pytest
from conftest import Run
from watched import Watch, manifest, masks, photo, put, put_some, stages

from underside.outfolder import alone_in

if sys.platform != "win32":
    pass

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_a_renamed_photo_takes_its_mask_along_and_what_a_hand_has_made_of_it(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        by_hand = watch.out / "vase" / "masks" / "IMG_0001.jpg.png"
        by_hand.write_bytes((watch.out / "vase" / "masks" / "IMG_0000.jpg.png").read_bytes())
        edited = by_hand.read_bytes()
        (watch.root / "vase" / "IMG_0000.jpg").rename(watch.root / "vase" / "front.jpg")
        (watch.root / "bowl").mkdir()
        (watch.root / "vase" / "IMG_0001.jpg").rename(watch.root / "bowl" / "left.jpg")
        watch.until_complete("vase", times=2)
        watch.until_complete("bowl")
        told = {(event["before"], event["photo"]) for event in watch.events("moved")}
        assert told == {("vase/IMG_0000.jpg", "vase/front.jpg"), ("vase/IMG_0001.jpg", "bowl/left.jpg")}
        # None of them was masked anew; that one was changed by hand was found out on the way.
        assert [event["state"] for event in watch.events("shot")] == ["masked", "masked", "by hand"]
    assert set(masks(watch.out)) == {"vase/masks/front.jpg.png", "bowl/masks/left.jpg.png"}
    assert (watch.out / "bowl" / "masks" / "left.jpg.png").read_bytes() == edited
    assert stages(watch.out) == {"vase/front.jpg": "done", "bowl/left.jpg": "by hand"}


@pytest.mark.parametrize(("locked", "target"), [("vase", "vase"), ("bowl", "bowl"), ("vase", "bowl")])
def test_a_mask_that_cannot_go_along_yet_keeps_no_other_capture(tmp_path: Path, locked: str, target: str) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        put_some(watch.root / "bowl", 2, first=2)
        watch.until_complete("vase", "bowl")
        before = masks(watch.out)
        with alone_in(watch.out / locked):  # as another run
            (watch.root / "vase" / "IMG_0000.jpg").rename(watch.root / target / "front.jpg")
            watch.until(lambda: watch.events("note"))
            put_some(watch.root / "cup", 2, first=4)
            watch.until_complete("cup")
            assert not watch.events("moved")
        watch.until_complete(target, times=2)
        (note,) = watch.events("note")
        assert watch.stop() == 0
    assert note["text"].startswith(
        f"{target} has to wait: Another run of Underside is writing into {watch.out}/{locked}"
    )
    moved = before.pop("vase/masks/IMG_0000.jpg.png")
    assert before.items() < masks(watch.out).items()
    assert masks(watch.out)[f"{target}/masks/front.jpg.png"] == moved
    assert len(watch.events("shot")) == 6


def test_a_photo_whose_new_name_is_too_long_for_a_mask_keeps_no_other(tmp_path: Path) -> None:
    with Watch(tmp_path, "--settle", "0.05").begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        long = f"{'n' * 249}.jpg"
        (watch.root / "vase" / "IMG_0000.jpg").rename(watch.root / "vase" / long)
        put_some(watch.root / "bowl", 1, first=2)
        watch.until_complete("vase", times=2)
        watch.until_complete("bowl")
        assert not watch.events("note")
        assert "the name is too long for that disk" in watch.events("failed")[-1]["reason"]
        assert watch.stop() == 0
    assert stages(watch.out) == {"vase/IMG_0001.jpg": "done", f"vase/{long}": "set aside", "bowl/IMG_0002.jpg": "done"}


def test_a_deleted_photo_is_noted_and_its_mask_kept(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        (watch.root / "vase" / "IMG_0001.jpg").unlink()
        watch.until_complete("vase", times=2)
        assert len(masks(watch.out)) == 2
        assert len(manifest(watch.out, "vase")["shots"]) == 1
        assert json.loads(run("status", watch.out, "--json").stdout)["gone"] == 1
        # Another photo under its name does not take the old mask for one made by hand.
        put(watch.root / "vase" / "IMG_0001.jpg", photo(50))
        watch.until_complete("vase", times=3)
    assert [shot["state"] for shot in manifest(watch.out, "vase")["shots"]] == ["masked", "masked"]


def test_a_renamed_capture_takes_all_its_masks_along(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase" / "upright", 4)
        watch.until_complete("vase")
        before = masks(watch.out)
        (watch.root / "vase").rename(watch.root / "amphora")
        watch.until_complete("amphora")
        watch.until(lambda: not (watch.out / "vase").exists())
        assert len(watch.events("shot")) == 4
    assert masks(watch.out) == {name.replace("vase", "amphora"): content for name, content in before.items()}


def test_a_renamed_capture_leaves_nothing_behind_and_is_no_loss(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--cutout", "black").begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until_complete("vase")
        cutouts = {path.name: path.read_bytes() for path in (watch.out / "vase" / "cutouts").iterdir()}
        (watch.out / "vase" / "layouts" / "colmap").mkdir(parents=True)
        (watch.root / "vase").rename(watch.root / "amphora")
        watch.until_complete("amphora")
        watch.until(lambda: not (watch.out / "vase").exists(), seconds=20)
        assert "not there any more" not in run("status", watch.out).stdout
        (watch.root / "amphora" / "IMG_0001.jpg").unlink()
        watch.until_complete("amphora", times=2)
        assert json.loads(run("status", watch.out, "--json").stdout)["gone"] == 1
    assert {path.name: path.read_bytes() for path in (watch.out / "amphora" / "cutouts").iterdir()} == cutouts
