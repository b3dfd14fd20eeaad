"""What becomes of masks that a proof has put right, and of those that a hand has changed, from run to run."""

import shutil
from pathlib import Path

import pytest
from conftest import Joined, Run, manifest, running_in, shots
from lit_capture import KEPT
from made_once import made_once
from PIL import Image

from underside.files import sha256_of

AS_IS = ("--segmenter", "threshold")


def masks_of(out: Path) -> dict[str, str]:
    return {path.name: sha256_of(path) for path in out.glob("masks/*/*.png")}


@pytest.fixture(scope="session")
def untouched(joined: Joined, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The capture's masks as they were made: one of them keeps a piece of the platter. To be read only."""

    def make(folder: Path) -> None:
        shutil.copytree(joined.capture, folder / "capture")
        done = running_in(folder)("mask", "capture", "-o", "out", *AS_IS)
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "untouched", make)


@pytest.fixture
def masked(untouched: Path, tmp_path: Path) -> Path:
    """An output folder for the test to change, beside its ``capture``."""
    shutil.copytree(untouched, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"


def test_what_was_wrong_is_still_said_of_a_mask_put_right_once_it_has_its_cutout(run: Run, masked: Path) -> None:
    assert run("prove", masked, "--repair").returncode == 0
    (note,) = shots(masked)[KEPT]["notes"]
    assert note.startswith("Put right by what the other shots show")
    assert run("mask", "capture", "-o", masked, *AS_IS, "--cutout", "black").returncode == 0
    record = shots(masked)[KEPT]
    assert record["cutout"]
    assert note in record["notes"]


def test_a_repair_that_was_cut_short_is_taken_up_by_the_next(run: Run, masked: Path) -> None:
    before = masks_of(masked)
    previews = masked / "previews" / "flipped"
    shutil.rmtree(previews)
    previews.touch()  # in the way, once the first mask is written
    cut_short = run("prove", masked, "--repair")
    assert cut_short.returncode == 2
    assert str(previews) in cut_short.stderr
    after = masks_of(masked)
    assert [name for name in after if after[name] != before[name]] == [Path(f"{KEPT}.png").name]
    previews.unlink()
    assert run("prove", masked, "--repair").returncode == 0
    record = shots(masked)[KEPT]
    assert record["mask_sha256"] == masks_of(masked)[f"{Path(KEPT).name}.png"]
    assert not record["next_sha256"]
    assert [step["name"] for step in record["steps"] if step["taken"]] == ["what the other shots show"]
    assert record["notes"][0].startswith("Put right by what the other shots show")
    now = masks_of(masked)
    assert run("mask", "capture", "-o", masked, *AS_IS).returncode == 0
    assert masks_of(masked) == now


def test_what_a_repair_that_was_cut_short_has_written_is_left_by_the_next_run_of_mask(run: Run, masked: Path) -> None:
    before = masks_of(masked)
    previews = masked / "previews" / "flipped"
    shutil.rmtree(previews)
    previews.touch()
    assert run("prove", masked, "--repair").returncode == 2
    previews.unlink()
    repaired = masks_of(masked)
    assert repaired != before
    done = run("mask", "capture", "-o", masked, *AS_IS)
    assert done.returncode == 0, done.stderr
    assert masks_of(masked) == repaired
    assert shots(masked)[KEPT]["notes"][0].startswith(
        "Put right by what the other shots show, by a run that was cut short"
    )
    assert f"underside prove {masked} --repair resumes it." in done.stderr
    again = run("mask", "capture", "-o", masked, *AS_IS)
    assert "12 shots already done" in again.stdout
    assert "cut short" not in again.stderr


def test_a_mask_of_a_hand_that_is_no_mask_is_named_and_the_others_are_proven(run: Run, masked: Path) -> None:
    small = masked / "masks" / "upright" / "DSC_0009.JPG.png"
    Image.new("L", (320, 240), 255).save(small)
    told = f"The mask {small} was changed and has 320 x 240 pixels, the photo 640 x 480."
    for _ in range(2):  # as the hand left it, and once the next run has set it aside
        done = run("prove", masked)
        assert done.returncode == 0, done.stderr
        assert "11 of 12 shots" in done.stdout
        (line,) = [line for line in done.stdout.splitlines() if "no part in this answer" in line]
        assert line.strip() == (
            f"upright/DSC_0009.JPG has no part in this answer: {told} Fix or delete it and run underside mask again."
        )
        assert run("mask", "capture", "-o", masked, *AS_IS).returncode == 3


def test_a_proof_of_masks_that_a_hand_has_changed_is_of_these_and_no_others(run: Run, masked: Path) -> None:
    """Whether or not a run has taken note of the hand between."""
    mask = masked / "masks" / f"{KEPT}.png"
    ours = mask.read_bytes()
    mask.write_bytes(ours + b"touched")
    done = run("prove", masked)
    assert f"{KEPT}: the mask keeps what is not object" in done.stdout
    assert "--repair" not in done.stdout
    assert run("mask", "capture", "-o", masked, *AS_IS).returncode == 0
    assert manifest(masked)["proof"]["disagreeing"] == 1
    mask.write_bytes(ours)
    assert run("mask", "capture", "-o", masked, *AS_IS).returncode == 0
    assert manifest(masked)["proof"] is None
    mask.write_bytes(ours + b"touched")
    assert "1 of the masks that disagree was changed by hand, and kept." in run("prove", masked, "--repair").stdout
    mask.unlink()
    assert run("mask", "capture", "-o", masked, *AS_IS).returncode == 0
    assert manifest(masked)["proof"] is None
