"""Folders and files that may not be read or written, and output folders that cannot be ones."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from blob_captures import files, masked, photo, photos, posix, refusal, set_aside
from conftest import Run


@pytest.fixture
def run_with_few_rights(run: Run, fewer_rights: Callable[[], None] | None) -> Run:
    """As ``run``, but held to permissions like everybody."""
    return lambda *words: run(*words, preexec_fn=fewer_rights)


@posix
def test_what_may_not_be_read_is_named_and_the_rest_is_masked(run_with_few_rights: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 1)
    photo(capture / "secret.jpg").chmod(0)
    photo(capture / "locked" / "a.jpg").parent.chmod(0)
    photo(capture / "listed" / "a.jpg").parent.chmod(0o444)
    done = run_with_few_rights("mask", "capture", "-o", "out")
    assert set(set_aside(done)) == {"secret.jpg", "listed/a.jpg"}
    assert "locked: the folder cannot be read (Permission denied)" in done.stdout
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg"}


@posix
@pytest.mark.parametrize("options", [(), ("--cutout", "black", "--effort", "best")], ids=["masks", "cut-outs"])
def test_a_mask_that_may_not_be_read_concerns_its_shot_alone(
    run_with_few_rights: Run, tmp_path: Path, options: tuple[str, ...]
) -> None:
    photos(tmp_path / "capture", 4)
    assert run_with_few_rights("mask", "capture", "-o", "out", *options).returncode == 0
    mask = tmp_path / "out" / "masks" / "upright" / "IMG_001.jpg.png"
    mask.chmod(0)
    done = run_with_few_rights("mask", "capture", "-o", "out", *options)
    told = set_aside(done)
    assert list(told) == ["upright/IMG_001.jpg"]
    assert f"Cannot read {mask.relative_to(tmp_path)}: Permission denied" in told["upright/IMG_001.jpg"]
    mask.chmod(0o600)
    again = run_with_few_rights("mask", "capture", "-o", "out", *options)
    assert again.returncode == 0
    assert masked(tmp_path / "out") == {f"upright/IMG_{number:03}.jpg" for number in range(4)}


@posix
def test_a_capture_that_may_not_be_read_is_refused(run_with_few_rights: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "capture").chmod(0)
    assert "cannot be read" in refusal(run_with_few_rights("mask", "capture", "-o", "out"))
    assert "cannot be accessed" in refusal(run_with_few_rights("mask", "capture/upright", "-o", "out"))


@posix
def test_an_output_folder_that_may_not_be_written_is_refused(run_with_few_rights: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o555)
    told = refusal(run_with_few_rights("mask", "capture", "-o", "out"))
    assert "no permission to write there" in told
    assert "-o" in told
    assert not list((tmp_path / "out").iterdir())


@posix
def test_a_manifest_that_may_not_be_read_is_refused(run_with_few_rights: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    assert run_with_few_rights("mask", "capture", "-o", "out").returncode == 0
    (tmp_path / "out" / "capture.json").chmod(0)
    assert "capture.json" in refusal(run_with_few_rights("mask", "capture", "-o", "out"))


def test_an_output_that_is_a_file_or_leads_through_one_is_refused(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "file").write_text("precious")
    for out in ("file", "file/deeper"):
        assert "a file stands where a folder is needed" in refusal(run("mask", "capture", "-o", out))
    assert (tmp_path / "file").read_text() == "precious"


@posix
def test_an_output_that_links_to_itself_is_refused(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "loop").symlink_to("loop")
    refusal(run("mask", "capture", "-o", "loop"))


def test_the_captures_own_folder_is_no_output_folder(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 1)
    before = files(capture)
    assert "the capture's own folder" in refusal(run("mask", capture, "-o", capture))
    assert files(capture) == before


@pytest.mark.parametrize("out", ["capture/out", "."])
def test_an_output_within_or_around_the_capture_is_never_taken_for_photos(run: Run, tmp_path: Path, out: str) -> None:
    photos(tmp_path / "capture", 1)
    for _ in range(2):
        assert run("mask", "capture", "-o", out, "--cutout", "transparent").returncode == 0
    assert masked(tmp_path / out) == {"upright/IMG_000.jpg"}
    # Nor by a run that writes elsewhere, nor when the output folder itself is named.
    assert run("mask", "capture", "-o", "other").returncode == 0
    assert masked(tmp_path / "other") == {"upright/IMG_000.jpg"}
    if out != ".":
        assert "no photos" in refusal(run("mask", out, "-o", "third"))


def test_a_capture_json_of_somebody_else_hides_no_photos(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 1)
    (capture / "upright" / "capture.json").write_text('{"rig": "six cameras"}')
    (capture / "upright" / "masks").mkdir()
    assert run("mask", capture, "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg"}


def test_photos_among_results_are_passed_over_and_told_of(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 2)
    photo(capture / "flipped" / "a.jpg")
    photo(capture / "flipped" / "b.jpg")
    assert run("mask", capture / "upright", "-o", "first").returncode == 0
    shutil.copytree(tmp_path / "first", capture / "upright", dirs_exist_ok=True)
    told = "upright was skipped, with 2 photos in it: it holds Underside's results"
    assert told in run("mask", capture, "-o", "out").stdout.splitlines()
    assert f"Note: {told}." in run("capture", capture).stdout
    assert masked(tmp_path / "out") == {"flipped/a.jpg", "flipped/b.jpg"}
    shutil.rmtree(capture / "flipped")
    assert f"There are no photos in {capture}; {told}. " in refusal(run("mask", capture, "-o", "third"))


@posix
@pytest.mark.parametrize("place", ["locked/out", "x" * 300], ids=["not to be looked at", "too long"])
@pytest.mark.parametrize(
    "words",
    [
        ("capture", "PLACE"),
        ("config", "PLACE"),
        ("check-layout", "PLACE", "--layout", "colmap"),
        ("check-layout", "out", "--photos", "PLACE"),
        ("prepare", "PLACE", "--for", "colmap"),
        ("prepare", "out", "--for", "colmap", "-o", "PLACE"),
        ("prove", "PLACE"),
        ("rings", "PLACE", "-o", "rings"),
        ("mask", "capture", "-o", "new", "--rings", "PLACE"),
        ("mask", "--list", "PLACE", "-o", "new"),
        ("audit", "PLACE"),
        ("score", "PLACE", "out"),
        ("score", "out", "PLACE"),
        ("watch", "PLACE", "--once", "-o", "new"),
        ("status", "PLACE"),
        ("retry", "PLACE"),
        ("demo", "-o", "PLACE", "--no-open"),
    ],
    ids=" ".join,
)
def test_a_place_that_cannot_be_looked_at_is_told_by_every_command(
    run_with_few_rights: Run, tmp_path: Path, words: tuple[str, ...], place: str
) -> None:
    photos(tmp_path / "capture", 1)
    if "out" in words:
        assert run_with_few_rights("mask", "capture", "-o", "out", "--segmenter", "threshold").returncode == 0
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0)
    told = refusal(run_with_few_rights(*(word.replace("PLACE", place) for word in words)))
    assert place.split("/")[0] in told
    assert "Internal error" not in told


@posix
def test_a_pass_that_may_not_be_read_is_not_called_missing(run_with_few_rights: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 3)
    photo(capture / "flipped" / "a.jpg").parent.chmod(0)
    done = run_with_few_rights("capture", "capture")
    assert done.returncode == 3, done.stdout
    first, *others = [line for line in done.stdout.splitlines() if line.startswith(("Note: ", "Missing: "))]
    assert first == "Note: flipped: the folder cannot be read (Permission denied); check its permissions."
    assert "only one pass" not in "".join(others).lower()


@posix
def test_a_pass_that_may_not_be_read_any_more_is_not_gone(run_with_few_rights: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 2)
    for number in range(2):
        photo(capture / "flipped" / f"IMG_{number:03}.jpg", seed=7 + number)
    words = ("mask", "capture", "-o", "out", "--layout", "colmap")
    assert run_with_few_rights(*words).returncode == 0
    before = files(tmp_path / "out" / "layouts")
    photo(capture / "upright" / "IMG_002.jpg", seed=2)
    (capture / "flipped").chmod(0)
    done = run_with_few_rights(*words)
    assert done.returncode == 3
    assert "flipped: the folder cannot be read (Permission denied)" in done.stdout
    assert "Not laid out for colmap, as flipped cannot be read" in done.stderr
    all_shots = {f"{name}/IMG_{number:03}.jpg" for name in ("flipped", "upright") for number in range(2)}
    assert masked(tmp_path / "out") == {*all_shots, "upright/IMG_002.jpg"}
    assert files(tmp_path / "out" / "layouts") == before
    (capture / "flipped").chmod(0o700)
    again = run_with_few_rights(*words)
    assert again.returncode == 0
    assert "5 shots already done" in again.stdout
    assert files(tmp_path / "out" / "layouts") != before
