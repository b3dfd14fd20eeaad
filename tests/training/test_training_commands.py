"""The commands: what they refuse, each in one line, and a run from scenes to files as a reader would do it."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import cv2
import pytest
from training_process import training, training_without, training_without_compiler

from training.__main__ import main

TINY = """
    --network 1 --steps 4 --batch 2 --side 64 --scenes 16 --first 8 --fresh 1 --scene-side 64 --samples 1
    --objects 8 --textures 8 --check 4 --check-every 4 --workers 0 --device cpu
"""

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="torch, which networks are trained with, is not installed"
)
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ to build the tracer with")


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line."""
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    return line


def shape_of(path: Path) -> tuple[int, ...]:
    picture = cv2.imread(str(path))
    assert picture is not None
    return tuple(picture.shape)


def test_without_torch_the_commands_say_what_to_install(tmp_path: Path) -> None:
    for words in (("train", tmp_path, "--minutes", "1"), ("render", tmp_path / "scenes")):
        assert "torch is not installed. pip install 'underside[train]'." in refused(training_without("torch", *words))


def test_help_needs_nothing() -> None:
    done = training_without("torch", "--help")
    assert done.returncode == 0
    for command in ("render", "train", "evaluate", "export", "plot"):
        assert command in done.stdout


def test_a_run_that_is_not_there_cannot_be_drawn(tmp_path: Path) -> None:
    assert "There is no log" in refused(training("plot", tmp_path))
    (tmp_path / "log.jsonl").write_text('{"event": "started"}\n{"event": "st', encoding="utf-8")
    assert "has no steps" in refused(training("plot", tmp_path))


@needs_torch
def test_what_makes_no_sense_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (f"export {tmp_path}/run.pt --calibration {tmp_path} --out {tmp_path}/files", "There is no checkpoint"),
        (f"train {tmp_path} --minutes 0", "Nothing can be done"),
        (f"train {tmp_path} --minutes 1 --side 100", "a multiple of 32"),
        (f"train {tmp_path} --minutes 1 --first 20 --scenes 10", "do not fit a memory of 10"),
        (f"render {tmp_path}", "exists already"),
        (f"render {tmp_path}/scenes --side 100", "cannot be made"),
        (f"render {tmp_path}/scenes --kinds unheard-of --workers 0", "there is no scene kind unheard-of"),
    ):
        assert main(words.split()) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("error: ")
        assert said in line


@needs_torch
@pytest.mark.parametrize("workers", ["0", "1"])
def test_without_a_compiler_there_is_nothing_to_render_with(tmp_path: Path, workers: str) -> None:
    words = ("render", tmp_path / "scenes", "--device", "cpu", "--workers", workers)
    assert "there is no g++ here" in refused(training_without_compiler(*words))
    assert not (tmp_path / "scenes").exists()


@needs_torch
def test_a_card_that_is_not_there_is_missed(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    words = ("train", tmp_path, "--minutes", "1", "--device", "cuda")
    assert "No CUDA device is available" in refused(training(*words))


@needs_torch
@needs_compiler
def test_a_run_is_begun_gone_on_with_drawn_and_told_to_be_finished(tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = training("train", run, "--minutes", "8", *TINY.split())
    assert done.returncode == 0, done.stderr
    assert "all 4 steps are done" in done.stderr
    done = training("plot", run)
    assert done.returncode == 0, done.stderr
    assert shape_of(run / "progress.png") == (600, 900, 3)
    assert "was started with --batch 2" in refused(training("train", run, "--minutes", "1", "--batch", "8"))
    assert "is finished" in refused(training("train", run, "--minutes", "1"))


@needs_torch
@needs_compiler
def test_a_rendered_set_is_laid_out_like_a_capture(tmp_path: Path) -> None:
    scenes = tmp_path / "scenes"
    words = "--count 3 --side 64 --samples 1 --kinds usual --workers 0 --device cpu --training"
    done = training("render", scenes, *words.split())
    assert done.returncode == 0, done.stderr
    for number in range(3):
        name = f"usual/{number:06}.png"
        for path in (scenes / name, scenes / "gt_masks" / f"{name}.png", scenes / "gt_platter" / f"{name}.png"):
            assert shape_of(path) == (64, 64, 3)
    assert '"content": "training"' in (scenes / "set.json").read_text(encoding="utf-8")
