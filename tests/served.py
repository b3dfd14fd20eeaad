"""A running ``underside serve``, and curl to ask it: what the tests of the service need."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import DEMO, command
from numpy.typing import NDArray

pytest.importorskip("uvicorn", reason="the extra serve is not installed")

CURL = shutil.which("curl")
PHOTO = DEMO / "upright" / "DSC_0001.JPG"

needs_curl = pytest.mark.skipif(CURL is None, reason="curl is not installed")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    kind: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:  # noqa: ANN401
        """Why there is no picture."""
        return json.loads(self.body)["detail"]

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture, as it is stored; colours are red, green, blue, alpha."""
        assert self.status == 200, self.body
        assert self.kind == "image/png"
        decoded = cv2.imdecode(np.frombuffer(self.body, np.uint8), cv2.IMREAD_UNCHANGED)
        assert decoded is not None
        turned = decoded if decoded.ndim == 2 else cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA)
        return turned.astype(np.uint8, copy=False)


@dataclass(frozen=True)
class Served:
    """One service."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """The address that programs have in their settings."""
        return f"http://127.0.0.1:{self.port}/api/remove"

    def curl(self, *options: str, query: str = "", path: str = "/api/remove") -> Answer:
        """Ask as a person on a shell asks."""
        assert CURL
        address = f"http://127.0.0.1:{self.port}{path}{query}"
        done = subprocess.run(
            [CURL, "-sS", "-i", "--max-time", "60", *options, address], capture_output=True, check=True
        )
        return _answer(done.stdout)


@contextmanager
def serving(folder: Path, *options: object) -> Iterator[Served]:
    """A service on a port of its own, with the models of ``folder/models``."""
    log = folder / "serve.log"
    environment = {**os.environ, "UNDERSIDE_MODELS": str(folder / "models"), "PYTHONUTF8": "1"}
    with log.open("w") as file:
        process = subprocess.Popen(
            command("serve", "--port", 0, *options), stdout=subprocess.PIPE, stderr=file, text=True, env=environment
        )
    try:
        assert process.stdout is not None
        said = re.search(r"http://127\.0\.0\.1:(\d+)/api/remove", process.stdout.readline())
        assert said, log.read_text()
        yield Served(process, int(said[1]), log)
    finally:
        process.kill()
        process.communicate()


def wait_until(true: Callable[[], bool]) -> None:
    """For half a minute: machines may be busy."""
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def _answer(content: bytes) -> Answer:
    head, _, body = content.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, _, body = body.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(first.split()[1]), headers.get("content-type", ""), headers, body)
