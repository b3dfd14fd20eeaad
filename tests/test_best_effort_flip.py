"""``--effort best`` ends with a proof of the passes: what the others deny is put right, then cut out."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import BEST, Joined, Run, command
from lit_capture import KEPT, true_mask
from watched import environment, put_some, without_proof

from underside.files import sha256_of
from underside.manifest import Manifest, load

QUICK = ("--segmenter", "threshold", "--effort", "best")


def manifest_of(out: Path) -> Manifest:
    manifest = load(out)
    assert manifest is not None
    return manifest


def of_kind(events: tuple[dict[str, Any], ...], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


def two_passes(folder: Path) -> Path:
    """Shots without anything by which they could be joined."""
    put_some(folder / "upright", 3)
    put_some(folder / "flipped", 3, first=3)
    return folder


def test_a_mask_that_the_other_shots_deny_is_put_right(joined: Joined) -> None:
    (proof,) = of_kind(joined.events, "proof")
    assert (proof["answer"], proof["reasons"], proof["kept"]) == ("yes", [], False)
    assert KEPT in proof["repaired"]
    record = manifest_of(joined.out).of_photo(KEPT)
    assert record is not None
    step = record.steps[-1]
    assert (step.name, step.taken) == ("what the other shots show", True)
    assert step.change > 0.02
    mask = cv2.imread(str(joined.out / record.mask), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    truth = true_mask(joined.sample, KEPT) > 0
    assert ((mask > 0) & truth).sum() / ((mask > 0) | truth).sum() > 0.97
    told = [event for event in of_kind(joined.events, "judged") if event["photo"] == KEPT][-1]
    assert told["changed"]
    assert told["steps"][-1]["name"] == "what the other shots show"


def test_cutouts_and_layouts_are_made_once_and_of_the_masks_that_were_put_right(joined: Joined) -> None:
    shots = manifest_of(joined.out).shots
    last_mask = max((joined.out / shot.mask).stat().st_mtime_ns for shot in shots)
    assert all((joined.out / shot.cutout).stat().st_mtime_ns > last_mask for shot in shots)
    for shot in shots:
        assert sha256_of(joined.out / shot.mask) == shot.mask_sha256
        assert sha256_of(joined.out / "layouts" / "colmap" / "masks" / f"{shot.photo}.png") == shot.mask_sha256
    cut_out = cv2.imread(str(joined.out / next(shot.cutout for shot in shots if shot.photo == KEPT)))
    assert cut_out is not None
    far = cv2.dilate(true_mask(joined.sample, KEPT), np.ones((41, 41), np.uint8)) == 0
    assert cut_out[far].max() < 20


def test_a_second_run_proves_nothing_again_and_writes_the_same(joined: Joined, run: Run, tmp_path: Path) -> None:
    out = Path(shutil.copytree(joined.out, tmp_path / "out"))
    before = {path: sha256_of(path) for path in [*out.rglob("*.png"), *out.rglob("*.JPG"), out / "proof.json"]}
    record = manifest_of(out)
    done = run("mask", joined.capture, "-o", out, *BEST, "--events")
    events = tuple(json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0, done.stderr
    assert not of_kind(events, "proving") + of_kind(events, "judged")
    (proof,) = of_kind(events, "proof")
    assert (proof["answer"], proof["kept"]) == ("yes", True)
    assert {path: sha256_of(path) for path in before} == before
    assert manifest_of(out) == record
    summary = run("mask", joined.capture, "-o", out, *BEST).stdout
    count = len(proof["repaired"])
    assert f"{count} mask{'s' if count > 1 else ''} put right by what the other shots show" in summary


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_run_stopped_while_it_proves_ends_at_once_and_the_next_goes_on(joined: Joined, tmp_path: Path) -> None:
    words = command("mask", joined.capture, "-o", tmp_path / "out", *BEST, "--events")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "proving":
                break
        process.send_signal(signal.SIGTERM)
        asked_at = time.monotonic()
        rest = process.stdout.read()
        assert process.wait(30) == 130
        assert time.monotonic() - asked_at < 10  # alone on the machine it takes a tenth of a second
    assert '"event": "proof"' not in rest
    manifest = manifest_of(tmp_path / "out")
    assert manifest.proof is None
    assert not any(shot.cutout for shot in manifest.shots)
    assert not (tmp_path / "out" / "layouts").exists()


def test_passes_that_do_not_join_are_told_and_no_mask_is_touched(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    done = run("mask", two_passes(tmp_path / "vase"), "-o", "out", *QUICK)
    assert done.returncode == 0
    assert "Passes: they do not become one object. Only 0 of 6 shots" in done.stdout
    manifest = manifest_of(tmp_path / "out")
    assert manifest.proof is not None
    assert (manifest.proof.answer, manifest.proof.repaired) == ("no", ())
    assert not any(shot.steps for shot in manifest.shots)
    assert 'id="not-joined"' in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    # A shot more is another question.
    put_some(tmp_path / "vase" / "flipped", 1, first=6)
    assert "Only 0 of 7 shots" in run("mask", tmp_path / "vase", "-o", "out", *QUICK).stdout


def test_without_the_extra_one_line_names_it(run: Run, tmp_path: Path) -> None:
    env = without_proof(environment(tmp_path), tmp_path)
    done = run("mask", two_passes(tmp_path / "vase"), "-o", "out", *QUICK, env=env)
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("[proof]") == 1
    assert "[proof]" not in run("mask", tmp_path / "vase", "-o", "usual", *QUICK[:2], env=env).stdout


def test_a_capture_of_one_pass_is_not_asked_about(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "vase" / "upright", 7)
    done = run("mask", tmp_path / "vase", "-o", "out", *QUICK)
    assert done.returncode == 0
    assert "Passes" not in done.stdout
    assert not (tmp_path / "out" / "proof.json").exists()
