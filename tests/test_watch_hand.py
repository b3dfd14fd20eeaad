"""``underside watch``, and masks that a person has changed: whatever becomes of their photos, no work is lost."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from watched import Watch, photo, put, put_some, stages

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def edited(mask: Path) -> bytes:
    """What a person has made of a mask."""
    mask.write_bytes(cv2.imencode(".png", np.full((96, 128), 255, np.uint8))[1].tobytes())
    return mask.read_bytes()


def test_a_mask_edited_by_hand_is_kept_through_redos_and_shown(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--scan-every", "0.5").begins() as watch:
        put_some(watch.root / "vase", 4)
        watch.until_complete("vase")
        mask = watch.out / "vase" / "masks" / "IMG_0002.jpg.png"
        edited = (watch.out / "vase" / "masks" / "IMG_0000.jpg.png").read_bytes()
        mask.write_bytes(edited)
        watch.until_complete("vase", times=2)
        put_some(watch.root / "vase", 1, first=4)
        watch.until_complete("vase", times=3)
        assert "IMG_0002.jpg: by hand" in run("status", watch.out).stdout
    assert mask.read_bytes() == edited
    assert stages(watch.out)["vase/IMG_0002.jpg"] == "by hand"


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "unnoticed"])
def test_the_mask_of_a_photo_that_is_none_any_more_is_removed_unless_a_hand_was_at_it(
    tmp_path: Path, noticed: bool
) -> None:
    with Watch(tmp_path, "--scan-every", "0.5" if noticed else "300").begins() as watch:
        for number in (0, 1):
            put(watch.root / "vase" / f"IMG_{number}_mask.png", photo(1 + number))
        watch.until_complete("vase")
        ours, theirs = (watch.out / "vase" / "masks" / f"IMG_{number}_mask.png.png" for number in (0, 1))
        work = edited(theirs)
        if noticed:
            watch.until(lambda: stages(watch.out)["vase/IMG_1_mask.png"] == "by hand")
        for number in (0, 1):
            put(watch.root / "vase" / f"IMG_{number}.jpg", photo(3 + number))
        left = {f"vase/IMG_{number}_mask.png": "left out" for number in (0, 1)}
        watch.until(lambda: left.items() <= stages(watch.out).items())
        watch.until_complete("vase", times=2)
    assert not ours.exists()
    assert theirs.read_bytes() == work


def test_a_photo_that_is_renamed_and_renamed_back_has_its_mask_back(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        mask, elsewhere = (watch.out / "vase" / "masks" / f"{name}.jpg.png" for name in ("IMG_0001", "front"))
        work = edited(mask)
        (watch.root / "vase" / "IMG_0001.jpg").rename(watch.root / "vase" / "front.jpg")
        watch.until_complete("vase", times=2)
        assert elsewhere.read_bytes() == work
        (watch.root / "vase" / "front.jpg").rename(watch.root / "vase" / "IMG_0001.jpg")
        watch.until_complete("vase", times=3)
        assert len(watch.events("moved")) == 2
    assert mask.read_bytes() == work
    assert not elsewhere.exists()
    assert stages(watch.out)["vase/IMG_0001.jpg"] == "by hand"


def test_that_a_hands_mask_is_of_another_photo_is_told_with_each_end_of_its_capture(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        edited(watch.out / "vase" / "masks" / "IMG_0001.jpg.png")
        put_some(watch.root / "vase", 1, first=2)
        watch.until_complete("vase", times=2)
        assert not watch.events("note")
        put(watch.root / "vase" / "IMG_0001.jpg", photo(7))
        watch.until_complete("vase", times=3)
        put_some(watch.root / "vase", 1, first=3)
        watch.until_complete("vase", times=4)
        notes = [note["text"] for note in watch.events("note")]
    assert [note.startswith("vase: Changed by hand for a photo that another one") for note in notes] == [True, True]
    assert all(note.endswith("IMG_0001.jpg") for note in notes)


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "unnoticed"])
def test_a_hands_work_goes_along_where_the_new_name_was_anothers_before(tmp_path: Path, noticed: bool) -> None:
    with Watch(tmp_path, "--cutout", "black").begins() as watch:
        put_some(watch.root / "vase", 3)
        watch.until_complete("vase")
        vase = watch.out / "vase"
        work = edited(vase / "masks" / "IMG_0001.jpg.png")
        cutout = edited(vase / "cutouts" / "IMG_0001.jpg")
        if noticed:
            put_some(watch.root / "vase", 1, first=4)
            watch.until_complete("vase", times=2)
        (watch.root / "vase" / "IMG_0001.jpg").replace(watch.root / "vase" / "IMG_0002.jpg")
        watch.until(lambda: watch.events("moved"))
        watch.until_complete("vase", times=3 if noticed else 2)
    assert (vase / "masks" / "IMG_0002.jpg.png").read_bytes() == work
    assert (vase / "cutouts" / "IMG_0002.jpg").read_bytes() == cutout
    assert stages(watch.out)["vase/IMG_0002.jpg"] == "by hand"
    assert not list(vase.rglob("IMG_0001*"))


def test_a_hands_work_goes_along_with_a_photo_that_had_failed_once(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        whole, _ = put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        made = watch.out / "vase" / "masks"
        work = edited(made / "IMG_0000.jpg.png")
        content = whole.read_bytes()
        put(whole, content[:900])
        watch.until(lambda: stages(watch.out)["vase/IMG_0000.jpg"] == "set aside")
        watch.until_complete("vase", times=2)
        whole.unlink()
        put(whole.with_name("new.jpg"), content)
        watch.until_complete("vase", times=3)
    assert (made / "new.jpg.png").read_bytes() == work
    assert stages(watch.out)["vase/new.jpg"] == "by hand"


def test_a_photo_that_was_away_takes_a_hands_work_along_when_it_comes_back_elsewhere(tmp_path: Path) -> None:
    with Watch(tmp_path, "--scan-every", "0.5").begins() as watch:
        put_some(watch.root / "vase" / "upright", 3)
        watch.until_complete("vase")
        made = watch.out / "vase" / "masks" / "upright"
        work = edited(made / "IMG_0001.jpg.png")
        watch.until_complete("vase", times=2)
        (watch.root / "vase" / "upright").rename(tmp_path / "away")
        put_some(watch.root / "vase" / "flipped", 1, first=9)
        watch.until_complete("vase", times=3)
        (tmp_path / "away").rename(watch.root / "vase" / "top")
        watch.until_complete("vase", times=4)
    assert (watch.out / "vase" / "masks" / "top" / "IMG_0001.jpg.png").read_bytes() == work
    found = {name: stage for name, stage in stages(watch.out).items() if "/top/" in name}
    assert found == {f"vase/top/IMG_{number:04}.jpg": "by hand" if number == 1 else "done" for number in range(3)}
    assert not (made / "IMG_0001.jpg.png").exists()


def test_a_mask_changed_in_a_layout_stays_and_is_told_when_the_capture_is_laid_out_again(tmp_path: Path) -> None:
    with Watch(tmp_path, "--layout", "metashape").begins() as watch:
        put_some(watch.root / "vase", 2)
        watch.until_complete("vase")
        mask = watch.out / "vase/layouts/metashape/masks/IMG_0001_mask.png"
        mask.unlink()  # as what replaces a file does; the link to the capture's own mask ends there
        work = edited(mask)
        put_some(watch.root / "vase", 1, first=2)
        watch.until_complete("vase", times=2)
        (note,) = watch.events("note")
    assert mask.read_bytes() == work
    assert note["text"].startswith("vase: Changed by hand")
