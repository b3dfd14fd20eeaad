"""`underside serve` against `rembg s`: the same requests to both, in interleaved rounds, medians of the ratios.

    python benchmarks/against_rembg_http.py --rembg PATH-TO-REMBG --photos 8 --rounds 3
    python benchmarks/against_rembg_http.py --soak 2000

rembg 2.0.86 is best installed in an environment of its own: pip install "rembg[cpu,cli]==2.0.86". Its published
weights are not needed: both run a network with U2NETP's graph (see u2netp.py). The soak asks our service alone,
with small photos, and watches its memory.
"""

import argparse
import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import psutil
from photos import write_photos
from u2netp import MEAN, STD, write_u2netp

from underside.resources import demo_folder

BOUNDARY = "underside-benchmark"
FORMS: dict[str, dict[str, str]] = {
    "cut-out (the default)": {},
    "mask (om)": {"om": "true"},
    "hard mask (om, ppm)": {"om": "true", "ppm": "true"},
}


@dataclass(frozen=True)
class Service:
    """A server that is running."""

    process: psutil.Process
    port: int

    @property
    def cpu(self) -> float:
        """Seconds of all processors so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    @property
    def resident_mb(self) -> float:
        """Memory in use now."""
        return float(self.process.memory_info().rss) / 2**20

    def ask(self, body: bytes) -> int:
        """The length of the answer to one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("POST", "/api/remove", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status != 200:
            raise SystemExit(f"port {self.port} answers {response.status}: {content[:300].decode()}")
        return len(content)


@dataclass(frozen=True)
class Cost:
    """What one round of requests took, a photo."""

    wall: float
    cpu: float
    resident_mb: float


def form(photo: bytes, fields: dict[str, str]) -> bytes:
    """A multipart body as curl makes it."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="IMG.JPG"\r\n\r\n'
    return b"".join([*parts, head.encode(), photo, f"\r\n--{BOUNDARY}--\r\n".encode()])


def measured(service: Service, bodies: list[bytes], clients: int) -> Cost:
    """Send all, so many at once."""
    cpu, began = service.cpu, time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(service.ask, bodies))
    wall = time.perf_counter() - began
    return Cost(wall / len(bodies), (service.cpu - cpu) / len(bodies), service.resident_mb)


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int) -> Iterator[Service]:
    """A server, until the block ends; port 0: it prints the one it took."""
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        if port == 0:
            said = re.search(r":(\d+)/api/remove", process.stdout.readline())
            if said is None:
                raise SystemExit(f"{' '.join(command)} did not start")
            port = int(said[1])
        else:
            wait_for(port)
        yield Service(psutil.Process(process.pid), port)
    finally:
        process.terminate()
        process.wait(60)


def wait_for(port: int) -> None:
    """Until somebody answers there."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"nobody answers at port {port}")


def free_port() -> int:
    """One that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def ours(*options: str) -> list[str]:
    """The command that starts our service."""
    return [sys.executable, "-m", "underside", "serve", "--port", "0", *options]


def compare(chosen: argparse.Namespace, folder: Path) -> None:
    """Both servers, round by round."""
    write_photos(folder / f"photos-{chosen.photos}", chosen.photos)
    photos = [path.read_bytes() for path in sorted((folder / f"photos-{chosen.photos}").glob("*.JPG"))]
    model = folder / "models" / "u2netp.onnx"
    write_u2netp(model)
    model.with_suffix(".toml").write_text(
        f'size = [320, 320]\nmean = {list(MEAN)}\nstd = {list(STD)}\nactivation = "none"\n'
    )
    environment = {**os.environ, "U2NET_HOME": str(model.parent), "OMP_NUM_THREADS": str(os.cpu_count())}
    port = free_port()
    rembg = [chosen.rembg, "s", "--no-ui", "-h", "127.0.0.1", "-p", str(port)]
    costs: dict[tuple[str, str], list[Cost]] = {}
    with (
        running(rembg, environment, port) as theirs,
        running(ours("--model", str(model)), dict(os.environ), 0) as us,
        running(ours(), dict(os.environ), 0) as us_with_our_model,
    ):
        contestants = {"rembg": theirs, "ours, same U2NETP": us, "ours, our model": us_with_our_model}
        for service in (theirs, us):
            service.ask(form(photos[0], {"model": "u2netp"}))
        us_with_our_model.ask(form(photos[0], {}))
        for number in range(chosen.rounds):
            for asked, fields in FORMS.items():
                for name, service in contestants.items():
                    named = fields if service is us_with_our_model else {"model": "u2netp", **fields}
                    bodies = [form(photo, named) for photo in photos]
                    costs.setdefault((asked, name), []).append(measured(service, bodies, chosen.clients))
            print(f"round {number + 1} of {chosen.rounds} done", file=sys.stderr)
    print(table(costs))


def table(costs: dict[tuple[str, str], list[Cost]]) -> str:
    """The medians, as a Markdown table; ratios are taken round by round."""
    lines = [
        "| asked for | by | s per photo | CPU s per photo | MB in use | faster, wall | lowest | faster, CPU |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (asked, name), measures in costs.items():
        theirs = costs[asked, "rembg"]
        wall = [t.wall / m.wall for t, m in zip(theirs, measures, strict=True)]
        cpu = [t.cpu / m.cpu for t, m in zip(theirs, measures, strict=True)]
        seconds, processor, memory = (
            statistics.median(getattr(m, what) for m in measures) for what in ("wall", "cpu", "resident_mb")
        )
        ratios = f"{statistics.median(wall):.1f}x | {min(wall):.1f}x | {statistics.median(cpu):.1f}x"
        lines.append(f"| {asked} | {name} | {seconds:.3f} | {processor:.3f} | {memory:.0f} | {ratios} |")
    return "\n".join(lines)


def soak(requests: int, clients: int) -> None:
    """Many small requests to our service, its memory told a tenth at a time."""
    bodies = []
    for path in sorted(demo_folder().glob("*/*.JPG"))[:6]:
        picture = cv2.imread(str(path))
        assert picture is not None
        small = cv2.resize(picture, (640, 480), interpolation=cv2.INTER_AREA)
        photo = cv2.imencode(".jpg", small)[1].tobytes()
        bodies += [form(photo, {}), form(photo, {"om": "true"}), form(photo, {"bgc": "255,255,255"})]
    with running(ours(), dict(os.environ), 0) as service:
        tenth = max(1, requests // 10)
        for done in range(0, requests, tenth):
            measured(service, [bodies[number % len(bodies)] for number in range(tenth)], clients)
            print(f"{done + tenth:6} requests: {service.resident_mb:7.1f} MB")


def main() -> None:
    """Compare, or soak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rembg", default="rembg", help="rembg's command")
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=2, help="requests at once")
    parser.add_argument("--folder", type=Path, help="keep photos and the model here")
    parser.add_argument("--soak", type=int, metavar="REQUESTS", help="watch our memory instead")
    chosen = parser.parse_args()
    if chosen.soak:
        soak(chosen.soak, chosen.clients)
        return
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="underside-benchmark-"))
    compare(chosen, folder)
    if not chosen.folder:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
