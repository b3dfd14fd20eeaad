"""Photos may be called anything, and no two of them ever meet."""

import json
import os
from pathlib import Path

import pytest
from blob_captures import files, linux, masked, photo, photos, set_aside
from conftest import Run

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
    assert "is not a photo" in line
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
def test_a_proof_tells_of_any_name(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    gone = os.fsdecode(b"latin-\xe9.jpg")
    for number, name in enumerate((gone, *(f"{number}.jpg" for number in range(8)))):
        photo(tmp_path / "capture" / name, seed=number)
    assert run("mask", "capture", "-o", "out").returncode == 0
    (tmp_path / "capture" / gone).unlink()
    proven = run("prove", "out", "--json")
    assert proven.returncode == 1, proven.stderr
    for facts in (json.loads(proven.stdout), json.loads((tmp_path / "out" / "proof.json").read_text(encoding="utf-8"))):
        assert facts["notes"][0].startswith(gone)


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
    assert "the name is too long for that disk. Shorten the photo's name" in told[longest]
    assert masked(tmp_path / "out") == {long, "c.jpg"}


@linux
@pytest.mark.parametrize("layout", ["metashape", "colmap", "instant-ngp"])
def test_a_name_too_long_for_a_mask_keeps_no_layout_from_the_others(run: Run, tmp_path: Path, layout: str) -> None:
    longest = "a" * 251 + ".jpg"
    for name in (longest, "c.jpg"):
        photo(tmp_path / "capture" / name)
    done = run("mask", "capture", "-o", "out", "--layout", layout)
    assert longest in set_aside(done)
    assert f"Laid out for {layout}" in done.stdout
    assert "aaa" in (tmp_path / "out" / "layouts" / layout / "HOW-TO.txt").read_text(encoding="utf-8")


@linux
def test_a_name_too_long_for_a_mask_takes_no_mask_of_a_hand_along(run: Run, tmp_path: Path) -> None:
    own, longest = photo(tmp_path / "capture" / "a.jpg"), "a" * 251 + ".jpg"
    photo(tmp_path / "capture" / "b.jpg", seed=1)
    run("mask", "capture", "-o", "out")
    mask = tmp_path / "out" / "masks" / "a.jpg.png"
    mask.write_bytes(mask.read_bytes() + b"by hand")
    work = mask.read_bytes()
    own.rename(own.with_name(longest))
    assert "Shorten the photo's name" in set_aside(run("mask", "capture", "-o", "out"))[longest]
    assert mask.read_bytes() == work


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
