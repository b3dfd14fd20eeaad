"""Which capture and pass of a watched folder a photo belongs to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from underside.journal import Entry, Journal
from underside.watch.folder import Found
from underside.watch.places import place

MINUTE = 60 * 10**9


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as journal:
        yield journal


def placed(photo: str, journal: Journal, *, minutes: float = 0, plates: bool = True) -> tuple[str, str]:
    """Where a photo of the watched folder ``root`` goes, as the watch then remembers it."""
    time = round(minutes * MINUTE)
    found = Found(photo, size=1, mtime_ns=time, ctime_ns=time)
    capture, pass_name = place(found, "root", journal, plates=plates, is_folder=lambda name: name == "vase")
    folder = photo.rpartition("/")[0]
    entry = Entry(photo=photo, folder=folder, kin=photo, capture=capture, pass_name=pass_name, size=1, mtime_ns=time)
    journal.add(entry)
    return capture, pass_name


@pytest.mark.parametrize(
    ("photo", "capture", "pass_name"),
    [
        ("amphora/upright/1.jpg", "amphora", "upright"),
        ("amphora/rig/low/1.jpg", "amphora", "rig/low"),
        ("vase/1.jpg", "vase", ""),
        ("top hat/1.jpg", "top hat", ""),
        ("side table/1.jpg", "side table", ""),
        ("01/1.jpg", "01", ""),
        ("amphora_unten/1.jpg", "amphora_unten", ""),
    ],
)
def test_each_sub_folder_is_a_capture_though_its_name_holds_a_pose(
    photo: str, capture: str, pass_name: str, journal: Journal
) -> None:
    assert placed(photo, journal) == (capture, pass_name)


@pytest.mark.parametrize("folder", ["upright", "oben", "pass1", "leer", "root_unten"])
def test_a_folder_called_after_a_pose_or_a_plate_alone_is_a_pass_of_the_watched_folder(
    folder: str, journal: Journal
) -> None:
    assert placed(f"{folder}/1.jpg", journal) == ("root", folder)


def test_without_plates_a_folder_called_empty_is_a_capture_like_any_other(journal: Journal) -> None:
    assert placed("empty/1.jpg", journal, plates=False) == ("empty", "")


def test_photos_beside_the_folders_are_captures_by_the_pauses_between_them(journal: Journal) -> None:
    assert placed("a.jpg", journal) == ("root", "")
    assert placed("b.jpg", journal, minutes=20) == ("root", "")
    assert placed("vase.jpg", journal, minutes=60) == ("vase.jpg", "")
    assert placed("d.jpg", journal, minutes=120) == ("d", "")
    assert placed("late.jpg", journal, minutes=10) == ("root", "")
