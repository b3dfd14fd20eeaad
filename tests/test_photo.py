"""Photos of every container, at any reduction, by any name, from many threads."""

import errno
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import Open
from photo_files import dng, far_apart, heic, picture, picture16, saved, saved16

from underside.manifest import ShotRecord, State
from underside.photo import OTHER_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES, Container, decode, open_photo, peek


@pytest.mark.parametrize("size", [(80, 48), (81, 49), (7, 3), (1, 1), (17, 400)], ids=str)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
def test_a_reduced_photo_has_the_size_rounded_up(opened: Open, suffix: str, size: tuple[int, int], reduce: int) -> None:
    kind = {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF"}[suffix]
    photo = opened("a" + suffix, saved(picture(*size), kind))
    assert decode(photo, reduce=reduce).shape == (-(-size[1] // reduce), -(-size[0] // reduce), 3)


@pytest.mark.parametrize("reduce", [2, 4, 8])
def test_a_reduced_photo_shows_the_same_picture(opened: Open, reduce: int) -> None:
    small = picture(640, 384).reshape(384 // reduce, reduce, 640 // reduce, reduce, 3).mean(axis=(1, 3))
    for name, kind in {"a.jpg": "JPEG", "a.png": "PNG"}.items():
        photo = opened(name, saved(picture(640, 384), kind, quality=98))
        assert far_apart(decode(photo, reduce=reduce), small) < 6


def test_the_content_decides_and_a_wrong_name_is_said(opened: Open) -> None:
    photo = opened("a.JPG", saved(picture(), "PNG"))
    assert photo.container is Container.PNG
    assert photo.notes == ("The content is PNG, though the name ends in .JPG",)
    assert np.array_equal(decode(photo), picture())
    assert opened("a.jpeg", saved(picture(), "JPEG")).notes == ()


def test_a_photo_knows_its_file(opened: Open) -> None:
    photo = opened("ein größerer Krug.jpg", saved(picture(), "JPEG"))
    facts = photo.path.stat()
    assert photo.stamp == (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    assert photo.data == photo.path.read_bytes()
    assert len(photo.sha256) == 64
    assert len(repr(photo)) < 1000


def test_suffixes_are_lower_case_and_raw_ones_are_among_them() -> None:
    assert {".jpg", ".jpeg", ".tif", ".png", ".webp", ".heic", ".avif", ".cr3", ".dng"} < PHOTO_SUFFIXES
    assert RAW_SUFFIXES < PHOTO_SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in PHOTO_SUFFIXES)


def test_no_kind_of_file_is_both_read_and_named_among_those_that_are_not() -> None:
    both = PHOTO_SUFFIXES & OTHER_SUFFIXES
    assert not both, "OTHER_SUFFIXES in photo/containers/__init__.py still lists these"


def test_many_threads_see_what_one_sees(opened: Open) -> None:
    photos = [
        opened("a.jpg", saved(picture(640, 480), "JPEG")),
        opened("b.png", saved16(picture16(640, 480), ".png")),
        opened("c.tif", saved(picture(640, 480), "TIFF", compression="tiff_lzw")),
        opened("d.webp", saved(picture(640, 480), "WEBP")),
        opened("e.heic", heic(picture(640, 480))),
        opened("f.avif", saved(picture(640, 480), "AVIF")),
        opened("g.dng", dng(640, 480)),
    ]
    alone = [decode(photo) for photo in photos]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(decode, photos * 6))
    assert all(np.array_equal(pixels, alone[at % len(photos)]) for at, pixels in enumerate(together))


def test_a_photo_that_is_written_while_it_is_read_is_known_as_another_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    before, after = (saved(picture(), "JPEG", comment=text) for text in (b"before", b"after!"))
    path.write_bytes(before)
    os.utime(path, ns=(1_600_000_000_000_000_000,) * 2)
    usual = Path.open

    class Overtaken(io.FileIO):
        """A file that somebody writes anew right after its end was read."""

        def readall(self) -> bytes:
            content = super().readall()
            with usual(path, "wb") as other:
                other.write(after)
            return content

        def read(self, size: int | None = -1) -> bytes:
            return self.readall() if size in (None, -1) else super().read(size) or b""

    monkeypatch.setattr(Path, "open", lambda path, mode: Overtaken(os.fspath(path), mode))
    photo = open_photo(path)
    monkeypatch.undo()
    assert photo.data == before
    assert path.read_bytes() == after
    size, mtime_ns, ctime_ns = photo.stamp
    record = ShotRecord("a.jpg", "", State.MASKED, sha256=photo.sha256, size=size, mtime_ns=mtime_ns, ctime_ns=ctime_ns)
    assert not record.is_of(path)


def test_what_a_photo_says_is_asked_again_after_a_disk_has_failed_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(picture(), "JPEG"))

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "open", fail)
    assert peek(path) is None
    monkeypatch.undo()
    facts = peek(path)
    assert facts is not None
    assert (facts.width, facts.height) == (80, 48)
