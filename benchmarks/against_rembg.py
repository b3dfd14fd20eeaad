"""Underside against rembg: whole processes over the same photos, in interleaved rounds, medians.

    python benchmarks/against_rembg.py --rembg PATH-TO-REMBG --photos 40 --rounds 3

rembg 2.0.86 is best installed in an environment of its own: pip install "rembg[cpu,cli]==2.0.86". Its published
weights are not needed: both run a network with U2NETP's graph (see u2netp.py).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from photos import write_photos
from u2netp import MEAN, STD, write_u2netp

UNDERSIDE = [sys.executable, "-m", "underside", "mask"]


@dataclass(frozen=True)
class Contest:
    """One of our runs, the run of rembg's that does the same work, and how much faster we promise to be."""

    what: str
    rembg: str
    ours: list[str]
    promised: float


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    peak_mb: float


REMBG = {"masks": ["-om", "-ppm"], "cut-outs": []}


def contests(model: Path) -> list[Contest]:
    """What is compared with what."""
    same = ["--model", str(model)]
    return [
        Contest("masks, same U2NETP", "masks", same, 5),
        Contest("masks, our model, defaults", "masks", [], 8),
        Contest("masks, our model, --effort fast", "masks", ["--effort", "fast"], 14),
        Contest("RGBA PNG, same U2NETP", "cut-outs", [*same, "--cutout", "transparent", "--cutout-format", "png"], 5),
        Contest(
            "JPEG on black, same U2NETP, re-encoded",
            "cut-outs",
            [*same, "--cutout", "black", "--cutout-mode", "fast"],
            10,
        ),
        Contest("JPEG on black, same U2NETP, lossless", "cut-outs", [*same, "--cutout", "black"], 6),
    ]


def measured(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said.decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def fresh(folder: Path) -> Path:
    """An empty folder for results."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rembg", default="rembg", help="rembg's command")
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep photos and results here")
    parser.add_argument("--json", type=Path, help="write every measurement here")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="underside-benchmark-"))
    photos, out = folder / f"photos-{chosen.photos}", folder / "out"
    write_photos(photos, chosen.photos)
    model = folder / "models" / "u2netp.onnx"
    write_u2netp(model)
    model.with_suffix(".toml").write_text(
        f'size = [320, 320]\nmean = {list(MEAN)}\nstd = {list(STD)}\nactivation = "none"\n'
    )
    environment = {**os.environ, "U2NET_HOME": str(model.parent), "OMP_NUM_THREADS": str(os.cpu_count())}
    costs: dict[str, list[Cost]] = {}
    for number in range(chosen.rounds):
        for name, options in REMBG.items():
            command = [chosen.rembg, "p", "-m", "u2netp", *options, str(photos), str(fresh(out))]
            costs.setdefault(f"rembg {name}", []).append(measured(command, environment))
        for contest in contests(model):
            command = [*UNDERSIDE, str(photos), "-o", str(fresh(out)), *contest.ours]
            costs.setdefault(contest.what, []).append(measured(command, dict(os.environ)))
        print(f"round {number + 1} of {chosen.rounds} done", file=sys.stderr)
    print(table(contests(model), costs, chosen.photos))
    if chosen.json:
        chosen.json.write_text(json.dumps({k: [vars(c) for c in v] for k, v in costs.items()}, indent=1))
    if not chosen.folder:
        shutil.rmtree(folder)


def table(rows: list[Contest], costs: dict[str, list[Cost]], photos: int) -> str:
    """The medians, as a Markdown table; ratios are taken round by round."""
    lines = [
        "| run | s per photo | CPU s per photo | peak MB | faster, wall | faster, CPU | promised |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(f"rembg {name}", costs[f"rembg {name}"], photos) + " 1 | 1 | |" for name in REMBG]
    for contest in rows:
        theirs, ours = costs[f"rembg {contest.rembg}"], costs[contest.what]
        wall = statistics.median(t.wall / o.wall for t, o in zip(theirs, ours, strict=True))
        cpu = statistics.median(t.cpu / o.cpu for t, o in zip(theirs, ours, strict=True))
        lines.append(_row(contest.what, ours, photos) + f" {wall:.1f}x | {cpu:.1f}x | {contest.promised:g}x |")
    return "\n".join(lines)


def _row(name: str, costs: list[Cost], photos: int) -> str:
    wall, cpu = (statistics.median(getattr(c, f) for c in costs) / photos for f in ("wall", "cpu"))
    return f"| {name} | {wall:.3f} | {cpu:.3f} | {statistics.median(c.peak_mb for c in costs):.0f} |"


if __name__ == "__main__":
    main()
