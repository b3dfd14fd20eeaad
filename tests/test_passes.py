"""Captures and passes as names, rules, clocks and counters tell them."""

import io
import ntpath
import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import DEMO, ROOT, Run
from photo_files import picture
from PIL import Image

from underside.capture import Capture, PassRules, Pose, is_plate, pose_of, read_capture
from underside.errors import SettingsError
from underside.photo import peek

NOON = datetime(2024, 5, 14, 12, 0, 0)


def photo(path: Path, seconds: float | None = None, *, model: str = "LX-4", serial: str = "1", shade: int = 0) -> Path:
    """A little JPEG, taken so many seconds after noon."""
    exif = Image.Exif()
    exif[0x0110] = model
    details = exif.get_ifd(0x8769)
    details[0xA431] = serial
    if seconds is not None:
        time = NOON + timedelta(seconds=seconds)
        details[0x9003] = f"{time:%Y:%m:%d %H:%M:%S}"
        details[0x9291] = f"{time.microsecond // 10000:02d}"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    Image.fromarray(picture(32, 24) // 2 + shade % 100).save(file, "JPEG", exif=exif.tobytes())
    path.write_bytes(file.getvalue())
    return path


def series(
    folder: Path, times: Iterable[float | None], *, first: int = 1, prefix: str = "DSC_", serial: str = "1"
) -> None:
    for number, seconds in enumerate(times, first):
        photo(folder / f"{prefix}{number:04d}.JPG", seconds, serial=serial)


def every(step: float, many: int, *, start: float = 0) -> list[float]:
    return [start + step * at for at in range(many)]


def read(folder: Path, rules: PassRules | None = None) -> Capture:
    return read_capture([folder], output=folder.parent / "out", rules=rules)


def counts(capture: Capture) -> dict[str, int]:
    return {each.name: len(each.shots) for each in capture.passes}


UPRIGHT = "upright oben Oberseite aufrecht dessus debout arriba top up sopra boven cima góra nahoře upp 上面 表"
FLIPPED = (
    "flipped unten gewendet Umgedreht KOPFÜBER dessous retourné Retournée abajo volteado bottom down upside-down "
    "capovolto ondersteboven baixo odwrócony do_góry_nogami dole upp-och-ner 裏返し 底面 underside Unterseite"
)
SIDE = "side seitlich côté lado zijkant 側面"
NONE = "tilted45 vase low 2 pass1 top-bottom Durchgang_2 upholstery desktop 上海 Seite2"


@pytest.mark.parametrize(
    ("names", "pose"), [(UPRIGHT, Pose.UPRIGHT), (FLIPPED, Pose.FLIPPED), (SIDE, Pose.SIDE), (NONE, Pose.UNKNOWN)]
)
def test_a_pose_is_told_by_a_word_in_many_languages(names: str, pose: Pose) -> None:
    for name in names.split():
        for form in ("NFC", "NFD"):
            for variant in (name, name.upper(), f"amphora_{name}_01" if pose is not Pose.UNKNOWN else name):
                assert pose_of(unicodedata.normalize(form, variant)) is pose, variant


def test_a_pose_is_told_by_words_that_only_capitals_part() -> None:
    assert pose_of("AmphoraUnten") is Pose.FLIPPED
    assert pose_of("flipped/top") is Pose.FLIPPED


@pytest.mark.parametrize(
    "folder", ["empty", "Leer", "VACÍO", "vide", "leerer Teller", "empty_turntable", "plates 2", "空"]
)
def test_plates_are_told_by_their_folder(folder: str) -> None:
    assert is_plate(f"{folder}/DSC_1.JPG")
    assert is_plate(unicodedata.normalize("NFD", f"amphora/{folder}/DSC_1.JPG"))


@pytest.mark.parametrize(
    "name", ["empty bottle/1.jpg", "platelet1.jpg", "plateau_01.jpg", "background_1.jpg", "a/b.jpg"]
)
def test_what_is_only_called_a_little_like_a_plate_is_a_shot(name: str) -> None:
    assert not is_plate(name)


def test_passes_of_folders_keep_their_names_and_know_their_poses(tmp_path: Path) -> None:
    for folder in ("amphora_unten_01", "oben", "tilted", "leer"):
        photo(tmp_path / "c" / folder / "DSC_1.JPG")
    capture = read(tmp_path / "c")
    told = [(each.name, each.pose, each.sure) for each in capture.passes]
    assert told == [
        ("oben", Pose.UPRIGHT, True),
        ("amphora_unten_01", Pose.FLIPPED, True),
        ("tilted", Pose.UNKNOWN, False),
    ]
    assert [plate.name for plate in capture.plates] == ["leer/DSC_1.JPG"]


def test_numbered_passes_are_taken_as_upright_and_flipped_but_not_surely(tmp_path: Path) -> None:
    for folder in ("pass1", "pass2", "pass3"):
        photo(tmp_path / "c" / folder / "DSC_1.JPG")
    assert [(each.pose, each.sure) for each in read(tmp_path / "c").passes] == [
        (Pose.UPRIGHT, False),
        (Pose.FLIPPED, False),
        (Pose.UNKNOWN, False),
    ]


# --- a folder without sub-folders ---------------------------------------------------------------------------


def test_a_clear_pause_parts_two_passes(tmp_path: Path) -> None:
    series(tmp_path / "c", every(4, 12) + every(4, 12, start=300))
    assert counts(read(tmp_path / "c")) == {"pass 1": 12, "pass 2": 12}


@pytest.mark.parametrize(
    "times",
    [
        every(4, 24),
        every(4, 12) + every(4, 12, start=100),  # the camera was moved
        every(60, 24),  # by hand
        [at * 40 + (300 if at % 2 else 0) + at * 300 for at in range(12)],  # with pauses all the time
        [None] * 24,
        [0],
        [],
    ],
    ids=["none", "short", "by hand", "often", "no times", "one shot", "nothing"],
)
def test_without_a_clear_pause_a_folder_is_one_pass_as_ever(tmp_path: Path, times: list[float | None]) -> None:
    (tmp_path / "c").mkdir()
    series(tmp_path / "c", times)
    assert counts(read(tmp_path / "c")) == ({"": len(times)} if times else {})


def test_rings_within_passes_do_not_hide_the_longer_pause_between_them(tmp_path: Path) -> None:
    times = [at for start in (0, 90, 600, 690) for at in every(4, 10, start=start)]
    series(tmp_path / "c", times)
    assert counts(read(tmp_path / "c")) == {"pass 1": 20, "pass 2": 20}


def test_a_test_shot_is_no_pass(tmp_path: Path) -> None:
    series(tmp_path / "c", [0.0, *every(4, 10, start=900), *every(4, 10, start=1500)])
    assert counts(read(tmp_path / "c")) == {"pass 1": 11, "pass 2": 10}


def test_a_pause_of_the_given_length_is_taken_at_its_word(tmp_path: Path) -> None:
    series(tmp_path / "c", every(4, 6) + every(4, 6, start=90))
    assert counts(read(tmp_path / "c", PassRules(gap_minutes=1))) == {"pass 1": 6, "pass 2": 6}
    assert counts(read(tmp_path / "c", PassRules(gap_minutes=2))) == {"": 12}


def test_a_counter_that_begins_anew_does_not_turn_the_order_round(tmp_path: Path) -> None:
    for at, number in enumerate([9997, 9998, 9999, 1, 2, 3]):
        photo(tmp_path / "c" / f"DSC_{number:04d}.JPG", 4.0 * at)
    names = [shot.path.stem[4:] for shot in read(tmp_path / "c").shots]
    assert names == ["9997", "9998", "9999", "0001", "0002", "0003"]


def test_a_counter_that_begins_anew_does_not_mix_passes(tmp_path: Path) -> None:
    times = every(4, 6) + every(4, 6, start=400)
    for at, (number, seconds) in enumerate(zip([*range(9994, 10000), *range(1, 7)], times, strict=True)):
        photo(tmp_path / "c" / f"DSC_{number:04d}.JPG", seconds, shade=at)
    capture = read(tmp_path / "c")
    assert [shot.path.stem for shot in capture.passes[0].shots] == [f"DSC_{n}" for n in range(9994, 10000)]
    assert counts(capture) == {"pass 1": 6, "pass 2": 6}


def test_two_cameras_whose_clocks_differ_make_passes_together(tmp_path: Path) -> None:
    times = every(4, 8) + every(4, 8, start=400)
    series(tmp_path / "c", times)
    series(tmp_path / "c", [at + 250 for at in times], first=5001, serial="2")
    capture = read(tmp_path / "c")
    assert counts(capture) == {"pass 1": 16, "pass 2": 16}
    assert {shot.path.stem[4] for shot in capture.passes[0].shots} == {"0", "5"}


def test_two_cameras_one_after_the_other_or_beside_each_other_are_not_guessed(tmp_path: Path) -> None:
    series(tmp_path / "c", every(4, 8))
    series(tmp_path / "c", every(4, 8, start=4000), first=5001, serial="2")
    assert counts(read(tmp_path / "c")) == {"": 16}


def test_file_times_tell_passes_unless_they_are_those_of_a_copy(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    series(folder, [None] * 16)
    for at, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, (1e9 + at * 5 + (600 if at >= 8 else 0),) * 2)
    assert counts(read(folder)) == {"pass 1": 8, "pass 2": 8}
    for at, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, (2e9 + at * 0.1 + (600 if at >= 8 else 0),) * 2)
    assert counts(read(folder)) == {"": 16}


