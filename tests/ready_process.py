"""``underside`` as a process of its own that need not be loaded first: one that has loaded it forks for each run.

To load numpy, OpenCV and onnxruntime is half a second of a processor's time, and the tests start a thousand processes.
Arguments, folder, environment, streams, rights, signals and the end are those of any process. What begins with loading
itself is tested with processes that load: those of ``conftest.command``.
"""

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from powerless import without_power

# What Python and libraries look at while they are loaded.
_LOOKED_AT = ("PYTHON", "LD_", "LANG", "LC_", "OMP_", "OPENBLAS_", "ORT_")


class ReadyProcess:
    """A process that has ``underside`` loaded, and becomes a run of it as often as it is asked to."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment``: of the loading; later ones have to be like it."""
        self._looked_at = _looked_at(environment)
        self._busy = threading.Lock()
        self._streams = tempfile.TemporaryDirectory(prefix="underside-streams-")
        self._process = subprocess.Popen(
            [sys.executable, __file__], env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def fits(self, environment: Mapping[str, str]) -> bool:
        """Whether a process that loads with these would be another one."""
        return self._process.poll() is None and _looked_at(environment) == self._looked_at

    def run(
        self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float, powerless: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """As ``subprocess.run`` would; ``powerless``: held to permissions, root too."""
        with self._busy:
            outputs = [Path(self._streams.name, name) for name in ("out", "err")]
            asked = {"words": list(words), "cwd": str(cwd), "env": dict(env), "powerless": powerless}
            try:
                self._ask({**asked, "streams": [str(path) for path in outputs]})
                pid = self._answer(60)
                code = self._answer(timeout)
                if code is None:
                    assert pid is not None
                    os.kill(pid, signal.SIGKILL)
                    self._answer(60)
                    raise subprocess.TimeoutExpired(list(words), timeout)
            except BaseException:
                # Whatever is still to be answered would be taken for the answer to the next.
                self._process.kill()
                raise
            said, complained = (path.read_text(encoding="utf-8") for path in outputs)
        return subprocess.CompletedProcess(list(words), code, said, complained)

    def end(self) -> None:
        """Let it go."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        self._streams.cleanup()

    def _ask(self, what: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        left = memoryview(f"{json.dumps(what)}\n".encode())
        while left:
            left = left[self._process.stdin.write(left) :]

    def _answer(self, seconds: float) -> int | None:
        assert self._process.stdout is not None
        end, line = time.monotonic() + seconds, b""
        while not line.endswith(b"\n"):
            if not select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            read = self._process.stdout.read(1)
            assert read, "the process that has underside loaded is gone"
            line += read
        return int(line)


def _looked_at(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_LOOKED_AT)}


def _load() -> Callable[[], NoReturn]:
    # As ``python -m underside`` has it: processes that it starts look there.
    program = importlib.import_module("underside.__main__")
    commands = importlib.import_module("underside.commands")
    for module in pkgutil.iter_modules(commands.__path__, "underside.commands."):
        importlib.import_module(module.name)
    for name in ("underside.engine", "underside.watch", "underside.runtime.library"):
        importlib.import_module(name)
    sys.modules["underside.runtime.library"].load_onnxruntime()
    sys.modules["__main__"] = program
    main: Callable[[], NoReturn] = program.main
    return main


def _serve() -> None:
    main = _load()
    # What is there by now is not looked through again, which would copy it into each process.
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            _become(asked)
            main()
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _become(asked: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path in enumerate([os.devnull, *asked["streams"]]):
        handle = os.open(path, flags if number else os.O_RDONLY, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin, sys.stdout, sys.stderr = (open(n, "rww"[n], encoding="utf-8", closefd=False) for n in range(3))  # noqa: SIM115
    sys.argv = ["underside", *asked["words"]]
    if asked["powerless"]:
        without_power()


if __name__ == "__main__":
    _serve()
