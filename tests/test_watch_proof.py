"""A watched capture is proven when it is complete: a "no" is heard while the object still stands on the table."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from conftest import BEST, Joined, Run
from flip_arc import SHOTS
from watched import SOON, Watch, leftovers, manifest, masks, photo, put, put_some

from underside.files import sha256_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture(autouse=True)
def the_extra() -> None:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")


def test_a_no_is_loud_and_asked_again_when_another_shot_has_come(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path, "--on-capture", f"cp -t {tmp_path}", proof=True).begins() as watch:
        put_some(watch.root / "vase" / "upright", 3)
        put_some(watch.root / "vase" / "flipped", 3, first=3)
        watch.until_complete("vase")
        assert [event["event"] for event in watch.events()][-2:] == ["proof", "complete"], watch.events("note")
        (told,) = watch.events("proof")
        assert (told["capture"], told["answer"], told["kept"]) == ("vase", "no", False)
        assert "Only 0 of 6 shots" in told["reasons"][0]
        watch.until((tmp_path / "capture.json").exists)
        assert json.loads((tmp_path / "capture.json").read_text())["proof"]["answer"] == "no"
        (capture,) = json.loads(run("status", watch.out, "--json").stdout)["captures"]
        assert (capture["answer"], capture["complete"]) == ("no", True)
        assert "vase: they do not become one object" in run("status", watch.out).stdout
        put_some(watch.root / "vase" / "flipped", 1, first=6)
        watch.until_complete("vase", times=2)
        assert "Only 0 of 7 shots" in watch.events("proof")[1]["reasons"][0]
        assert watch.stop() == 0
    assert "warning underside: vase: they do not" in (watch.out / ".underside" / "watch.log").read_text()
    assert 'id="not-joined"' in (watch.out / "vase" / "report.html").read_text(encoding="utf-8")


def test_without_the_extra_it_is_named_once_and_only_where_the_effort_is_best(tmp_path: Path) -> None:
    for name in ("bowl", "vase"):
        put_some(tmp_path / "captures" / name / "upright", 3)
        put_some(tmp_path / "captures" / name / "flipped", 3, first=3)
    with Watch(tmp_path).begins() as watch:
        watch.until_complete("bowl", "vase")
        assert not watch.events("note")
    (tmp_path / "captures" / "underside.toml").write_text('effort = "best"\n')
    for name in ("bowl", "vase"):
        put(tmp_path / "captures" / name / "upright" / "IMG_9.jpg", photo(9))
    with Watch(tmp_path).begins() as watch:
        watch.until_complete("bowl", "vase")
        assert ["[proof]" in event["text"] for event in watch.events("note")] == [True]


def test_what_the_mask_command_has_proven_is_not_proven_again(run: Run, joined: Joined, tmp_path: Path) -> None:
    shutil.copytree(joined.folder, tmp_path, dirs_exist_ok=True)
    before = masks(tmp_path / "out")
    with Watch(tmp_path, settings=(*BEST, *SOON), proof=True).begins() as watch:
        watch.until_complete("lit")
        assert not watch.events("proving")
        assert [(event["answer"], event["kept"]) for event in watch.events("proof")] == [("yes", True)]
        (capture,) = json.loads(run("status", watch.out, "--json").stdout)["captures"]
        assert capture["answer"] == "yes"
        assert watch.stop() == 0
    assert masks(tmp_path / "out") == before


def test_the_status_tells_what_a_person_has_proven_since(run: Run, joined: Joined, tmp_path: Path) -> None:
    shutil.copytree(joined.folder, tmp_path, dirs_exist_ok=True)
    with Watch(tmp_path, settings=(*BEST, *SOON), proof=True).begins() as watch:
        watch.until_complete("lit")
        assert watch.stop() == 0
    shutil.rmtree(watch.out / "lit" / "masks" / "upright")
    assert run("prove", "lit", cwd=watch.out).returncode == 1
    (capture,) = json.loads(run("status", watch.out, "--json").stdout)["captures"]
    assert capture["answer"] == "no"


def test_a_proof_gives_way_and_after_a_kill_the_masks_are_put_right_all_the_same(
    joined: Joined, tmp_path: Path
) -> None:
    shutil.copytree(joined.capture, tmp_path / "captures" / "lit")
    put_some(tmp_path / "captures" / "bowl", 2)
    late = tmp_path / "captures" / "lit" / "flipped" / "late.jpg"
    with Watch(tmp_path, settings=(*BEST, *SOON), proof=True).begins() as watch:
        watch.until(lambda: watch.events("proving"), seconds=600)
        # Other captures go on, their ends too but for the proof.
        put_some(watch.root / "bowl", 1, first=2)
        watch.until_masked("bowl/IMG_0002.jpg")
        assert not watch.events("proof")
        # What comes to the same capture makes the answer moot.
        put(late, photo(1))
        watch.until_masked("lit/flipped/late.jpg")
        assert not watch.events("proof")
        late.unlink()
        before = len(watch.events("proving"))
        watch.until(lambda: len(watch.events("proving")) > before, seconds=600)
        asked_at = time.monotonic()
        assert watch.stop() == 0
        assert time.monotonic() - asked_at < 10  # alone on the machine it takes a tenth of a second
    assert not (watch.out / "lit" / "proof.json").exists()

    with Watch(tmp_path, settings=(*BEST, *SOON), proof=True).begins() as watch:
        # The writing itself takes a moment: the kill comes before it, in it or after it, and each must end alike.
        watch.until(lambda: "Repairing masks" in [event["text"] for event in watch.events("proving")], seconds=600)
        os.kill(watch.process.pid, signal.SIGKILL)
        watch.process.wait(20)
    for path in (tmp_path / "out" / "lit" / "masks").rglob("*.png"):
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    with Watch(tmp_path, "--once", settings=BEST, proof=True) as watch:
        assert watch.process.wait(900) == 0
    assert not leftovers(watch.out)
    ours, theirs = manifest(watch.out, "lit"), manifest(joined.folder / "out", "lit")
    assert [shot["mask_sha256"] for shot in ours["shots"]] == [shot["mask_sha256"] for shot in theirs["shots"]]
    assert [shot["state"] for shot in ours["shots"]] == ["masked"] * SHOTS
    assert all(sha256_of(watch.out / "lit" / shot["cutout"]) == shot["cutout_sha256"] for shot in ours["shots"])
    assert ours["proof"]["repaired"] == theirs["proof"]["repaired"]