def test_numbers_tell_passes_where_nothing_else_does(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    series(folder, [None] * 8)
    series(folder, [None] * 8, first=101)
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))
    assert counts(read(folder)) == {"pass 1": 8, "pass 2": 8}


def test_words_in_the_photos_own_names_tell_passes(tmp_path: Path) -> None:
    for at in range(4):
        photo(tmp_path / "c" / f"vase_oben_{at}.jpg", 4.0 * at)
        photo(tmp_path / "c" / f"vase_unten_{at}.jpg", 4.0 * at + 20)
    capture = read(tmp_path / "c")
    assert [(each.name, each.sure) for each in capture.passes] == [("upright", True), ("flipped", True)]


def test_a_pass_whose_patterns_no_photo_fits_is_named(tmp_path: Path) -> None:
    for name in ("A1.jpg", "A2.jpg", "B1.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff")
    patterns = {"upright": ("A*", "top*"), "flipped": ("Z_*", "bottom*"), "empty": ("leer*",)}
    found = read_capture([tmp_path], output=tmp_path / "out", rules=PassRules(patterns=patterns))
    assert found.unmet == ("flipped",)


def test_patterns_tell_passes_and_plates_before_all_else(tmp_path: Path) -> None:
    for name in ("A1.jpg", "a2.JPG", "B1.jpg", "B2.jpg", "Z1.jpg", "sub/C1.jpg"):
        photo(tmp_path / "c" / name)
    rules = PassRules(patterns={"upright": ("A*.jpg",), "flipped": ("b*", "sub/*"), "empty": ("Z*",)})
    capture = read(tmp_path / "c", rules)
    assert counts(capture) == {"upright": 2, "flipped": 3}
    assert [plate.name for plate in capture.plates] == ["Z1.jpg"]


