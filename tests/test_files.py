"""Files of results on disks that can do less than a good one: shares, sticks, and what is mounted for somebody else."""

import errno
import os
import stat
from pathlib import Path

import pytest
from blob_captures import posix

from underside.errors import OutputError
from underside.files import link_or_copy, write_atomically


def fails_with(code: int) -> OSError:
    return OSError(code, os.strerror(code))


@posix
@pytest.mark.parametrize("code", [errno.EINVAL, errno.EBADF, errno.ENOTSUP])
def test_a_share_that_cannot_sync_folders_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    sync = os.fsync

    def sync_files_only(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise fails_with(code)
        sync(handle)

    monkeypatch.setattr(os, "fsync", sync_files_only)
    write_atomically(tmp_path / "mask.png", b"mask")
    assert [path.name for path in tmp_path.iterdir()] == ["mask.png"]


@posix
def test_a_folder_whose_disk_fails_while_it_is_synced_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise fails_with(errno.EIO)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"Cannot write .*mask\.png"):
        write_atomically(tmp_path / "mask.png", b"mask")


def test_a_disk_on_which_nobody_may_change_rights_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A share or a stick that was mounted for somebody else gives every file to them.
    def refuse(*_: object, **__: object) -> None:
        raise fails_with(errno.EPERM)

    (tmp_path / "photo.jpg").write_bytes(b"photo")
    monkeypatch.setattr(os, "chmod", refuse)
    monkeypatch.setattr(Path, "chmod", refuse)
    write_atomically(tmp_path / "mask.png", b"mask")
    link_or_copy(tmp_path / "photo.jpg", tmp_path / "copy.jpg", link=False)
    assert (tmp_path / "mask.png").read_bytes() == b"mask"
    assert (tmp_path / "copy.jpg").read_bytes() == b"photo"


@posix
def test_results_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "mask.png", b"mask")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "mask.png").stat().st_mode) == 0o640


@posix
def test_the_names_of_new_folders_survive_a_power_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    path = tmp_path / "masks" / "upright" / "IMG_1.jpg.png"
    write_atomically(path, b"mask")
    assert {folder.stat().st_ino for folder in (path, *path.parents[:3])} <= set(synced)


def test_a_copy_is_whole_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync

    def remember(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        sync(handle)

    monkeypatch.setattr(os, "fsync", remember)
    (tmp_path / "photo.jpg").write_bytes(b"photo")
    os.utime(tmp_path / "photo.jpg", ns=(1_600_000_000_000_000_000,) * 2)
    link_or_copy(tmp_path / "photo.jpg", tmp_path / "copy.jpg", link=False)
    assert (tmp_path / "copy.jpg").stat().st_ino in synced
    assert (tmp_path / "copy.jpg").stat().st_mtime_ns == 1_600_000_000_000_000_000


def test_a_photo_that_cannot_be_copied_is_named_rather_than_its_copy(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"Cannot read .*photo\.jpg: No such file"):
        link_or_copy(tmp_path / "photo.jpg", tmp_path / "copy.jpg", link=False)
    assert not list(tmp_path.iterdir())


@posix
def test_a_photo_that_is_a_link_comes_along_as_the_photo_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "photo.jpg").write_bytes(b"photo")
    (tmp_path / "photo.jpg").symlink_to("archive/photo.jpg")
    for link in (True, False):
        target = tmp_path / "layout" / "images" / "photo.jpg"
        link_or_copy(tmp_path / "photo.jpg", target, link=link)
        assert not target.is_symlink()
        assert target.read_bytes() == b"photo"
