"""The command: ``python -m benchmarks.captures list | render | render-set``."""

import argparse
import importlib.util
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .seeds import KINDS, SETS, Entry

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "list":
        return _list()
    if importlib.util.find_spec("mitsuba") is None:
        print("The renderer is not installed. Run: pip install 'underside[captures]'", file=sys.stderr)
        return 2
    if options.command == "render":
        return _render(options.kind, options.seed, options.out, options.size, options.shots)
    return _render_set(options.set, options.out, options.size, options.shots, options.processes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.captures", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the kinds, and the seeds of each set")
    one = commands.add_parser("render", help="render one capture")
    one.add_argument("kind", choices=KINDS)
    one.add_argument("--seed", type=int, required=True)
    whole = commands.add_parser("render-set", help="render a set of captures; run again to go on")
    whole.add_argument("set", choices=SETS)
    whole.add_argument("--processes", type=int, default=2)
    for command, size, shots in ((one, "1280x960", 18), (whole, "800x600", 12)):
        command.add_argument("--out", type=Path, required=True, help="the folder; photos that are there are kept")
        command.add_argument("--size", type=_size, default=size, help="WIDTHxHEIGHT, multiples of 4")
        command.add_argument("--shots", type=int, default=shots, help="a pass, over two rings")
    return parser


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()) or int(width) % 4 or int(height) % 4 or int(height) < 64:
        raise argparse.ArgumentTypeError(f"{text} is not WIDTHxHEIGHT in multiples of 4, such as 960x720")
    return int(width), int(height)


def _list() -> int:
    for kind, words in KINDS.items():
        seeds = "; ".join(
            f"{name} {', '.join(str(entry.seed) for entry in entries if entry.kind == kind)}"
            for name, entries in SETS.items()
        )
        print(f"{kind:<11} {words} ({seeds})")
    return 0


def _render(kind: str, seed: int, out: Path, size: tuple[int, int], shots: int) -> int:
    from .folder import AnotherCaptureError, render
    from .plan import make_plan

    start = time.monotonic()
    try:
        made = render(make_plan(kind, seed, size=size, shots=shots), out)
    except AnotherCaptureError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{out}: {made} photos in {time.monotonic() - start:.0f} s")
    return 0


def _render_set(name: str, out: Path, size: tuple[int, int], shots: int, processes: int) -> int:
    def one(entry: Entry) -> int:
        call = [sys.executable, "-m", "benchmarks.captures", "render", entry.kind, "--seed", str(entry.seed)]
        call += ["--out", str(out / entry.name), "--size", f"{size[0]}x{size[1]}", "--shots", str(shots)]
        return subprocess.run(call, check=False).returncode

    with ThreadPoolExecutor(processes) as pool:
        codes = list(pool.map(one, SETS[name]))
    return int(any(codes))  # below 0 where a process was killed


if __name__ == "__main__":
    sys.exit(main())
