"""`underside serve` asked for a photo at an address: from hosts that were named, and nowhere else."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from served import PHOTO, Answer, Served, needs_curl, serving
from tiny_networks import brightness

from underside.errors import SettingsError
from underside.serve.fetching import UrlHosts, fetch_photo
from underside.serve.refusal import Refusal

pytestmark = needs_curl

ON_OTHER_PORT = "http://127.0.0.1:{other}/photo"
REDIRECTS = {
    "/moved": "/photo",
    **{f"/{times}-times": f"/{times - 1}-times" for times in range(2, 7)},
    "/1-times": "/photo",
    "/round": "/round",
    "/nowhere": "",
    "/to-nonsense": "http://[",
    "/to-a-file": "file:///etc/passwd",
    "/to-metadata": "http://169.254.169.254/latest/",
    "/to-a-name": "http://localhost:{own}/photo",
    "/to-another-port": ON_OTHER_PORT,
}


class Host(BaseHTTPRequestHandler):
    """A camera's web server, good and bad."""

    asked: list[str]
    targets: dict[str, str]

    def do_GET(self) -> None:
        """Answer as the path says."""
        self.asked.append(self.path)
        if self.path in self.targets:
            self.send_response(302)
            if self.targets[self.path]:
                self.send_header("Location", self.targets[self.path])
            self.end_headers()
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"\xff")
                time.sleep(0.1)
        elif self.path == "/private" and self.headers["Authorization"] != "Basic cmlnOmEgQA==":
            self.send_error(401)
        elif self.path == "/civil" and "underside" not in self.headers.get("User-Agent", ""):
            self.send_error(403)
        elif self.path == "/missing":
            self.send_error(404)
        else:
            content = PHOTO.read_bytes() * (5 if self.path == "/large" else 1)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    """Content with clients that leave."""

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


def a_host() -> ThreadingHTTPServer:
    server = Quiet(("127.0.0.1", 0), type("Own", (Host,), {"asked": [], "targets": {}}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def other() -> Iterator[ThreadingHTTPServer]:
    server = a_host()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def host(other: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    server = a_host()
    ports = {"own": server.server_port, "other": other.server_port}
    server.RequestHandlerClass.targets = {path: target.format(**ports) for path, target in REDIRECTS.items()}  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, host: ThreadingHTTPServer) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("service")
    model = brightness(folder / "bright.onnx", shape=(1, 3, 64, 64))
    allowed = ("--allow-url-host", f"127.0.0.1:{host.server_port}", "--allow-url-host", "example.invalid")
    with serving(folder, "--model", model, *allowed, "--max-megabytes", 1, "--timeout", 2) as served:
        yield served


def ask(service: Served, url: str, more: str = "") -> Answer:
    return service.curl(query=f"?url={quote(url, safe='')}{more}")


def test_a_photo_of_a_named_host_is_masked(service: Served, host: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{host.server_port}/photo"
    assert ask(service, url).pixels.shape == (960, 1280, 4)
    assert ask(service, url, "&om=true").pixels.shape == (960, 1280)


def test_a_redirect_within_the_named_host_is_followed(service: Served, host: ThreadingHTTPServer) -> None:
    assert ask(service, f"http://127.0.0.1:{host.server_port}/moved").status == 200


def test_a_host_is_told_who_asks_and_by_which_name_and_password(service: Served, host: ThreadingHTTPServer) -> None:
    assert ask(service, f"http://127.0.0.1:{host.server_port}/civil").status == 200
    assert ask(service, f"http://rig:a%20%40@127.0.0.1:{host.server_port}/private").status == 200
    refused = ask(service, f"http://127.0.0.1:{host.server_port}/private")
    assert refused.status == 400
    assert b"127.0.0.1 answers 401 Unauthorized." in refused.body


def test_an_unknown_model_is_told_of_where_the_query_names_it(service: Served, host: ThreadingHTTPServer) -> None:
    answer = ask(service, f"http://127.0.0.1:{host.server_port}/photo", "&model=nonsense")
    assert answer.status == 422
    assert [problem["loc"] for problem in answer.said] == [["query", "model"]]


def test_five_redirects_are_followed_and_not_a_sixth(service: Served, host: ThreadingHTTPServer) -> None:
    assert ask(service, f"http://127.0.0.1:{host.server_port}/5-times").status == 200
    assert ask(service, f"http://127.0.0.1:{host.server_port}/6-times").said == "Too many redirects."


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/to-metadata", "Photos are not fetched from 169.254.169.254, port 80"),
        ("/to-another-port", "Photos are not fetched from 127.0.0.1, port"),
        ("/to-a-name", "Photos are not fetched from localhost, port"),
        ("/to-a-file", "Only http and https URLs are allowed."),
        ("/round", "Too many redirects."),
        ("/nowhere", "Redirect without Location header."),
        ("/to-nonsense", "Invalid URL: "),
        ("/missing", "127.0.0.1 answers 404 Not Found."),
        ("/slow", "127.0.0.1 has not sent the photo in time."),
        ("/large", "Image exceeds maximum size."),
    ],
)
def test_where_a_named_host_leads_is_checked(
    service: Served, host: ThreadingHTTPServer, other: ThreadingHTTPServer, path: str, sentence: str
) -> None:
    answer = ask(service, f"http://127.0.0.1:{host.server_port}{path}")
    assert answer.status == 400
    assert answer.said.startswith(sentence)
    assert not other.RequestHandlerClass.asked  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "Only http and https URLs are allowed."),
        ("ftp://x/y", "Only http and https URLs are allowed."),
        ("file:///etc/passwd", "Only http and https URLs are allowed."),
        ("http:///x", "Invalid URL: missing hostname."),
        ("http://[", "Invalid URL: "),
        ("http://127.0.0.1:99999/", "Invalid URL: "),
        ("http://example.invalid/", "Could not resolve hostname."),
        ("http://localhost/", "Photos are not fetched from localhost"),
        ("http://2130706433/", "Photos are not fetched from 2130706433"),
        ("http://example.invalid@10.0.0.1/", "Photos are not fetched from 10.0.0.1"),
    ],
)
def test_an_address_that_was_not_allowed_is_not_asked(service: Served, url: str, sentence: str) -> None:
    answer = ask(service, url)
    assert answer.status == 400
    assert answer.said.startswith(sentence)


