"""The watched folder on machines and with programs as they are: clocks that jump, no notices left, tethering."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Run, command
from watched import QUICK, SOON, Watch, environment, masks, photo, put, put_some, stages

JUMPING = """
import itertools, time
real, jumps = time.time, itertools.cycle((0.0, 86400.0, -86400.0, 3600.0))
time.time = lambda: real() + next(jumps)
"""


def test_a_clock_that_jumps_all_the_time_neither_hastens_nor_hinders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(JUMPING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "clock"))
    with Watch(
        tmp_path, settings=(*QUICK, "--settle", "0.8", "--quiet", "1", "--complete-after", "2")
    ).begins() as watch:
        began = time.monotonic()
        put_some(watch.root / "vase", 3)
        watch.until(lambda: watch.events("shot"))
        assert time.monotonic() - began > 0.8
        watch.until_complete("vase")
        assert time.monotonic() - began > 2.0
        put_some(watch.root / "vase", 1, first=3)
        watch.until_complete("vase", times=2)
        assert watch.stop() == 0
    assert len(masks(watch.out)) == 4
    assert set(stages(watch.out).values()) == {"done"}


def test_photos_from_cameras_with_wrong_clocks_are_masked(run: Run, tmp_path: Path) -> None:
    paths = put_some(tmp_path / "captures" / "vase", 3)
    for path, seconds in zip(paths, (0, 4_000_000_000, -86_400), strict=True):
        os.utime(path, (seconds, seconds))
    with Watch(tmp_path).begins() as watch:
        watch.until_complete("vase")
        (later,) = put_some(watch.root / "vase", 1, first=3)
        os.utime(later, (4_000_000_000, 4_000_000_000))
        watch.until_complete("vase", times=2)
    assert set(stages(watch.out).values()) == {"done"}
    assert run("watch", "captures", "-o", "right", "--once", *QUICK).returncode == 0
    assert masks(watch.out) == masks(tmp_path / "right")


def test_a_file_whose_time_is_set_back_after_the_copy_is_masked_once(tmp_path: Path) -> None:
    """As copies that keep the time do: the content first, the time at the end."""
    with Watch(tmp_path).begins() as watch:
        (path,) = put_some(watch.root / "vase", 1)
        time.sleep(0.1)
        os.utime(path, (1_000_000_000, 1_000_000_000))
        watch.until_complete("vase")
        assert len(watch.events("shot")) == 1
    assert stages(watch.out) == {"vase/IMG_0000.jpg": "done"}


NO_NOTICES = ("unshare", "--user", "--map-root-user", "sh", "-c")


def may_unshare() -> bool:
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    limit = "echo 0 > /proc/sys/user/max_inotify_instances"
    return subprocess.run([*NO_NOTICES, limit], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="a limit of notices can only be set in a name space of one's own")
def test_where_no_notices_are_left_the_folder_is_looked_through_and_that_is_told(tmp_path: Path) -> None:
    limited = 'echo 0 > /proc/sys/user/max_inotify_instances; exec "$@"'
    words = command("watch", "captures", "-o", "out", *QUICK, *SOON)
    (tmp_path / "captures").mkdir()
    with subprocess.Popen(
        [*NO_NOTICES, limited, "sh", *words], cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr
            told = ""
            while "Watching" not in told:
                told += process.stderr.readline()
            told += process.stderr.readline()
            assert "gives no notifications" in told
            assert "scanned every 2 s instead" in told
            put_some(tmp_path / "captures" / "vase", 2)
            end = time.monotonic() + 60
            while len(masks(tmp_path / "out")) < 2 and time.monotonic() < end:
                time.sleep(0.05)
        finally:
            process.terminate()
        assert process.wait(30) == 0
    assert len(masks(tmp_path / "out")) == 2


# --- as tethering programs write ----------------------------------------------------------------------------


def in_place(path: Path, seed: int) -> None:
    """Under its own name from the first byte, slowly."""
    content = photo(seed)
    with path.open("wb") as file:
        for start in range(0, len(content), 1024):
            file.write(content[start : start + 1024])
            file.flush()
            time.sleep(0.1)


def renamed(path: Path, seed: int) -> None:
    """Under a name without an ending, as gphoto2 does."""
    part = path.with_name("tmpfileQx3Zb1")
    part.write_bytes(photo(seed))
    time.sleep(0.5)
    part.rename(path)


def emptied_first(path: Path, seed: int) -> None:
    """Made empty to have the name, filled seconds later."""
    path.touch()
    time.sleep(1)
    path.write_bytes(photo(seed))


def beside_the_part(path: Path, seed: int) -> None:
    """Under the name with another ending, and then renamed."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(photo(seed))
    time.sleep(0.3)
    part.rename(path)


WRITERS = (in_place, renamed, emptied_first, beside_the_part)
BESIDE = (
    "CaptureOne/Cache/Thumbnails/DSC_0001.JPG.cot",
    "CaptureOne/Cache/Proxies/DSC_0001.JPG.cop",
    "CaptureOne/Settings166/DSC_0001.JPG.cos",
    "DSC_0001.xmp",
    "Thumbs.db",
    ".DS_Store",
    "._DSC_0001.JPG",
    "DSC_0002.MOV",
)


def test_photos_are_taken_once_however_tethering_programs_write_them_and_nothing_beside_them(tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        folder = watch.root / "vase"
        for name in BESIDE[:4]:  # sidecars come first from some, later from others
            put(folder / name, b"no photo")
        for number, write in enumerate(WRITERS):
            write(folder / f"DSC_{number:04}.JPG", number)
        for name in BESIDE[4:]:
            put(folder / name, b"no photo")
        watch.until_complete("vase")
        watch.until(lambda: set(stages(watch.out).values()) == {"done"})
        assert not [event for event in watch.events("failed") if event["final"]]
    assert set(stages(watch.out)) == {f"vase/DSC_{number:04}.JPG" for number in range(len(WRITERS))}
    assert len(masks(watch.out)) == len(WRITERS)
