"""The watched folder under measure: idle, quick, as fast as the mask command, flat in memory, and hard to kill.

    python benchmarks/watching.py idle --files 50000
    python benchmarks/watching.py first --photos 7
    python benchmarks/watching.py throughput --photos 12 --rounds 5
    python benchmarks/watching.py soak --photos 10000 --seconds 900
    python benchmarks/watching.py burst --photos 5000
    python benchmarks/watching.py kills --kills 200 --photos 400 --seed 7

Linux only: CPU seconds and memory are read from /proc. Everything is made in a temporary folder (--folder keeps it).
"""

import argparse
import hashlib
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from photos import write_photos

QUICK = ("--segmenter", "threshold")
_TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """``underside watch`` as a process, with its events."""

    def __init__(self, root: Path, out: Path, *options: object) -> None:
        root.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "underside", "watch", root, "-o", out, "--events", *options]
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.events: list[tuple[float, dict[str, Any]]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append((time.monotonic(), json.loads(line)))

    def __enter__(self) -> Self:
        self.until(lambda: self.count("started") or self.process.poll() is not None)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(120)

    def count(self, kind: str) -> int:
        """Of events so far."""
        return sum(event["event"] == kind for _, event in self.events)

    def until(self, holds: Callable[[], object], *, seconds: float = 3600.0) -> bool:
        """Wait; whether it came to hold."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def cpu_seconds(self) -> float:
        """Used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def megabytes(self, which: str = "VmRSS") -> float:
        """Memory now (VmRSS) or at most (VmHWM)."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(which))


def small_photo(seed: int) -> bytes:
    """A bright ellipse on black, no two seeds alike."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(20, 30, (96, 128, 3)).astype(np.uint8)
    cv2.ellipse(picture, (64, 48), (30 + seed % 9, 22), float(seed * 7 % 180), 0, 360, (200, 210, 220), -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def put(path: Path, content: bytes) -> None:
    """As a careful program writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.tmp")
    part.write_bytes(content)
    part.replace(path)


def idle(folder: Path, wish: argparse.Namespace) -> None:
    """CPU of a watch that has nothing to do, and that of the full scan which comes every five minutes."""
    root, out = folder / "captures", folder / "out"
    start, rest = (content := small_photo(0))[:2], content[2:]
    for number in range(wish.files):
        # Plates are looked at once and need no mask: so many masks would take an hour.
        path = root / f"capture {number // 200:04}" / "empty" / f"IMG_{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        # A comment makes each file another one.
        path.write_bytes(start + b"\xff\xfe\x00\x0a%08d" % number + rest)
    wall, cpu = _timed(("watch", root, "-o", out, "--once", "--settle", "0"))
    print(f"{wish.files} files for the first time: {wall:.0f} s, {cpu:.0f} CPU s", flush=True)
    for scan_every, seconds in ((3600, 30), (20, 60)):
        with Watch(root, out, "--scan-every", scan_every) as watch:
            time.sleep(15)  # the scan at the start
            before, scans = watch.cpu_seconds(), seconds // scan_every
            time.sleep(seconds)
            used = watch.cpu_seconds() - before
            print(
                f"{wish.files} files, {seconds} s with {scans} scans: {used:.2f} CPU s, "
                f"{100 * used / seconds:.2f} % of a core, {watch.megabytes():.0f} MB"
            )


def first(folder: Path, wish: argparse.Namespace) -> None:
    """Seconds from a whole 24-megapixel JPEG to its mask on the disk, settle time aside."""
    write_photos(folder / "photos", wish.photos)
    settle = 0.5
    seconds, cpu = [], []
    with Watch(folder / "captures", folder / "out", "--settle", settle, "--quiet", "3600") as watch:
        for number, photo in enumerate(sorted((folder / "photos").iterdir())):
            mask = folder / "out" / "vase" / "masks" / f"{photo.name}.png"
            content = photo.read_bytes()
            used = watch.cpu_seconds()
            put(folder / "captures" / "vase" / photo.name, content)
            complete = time.monotonic()
            while not mask.exists():
                time.sleep(0.002)
            seconds.append(time.monotonic() - complete - settle)
            time.sleep(1)
            cpu.append(watch.cpu_seconds() - used)
            print(f"photo {number}: {seconds[-1]:.2f} s, {cpu[-1]:.2f} CPU s, load {os.getloadavg()[0]:.1f}")
    print(f"median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s, CPU {statistics.median(cpu):.2f} s")


def throughput(folder: Path, wish: argparse.Namespace) -> None:
    """Whole processes over the same photos, in turn: the mask command, and a watch that catches up."""
    write_photos(folder / "captures" / "vase", wish.photos)
    time.sleep(1.5)
    ratios: list[tuple[float, float]] = []
    for number in range(wish.rounds):
        masked, watched = folder / f"masked-{number}", folder / f"watched-{number}"
        commands = (
            ("mask", folder / "captures" / "vase", "-o", masked / "vase"),
            ("watch", folder / "captures", "-o", watched, "--once"),
        )
        # Who comes first changes: the other finds the files in memory.
        timed = {command[0]: _timed(command) for command in (commands if number % 2 else reversed(commands))}
        assert _masks(masked) == _masks(watched)
        ratios.append(tuple(w / m for w, m in zip(timed["watch"], timed["mask"], strict=True)))  # type: ignore[arg-type]
        told = ", ".join(f"{name} {wall:.2f} s ({cpu:.2f} CPU s)" for name, (wall, cpu) in sorted(timed.items()))
        print(f"round {number}: {told}; watch/mask wall {ratios[-1][0]:.3f}, CPU {ratios[-1][1]:.3f}")
    wall, cpu = (statistics.median(each[at] for each in ratios) for at in (0, 1))
    print(f"median of {wish.rounds}, {wish.photos} photos: wall {wall:.3f}, CPU {cpu:.3f}")


def _timed(command: Sequence[object]) -> tuple[float, float]:
    before, began = os.times(), time.monotonic()
    words = [sys.executable, "-m", "underside", *(str(word) for word in command)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, cpu


def soak(folder: Path, wish: argparse.Namespace) -> None:
    """Memory over many small photos that keep coming, a hundred a capture."""
    began = time.monotonic()
    soon = ("--settle", "0.1", "--quiet", "2", "--complete-after", "4")
    with Watch(folder / "captures", folder / "out", *QUICK, *soon) as watch:
        for number in range(wish.photos):
            if number % 500 == 0:
                print(f"{number} photos, {time.monotonic() - began:.0f} s: {watch.megabytes():.0f} MB", flush=True)
            if time.monotonic() - began > wish.seconds:
                break
            put(folder / "captures" / f"vase {number // 100:03}" / f"IMG_{number:05}.jpg", small_photo(number))
            watch.until(lambda number=number: watch.count("seen") + 50 > number)  # type: ignore[misc]
            if number % 50 == 0:
                watch.until(lambda number=number: watch.count("shot") + 100 > number)  # type: ignore[misc]
        watch.until(lambda: len(_masks(folder / "out")) == number, seconds=60)
        print(
            f"{len(_masks(folder / 'out'))} masks: {watch.megabytes():.0f} MB, at most {watch.megabytes('VmHWM'):.0f}"
        )


def burst(folder: Path, wish: argparse.Namespace) -> None:
    """So many files at once, in captures of five hundred."""
    with Watch(folder / "captures", folder / "out", *QUICK, "--complete-after", "5") as watch:
        before = watch.megabytes()
        for number in range(wish.photos):
            put(folder / "captures" / f"vase {number // 500:03}" / f"IMG_{number:05}.jpg", small_photo(number))
        began = time.monotonic()
        captures = -(-wish.photos // 500)
        everything = watch.until(lambda: watch.count("complete") >= captures, seconds=wish.seconds)
        print(
            f"{wish.photos} files in {captures} captures: {len(_masks(folder / 'out'))} masks, "
            f"{'all' if everything else 'not all'} captures complete after {time.monotonic() - began:.0f} s, "
            f"{before:.0f} MB before, {watch.megabytes('VmHWM'):.0f} MB at most"
        )


def kills(folder: Path, wish: argparse.Namespace) -> None:
    """``kill -9`` at random moments of all stages, and the end compared byte by byte with an undisturbed run."""
    dice = random.Random(wish.seed)
    right, root, out = folder / "right", folder / "captures", folder / "out"
    names = [f"vase {number // 40:02}/{('upright', 'flipped')[number // 20 % 2]}" for number in range(wish.photos)]
    for number, name in enumerate(names):
        put(right / name / f"IMG_{number:05}.jpg", small_photo(number))
    once = ("--once", *QUICK)
    assert _timed(("watch", right, "-o", folder / "right-out", *once))
    coming = [path.relative_to(right) for path in sorted(right.rglob("*.jpg"))]
    each = -(-len(coming) // wish.kills)
    soon = ("--settle", "0.1", "--quiet", "0.4", "--complete-after", "0.8")
    before_start, doubled, done = 0, 0, set[str]()
    for kill in range(wish.kills):
        watch = Watch(root, out, *QUICK, *soon)
        for path in coming[:each]:
            put(root / path, (right / path).read_bytes())
        del coming[:each]
        if dice.random() < 0.1:
            time.sleep(dice.uniform(0.0, 1.0))  # somewhere in its start
        else:
            watch.until(lambda watch=watch: watch.count("started"))  # type: ignore[misc]
            time.sleep(dice.uniform(0.0, 1.5))
        before_start += not watch.count("started")
        watch.process.send_signal(signal.SIGKILL)
        watch.process.wait()
        doubled += len(done & {e["photo"] for _, e in watch.events if e["event"] == "shot" and not e["alone"]})
        done = {photo for photo, stage in _stages(out).items() if stage == "done"}
        if kill % 20 == 19:
            print(f"{kill + 1} kills: {len(done)} of {wish.photos} photos done", flush=True)
    _timed(("watch", root, "-o", out, *once))
    masks, expected = _masks(out), _masks(folder / "right-out")
    parts = [path for path in out.rglob("*") if path.name.endswith(".underside-part")]
    print(
        f"{wish.kills} kills (seed {wish.seed}), {before_start} of them before the watch had begun: {len(masks)} masks "
        f"of {wish.photos} photos, {sum(expected.get(name) != value for name, value in masks.items())} that differ, "
        f"{doubled} finished shots done again, {len(parts)} half-written files left, "
        f"stages {sorted(set(_stages(out).values()))}"
    )


def _masks(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.glob("*/masks/**/*.png")
    }


def _stages(out: Path) -> dict[str, str]:
    path = out / ".underside" / "journal.sqlite"
    if not path.exists():
        return {}
    journal = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        return dict(journal.execute("SELECT photo, stage FROM photos WHERE gone_at = 0").fetchall())
    except sqlite3.OperationalError:  # killed before it was made
        return {}
    finally:
        journal.close()


def main() -> None:
    """One measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measures = {each.__name__: each for each in (idle, first, throughput, soak, burst, kills)}
    parser.add_argument("measure", choices=measures)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="Work there, and leave everything.")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        measures[wish.measure](wish.folder or Path(temporary), wish)


if __name__ == "__main__":
    main()
