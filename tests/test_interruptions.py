"""Several runs on one output folder, interruptions and kills: whole files only, and no process stays behind."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import cv2
import psutil
import pytest
from blob_captures import files, masked, photos, posix, refusal, set_aside, start, wait_for_files
from conftest import DEMO, Run, command


def cutout_processes(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [child for child in process.children() if "spawn_main" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


def test_a_second_run_on_the_same_output_is_refused_while_the_first_goes_on(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 16)
    first = start("mask", "capture", "-o", "out", "--workers", "1", cwd=tmp_path)
    wait_for_files(first, tmp_path / "out", "masks/*/*.png")
    assert "Another run of Underside is writing into out" in refusal(run("mask", "capture", "-o", "out"))
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert len(masked(tmp_path / "out")) == 16


@posix
def test_what_a_killed_run_has_left_is_swept_and_hinders_nobody(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 16)
    first = start("mask", capture, "-o", "out", "--cutout", "black", cwd=tmp_path)
    wait_for_files(first, tmp_path / "out", "cutouts/*/*.jpg")
    processes = cutout_processes(psutil.Process(first.pid))
    assert processes
    first.kill()
    first.communicate()
    assert list((tmp_path / "out").rglob("*.underside-part"))
    assert not psutil.wait_procs(processes, timeout=5)[1]
    # Other settings: the masks that were written, but not yet called so in the manifest, are nobody's hand.
    assert run("mask", capture, "-o", "out").returncode == 0
    assert len(masked(tmp_path / "out")) == 16


@posix
def test_a_survey_that_was_cut_short_judges_no_plates(tmp_path: Path) -> None:
    process = start("mask", DEMO, "-o", "out", "--effort", "best", "--workers", "1", cwd=tmp_path)
    assert process.stderr
    while " runs on the " not in process.stderr.readline():
        pass
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "is left out" not in told


@posix
def test_an_audit_that_was_interrupted_says_that_there_is_no_page(tmp_path: Path) -> None:
    process = start("audit", DEMO, "-o", "out", cwd=tmp_path)
    assert process.stdout
    while not process.stdout.readline().startswith("reference"):
        pass
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.endswith("Interrupted: no page was written; the same command starts again.\n")
    assert not (tmp_path / "out" / "audit.html").exists()


@posix
def test_a_second_ctrl_c_ends_at_once_and_leaves_whole_files_only(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 5, size=(6000, 4000))
    process = start("mask", capture, "-o", "out", "--cutout", "black", cwd=tmp_path)
    wait_for_files(process, tmp_path / "out", "cutouts/*/*.jpg")
    processes = cutout_processes(psutil.Process(process.pid))
    process.send_signal(signal.SIGINT)
    assert process.stderr
    while "Ctrl-C again" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert len(list((tmp_path / "out").glob("cutouts/*/*.jpg"))) < 5
    assert process.returncode == 130
    assert err == "underside: Interrupted.\n"
    assert not psutil.wait_procs(processes, timeout=5)[1]
    for path in (tmp_path / "out").rglob("*.png"):
        assert cv2.imread(str(path), cv2.IMREAD_UNCHANGED) is not None
    assert run("mask", capture, "-o", "out").returncode == 0
    assert len(masked(tmp_path / "out")) == 5


@posix
@pytest.mark.parametrize("to_group", [False, True], ids=["process", "group"])
def test_a_terminated_run_finishes_its_cut_outs_and_leaves_no_process(tmp_path: Path, to_group: bool) -> None:
    capture = photos(tmp_path / "capture", 24)
    process = subprocess.Popen(
        command("mask", capture, "-o", "out", "--cutout", "black"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for_files(process, tmp_path / "out", "cutouts/*/*.jpg")
    family = psutil.Process(process.pid).children(recursive=True)
    assert family
    if to_group:
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[1:] == ["underside: finishing the shots in flight; Ctrl-C again ends at once."]
    assert not psutil.wait_procs(family, timeout=5)[1]
    done = masked(tmp_path / "out")
    assert 0 < len(done) < 24
    assert len(files(tmp_path / "out" / "cutouts")) == len(done)


@posix
def test_a_cut_out_process_that_is_killed_is_replaced_and_no_shot_is_lost(tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 24)
    process = start("mask", capture, "-o", "out", "--cutout", "black", cwd=tmp_path)
    wait_for_files(process, tmp_path / "out", "cutouts/*/*.jpg")
    random.Random(1).choice(cutout_processes(psutil.Process(process.pid))).kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(files(tmp_path / "out" / "cutouts")) == 24


@posix
def test_cut_out_processes_that_are_always_killed_fail_their_shots_in_words(tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 2)
    process = start("mask", capture, "-o", "out", "--cutout", "black", cwd=tmp_path)
    while process.poll() is None:
        for child in cutout_processes(psutil.Process(process.pid)):
            child.kill()
        time.sleep(0.02)
    out, err = process.communicate()
    told = set_aside(subprocess.CompletedProcess([], process.returncode, out, err))
    assert len(told) == 2
    assert [line for line in told.values() if "killed twice" not in line] == []
    assert json.loads((tmp_path / "out" / "capture.json").read_bytes())["shots"][0]["mask_sha256"]
