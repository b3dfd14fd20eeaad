"""``underside capture``: what it tells of a capture, good or bad, and the page that shows it."""

import io
import json
import os
import re
import shutil
import subprocess
import tracemalloc
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import DEMO, Run
from numpy.typing import NDArray
from PIL import Image

from underside.capture import Capture, read_capture
from underside.sorting import Overview, findings, overview, passes_by_place

NOON = datetime(2024, 5, 14, 12, 0, 0)


def scene(degrees: float, place: int, *, flipped: bool = False) -> NDArray[np.uint8]:
    """A bar that turns before a room full of detail; another place of the camera sees another part of the room."""
    rng = np.random.default_rng(place)
    room = cv2.resize(rng.integers(30, 220, (30, 40, 3), np.uint8), (320, 240), interpolation=cv2.INTER_NEAREST)
    turn = np.deg2rad(degrees)
    middle = np.array([160, 140])
    along = np.array([110 * np.cos(turn), 60 * np.sin(turn)])
    tip = np.array([0, 80 if flipped else -80])
    corners = np.array([middle + along, middle + tip, middle - along * 0.4], np.int32)
    cv2.fillPoly(room, [corners], (250, 120, 20))
    noise = np.random.default_rng(int(degrees * 10)).normal(0, 2, room.shape)
    pixels: NDArray[np.uint8] = np.clip(room + noise, 0, 255).astype(np.uint8)
    return pixels


def shoot(
    path: Path,
    pixels: NDArray[np.uint8],
    seconds: float | None = 0,
    *,
    serial: str = "1",
    length: float = 35.0,
    orientation: int = 1,
) -> None:
    exif = Image.Exif()
    exif[0x0110] = "LX-4"
    exif[0x0112] = orientation
    details = exif.get_ifd(0x8769)
    details[0xA431], details[0x920A] = serial, length
    if seconds is not None:
        taken = NOON + timedelta(seconds=seconds)
        details[0x9003] = f"{taken.year:04}:{taken:%m:%d %H:%M:%S}"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90, exif=exif.tobytes())
    path.write_bytes(file.getvalue())


def ring(folder: Path, many: int, *, first: int = 1, start: float = 0, place: int = 1, **how: Any) -> None:  # noqa: ANN401
    flipped = "flipped" in folder.name
    for at in range(many):
        pixels = scene(360 / many * at, place, flipped=flipped)
        shoot(folder / f"DSC_{first + at:04d}.JPG", pixels, start + 4 * at, **how)


def two_passes(folder: Path, many: int = 12) -> Path:
    ring(folder / "upright", many)
    ring(folder / "flipped", many, first=101, start=600)
    return folder


def look_at(folder: Path, **how: Any) -> Overview:  # noqa: ANN401
    return overview(understood(folder), **how)


def understood(folder: Path) -> Capture:
    return read_capture([folder], output=folder.parent / "out")


def told(seen: Overview) -> str:
    return "\n".join(finding.text for finding in findings(seen))


def ring_sizes(seen: Overview) -> list[list[int]]:
    return [[len(each.shots) for each in of_pass.rings] for of_pass in seen.passes]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- rings, doubles and gaps --------------------------------------------------------------------------------


def test_rings_are_told_by_the_room_behind_the_object(tmp_path: Path) -> None:
    ring(tmp_path / "c" / "upright", 8)
    ring(tmp_path / "c" / "upright", 6, first=9, start=60, place=2)
    seen = look_at(tmp_path / "c")
    assert ring_sizes(seen) == [[8, 6]]
    assert {each.told_by for each in seen.passes[0].rings} == {"room"}


def test_each_camera_has_rings_of_its_own(tmp_path: Path) -> None:
    ring(tmp_path / "c" / "upright", 6)
    ring(tmp_path / "c" / "upright", 6, first=5001, place=2, serial="2")
    seen = look_at(tmp_path / "c")
    assert [each.camera for each in seen.passes[0].rings] == ["LX-4 (1)", "LX-4 (2)"]


def test_a_copy_and_a_view_that_hardly_changes_are_doubles(tmp_path: Path) -> None:
    ring(tmp_path / "c" / "upright", 10)
    shutil.copy(tmp_path / "c/upright/DSC_0003.JPG", tmp_path / "c/upright/DSC_0003 copy.JPG")
    shoot(tmp_path / "c/upright/DSC_0011.JPG", scene(360 / 10 * 9 + 0.2, 1), 40)
    doubles = look_at(tmp_path / "c").passes[0].doubles
    assert {(each.name, each.of, each.copy) for each in doubles} == {
        ("upright/DSC_0003 copy.JPG", "upright/DSC_0003.JPG", True),
        ("upright/DSC_0011.JPG", "upright/DSC_0010.JPG", False),
    }


