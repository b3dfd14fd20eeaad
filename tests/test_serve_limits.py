"""`underside serve` among careless and hostile clients: how many, how much, how long, and from where."""

import signal
import socket
import struct
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest
from PIL import Image
from served import PHOTO, Served, needs_curl, serving, wait_until
from tiny_networks import brightness

pytestmark = needs_curl

HEAD = (
    "POST /api/remove HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    "Content-Length: {}\r\n\r\n--b\r\n"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that costs nothing."""
    path = tmp_path_factory.mktemp("photos") / "small.jpg"
    with Image.open(PHOTO) as photo:
        photo.resize((320, 240)).save(path)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of three nodes: bright is object."""
    return brightness(tmp_path_factory.mktemp("models") / "bright.onnx", shape=(1, 3, 64, 64))


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Served]:
    """One at a time, none waits, a second for everything, half a megabyte and a megapixel."""
    limits = ("--workers", 1, "--queue", 0, "--timeout", 1, "--max-megabytes", 0.5, "--max-megapixels", 1)
    with serving(tmp_path_factory.mktemp("strict"), "--model", model, *limits) as service:
        yield service


def half_a_request(service: Served) -> socket.socket:
    """A client that has begun to send a photo and takes its time."""
    client = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    client.sendall(HEAD.format(1000).encode())
    return client


def test_eight_clients_at_once_get_what_one_gets(tmp_path: Path) -> None:
    with serving(tmp_path) as service, ThreadPoolExecutor(8) as pool:
        alone = service.curl("-F", f"file=@{PHOTO}")
        together = list(pool.map(lambda _: service.curl("-F", f"file=@{PHOTO}"), range(8)))
    assert {answer.status for answer in together} == {200}
    assert {answer.body for answer in together} == {alone.body}


def test_who_comes_while_all_places_are_taken_is_told_to_come_again(tmp_path: Path, model: Path, small: Path) -> None:
    with serving(tmp_path, "--model", model, "--workers", 1, "--queue", 1) as service:
        with half_a_request(service), half_a_request(service):
            wait_until(lambda: service.curl("-F", f"file=@{small}").status == 429)
            answer = service.curl("-F", f"file=@{small}")
        assert answer.headers["retry-after"] == "1"
        assert "is busy" in answer.said
        # Those who left have freed their places.
        wait_until(lambda: service.curl("-F", f"file=@{small}").status == 200)


def test_a_client_that_listens_only_once_it_has_sent_all_hears_why_too(tmp_path: Path, model: Path) -> None:
    large = bytes(20_000_000)  # more than lies in any buffer on the way
    with serving(tmp_path, "--model", model, "--workers", 1, "--queue", 0) as service, half_a_request(service):
        wait_until(lambda: service.curl("-X", "POST").status == 429)
        for address, status in ((service.url, 429), (f"{service.url}/elsewhere", 404)):
            with pytest.raises(HTTPError) as refused:  # anything else is a broken connection
                urlopen(Request(address, large), timeout=60)
            with refused.value as answer:
                assert answer.code == status


@pytest.mark.skipif(sys.platform == "win32", reason="it is called TEMP there")
def test_a_photo_that_there_is_no_room_for_is_told_where_to_make_some(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setenv("TMPDIR", str(room))
    large = tmp_path / "large.jpg"
    large.write_bytes(PHOTO.read_bytes() + bytes(2_000_000))
    with serving(tmp_path, "--model", model) as service:
        assert service.curl("-F", f"file=@{large}").status == 200
        away = room.rename(tmp_path / "away")
        answer = service.curl("-F", f"file=@{large}")
        away.rename(room)
        assert service.curl("-F", f"file=@{large}").status == 200
    assert answer.status == 503
    assert answer.said.startswith("The photo cannot be stored until its turn: No such file or directory. ")
    assert f"free some space in {room}" in answer.said


def test_a_photo_that_does_not_come_is_not_waited_for(strict: Served, small: Path) -> None:
    # Headers and sentence may come in packets of their own: read until the server hangs up, as it must.
    with half_a_request(strict) as client, client.makefile("rb") as reader:
        answer = reader.read()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"has not arrived within 1 s" in answer
    assert strict.curl("-F", f"file=@{small}").status == 200


@pytest.mark.parametrize("header", [(), ("-H", "Transfer-Encoding: chunked")], ids=["announced", "in chunks"])
def test_a_request_that_is_too_large_is_refused(strict: Served, tmp_path: Path, header: tuple[str, ...]) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(PHOTO.read_bytes() + b"\0" * 600_000)
    answer = strict.curl(*header, "-F", f"file=@{large}")
    assert answer.status == 413
    assert "larger than 0.5 MB. --max-megabytes" in answer.said


def test_a_photo_of_too_many_pixels_is_refused_before_it_is_decoded(strict: Served, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    ]
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    answer = strict.curl("-F", f"file=@{bomb}")
    assert answer.status == 400
    assert "3600 megapixels, the limit is 1" in answer.said


def test_a_text_in_place_of_a_file_has_a_limit_of_its_own(tmp_path: Path, model: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_bytes(b"a" * 2_000_000)
    with serving(tmp_path, "--model", model) as service:
        answer = service.curl("-F", f"file=<{long}")
    assert answer.status == 400
    assert "Send the photo as a file" in answer.said


def test_garbage_and_clients_that_leave_do_no_harm(tmp_path: Path, model: Path, small: Path) -> None:
    with serving(tmp_path, "--model", model) as service:
        for garbage in (
            b"\0\xff" * 500,
            b"GET\r\n\r\n",
            b"POST /api/remove HTTP/1.1\r\n\r\n",
            b"GET /" + b"a" * 99_999,
        ):
            with socket.create_connection(("127.0.0.1", service.port), timeout=30) as client:
                client.sendall(garbage)
        for _ in range(20):
            half_a_request(service).close()
        assert service.curl("-F", f"file=@{small}").status == 200
        assert "Traceback" not in service.log.read_text()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://["])
def test_no_page_may_ask_unless_it_is_named(strict: Served, small: Path, origin: str) -> None:
    answer = strict.curl("-F", f"file=@{small}", "-H", f"Origin: {origin}")
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert strict.curl("-X", "OPTIONS", "-H", f"Origin: {origin}").status in (403, 405)


def test_a_page_that_is_named_may_ask(tmp_path: Path, model: Path, small: Path) -> None:
    page = "http://localhost:3000"
    with serving(tmp_path, "--model", model, "--allow-origin", page) as service:
        answer = service.curl("-F", f"file=@{small}", "-H", f"Origin: {page}")
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, page)
        asked = ("-X", "OPTIONS", "-H", f"Origin: {page}", "-H", "Access-Control-Request-Method: POST")
        assert service.curl(*asked).status == 200
        other = service.curl("-F", f"file=@{small}", "-H", "Origin: http://localhost:3001")
        assert other.status == 403
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:7000", 200),
        ("rig", 200),
        ("[::1]", 200),
        ("host.docker.internal:7000", 200),
        ("scanner.local", 200),
        ("local", 200),
        ("local.example", 421),
        ("evil.example", 421),
        ("é", 421),
        ("[", 421),
    ],
)
def test_a_name_that_was_made_to_point_here_is_not_answered(strict: Served, host: str, status: int) -> None:
    assert strict.curl("-H", f"Host: {host}", path="/").status == status


def test_memory_stays_flat(tmp_path: Path, model: Path) -> None:
    photos = []
    for width, height in ((320, 240), (240, 320), (1280, 960)):
        photos.append(tmp_path / f"{width}.jpg")
        with Image.open(PHOTO) as photo:
            photo.resize((width, height)).save(photos[-1])
    with serving(tmp_path, "--model", model, "--workers", 2) as service, ThreadPoolExecutor(2) as pool:
        process = psutil.Process(service.process.pid)

        def ask(number: int) -> int:
            fields = (f"om={number % 2}", "af=x" if number % 5 == 0 else "af=9")
            forms = [word for field in fields for word in ("-F", field)]
            return service.curl("-F", f"file=@{photos[number % 3]}", *forms).status

        assert set(pool.map(ask, range(60))) == {200, 422}
        before = process.memory_info().rss
        assert set(pool.map(ask, range(180))) == {200, 422}
        grown = process.memory_info().rss - before
        open_files = len(process.open_files()) + len(process.net_connections())
    assert grown < 12 * 2**20
    assert open_files < 30


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_clients_that_wait_do_not_keep_it_from_ending(tmp_path: Path, model: Path) -> None:
    with (
        serving(tmp_path, "--model", model, "--timeout", 2) as service,
        half_a_request(service),
        socket.create_connection(("127.0.0.1", service.port)),
    ):
        wait_until(lambda: len(psutil.Process(service.process.pid).net_connections()) >= 3)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(20) == 0
