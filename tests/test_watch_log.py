"""What a watch tells beside its screen: a log that never grows too long, and figures for Prometheus."""

import json
import re
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import Run
from watched import QUICK, Watch, photo, put, put_some

from underside.watch.happenings import Note, Seen, Started
from underside.watch.log import Log, log_path

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} (info   |warning) \S.*")


def test_all_that_happens_is_logged_in_readable_lines(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    put(tmp_path / "captures" / "vase" / "IMG_0009.jpg", photo(9)[:900])
    once = ("watch", "captures", "-o", "out", "--once", "--settle", "0.05", *QUICK)
    assert run(*once).returncode == 3
    lines = log_path(tmp_path / "out", as_json=False).read_text(encoding="utf-8").splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    for expected in (
        "Watching ",
        "vase/IMG_0000.jpg: seen",
        r"vase/IMG_0001.jpg: .*\(\d.\d s\)",
        r"warning underside: vase/IMG_0009.jpg.* It is set aside.",
        "vase is complete: ",
        "Stopped; set aside: 1 photo",
    ):
        assert any(re.search(expected, line) for line in lines), expected
    run(*once)
    assert len(log_path(tmp_path / "out", as_json=False).read_text(encoding="utf-8").splitlines()) > len(lines)


def test_a_log_for_programs_has_the_events_of_the_line_protocol(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    done = run("watch", "captures", "-o", "out", "--once", "--events", "--log-json", *QUICK)
    logged = [json.loads(line) for line in log_path(tmp_path / "out", as_json=True).read_text().splitlines()]
    assert all(event.pop("time") for event in logged)
    assert logged == [json.loads(line) for line in done.stdout.splitlines()]


def test_a_log_never_grows_too_long_and_keeps_what_is_latest(tmp_path: Path) -> None:
    path = log_path(tmp_path, as_json=False)
    path.parent.mkdir()
    log = Log(tmp_path, as_json=False, longest=1000)
    for number in range(200):
        log(Seen(f"vase/IMG_{number:04}.jpg"))
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["watch.log", *(f"watch.log.{number}" for number in range(1, 5))]
    assert all(file.stat().st_size <= 1000 for file in files)
    assert "IMG_0199" in path.read_text().splitlines()[-1]
    kept = sorted(re.findall(r"IMG_\d+", "".join(file.read_text() for file in files)))
    assert kept == [f"IMG_{number:04}" for number in range(200 - len(kept), 200)]


def test_a_name_with_a_line_break_stays_on_its_line(tmp_path: Path) -> None:
    path = log_path(tmp_path, as_json=False)
    path.parent.mkdir()
    Log(tmp_path, as_json=False)(Seen("vase/IMG\n1999-01-01 \udcff.jpg"))
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert line.endswith(r"vase/IMG\n1999-01-01 \udcff.jpg: seen")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    log_path(tmp_path, as_json=False).mkdir(parents=True)
    Log(tmp_path, as_json=False)(Note("the disk is full"))


def test_a_watch_that_ends_by_a_mistake_logs_it_and_one_that_was_refused_does_not(tmp_path: Path) -> None:
    path = log_path(tmp_path, as_json=False)
    path.parent.mkdir()
    mistake = RuntimeError("the lamp fell over")
    refused, begun = (Log(tmp_path, as_json=False) for _ in range(2))
    refused.__exit__(RuntimeError, mistake, None)
    assert not path.exists()
    begun(Started(tmp_path, tmp_path, ()))
    begun.__exit__(RuntimeError, mistake, None)
    assert "the lamp fell over" in path.read_text().splitlines()[-1]


# --- figures ------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def figures(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.read().decode()
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'underside_[a-z_]+(\{[a-z]+="[a-z ]+"\})? -?[0-9.]+', row) for row in rows), text
    names = {row.split("{")[0].split(" ")[0].removesuffix("_sum").removesuffix("_count") for row in rows}
    assert set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)) == names
    return {name: float(value) for name, _, value in (row.rpartition(" ") for row in rows)}


def test_figures_are_told_to_this_machine(tmp_path: Path) -> None:
    port = free_port()
    with Watch(tmp_path, "--metrics-port", port).begins() as watch:
        put_some(watch.root / "vase", 3)
        put(watch.root / "vase" / "IMG_0009.jpg", photo(9)[:900])
        watch.until(lambda: watch.events("shot"))
        assert figures(port)["underside_shots_per_second"] > 0
        watch.until(lambda: [event for event in watch.events("failed") if event["final"]])
        watch.until_complete("vase")
        watch.until(lambda: figures(port)['underside_captures{state="complete"}'] == 1)
        assert figures(port)['underside_proofs{answer="no"}'] == 0
        told = figures(port)
        assert told['underside_photos{stage="done"}'] == 3
        assert told['underside_photos{stage="set aside"}'] == 1
        assert told["underside_queue"] == 0
        assert told["underside_photos_seen_total"] == 4
        assert told["underside_failures_total"] == 3
        assert told["underside_shot_seconds_count"] == len(watch.events("shot"))
        assert told["underside_shot_seconds_sum"] > 0
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20)
        assert watch.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="all of 127.0.0.0/8 is this machine's on Linux alone")
def test_figures_are_had_at_no_other_address(tmp_path: Path) -> None:
    port = free_port()
    with Watch(tmp_path, "--metrics-port", port).begins(), pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_a_port_that_is_taken_is_told_before_anything_is_done(run: Run, tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = run("watch", "captures", "-o", "out", "--once", "--metrics-port", port)
    assert (done.returncode, f"port {port}" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert not (tmp_path / "out").exists()
