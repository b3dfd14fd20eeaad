"""The output folder of something else is never written over; one's own goes on where it was."""

import json
import re
import shutil
from pathlib import Path

import pytest
from blob_captures import files, masked, photo, photos, posix, refusal
from conftest import Run, shots

from underside.cutout.make import SUFFIXES
from underside.outfolder import without_a_name


@pytest.mark.parametrize(
    "content",
    ["", "[" * 100_000, '{"format": 1, "shots": 3}', '{"format": 99, "shots": []}', "\0\xff"],
    ids=["empty", "deep", "nonsense", "newer", "bytes"],
)
def test_a_manifest_that_cannot_be_read_is_refused_and_stays(run: Run, tmp_path: Path, content: str) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "capture.json").write_text(content, encoding="latin-1")
    told = refusal(run("mask", "capture", "-o", "out"))
    assert "capture.json" in told
    assert ("newer" in told) is ("99" in content)
    assert (tmp_path / "out" / "capture.json").read_text(encoding="latin-1") == content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cutout", None), ("doubt", "much"), ("width", None), ("judged", "yes"), ("silhouette", list("abcd")),
        ("box", [1, 2]), ("terms", {"ring": "high"}), ("steps", [{}]), ("state", "lost"), ("notes", "many"),
        ("mask", "../capture/0.jpg"), ("cutout", "/tmp/0.jpg"), ("cutouts_before", {"../0.jpg": ""}),
    ],
)  # fmt: skip
def test_a_manifest_with_nonsense_in_a_field_is_refused(run: Run, tmp_path: Path, name: str, value: object) -> None:
    photos(tmp_path / "capture", 1)
    words = ("mask", "capture", "-o", "out", "--segmenter", "threshold")
    assert run(*words).returncode == 0
    path = tmp_path / "out" / "capture.json"
    content = json.loads(path.read_bytes())
    content["shots"][0][name] = value
    path.write_text(json.dumps(content))
    assert "is not a manifest" in refusal(run(*words))


def test_without_the_manifest_masks_of_other_settings_are_kept_as_the_refusal_says(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "a.jpg")
    run("mask", "capture", "-o", "out")
    before = files(tmp_path / "out" / "masks")
    (tmp_path / "out" / "capture.json").write_text("x")
    assert "are then kept as changed by hand" in refusal(run("mask", "capture", "-o", "out", "--grow", "3"))
    (tmp_path / "out" / "capture.json").unlink()
    assert "1 mask changed by hand, kept" in run("mask", "capture", "-o", "out", "--grow", "3").stdout
    assert files(tmp_path / "out" / "masks") == before