def test_photos_that_say_nothing_go_with_those_before_them(tmp_path: Path) -> None:
    series(tmp_path / "c", every(4, 10) + every(4, 10, start=400))
    (tmp_path / "c" / "DSC_0010.JPG").write_bytes(b"no photo")
    capture = read(tmp_path / "c")
    assert counts(capture) == {"pass 1": 10, "pass 2": 10}


def test_named_photos_are_one_pass_whatever_their_times(tmp_path: Path) -> None:
    series(tmp_path / "c", every(4, 6) + every(4, 6, start=400))
    capture = read_capture(sorted((tmp_path / "c").iterdir()), output=tmp_path / "out")
    assert counts(capture) == {"": 12}


def test_photos_of_two_drives_are_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series(tmp_path / "c", every(4, 6))

    def as_on_windows(paths: Sequence[str]) -> str:
        return ntpath.commonpath([f"{'CD'[i % 2]}:\\{path}" for i, path in enumerate(paths)])

    monkeypatch.setattr(os.path, "commonpath", as_on_windows)
    with pytest.raises(SettingsError, match="several drives"):
        read_capture(sorted((tmp_path / "c").iterdir()), output=tmp_path / "out")


def test_the_demo_without_its_folders_has_the_same_passes(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    for path in [*(DEMO / "upright").iterdir(), *(DEMO / "flipped").iterdir()]:
        shutil.copy(path, tmp_path / "c" / path.name)
    passes = read(tmp_path / "c").passes
    folders = [{path.name for path in (DEMO / name).iterdir()} for name in ("upright", "flipped")]
    assert [{shot.name for shot in each.shots} for each in passes] == folders


# --- what a photo says without being read whole ---------------------------------------------------------------


def test_a_photo_tells_its_time_and_size_from_its_first_bytes(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg", 1.25, model="LX-9", serial="77")
    path.write_bytes(path.read_bytes()[:600])  # cut short, but behind the frame's header
    facts = peek(path)
    assert facts is not None
    assert (facts.camera.time, facts.camera.model, facts.camera.serial) == (
        NOON + timedelta(seconds=1.25),
        "LX-9",
        "77",
    )


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00", b"II*\0\xff\xff\xff\xff", b"hello"])
def test_what_is_no_photo_says_nothing_and_stops_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    facts = peek(path)
    assert facts is None or facts.camera.time is None
    assert peek(tmp_path / "absent.jpg") is None


def test_a_photo_that_changes_is_asked_again(tmp_path: Path) -> None:
    path = photo(tmp_path / "a.jpg", 0, serial="1")
    before = peek(path)
    photo(path, 0, serial="22")
    after = peek(path)
    assert before is not None
    assert after is not None
    assert (before.camera.serial, after.camera.serial) == ("1", "22")


def test_the_words_that_the_page_names_tell_what_it_says() -> None:
    rows = re.findall(
        r"^\| (upright|flipped|side|plate) \| (.+) \|$", (ROOT / "docs/passes.md").read_text("utf-8"), re.M
    )
    assert len(rows) == 4
    for kind, words in rows:
        for word in re.split(r"[,;:] ", words.replace("folders only: ", "")):
            assert is_plate(f"{word}/a.jpg") if kind == "plate" else pose_of(word) is Pose(kind), word


@pytest.mark.parametrize(
    ("folders", "several"),
    [
        (("plain/upright", "plain/flipped", "legs/upright", "legs/flipped"), "2 captures (legs, plain)"),
        (
            ("plain/plain_oben", "plain/plain_unten", "legs/pass 1", "legs/pass 2", "c/upright"),
            "2 captures (legs, plain)",
        ),
        (("upright/low", "upright/high", "flipped/low", "flipped/high"), ""),
        (("cam/upright", "cam/flipped", "upright", "flipped"), ""),
        (("low/upright", "high/flipped"), ""),
    ],
)
def test_a_folder_around_captures_is_told_from_one(run: Run, tmp_path: Path, folders: list[str], several: str) -> None:
    for number, folder in enumerate(folders):
        photo(tmp_path / "two" / folder / f"{number}.jpg", 4 * number, shade=10 * number)
    masked = run("mask", "two", "-o", "out", "--segmenter", "threshold").stdout
    shown = run("capture", "two").stdout
    told = f"This looks like {several}"
    assert (f"Warning: {told}" in masked) is (f"Note: {told}" in shown) is bool(several)
    assert ("underside watch" in masked) is ("underside watch" in shown) is bool(several)
