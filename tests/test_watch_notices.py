"""How a watch learns that a folder has changed: by notices where the file system sends them."""

import subprocess
import sys
from pathlib import Path

import pytest

from underside.watch import notices

if sys.platform != "win32":
    pass

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


@pytest.mark.parametrize(
    ("kind", "polls"),
    [
        ("ext4", False),
        ("nfs4", True),
        ("cifs", True),
        ("fuse.sshfs", True),
        ("fuse", True),
        ("fuseblk", False),
        ("9p", True),
    ],
)
def test_file_systems_without_notices_are_looked_through(
    tmp_path: Path, kind: str, polls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "a share"
    share.mkdir()
    mounts = tmp_path / "mounts"
    place = str(share.resolve()).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {place} {kind} rw 0 0\n")
    assert notices.file_system_of(share / "below", mounts) == kind
    assert notices.file_system_of(tmp_path, mounts) == "ext4"
    monkeypatch.setattr(notices, "file_system_of", lambda _: kind)
    assert bool(notices.why_to_poll(share)) is polls


def test_folders_that_come_within_new_ones_are_noticed_without_a_word(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from underside.watch.notices import Notices\n"
        "with Notices(Path(sys.argv[1]), lambda path, is_folder: None):\n"
        "    for name in map(str, range(300)):\n"
        "        Path(sys.argv[1], name, 'a', 'b', 'c').mkdir(parents=True)\n"
        "    time.sleep(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
