"""A process between a watch and the user's command, which ends the command and all it started once the watch is gone.

Of the standard library alone, and run by its path: whatever lies in the folder of the watch is never imported.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

_LOOK_EVERY = 0.1
# How long it gets once it is told to end.
_TO_END = 1.0


def _keep(command: Sequence[str]) -> dict[str, object]:
    """What the watch is told of the command's end."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=2,  # where the watch's goes for people; ours is for the watch
            start_new_session=True,  # so that it has a group that can be ended
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        return {"cannot": error.strerror}
    gone = threading.Event()
    threading.Thread(target=_wait_for_the_watch, args=[gone], daemon=True).start()
    while process.poll() is None:
        if gone.wait(_LOOK_EVERY):
            _end(process)
            break
    return {"returned": process.returncode}


def _wait_for_the_watch(gone: threading.Event) -> None:
    """It holds the other end of our standard input, which is closed with it in whatever way it ends."""
    os.read(0, 1)
    gone.set()


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        # Of a batch file, the programs too: ended by itself, it would leave them to run beside those of the next watch.
        with suppress(OSError):
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
        process.kill()
    else:
        _tell_all(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_TO_END)
        # What it has started may be deafer than itself.
        _tell_all(process, signal.SIGKILL)
    process.wait()


def _tell_all(process: subprocess.Popen[bytes], number: int) -> None:
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


if __name__ == "__main__":
    if os.name != "posix":  # where Ctrl-C comes to us too, and is left to the watch
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout.write(json.dumps(_keep(sys.argv[1:])))
