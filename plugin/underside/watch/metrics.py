"""Figures of a running watch for Prometheus, as text over HTTP, for this machine alone."""

import os
import threading
from collections import Counter
from contextlib import AbstractContextManager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from underside.errors import SettingsError, UndersideError
from underside.journal import Stage
from underside.watch.happenings import Failed, Happening, Masked, Seen
from underside.watch.pace import Pace
from underside.watch.status import Status, read_status

__all__ = ["Metrics"]

_HOST = "127.0.0.1"


class Metrics(AbstractContextManager["Metrics"]):
    """Counts what it hears of; the rest is read from the journal when somebody asks."""

    def __init__(self, out: Path, port: int) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._seconds = 0.0
        self._pace = Pace()
        try:
            self._server = _Server((_HOST, port), _handler(self))
        except OSError as error:
            what = f"Metrics cannot be served on port {port}: {error.strerror}"
            raise SettingsError(what, "Choose another --metrics-port") from error
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __call__(self, happening: Happening) -> None:
        """Hear of something."""
        with self._lock:
            match happening:
                case Seen():
                    self._counts["seen"] += 1
                case Failed():
                    self._counts["failed"] += 1
                case Masked(record=record):
                    self._counts["masked"] += 1
                    self._seconds += record.seconds
                    self._pace.count()

    def text(self) -> str:
        """Everything, in the format of Prometheus 0.0.4."""
        with self._lock:
            counts, seconds = Counter(self._counts), self._seconds
        lines = [
            *_figure("photos_seen_total", "counter", "New photos seen.", counts["seen"]),
            *_figure("failures_total", "counter", "Failed attempts at a photo.", counts["failed"]),
            *_figure("shots_per_second", "gauge", "Masks made in the last minute.", round(self._pace.a_second(), 3)),
            *_heading("shot_seconds", "summary", "Masks made since the start, and the time that each took."),
            f"underside_shot_seconds_sum {seconds:.3f}",
            f"underside_shot_seconds_count {counts['masked']}",
        ]
        with suppress(UndersideError):  # the journal is being made again
            lines += _of_journal(read_status(self._out))
        return "".join(f"{line}\n" for line in lines)


def _of_journal(status: Status) -> list[str]:
    stages: Counter[str] = Counter()
    for capture in status.captures:
        stages.update(capture.stages)
    answers = Counter(capture.answer for capture in status.captures)
    complete = sum(capture.complete for capture in status.captures)
    waiting = sum(capture.waiting for capture in status.captures)
    return [
        *_figure("queue", "gauge", "Photos waiting for their first mask.", waiting),
        *_heading("photos", "gauge", "Photos in the folder, by how far they have come."),
        *(f'underside_photos{{stage="{stage.value}"}} {stages[stage.value]}' for stage in Stage),
        *_heading("captures", "gauge", "Captures, complete or in work."),
        f'underside_captures{{state="complete"}} {complete}',
        f'underside_captures{{state="open"}} {len(status.captures) - complete}',
        *_heading("proofs", "gauge", "Complete captures, by whether their passes are one object."),
        *(f'underside_proofs{{answer="{each}"}} {answers[each]}' for each in ("yes", "unsafe", "no")),
    ]


def _figure(name: str, kind: str, meaning: str, value: float) -> list[str]:
    return [*_heading(name, kind, meaning), f"underside_{name} {value}"]


def _heading(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP underside_{name} {meaning}", f"# TYPE underside_{name} {kind}"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Elsewhere, for a port that was just let go of; on Windows it would let two programs have the same one.
    allow_reuse_address = os.name == "posix"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is none of our business."""


def _handler(metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            content = metrics.text().encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nobody wants a line for each visit."""

    return Handler