def test_an_output_folder_that_is_a_pass_of_the_capture_is_refused(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    photo(tmp_path / "capture" / "flipped" / "b.jpg")
    before = files(tmp_path)
    assert "flipped would be left out" in refusal(run("mask", "capture", "-o", "capture/flipped"))
    assert files(tmp_path) == before


@posix
@pytest.mark.parametrize("command", ["mask", "capture", "audit", "rings"])
def test_a_pass_that_is_a_link_to_the_output_folder_is_refused(run: Run, tmp_path: Path, command: str) -> None:
    photo(tmp_path / "capture" / "flipped" / "b.jpg")
    photo(tmp_path / "elsewhere" / "a.jpg")
    (tmp_path / "capture" / "upright").symlink_to("../elsewhere")
    before = files(tmp_path)
    for out in ("capture/upright", "elsewhere"):
        assert f"{out} would be left out" in refusal(run(command, "capture", "-o", out))
    assert files(tmp_path) == before


@pytest.mark.parametrize("command", ["mask", "capture"])
def test_an_output_folder_around_photos_of_the_capture_is_refused(run: Run, tmp_path: Path, command: str) -> None:
    photo(tmp_path / "capture" / "flipped" / "b.jpg")
    photo(tmp_path / "capture" / "upright" / "low" / "a.jpg")
    before = files(tmp_path)
    assert "upright would be left out" in refusal(run(command, "capture", "-o", "capture/upright"))
    assert files(tmp_path) == before


def test_two_captures_never_share_an_output_folder(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "amphora", 2)
    photo(tmp_path / "krater" / "upright" / "IMG_000.jpg", seed=9)
    assert run("mask", "amphora", "-o", "out").returncode == 0
    before = files(tmp_path / "out")
    told = refusal(run("mask", "krater", "-o", "out"))
    assert f"out holds the masks of another capture, {tmp_path / 'amphora'}" in told
    refusal(run("mask", "amphora/upright/IMG_000.jpg", "-o", "out"))
    assert files(tmp_path / "out") == before


def test_two_captures_that_share_a_photo_never_share_an_output_folder(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "amphora", 3)
    photo(tmp_path / "krater" / "upright" / "IMG_000.jpg", seed=0)
    for number in (1, 2):
        photo(tmp_path / "krater" / "upright" / f"IMG_{number:03}.jpg", seed=8 + number)
    assert run("mask", "amphora", "-o", "out").returncode == 0
    before = files(tmp_path / "out")
    assert "of another capture" in refusal(run("mask", "krater", "-o", "out"))
    assert files(tmp_path / "out") == before


def test_a_capture_that_was_copied_goes_on_in_its_output_folder(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "amphora", 2)
    assert run("mask", "amphora", "-o", "out").returncode == 0
    shutil.copytree(tmp_path / "amphora", tmp_path / "copy")
    photo(tmp_path / "copy" / "upright" / "IMG_002.jpg", seed=2)
    done = run("mask", "copy", "-o", "out")
    assert "2 shots already done" in done.stdout, done.stderr


def test_a_capture_that_was_moved_goes_on_where_it_was(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "amphora", 2)
    assert run("mask", "amphora", "-o", "out").returncode == 0
    (tmp_path / "amphora").rename(tmp_path / "vase")
    assert "2 shots already done" in run("mask", "vase", "-o", "out").stdout


def test_photos_named_one_by_one_are_all_kept_in_the_manifest(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 3)
    for number in (2, 0, 1):
        assert run("mask", f"capture/upright/IMG_{number:03}.jpg", "-o", "out").returncode == 0
    assert list(shots(tmp_path / "out")) == ["IMG_000.jpg", "IMG_001.jpg", "IMG_002.jpg"]
    assert len(masked(tmp_path / "out")) == 3


@pytest.mark.parametrize("folder", ["cutouts", "layouts/nerfstudio/images"])
def test_photos_that_lie_where_results_are_written_are_refused_and_stay(run: Run, tmp_path: Path, folder: str) -> None:
    capture = photos(tmp_path / "out" / folder, 1)
    (capture / "upright" / "IMG_000.xmp").write_text("what a person wrote of it")
    before = files(capture)
    options = ("--segmenter", "threshold", "--cutout", "black", "--layout", "nerfstudio")
    for sources in ([capture], [capture / "upright" / "IMG_000.jpg"]):
        told = refusal(run("mask", *sources, "-o", "out", *options))
        assert "lie where the results of out are written" in told
    assert files(capture) == before


@posix
def test_photos_that_a_link_leads_to_among_the_results_are_refused_and_stay(run: Run, tmp_path: Path) -> None:
    before = files(photos(tmp_path / "out" / "cutouts", 1))
    (tmp_path / "capture").mkdir()
    (tmp_path / "capture" / "upright").symlink_to(tmp_path / "out" / "cutouts" / "upright")
    refusal(run("mask", "capture", "-o", "out", "--segmenter", "threshold", "--cutout", "black"))
    assert files(tmp_path / "out" / "cutouts") == before


def test_one_of_a_kind_is_told_as_one(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "captures" / "amphora", 1)
    told = run("mask", "captures/amphora", "-o", "out", "--cutout", "black").stdout
    told += run("rings", "captures/amphora", "-o", "rings").stdout
    told += run("prepare", "out", "--for", "colmap").stdout
    told += run("check-layout", "out").stdout
    told += run("watch", "captures", "-o", "watched", "--once").stderr
    told += run("retry", "watched", "IMG_000.jpg").stdout
    (tmp_path / "captures" / "amphora" / "upright" / "IMG_000.jpg").unlink()
    photo(tmp_path / "captures" / "amphora" / "upright" / "IMG_001.jpg", seed=3)
    run("watch", "captures", "-o", "watched", "--once")
    told += run("status", "watched").stdout
    assert not re.findall(r"(?<![\d.,])1 (?:shots|photos|files|masks|plates)\b", told)
    for words in ("1 shot masked", "1 shot looked at", "1 shot for colmap", ", 1 photo: ", "1 shot to mask again"):
        assert words in told
    assert "Cut-outs: out/cutouts" in told.splitlines()


def test_shots_that_cannot_be_placed_are_not_called_one_model(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    photos(tmp_path / "capture", 4)
    for number in range(4):
        photo(tmp_path / "capture" / "flipped" / f"{number}.jpg", seed=10 + number)
    assert run("mask", "capture", "-o", "out").returncode == 0
    told = run("prove", "out").stdout
    assert "None of 8 shots could be placed" in told
    assert "reprojection" not in told


def test_a_demo_does_not_go_where_others_have_their_photos_or_results(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "mine" / "captures" / "amphora", 1)
    assert run("mask", "mine/captures/amphora", "-o", "out").returncode == 0
    assert run("watch", "mine/captures", "-o", "watched", "--once").returncode == 0
    before = files(tmp_path)
    for folder in ("mine", "out", "watched"):
        told = refusal(run("demo", "--no-open", "-o", folder))
        assert f"{folder} holds other photos or results. Choose another folder with -o." in told
    assert files(tmp_path) == before


@pytest.mark.parametrize("suffix", SUFFIXES.values())
def test_no_folder_of_photos_may_be_called_as_the_cutout_of_another_photo(suffix: str, tmp_path: Path) -> None:
    refused = without_a_name(["cup", f"cup{suffix}/1.jpg"], tmp_path)
    assert list(refused) == ["cup"], "outfolder does not know that cut-outs may end so"