def test_copies_in_another_folder_under_the_same_names_are_told(tmp_path: Path) -> None:
    two_passes(tmp_path / "c")
    shutil.copytree(tmp_path / "c" / "upright", tmp_path / "c" / "upright" / "selected")
    assert "holds the same file twice" in told(look_at(tmp_path / "c"))


def test_a_number_that_is_nowhere_is_a_gap(tmp_path: Path) -> None:
    ring(tmp_path / "c" / "upright", 18)
    (tmp_path / "c/upright/DSC_0005.JPG").unlink()
    (tmp_path / "c/empty").mkdir()
    (tmp_path / "c/upright/DSC_0008.JPG").rename(tmp_path / "c/empty/DSC_0008.JPG")
    gap, beat = look_at(tmp_path / "c").passes[0].gaps
    assert (gap.before, gap.after) == ("upright/DSC_0004.JPG", "upright/DSC_0006.JPG")
    assert gap.reason == "DSC_0005 is missing"
    assert beat.reason.startswith("8 s instead of 4 s")


def test_milliseconds_in_names_are_no_numbers_of_shots(tmp_path: Path) -> None:
    for at in range(4):
        shoot(tmp_path / "c" / f"PXL_20261126_1{at:02}000000.jpg", scene(33 * at, 1), 4 * at)
    tracemalloc.start()
    assert look_at(tmp_path / "c").passes[0].gaps == ()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20e6, "counting them one by one would take as many numbers"


def test_an_even_clock_that_skips_a_beat_is_a_gap(tmp_path: Path) -> None:
    for at in [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]:
        shoot(tmp_path / "c" / "upright" / f"{'abcdefghijk'[at]}.jpg", scene(33 * at, 1), 4 * at)
    (gap,) = look_at(tmp_path / "c").passes[0].gaps
    assert gap.reason == "8 s instead of 4 s: 1 shot may be missing"


def test_a_full_ring_has_neither_doubles_nor_gaps(tmp_path: Path) -> None:
    seen = look_at(two_passes(tmp_path / "c"))
    assert not any(each.doubles or each.gaps for each in seen.passes)


def test_who_kept_every_third_shot_misses_none(shared: Path, tmp_path: Path) -> None:
    for number in range(1, 37, 3):
        name = f"{'upright' if number < 19 else 'flipped'}/DSC_{number:04}.JPG"
        (tmp_path / "c" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared / "data" / "flip-sample" / "spot" / name, tmp_path / "c" / name)
    seen = look_at(tmp_path / "c")
    assert not any(each.doubles or each.gaps for each in seen.passes)
    assert ring_sizes(seen) == [[3, 3], [3, 3]]


def test_the_sample_has_two_rings_a_pass_and_nothing_is_missing(shared: Path) -> None:
    seen = look_at(shared / "data" / "flip-full" / "spot")
    assert ring_sizes(seen) == [[18, 18], [18, 18]]
    assert told(seen) == ""


def test_places_that_come_again_in_the_same_order_are_passes(tmp_path: Path) -> None:
    for at, place in enumerate((1, 2, 1, 2)):
        ring(tmp_path / "c", 5, first=1 + 5 * at, start=30 * at, place=place)
    seen = look_at(tmp_path / "c")
    parts = passes_by_place([sight for each in seen.passes for sight in each.sights])
    assert [len(part) for part in parts] == [10, 10]
    assert "By the camera's positions there are 2 passes" in told(seen)


# --- what is missing, in words ------------------------------------------------------------------------------


def test_one_pass_is_not_enough(run: Run, tmp_path: Path) -> None:
    ring(tmp_path / "c", 6)
    done = run("capture", "c")
    assert done.returncode == 1, done.stderr
    assert "Missing: Only one pass: the underside cannot be reconstructed" in done.stdout


def test_the_folder_beside_it_may_be_the_other_pass(tmp_path: Path) -> None:
    ring(tmp_path / "vase_oben", 4)
    ring(tmp_path / "vase_unten", 4)
    assert "the folder vase_unten beside it" in told(look_at(tmp_path / "vase_oben"))


def test_a_thin_pass_is_told_with_its_count(tmp_path: Path) -> None:
    ring(tmp_path / "c" / "upright", 36)
    ring(tmp_path / "c" / "flipped", 11, first=101, start=600)
    words = told(look_at(tmp_path / "c"))
    assert "The flipped pass has 11 shots against 36" in words
    assert "No plate" in words


