"""One watch at a time writes into an output folder, and whoever asks learns which."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from conftest import Run
from watched import QUICK, Watch

from underside.watch.lock import held_by, watching_alone

if sys.platform != "win32":
    import fcntl

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and renames")


def test_a_second_watch_names_the_first_and_a_stale_lock_is_taken_over(run: Run, tmp_path: Path) -> None:
    with Watch(tmp_path).begins() as watch:
        second = run("watch", watch.root, "-o", watch.out, *QUICK)
        assert second.returncode == 2
        assert f"(process {watch.process.pid})" in second.stderr
        assert f"watched by process {watch.process.pid}" in run("status", watch.out).stdout
        watch.process.send_signal(signal.SIGKILL)
        watch.process.wait()
    assert "not being watched" in run("status", watch.out).stdout
    # As after a power cut: another process has its number.
    told = watch.out / ".underside" / "watch.json"
    told.write_text(json.dumps(json.loads(told.read_text()) | {"pid": os.getpid()}))
    assert "not being watched" in run("status", watch.out).stdout
    assert run("watch", watch.root, "-o", watch.out, "--once", *QUICK).returncode == 0


def test_a_watch_that_starts_while_somebody_asks_who_watches_is_not_refused(tmp_path: Path) -> None:
    lock = tmp_path / "out" / ".underside" / "lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # as a status does, for a moment
        soon = threading.Timer(0.1, lambda: fcntl.flock(asking, fcntl.LOCK_UN))
        soon.start()
        with watching_alone(tmp_path / "out", tmp_path / "captures"):
            watcher = held_by(tmp_path / "out")
        soon.join()
    assert watcher is not None
    assert watcher.pid == os.getpid()