def test_nothing_is_fetched_unless_a_host_was_named(tmp_path: Path, host: ThreadingHTTPServer) -> None:
    asked = host.RequestHandlerClass.asked  # type: ignore[attr-defined]
    asked.clear()
    model = brightness(tmp_path / "bright.onnx", shape=(1, 3, 64, 64))
    with serving(tmp_path, "--model", model) as service:
        answer = ask(service, f"http://127.0.0.1:{host.server_port}/photo")
    assert answer.status == 400
    assert "--allow-url-host HOST" in answer.said
    assert not asked


def test_an_address_is_a_field_that_must_be_there(service: Served) -> None:
    answer = service.curl()
    assert answer.status == 422
    assert answer.said == [{"type": "missing", "loc": ["query", "url"], "msg": "Field required", "input": None}]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::1"),
    ],
)
def test_a_name_that_leads_into_this_network_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [found("93.184.215.14"), found(address)])
    with pytest.raises(Refusal, match="private/internal addresses are not allowed") as refused:
        fetch_photo("http://photos.example/", UrlHosts.parse(["photos.example"]), max_bytes=9, patience=1)
    assert refused.value.status == 400


def test_a_name_is_resolved_once_and_its_address_kept(
    monkeypatch: pytest.MonkeyPatch, host: ThreadingHTTPServer, other: ThreadingHTTPServer
) -> None:
    names: list[str] = []
    really = socket.getaddrinfo

    def rebinding(name: str, *more: Any, **named: Any) -> Any:  # noqa: ANN401
        if name != "photos.example":
            return really(name, *more, **named)
        names.append(name)
        return [found("127.0.0.1" if len(names) == 1 else "127.0.0.2")]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    port = host.server_port
    allowed = UrlHosts.parse([f"photos.example:{port}", f"127.0.0.1:{port}"])
    content = fetch_photo(f"http://photos.example:{port}/photo", allowed, max_bytes=1 << 20, patience=5)
    assert content == PHOTO.read_bytes()
    assert names == ["photos.example"]


def found(address: str) -> tuple[Any, ...]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, 6, "", (address, 80)


@pytest.mark.parametrize("said", ["", "a b", "http://a", "a:0", "a:99999", "[::1", "a/b", "u@a"])
def test_a_host_that_is_none_cannot_be_allowed(said: str) -> None:
    with pytest.raises(SettingsError, match="is not a host"):
        UrlHosts.parse([said])


def test_a_host_without_a_port_means_the_usual_two() -> None:
    hosts = UrlHosts.parse(["Example.ORG.", "[2001:DB8::1]:8080"])
    assert hosts.allows("example.org", 80)
    assert hosts.allows("example.org", 443)
    assert not hosts.allows("example.org", 8080)
    assert not hosts.allows("sub.example.org", 80)
    assert hosts.allows("2001:db8::1", 8080)
    assert not hosts.allows("2001:db8::1", 80)