def test_one_ring_a_pass_leaves_open_how_high_the_camera_stood(tmp_path: Path) -> None:
    words = told(look_at(two_passes(tmp_path / "c")))
    assert "the photos do not show how high the camera stood" in words
    assert "60°" in words


def test_poses_that_nothing_tells_are_said_to_be_taken(tmp_path: Path) -> None:
    ring(tmp_path / "c", 6)
    ring(tmp_path / "c", 6, first=7, start=600)
    assert "pass 1 as upright, pass 2 as flipped" in told(look_at(tmp_path / "c"))


def test_passes_of_other_cameras_lenses_and_orientations_are_told(tmp_path: Path) -> None:
    ring(tmp_path / "c" / "upright", 6, length=35.0)
    ring(tmp_path / "c" / "flipped", 6, first=101, start=600, serial="2")
    ring(tmp_path / "c" / "side", 6, first=201, start=1200, length=50.0, orientation=6)
    words = told(look_at(tmp_path / "c"))
    for part in ("Passes of different cameras", "was zoomed (35, 50 mm)", "Mixed orientations", "EXIF 1, 6"):
        assert part in words


def test_clocks_that_differ_are_told(tmp_path: Path) -> None:
    for name, start in (("upright", 0), ("flipped", 600)):
        ring(tmp_path / "c" / name, 6, first=1 + start, start=start)
        ring(tmp_path / "c" / name, 6, first=5001 + start, start=start + 3600, place=2, serial="2")
    assert "The clocks of LX-4 (1) and LX-4 (2) differ by about 60 min" in told(look_at(tmp_path / "c"))


def test_a_clock_at_the_beginning_of_time_is_borne(run: Run, tmp_path: Path) -> None:
    shoot(tmp_path / "A" / "upright" / "IMG_1.jpg", scene(0, 1), (datetime.min - NOON).total_seconds())
    shoot(tmp_path / "A" / "flipped" / "IMG_2.jpg", scene(0, 1), 600)
    done = run("capture", "A", "--json")
    assert done.returncode == 1, done.stderr
    assert "Internal error" not in done.stderr


def test_photos_without_times_are_told(tmp_path: Path) -> None:
    for at in range(4):
        shoot(tmp_path / "c" / "upright" / f"{at}.jpg", scene(90 * at, 1), None)
    assert "No photo says when it was taken: " in told(look_at(tmp_path / "c"))
    shoot(tmp_path / "c" / "upright" / "4.jpg", scene(45, 1), 0)
    assert "4 of 5 photos do not say when they were taken: " in told(look_at(tmp_path / "c"))
    for at in range(3):
        shoot(tmp_path / "c" / "upright" / f"{at}.jpg", scene(90 * at, 1), at)
    assert "One of 5 photos does not say when it was taken: " in told(look_at(tmp_path / "c"))


def test_a_single_shot_is_told(run: Run, tmp_path: Path) -> None:
    shoot(tmp_path / "c" / "a.jpg", scene(0, 1))
    done = run("capture", "c")
    assert done.returncode == 1
    assert "The only pass is a single shot" in done.stdout


def test_broken_photos_are_named_and_the_rest_is_shown(run: Run, tmp_path: Path) -> None:
    two_passes(tmp_path / "c", 4)
    (tmp_path / "c/upright/DSC_0002.JPG").write_bytes(b"\xff\xd8 cut")
    (tmp_path / "c/upright/DSC_0009.JPG").write_bytes(b"")
    done = run("capture", "c", "-o", "page")
    assert done.returncode == 3
    assert "upright/DSC_0002.JPG is cut short" in done.stdout
    assert "upright/DSC_0009.JPG is empty" in done.stdout
    assert "cannot be opened" in (tmp_path / "page" / "capture.html").read_text()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["empty/a.jpg", "plate_1.jpg"], "All photos in c are named like plates"),
        (["notes.txt"], "There are no photos in c"),
        ([], "c does not exist"),
    ],
)
def test_what_is_no_capture_is_refused_in_one_line(run: Run, tmp_path: Path, names: Sequence[str], words: str) -> None:
    for name in names:
        shoot(tmp_path / "c" / name, scene(0, 1))
    done = run("capture", "c")
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "underside-capture").exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_folder_that_may_not_be_looked_at_is_refused(run: Run, tmp_path: Path) -> None:
    two_passes(tmp_path / "c", 4)
    (tmp_path / "c").chmod(0)
    assert "cannot be accessed" in run("capture", "c/upright").stderr
    (tmp_path / "c").chmod(0o700)


def test_a_single_photo_is_no_folder(run: Run, tmp_path: Path) -> None:
    shoot(tmp_path / "a.jpg", scene(0, 1))
    done = run("capture", "a.jpg")
    assert (done.returncode, "a.jpg is not a folder" in done.stderr) == (2, True)


