"""Models, options and captures that cannot be meant: refused in one line, before anything is written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from blob_captures import files, photos, refusal
from conftest import Run


def classifier(path: Path) -> None:
    import tiny_networks

    tiny_networks.classifier(path)


def cut_short(path: Path) -> None:
    whole = Path(__file__).parents[1] / "models" / "turntable_int8.onnx"
    path.write_bytes(whole.read_bytes()[:100_000])


@pytest.mark.parametrize("make", [cut_short, classifier, lambda path: path.write_text("model")])
def test_a_model_that_cannot_mask_is_refused(run: Run, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "own.onnx")
    photos(tmp_path / "capture", 1)
    refusal(run("mask", "capture", "-o", "out", "--model", "own.onnx"))
    assert not (tmp_path / "out" / "masks" / "upright").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--model", "nobody-knows-it"),
        ("--model", "nowhere.onnx"),
        ("--layout", "nobody-knows-it"),
        ("--cutout", "mauve"),
        ("--cutout", "#12345"),
        ("--cutout", "1,2,256"),
        ("--cutout", "transparent", "--cutout-format", "jpeg"),
        ("--crop", "10"),
        ("--cutout-format", "png"),
        ("--nobody-knows-it",),
        ("--workers", "0"),
        ("--max-megapixels", "many"),
        ("--background", "240", "--foreground", "15"),
        ("another-capture",),
    ],
    ids=" ".join,
)
def test_an_option_that_cannot_be_meant_is_refused_before_anything_is_written(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "another-capture").mkdir()
    refusal(run("mask", "capture", "-o", "out", *words))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--port", "0", "--max-megabytes"),
        ("serve", "--port", "0", "--timeout"),
        ("watch", "capture", "-o", "out", "--once", "--settle"),
        ("watch", "capture", "-o", "out", "--once", "--quiet"),
        ("watch", "capture", "-o", "out", "--once", "--complete-after"),
        ("watch", "capture", "-o", "out", "--once", "--scan-every"),
    ],
    ids=" ".join,
)
def test_a_size_or_a_time_that_is_no_number_is_refused(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    photos(tmp_path / "capture", 1)
    assert "nan is not a valid number" in refusal(run(*words, "nan"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "kind"), [("--grow", "whole number"), ("--workers", "whole number"), ("--sensitivity", "number")]
)
def test_a_number_with_its_unit_is_refused_as_what_it_is(run: Run, tmp_path: Path, option: str, kind: str) -> None:
    photos(tmp_path / "capture", 1)
    assert f"'3px' is not a valid {kind}." in refusal(run("mask", "capture", "-o", "out", option, "3px"))


@pytest.mark.parametrize("group", ["install", "uninstall", "models"])
def test_a_command_is_described_to_its_end(run: Run, group: str) -> None:
    commands = run(group, "--help").stdout.split("Commands:\n")[1].splitlines()
    assert commands
    assert all(line.endswith(".") and not line.endswith("...") for line in commands)


def test_a_near_miss_of_an_option_is_told_in_sentences(run: Run) -> None:
    assert refusal(run("audit", "capture", "--crop", "3")).endswith("? See underside audit --help.")


def test_an_option_without_its_value_is_told_of_its_command(run: Run) -> None:
    assert refusal(run("mask", "capture", "--cutout")).endswith(" See underside mask --help.")


@pytest.mark.parametrize("source", ["nowhere", "nowhere/a.jpg", "n" * 300, "empty"])
def test_a_capture_that_is_not_there_or_has_no_photos_is_refused(run: Run, tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    refusal(run("mask", source, "-o", "out"))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("mask", "capture", "-o", ""), "-o"),
        (("mask", ""), "FOLDER|PHOTO"),
        (("mask", "capture", "--plate", ""), "--plate"),
        (("capture", "capture", "-o", ""), "-o"),
        (("watch", "capture", "--once", "-o", ""), "-o"),
        (("audit", "capture", "-o", ""), "-o"),
        (("prepare", "out", "--for", "metashape", "-o", ""), "-o"),
        (("prove", ""), "OUT"),
        (("demo", "-o", ""), "-o"),
        (("config", ""), "FOLDER"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_an_empty_path_is_not_taken_for_the_current_folder(
    run: Run, tmp_path: Path, words: tuple[str, ...], name: str
) -> None:
    photos(tmp_path / "capture", 1)
    before = files(tmp_path)
    assert refusal(run(*words)).startswith(f"underside: {name} is empty. ")
    assert files(tmp_path) == before
