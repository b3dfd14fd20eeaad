"""What a hostile or unlucky user can do to ``underside mask``: one clear line, the rest done, nothing half-written."""

import ctypes
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from conftest import Run, command

from underside.cutout import CutoutOptions, CutoutWorkers
from underside.errors import PhotoError
from underside.photo import open_photo

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files and signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems' disks refuse or change such names")
# Of Linux: <sys/prctl.h> and <linux/capability.h>.
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def photo(path: Path, *, seed: int = 0, size: tuple[int, int] = (160, 120)) -> Path:
    """A red blob on grey; each seed gives another."""
    width, height = size
    picture = np.full((height, width, 3), 200, np.uint8)
    noise = np.random.default_rng(seed).integers(0, 12, (16, 16, 3), dtype=np.uint8)
    picture += np.tile(noise, (-(-height // 16), -(-width // 16), 1))[:height, :width]
    cv2.ellipse(picture, (width // 2, height // 2), (width // 6, height // 4), 0, 0, 360, (40, 50, 170), cv2.FILLED)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix.lower(), picture)[1].tobytes())
    return path


def photos(folder: Path, count: int, size: tuple[int, int] = (160, 120)) -> Path:
    for number in range(count):
        photo(folder / "upright" / f"IMG_{number:03}.jpg", seed=number, size=size)
    return folder


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def shots(out: Path) -> dict[str, dict[str, Any]]:
    return {shot["photo"]: shot for shot in json.loads((out / "capture.json").read_bytes())["shots"]}


def masked(out: Path) -> set[str]:
    """The shots that the manifest calls masked. What it says of masks is so, and nothing else lies about."""
    found = shots(out)
    assert files(out / "masks") == {
        f"{name}.png": shot["mask_sha256"] for name, shot in found.items() if shot["mask_sha256"]
    }
    assert not [path for path in out.rglob(".*") if "underside" in path.name]
    return {name for name, shot in found.items() if shot["state"] == "masked"}


def refusal(done: subprocess.CompletedProcess[str], *, code: int = 2) -> str:
    """The one line that says why a run could not do its work."""
    assert done.returncode == code, done.stderr
    told = [line for line in done.stderr.splitlines() if " runs on the " not in line]
    assert len(told) == 1, done.stderr
    assert told[0].startswith("underside: ")
    assert told[0].endswith(".")
    return told[0]


def set_aside(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """By photo, the one line that each shot that was set aside got on both streams."""
    assert done.returncode == 3, done.stderr
    told = [line.removeprefix("underside: ") for line in done.stderr.splitlines() if line.startswith("underside: ")]
    assert [line for line in done.stderr.splitlines() if " runs on the " not in line] == [
        f"underside: {line}" for line in told
    ]
    for line in told:
        assert f"\n  {line}\n" in done.stdout
        assert line.endswith(".")
    return {line.split(":")[0].split(" ")[0]: line for line in told}


# --- photos that are none -----------------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_every_bad_photo_is_set_aside_in_one_line_and_the_others_are_masked(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 2)
    good = (capture / "upright" / "IMG_000.jpg").read_bytes()
    frame = good.find(b"\xff\xc0") + 5
    large = struct.pack(">IIBBBBB", 30000, 20000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n"
    bad = {
        "cut.jpg": (good[: len(good) // 2], "is cut short"),
        "text.jpg": (b"Dear diary, today the platter turned.\n" * 9, "is no photo"),
        "nothing.jpg": (b"", "is empty"),
        "bomb.jpg": (good[:frame] + struct.pack(">HH", 20000, 30000) + good[frame + 4 :], "has 600 megapixels"),
        "bomb.png": (
            png + chunk(b"IHDR", large) + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
            "has 600 megapixels",
        ),
    }
    for name, (content, _) in bad.items():
        (capture / name).write_bytes(content)
    photo(capture / "one.png", size=(1, 1))
    before = files(capture)
    done = run("mask", capture, "-o", "out", "--cutout", "black", "--layout", "colmap")
    told = set_aside(done)
    assert set(told) == set(bad)
    for name, (_, reason) in bad.items():
        assert told[name].startswith(f"{name} {reason}")
        assert str(tmp_path) not in told[name]
    assert "the limit is 250" in told["bomb.jpg"]
    assert "--max-megapixels" in told["bomb.png"]
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg", "upright/IMG_001.jpg", "one.png"}
    assert files(capture) == before


def test_the_limit_of_megapixels_can_be_moved(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "a.jpg", size=(400, 300))
    told = set_aside(run("mask", "capture", "-o", "out", "--max-megapixels", "0.1"))
    assert "the limit is 0.1" in told["a.jpg"]
    assert run("mask", "capture", "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {"a.jpg"}


@posix
def test_what_is_no_file_is_set_aside_and_links_to_photos_are_photos(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 1)
    os.mkfifo(capture / "pipe.jpg")
    (capture / "zeros.jpg").symlink_to("/dev/zero")
    (capture / "dangling.jpg").symlink_to("nowhere.jpg")
    (capture / "circle.jpg").symlink_to("circle.jpg")
    (capture / "link.jpg").symlink_to(photo(tmp_path / "elsewhere" / "a.jpg"))
    (capture / "loop").symlink_to("loop")
    done = run("mask", capture, "-o", "out")
    assert set(set_aside(done)) == {"pipe.jpg", "zeros.jpg", "dangling.jpg", "circle.jpg"}
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg", "link.jpg"}


@posix
def test_folders_that_link_back_are_walked_once_and_under_their_own_names(run: Run, tmp_path: Path) -> None:
    capture = photos(tmp_path / "collection" / "amphora", 1)
    photo(tmp_path / "collection" / "krater" / "other.jpg")
    (capture / "again").symlink_to("upright")
    (capture / "upright" / "itself").symlink_to(".")
    (capture / "all").symlink_to(tmp_path / "collection")
    (capture / "more").symlink_to(tmp_path / "collection" / "krater")
    assert run("mask", capture, "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg", "more/other.jpg"}


def test_photos_at_the_end_of_a_very_deep_folder_are_found(run: Run, tmp_path: Path) -> None:
    deep = Path("capture", *["d"] * 400, "a.jpg")
    photo(tmp_path / deep)
    assert run("mask", "capture", "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {Path(*deep.parts[1:]).as_posix()}


def test_five_thousand_files_are_gone_through_in_seconds(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "good.jpg")
    for number in range(5000):
        (tmp_path / "capture" / f"IMG_{number}.jpg").touch()
    began = time.monotonic()
    assert len(set_aside(run("mask", "capture", "-o", "out"))) == 5000
    assert time.monotonic() - began < 20
    assert masked(tmp_path / "out") == {"good.jpg"}


def test_a_photo_that_is_lost_and_found_again_has_still_our_mask(run: Run, tmp_path: Path) -> None:
    path = photo(tmp_path / "capture" / "a.jpg")
    assert run("mask", "capture", "-o", "out").returncode == 0
    content = path.read_bytes()
    path.write_bytes(content[:-2])
    assert set(set_aside(run("mask", "capture", "-o", "out"))) == {"a.jpg"}
    path.write_bytes(content)
    assert run("mask", "capture", "-o", "out", "--grow", "2").returncode == 0
    assert shots(tmp_path / "out")["a.jpg"]["state"] == "masked"


@posix
def test_a_photo_that_vanishes_before_its_turn_is_set_aside(tmp_path: Path) -> None:
    capture = photos(tmp_path / "capture", 12)
    process = start("mask", capture, "-o", "out", "--workers", "1", cwd=tmp_path)
    wait_for_files(process, tmp_path / "out", "masks/*/*.png")
    (capture / "upright" / "IMG_011.jpg").unlink()
    out, err = process.communicate(timeout=60)
    done = subprocess.CompletedProcess([], process.returncode, out, err)
    assert "there is no such file" in set_aside(done)["upright/IMG_011.jpg"]
    assert len(masked(tmp_path / "out")) == 11


# --- folders and rights -------------------------------------------------------------------------------------


def without_power() -> None:
    """Take from root, and from all that it starts, the power to pass over permissions."""
    libc = ctypes.CDLL(None, use_errno=True)
    for power in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, power, 0, 0, 0)


@pytest.fixture
def run_with_few_rights(run: Run, tmp_path: Path) -> Iterator[Run]:
    """As ``run``, but held to permissions like everybody."""
    if os.name != "posix" or (os.geteuid() == 0 and sys.platform != "linux"):
        pytest.skip("nothing is forbidden to this user")
    held = {"preexec_fn": without_power} if os.geteuid() == 0 else {}
    yield lambda *words: run(*words, **held)
    for path in [path for path in tmp_path.rglob("*") if path.is_dir()]:
        path.chmod(0o700)


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
def test_a_capture_that_may_not_be_read_is_refused(run_with_few_rights: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "capture").chmod(0)
    assert "cannot be read" in refusal(run_with_few_rights("mask", "capture", "-o", "out"))
    assert "may not be looked at" in refusal(run_with_few_rights("mask", "capture/upright", "-o", "out"))


@posix
def test_an_output_folder_that_may_not_be_written_is_refused(run_with_few_rights: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o555)
    told = refusal(run_with_few_rights("mask", "capture", "-o", "out"))
    assert "you may not write there" in told
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
    assert run("mask", capture, "-o", "out").returncode == 0
    assert masked(tmp_path / "out") == {"upright/IMG_000.jpg"}


# --- full disks ---------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 640 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", str(disk)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("a small disk can only be made by root, on Linux, where mounting is allowed")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("options", [(), ("--cutout", "black", "--layout", "colmap")], ids=["masks", "everything"])
def test_a_disk_that_becomes_full_keeps_what_is_done_and_goes_on_with_space(
    run: Run, tmp_path: Path, small_disk: Path, options: tuple[str, ...]
) -> None:
    capture = photos(tmp_path / "capture", 12, size=(320, 240))
    filling = small_disk / "filling"
    filling.write_bytes(bytes(540 * 1024))
    out = small_disk / "out"
    done = run("mask", capture, "-o", out, *options)
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert told.startswith("underside: Cannot write ")
    assert told.endswith("the disk is full. Free some space and run again; finished shots are kept.")
    assert "Traceback" not in done.stderr
    kept = masked(out)
    assert 0 < len(kept) < 12
    filling.unlink()
    again = run("mask", capture, "-o", out, *options)
    assert again.returncode == 0, again.stderr
    assert f"{len(kept)} shots already done" in again.stdout
    assert len(masked(out)) == 12


def test_a_disk_that_is_full_from_the_start_is_refused_at_once(run: Run, tmp_path: Path, small_disk: Path) -> None:
    photos(tmp_path / "capture", 1)
    filling = os.open(small_disk / "filling", os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while True:
            os.write(filling, bytes(4096))
    os.close(filling)
    assert "the disk is full" in refusal(run("mask", "capture", "-o", small_disk / "out"))


def test_a_disk_that_is_full_when_the_masks_are_laid_out_keeps_the_masks(
    run: Run, tmp_path: Path, small_disk: Path
) -> None:
    capture = photos(tmp_path / "capture", 3, size=(320, 240))
    out = small_disk / "out"
    assert run("mask", capture, "-o", out).returncode == 0
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filling").write_bytes(bytes(free - 52 * 1024))
    done = run("mask", capture, "-o", out, "--layout", "realityscan", "--layout", "nerfstudio")
    assert "the disk is full" in refusal(done)
    assert len(masked(out)) == 3


# --- models and options -------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("source", ["nowhere", "nowhere/a.jpg", "n" * 300, "empty"])
def test_a_capture_that_is_not_there_or_has_no_photos_is_refused(run: Run, tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    refusal(run("mask", source, "-o", "out"))


# --- names --------------------------------------------------------------------------------------------------

STRANGE = [
    b"with space.jpg",
    "Vase (größer) №2 – копия.jpg".encode(),
    "花瓶 🏺.jpg".encode(),
    b'it\'s "quoted" & <b>bold $HOME `x` %20 #1 ?.jpg',
    b"line\nbreak.jpg",
    b"\x1b[31mred.jpg",
    b"latin-\xe9.jpg",
    b"-o.jpg",
    "1²3.jpg".encode(),
]


@linux
@pytest.mark.parametrize("ascii_only", [False, True], ids=["UTF-8", "ASCII"])
def test_any_name_comes_through_the_whole_way(run: Run, tmp_path: Path, ascii_only: bool) -> None:
    capture = tmp_path / os.fsdecode(b"c\xe9pture \n")
    names = {os.fsdecode(name) for name in STRANGE}
    for name in names:
        photo(capture / "päss" / name)
    bad = os.fsdecode(b"b\xe4d\n\xf0\x9f\x8f\xba.jpg")
    (capture / bad).write_bytes(b"no photo")
    environment = {**os.environ, "LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    options = {"env": environment} if ascii_only else {}
    words = ("mask", capture, "-o", "öut", "--cutout", "black", "--layout", "colmap", "--layout", "metashape")
    done = run(*words, **options)
    assert done.returncode == 3, done.stderr
    told = done.stderr.splitlines()
    (line,) = [line for line in told if line.startswith("underside: ")]
    assert "is no photo" in line
    assert "\x1b" not in done.stdout
    wanted = {f"päss/{name}" for name in names}
    assert masked(tmp_path / "öut") == wanted
    assert {
        str(path.relative_to(tmp_path / "öut" / "cutouts")) for path in (tmp_path / "öut").glob("cutouts/*/*")
    } == wanted
    again = run(*words, "--events", **options)
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert {event["photo"] for event in events if event["event"] == "shot"} == wanted
    assert [event["photo"] for event in events if event["event"] == "failed"] == [bad]
    assert events[-1]["kept"] == len(wanted)


@linux
def test_names_that_differ_only_in_capitals_never_meet(run: Run, tmp_path: Path) -> None:
    for number, name in enumerate(("IMG_1.jpg", "img_1.JPG", "Img_1.Jpg")):
        photo(tmp_path / "capture" / name, seed=number)
    assert run("mask", "capture", "-o", "out", "--cutout", "black").returncode == 0
    assert masked(tmp_path / "out") == {"IMG_1.jpg", "img_1.JPG", "Img_1.Jpg"}
    assert len(set(files(tmp_path / "out" / "cutouts").values())) == 3


@linux
def test_a_disk_that_takes_such_names_for_the_same_sets_the_later_ones_aside(run: Run, tmp_path: Path) -> None:
    for number, name in enumerate(("IMG_1.jpg", "img_1.JPG", "IMG_2.jpg")):
        photo(tmp_path / "capture" / name, seed=number)
    # How such a disk is known: it has the lock by another name too.
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".UNDERSIDE-LOCK").touch()
    told = set_aside(run("mask", "capture", "-o", "out"))
    assert list(told) == ["img_1.JPG"]
    assert "IMG_1.jpg" in told["img_1.JPG"]


@linux
def test_a_name_too_long_for_a_mask_concerns_its_shot_alone(run: Run, tmp_path: Path) -> None:
    long, longest = "b" * 247 + ".jpg", "a" * 251 + ".jpg"
    for name in (longest, long, "c.jpg"):
        photo(tmp_path / "capture" / name)
    told = set_aside(run("mask", "capture", "-o", "out", "--cutout", "transparent"))
    assert "too long" in told[longest]
    assert masked(tmp_path / "out") == {long, "c.jpg"}


def test_a_photo_and_a_folder_never_fight_for_one_name(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "a.jpg")
    photo(tmp_path / "capture" / "a.jpg.png" / "b.jpg")
    told = set_aside(run("mask", "capture", "-o", "out"))
    assert "the folder a.jpg.png" in told["a.jpg"]
    assert masked(tmp_path / "out") == {"a.jpg.png/b.jpg"}


def test_cut_outs_in_another_container_never_meet_other_photos(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "capture" / "a.png", seed=1)
    photo(tmp_path / "capture" / "a.png.jpg", seed=2)
    done = run("mask", "capture", "-o", "out", "--cutout", "black", "--cutout-format", "jpeg")
    assert "would be called a.png.jpg" in set_aside(done)["a.png"]
    assert len(files(tmp_path / "out" / "cutouts")) == 1


def test_a_folder_in_the_place_of_a_mask_concerns_its_shot_alone(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 2)
    (tmp_path / "out" / "masks" / "upright" / "IMG_000.jpg.png").mkdir(parents=True)
    told = set_aside(run("mask", "capture", "-o", "out"))
    assert "a folder stands in its place" in told["upright/IMG_000.jpg"]
    assert masked(tmp_path / "out") == {"upright/IMG_001.jpg"}


# --- the output folder of something else --------------------------------------------------------------------


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


def test_a_manifest_with_nonsense_in_a_field_is_refused(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    assert run("mask", "capture", "-o", "out").returncode == 0
    path = tmp_path / "out" / "capture.json"
    content = json.loads(path.read_bytes())
    content["shots"][0]["cutout"] = None
    path.write_text(json.dumps(content))
    assert "is not a manifest" in refusal(run("mask", "capture", "-o", "out"))


def test_two_captures_never_share_an_output_folder(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "amphora", 2)
    photo(tmp_path / "krater" / "upright" / "IMG_000.jpg", seed=9)
    assert run("mask", "amphora", "-o", "out").returncode == 0
    before = files(tmp_path / "out")
    told = refusal(run("mask", "krater", "-o", "out"))
    assert f"out holds the masks of another capture, {tmp_path / 'amphora'}" in told
    refusal(run("mask", "amphora/upright/IMG_000.jpg", "-o", "out"))
    assert files(tmp_path / "out") == before


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


# --- streams and surroundings -------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    "ending",
    [
        "| head -1",
        "--events | head -1",
        ">&-",
        "--events >&-",
        "2>&-",
        "<&-",
        "--cutout black >&- 2>&- <&-",
        ">/dev/full",
        "2>&1 | head -1",
    ],
)
def test_a_run_ends_well_whoever_listens(tmp_path: Path, ending: str) -> None:
    photos(tmp_path / "capture", 2)
    (tmp_path / "capture" / "bad.jpg").touch()
    words = " ".join(command("mask", "capture", "-o", "out"))
    script = f"set -o pipefail; {words} {ending}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    for complaint in ("Traceback", "Exception", "Error"):
        assert complaint not in done.stderr
    assert len(masked(tmp_path / "out")) == 2


@linux
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not here")
def test_neither_a_home_nor_a_name_is_needed(run: Run, tmp_path: Path) -> None:
    photos(tmp_path / "capture", 1)
    if os.geteuid() != 0:
        pytest.skip("only root may be somebody else")
    stranger = ["setpriv", "--reuid=54321", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    for words in (("mask", "capture", "-o", "out"), ("models",), ("doctor",)):
        done = subprocess.run(
            [*stranger, *command(*words)],
            cwd=tmp_path,
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_a_photo_that_changes_between_mask_and_cut_out_is_set_aside(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg")
    opened = open_photo(path)
    photo(path, seed=1)
    with CutoutWorkers(1) as workers, pytest.raises(PhotoError, match=r"a\.jpg was changed while"):
        workers.make(opened, np.zeros((120, 160), np.uint8), CutoutOptions())


# --- several runs, interruptions, murder --------------------------------------------------------------------


def start(*words: object, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(command(*words), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_files(process: subprocess.Popen[str], out: Path, pattern: str) -> None:
    deadline = time.monotonic() + 60
    while not list(out.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


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
    began = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 1
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
    assert all("ended twice" in line for line in told.values())
    assert len(told) == 2
    assert json.loads((tmp_path / "out" / "capture.json").read_bytes())["shots"][0]["mask_sha256"]