# --- the doors ----------------------------------------------------------------------------------------------


def test_the_table_and_the_page_show_the_demo(run: Run, tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "spot & <co>")
    before = contents(tmp_path / "spot & <co>")
    done = run("capture", "spot & <co>")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^upright +upright +6 +6 +1280x960 +2024-05-14 10:02:11 to 10:02:43", done.stdout, re.MULTILINE)
    assert contents(tmp_path / "spot & <co>") == before
    page = (tmp_path / "underside-capture" / "capture.html").read_text(encoding="utf-8")
    assert "<h1><bdi>spot &amp; &lt;co&gt;</bdi></h1>" in page
    assert page.count("data:image/jpeg;base64,") == 13
    assert not re.search(r'(src|href)="https?:', page)
    link = re.search(r'href="([^"]+DSC_0001\.JPG)"', page)
    assert link
    assert (
        tmp_path
        / "underside-capture"
        / link[1].replace("%20", " ").replace("%26", "&").replace("%3C", "<").replace("%3E", ">")
    ).is_file()


def test_programs_get_json_and_no_page(run: Run, tmp_path: Path) -> None:
    done = run("capture", DEMO, "--json")
    facts = json.loads(done.stdout)
    assert [(each["name"], each["pose"], each["sure"]) for each in facts["passes"]] == [
        ("upright", "upright", True),
        ("flipped", "flipped", True),
    ]
    assert facts["complete"] is True
    assert [len(each["shots"]) for each in facts["passes"][0]["rings"]] == [6]
    assert facts["plates"] == ["empty/DSC_0037.JPG"]
    assert not (tmp_path / "underside-capture").exists()


def test_no_page_is_written_among_the_photos_unless_asked(run: Run, tmp_path: Path) -> None:
    two_passes(tmp_path / "c", 4)
    before = contents(tmp_path / "c")
    done = run("capture", ".", cwd=tmp_path / "c")
    assert done.returncode == 0, done.stderr
    assert "choose a folder with -o" in done.stdout
    assert contents(tmp_path / "c") == before


def test_a_page_that_cannot_be_written_is_told_in_a_line(run: Run, tmp_path: Path) -> None:
    two_passes(tmp_path / "c", 4)
    (tmp_path / "taken").write_text("a file")
    done = run("capture", "c", "-o", "taken")
    assert done.returncode == 2
    assert "a file stands where a folder is needed" in done.stderr


def test_settings_beside_the_photos_tell_the_passes(run: Run, tmp_path: Path) -> None:
    for at in range(4):
        shoot(tmp_path / "c" / f"A{at}.jpg", scene(90 * at, 1), 4 * at)
        shoot(tmp_path / "c" / f"B{at}.jpg", scene(90 * at, 1, flipped=True), 20 + 4 * at)
    (tmp_path / "c" / "underside.toml").write_text('[passes]\nupright = ["A*.jpg"]\nflipped = ["B*.jpg"]\n')
    facts = json.loads(run("capture", "c", "--json").stdout)
    assert [each["name"] for each in facts["passes"]] == ["upright", "flipped"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is absent: the page is not drawn")
def test_a_browser_draws_every_shot(tmp_path: Path, run: Run) -> None:
    run("capture", DEMO, "-o", tmp_path)
    shot = tmp_path / "page.png"
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"]
    home = {**os.environ, "HOME": str(tmp_path)}
    address = (tmp_path / "capture.html").as_uri()
    subprocess.run([*browser, f"--screenshot={shot}", address], check=True, capture_output=True, env=home, timeout=120)
    drawn = np.asarray(Image.open(shot).convert("RGB"), np.int16)
    # Photos are colourful, the page is paper and ink.
    colourful = (drawn.max(axis=2) - drawn.min(axis=2) > 40).mean()
    assert colourful > 0.015


def test_masks_of_passes_that_pauses_tell_lie_where_their_photos_do(run: Run, tmp_path: Path) -> None:
    ring(tmp_path / "c", 4)
    ring(tmp_path / "c", 4, first=5, start=600)
    done = run("mask", "c", "-o", "out", "--segmenter", "threshold", "--effort", "fast")
    assert done.returncode == 0, done.stderr
    shots = json.loads((tmp_path / "out" / "capture.json").read_text())["shots"]
    assert [shot["pass_name"] for shot in shots] == ["pass 1"] * 4 + ["pass 2"] * 4
    assert {shot["mask"] for shot in shots} == {f"masks/DSC_000{number}.JPG.png" for number in range(1, 9)}
