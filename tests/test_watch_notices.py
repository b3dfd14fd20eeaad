"""How a watch learns that a folder has changed: by notices where the file system sends them."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from underside.watch import notices
from underside.watch.folder import WatchedFolder

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
    monkeypatch.setattr(notices, "mounted_on_linux", partial(notices.mounted_on_linux, mounts))
    assert notices.file_system_of(share / "below") == kind
    assert notices.file_system_of(tmp_path) == "ext4"
    assert bool(notices.why_to_poll(share)) is polls


@pytest.mark.parametrize(("kind", "polls"), [("smbfs", True), ("afpfs", True), ("macfuse", True), ("apfs", False)])
def test_shares_of_a_mac_are_looked_through(
    tmp_path: Path, kind: str, polls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "photos on (nas)"
    share.mkdir()
    mount = tmp_path / "mount"
    mount.write_text(
        "#!/bin/sh\ncat << END\n/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n"
        f"//me@nas/photos on {share.resolve()} ({kind}, nodev, nosuid, mounted by me)\nEND\n"
    )
    mount.chmod(0o755)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(notices, "mounted_on_mac", partial(notices.mounted_on_mac, str(mount)))
    assert notices.file_system_of(share / "below") == kind
    assert notices.file_system_of(tmp_path) == "apfs"
    assert bool(notices.why_to_poll(share)) is polls


def test_a_folder_that_the_system_spells_in_another_way_is_the_same_one(tmp_path: Path) -> None:
    root = tmp_path / "Ka\u0308te"
    folder = WatchedFolder(root, tmp_path / "out")
    assert folder.name_of(str(tmp_path / "k\u00e4te" / "Vase" / "1.jpg")) == "Vase/1.jpg"
    assert folder.name_of(str(root)) == ""
    assert folder.name_of(str(tmp_path / "other" / "1.jpg")) is None


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
