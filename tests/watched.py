"""A watched folder for tests: small photos, the watch as a real process, and what it leaves on the disk."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from conftest import command

# What is quick and needs no network: the watch is what is tested here, not the masks.
QUICK = ("--segmenter", "threshold", "--workers", "2")
SOON = ("--settle", "0.2", "--quiet", "1", "--complete-after", "1")


def photo(seed: int) -> bytes:
    """A bright ellipse on black, no two seeds alike."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(20, 30, (96, 128, 3)).astype(np.uint8)
    cv2.ellipse(picture, (64, 48), (30 + seed % 9, 22), float(seed * 7 % 180), 0, 360, (200, 210, 220), -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def put(path: Path, content: bytes) -> Path:
    """A photo as a careful program writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.tmp")
    part.write_bytes(content)
    part.replace(path)
    return path


def put_some(folder: Path, count: int, *, first: int = 0) -> list[Path]:
    """So many photos of different content."""
    return [put(folder / f"IMG_{seed:04}.jpg", photo(seed)) for seed in range(first, first + count)]


def environment(folder: Path) -> dict[str, str]:
    """Nobody's models or settings."""
    return {**os.environ, "UNDERSIDE_MODELS": str(folder / "models"), "PYTHONUTF8": "1"}


def without_proof(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """As if the extra were not installed."""
    stub = folder / "without-proof"
    stub.mkdir(exist_ok=True)
    (stub / "pycolmap.py").write_text("raise ImportError\n")
    paths = [str(stub), *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}


class Watch:
    """``underside watch`` on ``captures``, with its events."""

    def __init__(
        self,
        folder: Path,
        *options: object,
        settings: Sequence[object] = (*QUICK, *SOON),
        proof: bool = False,
        rights: Callable[[], None] | None = None,
    ) -> None:
        """``proof``: the extra is there; most tests have no use for the time it takes.

        ``rights``: what takes some away from the process, before it begins.
        """
        usual = environment(folder)
        self.root, self.out = folder / "captures", folder / "out"
        self.root.mkdir(exist_ok=True)
        self._log = folder / "events"
        words = command("watch", self.root, "-o", self.out, "--events", *settings, *options)
        self._read = 0
        with self._log.open("ab") as log:
            self._read = log.tell()
            self.process = subprocess.Popen(
                words,
                cwd=folder,
                env=usual if proof else without_proof(usual, folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.PIPE,
                preexec_fn=rights,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """What it has told so far."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            lines = [line for line in log.read().split(b"\n")[:-1] if line]
        told = [json.loads(line) for line in lines]
        return [event for event in told if not kind or event["event"] == kind]

    def until(self, holds: Callable[[], object], *, seconds: float = 180) -> None:
        """Wait for something, but not for ever."""
        end = time.monotonic() + seconds
        while not holds():
            assert self.process.poll() is None, self.errors()
            assert time.monotonic() < end, self.events()
            time.sleep(0.02)

    def until_complete(self, *captures: str, times: int = 1, seconds: float = 180) -> None:
        """Wait until these captures were completed so often."""

        def are() -> bool:
            told = [event["capture"] for event in self.events("complete")]
            return all(told.count(capture) >= times for capture in captures)

        self.until(are, seconds=seconds)

    def until_masked(self, *photos: str) -> None:
        """Wait until these photos have a mask."""
        self.until(lambda: set(photos) <= {event["photo"] for event in self.events("shot")})

    def begins(self) -> Self:
        """Wait until it watches."""
        self.until(lambda: self.events("started"))
        return self

    def stop(self) -> int:
        """Ask it to end, and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def errors(self) -> str:
        """What it said to people; it must have ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()


def masks(out: Path) -> dict[str, str]:
    """All masks, by their captures and names, as hashes."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.glob("*/masks/**/*"))
        if path.is_file()
    }


def manifest(out: Path, capture: str) -> dict[str, Any]:
    """A capture's manifest without what may differ from run to run."""
    content: dict[str, Any] = json.loads((out / capture / "capture.json").read_text(encoding="utf-8"))
    for shot in content["shots"]:
        del shot["seconds"], shot["mtime_ns"], shot["ctime_ns"]
    return content


def stages(out: Path) -> dict[str, str]:
    """What the journal says of the photos that are there."""
    with sqlite3.connect(f"file:{out}/.underside/journal.sqlite?mode=ro", uri=True) as journal:
        found = dict(journal.execute("SELECT photo, stage FROM photos WHERE gone_at = 0").fetchall())
    journal.close()
    return found


def leftovers(out: Path) -> list[Path]:
    """Half-written files."""
    return [path for path in out.rglob("*") if path.name.endswith(".underside-part")]
