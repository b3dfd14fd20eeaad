"""``underside.toml`` in a watched folder: each capture has its own, and a mistake in one harms no other."""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from PIL import Image
from watched import QUICK, Watch, manifest, masks, photo, put, put_some

if sys.platform != "win32":
    pass

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_the_limit_for_large_photos_is_that_of_their_capture(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    put_some(tmp_path / "captures" / "bowl", 1, first=2)
    (tmp_path / "captures" / "underside.toml").write_text("max-megapixels = 0.01\n")
    (tmp_path / "captures" / "vase" / "underside.toml").write_text("max-megapixels = 1\n")
    once = ("watch", "captures", "-o", "out", "--once", "--events", "--settle", "0.05", *QUICK)
    done = run(*once, timeout=90)
    assert done.returncode == 3
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["photo"] for event in events if event["event"] == "failed"} == {"bowl/IMG_0002.jpg"}
    assert len(masks(tmp_path / "out")) == 2


def test_settings_in_a_capture_hold_for_it_and_a_mistake_there_stops_no_other(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    (tmp_path / "captures" / "vase" / "underside.toml").write_text("grow = 3\n")
    put_some(tmp_path / "captures" / "bowl", 2)
    with Watch(tmp_path).begins() as watch:
        put_some(watch.root / "cup", 1)
        (watch.root / "cup" / "underside.toml").write_text("grwo = 3\n")
        watch.until_complete("vase", "bowl")
        watch.until(lambda: any("Is it grow" in event["text"] for event in watch.events("note")))
        (watch.root / "cup" / "underside.toml").unlink()
        watch.until_complete("cup")
    grown = {name: manifest(watch.out, name)["engines"] for name in ("vase", "bowl")}
    assert [engine["grow"] for name in grown for engine in grown[name].values()] == [3, 0]


def test_settings_that_change_while_a_capture_is_open_hold_from_then_on(tmp_path: Path) -> None:
    waiting = ("--settle", "0.2", "--quiet", "60", "--complete-after", "60")
    with Watch(tmp_path, settings=(*QUICK, *waiting)).begins() as watch:
        put(watch.root / "vase" / "IMG_0000.jpg", photo(0))
        watch.until_masked("vase/IMG_0000.jpg")
        (watch.root / "vase" / "underside.toml").write_text("grow = 12\n")
        time.sleep(3)  # the file is read again after two
        put(watch.root / "vase" / "IMG_0001.jpg", photo(0) + b"other")
        watch.until_masked("vase/IMG_0001.jpg")
        usual, grown = (Image.open(path).histogram()[255] for path in sorted(watch.out.glob("vase/masks/*.png")))
        assert grown > 1.5 * usual
        (watch.root / "vase" / "done").touch()
        watch.until_complete("vase")
    assert [engine["grow"] for engine in manifest(watch.out, "vase")["engines"].values()] == [12]


def test_a_mistake_in_a_file_of_settings_harms_no_shot_in_flight(tmp_path: Path) -> None:
    # Large enough that some are in flight whenever the file is read.
    picture = np.random.default_rng(1).integers(0, 60, (1800, 2400, 3)).astype(np.uint8)
    picture[600:1200, 600:1800] = 220
    large = cv2.imencode(".jpg", picture)[1].tobytes()
    waiting = ("--settle", "0.2", "--quiet", "60", "--complete-after", "60")
    with Watch(tmp_path, "--cutout", "black", settings=(*QUICK, *waiting)).begins() as watch:
        settings = watch.root / "vase" / "underside.toml"
        for number in range(10):
            put(watch.root / "vase" / f"IMG_{number:04}.jpg", large + bytes(number))
        watch.until(lambda: watch.events("shot"))
        settings.write_text("grwo = 3\n")
        watch.until(lambda: watch.events("note"))
        settings.unlink()
        watch.until(lambda: len({event["photo"] for event in watch.events("shot")}) == 10)
        assert not watch.events("failed")
