"""A server of one file on this machine, for the tests: as good or as bad as a test wants it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class ModelServer:
    """What it serves, how it behaves, and what it was asked."""

    content: bytes
    version: str = '"one"'
    """Its ETag; none where empty."""
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the next answers break off."""
    status: int = 200
    kind: str = "application/octet-stream"
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of every request."""
    address: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one GET."""
        span = request.headers.get("Range", "")
        self.asked.append((request.path, span))
        wanted = re.fullmatch(r"bytes=(\d+)-", span) if self.ranges else None
        if wanted and request.headers.get("If-Range", self.version) != self.version:
            wanted = None
        first = int(wanted[1]) if wanted else 0
        body = self.content[first:]
        status = 206 if wanted else self.status
        if wanted and not body:
            status = 416
        request.send_response(status)
        request.send_header("Content-Type", self.kind)
        request.send_header("Content-Length", str(len(body)))
        if self.version:
            request.send_header("ETag", self.version)
        total = len(self.content)
        if status == 206:
            request.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
        if status == 416:
            request.send_header("Content-Range", f"bytes */{total}")
        request.end_headers()
        request.wfile.write(body[: self.cuts.pop(0)] if self.cuts else body)


@contextmanager
def serving(content: bytes) -> Iterator[ModelServer]:
    """Serve until the block ends."""
    server = ModelServer(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.address = f"http://127.0.0.1:{http.server_port}"
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
