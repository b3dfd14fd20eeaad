"""Masks that were promised before they were written are known as ours, whatever came in between."""

from pathlib import Path

import psutil
import pytest
from blob_captures import linux

from underside.errors import OutputError
from underside.promises import Promises

SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "name", ["upright/IMG_1.jpg", "line\nbreak.jpg", "a\r\nb.jpg", "Krüge 花瓶.jpg", "\udce9.jpg", " "]
)
def test_a_promise_outlives_its_run_whatever_the_photo_is_called(tmp_path: Path, name: str) -> None:
    Promises(tmp_path).make(name, SHA256)
    assert Promises(tmp_path).is_ours(name, SHA256)


def test_a_promise_that_a_power_cut_has_cut_short_hinders_no_other(tmp_path: Path) -> None:
    Promises(tmp_path).make("a.jpg", SHA256)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-4])
    Promises(tmp_path).make("b.jpg", SHA256)
    after = Promises(tmp_path)
    assert after.is_ours("b.jpg", SHA256)
    assert not after.is_ours("a.jpg", SHA256)


@linux
def test_promises_of_a_run_that_never_began_hold_no_file_open(tmp_path: Path) -> None:
    before = psutil.Process().num_fds()
    for number in range(5):
        Promises(tmp_path).make(f"{number}.jpg", SHA256)
    assert psutil.Process().num_fds() == before


def test_promises_that_cannot_be_read_are_told_of(tmp_path: Path) -> None:
    (tmp_path / ".underside-promises").mkdir()
    with pytest.raises(OutputError, match=r"Cannot read .*\.underside-promises"):
        Promises(tmp_path)
