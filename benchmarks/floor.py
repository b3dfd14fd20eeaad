"""The floor: what one 24-megapixel photo must cost, step by step, and how near the whole engine comes to it.

    python benchmarks/floor.py --photos 12

Every step is timed alone, on one thread, in this process: median over the photos. The engine's own figure is that of a
whole process with two workers over the same photos, less the time of a process over none.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import cv2
from photos import write_photos

from underside.capture import read_capture
from underside.files import write_atomically
from underside.looks import Frame, find_object
from underside.photo import decode, open_photo
from underside.png import encode_png
from underside.refine import refine
from underside.segmenters.network import load_segmenter
from underside.survey import Surveyor

STEPS = (
    "survey: small decode and first look of some shots, what the ring knows",
    "read and hash",
    "decode",
    "first look, with the ring",
    "closer look",
    "weigh with what the ring knows",
    "edges",
    "encode the mask",
    "write and sync",
)
_T = TypeVar("_T")


class Clock:
    """CPU milliseconds of one thread, by step."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {step: [] for step in STEPS}

    def time(self, step: str, work: Callable[[], _T]) -> _T:
        """Do the work and remember its cost."""
        started = time.thread_time()
        result = work()
        self.spent[step].append(1000 * (time.thread_time() - started))
        return result


def steps(photos: list[Path], out: Path) -> Clock:
    """Do by hand what the engine does for a photo, with nothing around it."""
    cv2.setNumThreads(1)
    segmenter = load_segmenter()
    clock = Clock()
    shots = read_capture(photos, output=out).shots
    surveyor = Surveyor(segmenter, (), max_megapixels=250)
    with ThreadPoolExecutor(1) as pool:
        started = time.process_time()
        seen = surveyor.survey(shots, pool, threading.Event())
        clock.spent[STEPS[0]].append(1000 * (time.process_time() - started) / len(photos))
    for shot in shots:
        path, known = shot.path, seen[shot.name]
        photo = clock.time("read and hash", lambda path=path: open_photo(path))  # type: ignore[misc]
        pixels = clock.time("decode", lambda photo=photo: decode(photo))  # type: ignore[misc]
        frame = Frame.of(photo)
        first = clock.time(
            "first look, with the ring",
            lambda: known.first(segmenter, frame, pixels, photo.camera),  # noqa: B023
        )
        found = clock.time(
            "closer look",
            lambda: find_object(segmenter, frame, pixels, looks=2, first=first),  # noqa: B023
        )
        if known.ring is not None:
            ring, uncertain = known.ring, found
            found = clock.time(
                "weigh with what the ring knows",
                lambda: ring.correct(uncertain, frame, pixels),  # noqa: B023
            )
        size = (photo.width, photo.height)
        mask = clock.time("edges", lambda: refine(found.matte, found.box, pixels, size))  # noqa: B023
        content = clock.time("encode the mask", lambda: encode_png(mask))  # noqa: B023
        clock.time("write and sync", lambda: write_atomically(out / f"{path.name}.png", content))  # noqa: B023
    return clock


def whole_process(photos: list[Path], out: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a process over these photos."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "underside", "mask", *map(str, photos), "-o", str(out), "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=12)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="underside-floor-") as name:
        folder = Path(name)
        write_photos(folder / "photos", chosen.photos)
        photos = sorted((folder / "photos").glob("*.JPG"))
        clock = steps(photos, folder / "steps")
        medians = {step: statistics.median(spent) for step, spent in clock.spent.items()}
        _, start_cpu = whole_process(photos[:1], folder / "one")
        wall, cpu = whole_process(photos, folder / "all")
    floor = sum(medians.values())
    engine = 1000 * (cpu - start_cpu) / (len(photos) - 1)
    print("| step | CPU ms per photo |\n|---|---|")
    print("\n".join(f"| {step} | {medians[step]:.0f} |" for step in STEPS))
    print(f"| **floor: their sum** | **{floor:.0f}** |")
    print(f"| the engine, whole process, start-up apart | {engine:.0f} = {engine / floor:.2f}x |")
    print(f"\n{len(photos)} photos with 2 workers: {wall:.2f} s, {wall / len(photos):.3f} s a photo")


if __name__ == "__main__":
    main()
