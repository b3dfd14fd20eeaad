"""What disks of other systems do: drives that are not there, that number nothing, files that are open or protected."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from blob_captures import posix

from underside.capture import read_capture
from underside.disks import same_file
from underside.errors import OutputError, UnfitNameError
from underside.files import link_or_copy, make_folder, write_atomically, writing
from underside.journal.database import uri_of
from underside.watch.folder import WatchedFolder


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As our modules see it; paths that were made before stay what they are."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        patch.setattr(time, "sleep", lambda _: None)
        yield


@pytest.fixture
def unnumbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which every file has the number 0, as on some network drives of Windows."""
    real = Path.stat

    def without_number(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        facts = real(self, follow_symlinks=follow_symlinks)
        return os.stat_result((facts.st_mode, 0, *facts[2:10]), {"st_mtime_ns": facts.st_mtime_ns})

    monkeypatch.setattr(Path, "stat", without_number)


def test_a_drive_that_is_not_there_ends_in_words() -> None:
    class Missing(type(Path())):  # type: ignore[misc]
        """As ``Z:`` without a disk: its own parent, and no folder."""

        @property
        def parent(self) -> Path:
            return self

    with pytest.raises(OutputError, match="No such file or directory"), writing(Missing("/nowhere")):
        make_folder(Missing("/nowhere"))


@pytest.mark.usefixtures("unnumbered")
def test_folders_of_a_disk_that_numbers_nothing_are_all_looked_into(tmp_path: Path) -> None:
    for name in ("upright/IMG_1.jpg", "flipped/IMG_2.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"\xff\xd8\xff")
    found = read_capture([tmp_path], output=tmp_path / "out")
    assert [shot.name for shot in found.shots] == ["flipped/IMG_2.jpg", "upright/IMG_1.jpg"]
    walked = [each.photo for listing in WatchedFolder(tmp_path, tmp_path / "out").walk() for each in listing.photos]
    assert sorted(walked) == ["flipped/IMG_2.jpg", "upright/IMG_1.jpg"]


def test_files_are_the_same_only_where_the_disk_says_so(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    one, other, link = (tmp_path / name for name in ("one", "other", "link"))
    one.touch()
    other.touch()
    link_or_copy(one, link)
    assert same_file(one, link)
    assert not same_file(one, other)
    request.getfixturevalue("unnumbered")
    assert not same_file(one, other)


@posix
def test_a_copy_of_a_protected_photo_is_not_protected(tmp_path: Path) -> None:
    photo, copy = tmp_path / "photo.jpg", tmp_path / "set" / "photo.jpg"
    photo.write_bytes(b"photo")
    os.utime(photo, ns=(5, 7))
    photo.chmod(0o440)
    link_or_copy(photo, copy, link=False)
    facts = copy.stat()
    assert (copy.read_bytes(), facts.st_mtime_ns, stat.S_IMODE(facts.st_mode)) == (b"photo", 7, 0o640)
    assert stat.S_IMODE(photo.stat().st_mode) == 0o440


@posix
@pytest.mark.usefixtures("on_windows")
@pytest.mark.parametrize(("mode", "linked"), [(0o440, False), (0o640, True)])
def test_a_protected_photo_is_copied_where_a_link_to_it_could_not_be_removed(
    tmp_path: Path, mode: int, linked: bool
) -> None:
    photo, other = tmp_path / "photo.jpg", tmp_path / "other.jpg"
    photo.write_bytes(b"photo")
    photo.chmod(mode)
    link_or_copy(photo, other)
    assert os.path.samestat(photo.stat(), other.stat()) is linked


@posix
@pytest.mark.usefixtures("on_windows")
def test_a_file_that_another_program_has_open_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask, tries = tmp_path / "mask.png", list[Path]()

    def refuse(source: Path, _target: Path) -> None:
        tries.append(source)
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="no permission") as told:
        write_atomically(mask, b"new")
    assert not isinstance(told.value, UnfitNameError)
    mask.write_bytes(b"old")
    with pytest.raises(UnfitNameError, match=r"mask\.png: another program has it open, or it is write-protected"):
        write_atomically(mask, b"new")
    assert len(tries) > len(set(tries)), "it is tried again: most programs have a file open for a moment only"
    assert mask.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["mask.png"]


@pytest.mark.parametrize(
    ("number", "python", "told", "of_the_name"),
    [
        (123, errno.EINVAL, "does not accept such a name", True),
        (206, errno.ENOENT, "the name is too long", True),
        (1295, errno.EINVAL, "quota is used up", False),
        (59, errno.EINVAL, "An unexpected network error", False),
        (112, errno.ENOSPC, "the disk is full", False),
    ],
)
def test_errors_of_windows_are_told_for_what_they_are(number: int, python: int, told: str, of_the_name: bool) -> None:
    error = OSError(python, "An unexpected network error")
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    with pytest.raises(OutputError, match=told) as refused, writing(Path("mask.png")):
        raise error
    assert isinstance(refused.value, UnfitNameError) is of_the_name


def test_a_path_that_is_too_long_for_windows_is_told_as_that() -> None:
    error = OSError(errno.ENOENT, "The system cannot find the path specified")
    error.winerror = 3  # type: ignore[attr-defined,unused-ignore]
    with pytest.raises(UnfitNameError, match="the name is too long"), writing(Path("a" * 100, "b" * 100, "c" * 100)):
        raise error


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("/a b/100%?#ä"), "file:///a%20b/100%25%3F%23%C3%A4"),
        (PureWindowsPath(r"C:\a b\out"), "file:///C:/a%20b/out"),
        (PureWindowsPath(r"\\nas\photos\out"), "file:////nas/photos/out"),
    ],
)
def test_a_journal_is_opened_wherever_it_lies(path: PurePosixPath | PureWindowsPath, uri: str) -> None:
    assert uri_of(path) == uri
