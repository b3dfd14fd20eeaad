"""One watch for each output folder, and who it is."""

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from underside.files import write_atomically, writing
from underside.outfolder import locked

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["Watcher", "held_by", "watching_alone"]

# Whoever asks whether somebody watches holds the lock for a moment, which is not a reason to refuse a watch.
_PATIENCE = 0.5


@dataclass(frozen=True)
class Watcher:
    """A process that watches."""

    pid: int
    host: str
    since: float
    root: str


@contextmanager
def watching_alone(out: Path, root: Path) -> Iterator[None]:
    """Keep every other watch out of the output folder; the lock goes with the process, in whatever way it ends."""
    path = _told_at(out)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    other = held_by(out)
    refusal = f"Another watch{f' (process {other.pid})' if other else ''} is writing into {out}"
    with locked(_lock_of(out), refusal, patience=_PATIENCE):
        me = Watcher(os.getpid(), platform.node(), time.time(), str(root))
        write_atomically(path, json.dumps(asdict(me)).encode(), durable=False)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


def held_by(out: Path) -> Watcher | None:
    """Who watches into that folder; none where nobody does."""
    try:
        watcher = Watcher(**json.loads(_told_at(out).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if watcher.host != platform.node():
        return watcher
    held = _is_held(_lock_of(out))
    return watcher if (_is_alive(watcher.pid) if held is None else held) else None


def _told_at(out: Path) -> Path:
    return out / ".underside" / "watch.json"


def _lock_of(out: Path) -> Path:
    return out / ".underside" / "lock"


def _is_held(lock: Path) -> bool | None:
    """Whether somebody has that lock; none where the system does not tell.

    After a power cut another process may have the number of the watch that wrote it down.
    """
    try:
        handle = os.open(lock, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:  # some network shares know no locks
        return None
    finally:
        os.close(handle)
    return False


def _is_alive(pid: int) -> bool:
    if os.name != "posix":
        # Asking by signal would end it there. The file itself goes away at every orderly end.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
