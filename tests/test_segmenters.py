"""The classical segmenters, each on pictures whose object is known, and through the command."""

import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import Run
from numpy.typing import NDArray
from PIL import Image

from underside.errors import ModelError, PhotoError
from underside.segmenters import Choices
from underside.segmenters._classical import ClassicalSegmenter
from underside.segmenters._mixture import first_mixture
from underside.segmenters.by_name import SEGMENTERS, make_segmenter
from underside.segmenters.grabcut import GrabcutSegmenter, cut_by_colour
from underside.segmenters.plate import judge_plate, read_plate
from underside.segmenters.remote import RemoteSegmenter

Picture = NDArray[np.uint8]
SIZE = (480, 360)


def truth(*, shift: int = 0) -> NDArray[np.bool_]:
    mask = np.zeros(SIZE[::-1], np.uint8)
    cv2.ellipse(mask, (240 + shift, 170), (70, 100), 0, 0, 360, 1, cv2.FILLED)
    cv2.rectangle(mask, (200 + shift, 200), (300 + shift, 290), 1, cv2.FILLED)
    return mask.astype(bool)


def room(colour: tuple[int, int, int], *, seed: int = 1, noise: float = 1.5) -> Picture:
    shade = np.linspace(0.92, 1.0, SIZE[0])[None, :, None]
    grain = np.random.default_rng(seed).normal(0, noise, (SIZE[1], SIZE[0], 3))
    return np.clip(np.array(colour) * shade + grain, 0, 255).astype(np.uint8)


def shot(
    background: Picture, colour: tuple[int, int, int], *, seed: int = 2, shadow: float = 1.0, shift: int = 0
) -> Picture:
    """The object on a background, with a soft shadow beside it that leaves so much light."""
    dark = np.zeros(SIZE[::-1], np.float32)
    cv2.ellipse(dark, (330 + shift, 270), (90, 30), 0, 0, 360, 1, cv2.FILLED)
    light = 1 - (1 - shadow) * cv2.GaussianBlur(dark, (0, 0), 12)[..., None]
    picture = background * light
    sides = np.linspace(0.75, 1.05, SIZE[0])[None, :, None]
    inside = cv2.GaussianBlur(truth(shift=shift).astype(np.float32), (0, 0), 0.7)[..., None]
    picture = picture * (1 - inside) + np.array(colour) * sides * inside
    grain = np.random.default_rng(seed).normal(0, 1.5, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def iou(matte: NDArray[Any], of: NDArray[np.bool_]) -> float:
    found = cv2.resize(matte.astype(np.float32), of.shape[::-1]) > 0.5
    return float((found & of).sum() / (found | of).sum())


def save(picture: Picture, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, quality=95)
    return path


def masks(folder: Path) -> dict[str, Picture]:
    found = {
        path.name.removesuffix(".png"): cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in folder.rglob("*.png")
    }
    return {name: mask.astype(np.uint8) for name, mask in found.items() if mask is not None}


GREEN, ORANGE = (40, 160, 60), (220, 120, 50)

WAYS: dict[str, tuple[Picture, dict[str, Any]]] = {
    "chroma": (shot(room(GREEN), ORANGE, shadow=0.6), {}),
    "chroma with a key": (shot(room(GREEN), ORANGE, shadow=0.6), {"key_colour": "#28a03c"}),
    "threshold in a light tent": (shot(room((235, 235, 235)), (120, 110, 100)), {}),
    "threshold on black velvet": (shot(room((14, 14, 16)), (120, 110, 100)), {}),
    "threshold by colour": (shot(room((128, 128, 128)), (190, 90, 90)), {}),
    "kmeans": (shot(room((90, 110, 160)), ORANGE), {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_object_is_found(way: str) -> None:
    picture, choices = WAYS[way]
    matte = make_segmenter(way.split()[0], Choices(**choices)).matte(picture)
    assert iou(matte, truth()) > 0.95
    assert matte.dtype == np.float32
    assert 0 <= matte.min() <= matte.max() <= 1


# Whoever adds one that starts from the network's matte, or needs something besides the picture, names it here.
LOOK_AT_THE_PICTURE_ONLY = SEGMENTERS.keys() - {"network", "plate", "grabcut", "remote"}


@pytest.mark.parametrize("name", sorted(LOOK_AT_THE_PICTURE_ONLY))
@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (40, 30)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_picture_of_nothing_gives_a_matte_and_no_crash(name: str, shape: tuple[int, int], value: int) -> None:
    matte = make_segmenter(name, Choices()).matte(np.full((*shape, 3), value, np.uint8))
    assert np.isfinite(matte).all()
    assert 0 <= matte.min() <= matte.max() <= 1


def test_threads_get_the_same_bytes() -> None:
    segmenter = make_segmenter("kmeans", Choices())
    picture = WAYS["kmeans"][0]
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(segmenter.matte(picture).tobytes())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [segmenter.matte(picture).tobytes()] * 4


def test_grabcut_mends_a_rough_matte() -> None:
    rough = cv2.GaussianBlur(truth(shift=14).astype(np.float32), (0, 0), 8).astype(np.float32)
    picture = shot(room((90, 110, 160)), ORANGE)
    assert iou(cut_by_colour(picture, rough), truth()) > max(0.95, iou(rough, truth()))


def test_grabcut_begins_with_the_five_colours_that_there_are() -> None:
    colours = np.array([(20, 20, 20), (200, 40, 30), (40, 180, 60), (60, 60, 220), (230, 230, 230)], np.uint8)
    often = (40, 30, 15, 10, 5)
    mixture = first_mixture(np.repeat(colours, often, axis=0)[None])[0]
    found = {tuple(mean): weight for mean, weight in zip(mixture[5:20].reshape(5, 3), mixture[:5], strict=True)}
    assert found == pytest.approx({tuple(map(float, c)): n / 100 for c, n in zip(colours, often, strict=True)})


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 400), (40, 30)])
@pytest.mark.parametrize("value", [0, 255])
def test_grabcut_bears_a_picture_of_one_colour(shape: tuple[int, int], value: int) -> None:
    matte = np.zeros(shape, np.float32)
    matte[0, 0] = 0.6
    assert np.isfinite(cut_by_colour(np.full((*shape, 3), value, np.uint8), matte)).all()


def test_grabcut_looks_as_closely_as_its_seed_in_both_directions() -> None:
    class WideSeed(ClassicalSegmenter):
        def grid(self, width: int, height: int) -> tuple[int, int]:
            return 1024, 1024

    seed = WideSeed("wide", lambda small: small[..., 0].astype(np.float32))
    assert GrabcutSegmenter(seed).grid(5000, 1000) == (1145, 1024)


def test_grabcut_leaves_an_empty_matte_empty() -> None:
    assert not cut_by_colour(room(GREEN), np.zeros((20, 30), np.float32)).any()


# The plate


@pytest.mark.parametrize(
    ("background", "colour", "least"),
    [
        ((140, 120, 100), (60, 90, 170), 0.93),
        ((140, 120, 100), (150, 150, 150), 0.93),
        ((232, 232, 230), (245, 240, 228), 0.9),
        ((16, 16, 18), (70, 66, 60), 0.88),
    ],
    ids=["blue on brown", "grey on brown", "white in a tent", "dark on velvet"],
)
def test_a_plate_shows_what_is_object_and_what_is_shadow(
    background: tuple[int, int, int], colour: tuple[int, int, int], least: float, tmp_path: Path
) -> None:
    plate = save(room(background, seed=5), tmp_path / "empty" / "plate.png")
    picture = shot(room(background), colour, shadow=0.6)
    assert iou(make_segmenter("plate", Choices(plates=(plate,))).matte(picture), truth()) > least


def test_a_plate_of_another_exposure_serves_and_is_told(tmp_path: Path) -> None:
    plate = save(room((70, 60, 50), seed=5), tmp_path / "empty" / "plate.png")
    pictures = [shot(room((140, 120, 100)), (60, 90, 170), seed=s, shift=30 * s) for s in range(2)]
    shots = tuple(save(picture, tmp_path / f"{n}.png") for n, picture in enumerate(pictures))
    segmenter = make_segmenter("plate", Choices(plates=(plate,), shots=shots))
    assert re.search(r"empty/plate\.png may not fit: it is 3\.\d times as dark", " ".join(segmenter.notes))
    assert iou(segmenter.matte(pictures[0]), truth()) > 0.9


def test_a_plate_of_a_ring_that_is_not_here_is_not_called_unfit(tmp_path: Path) -> None:
    here, elsewhere, turned = (
        save(room(colour, seed=5), tmp_path / "empty" / f"{name}.png")
        for name, colour in (("here", (140, 120, 100)), ("elsewhere", (60, 120, 160)), ("turned", (140, 120, 100)))
    )
    save(np.rot90(room((140, 120, 100), seed=5)).copy(), turned)
    photo = save(shot(room((140, 120, 100)), (60, 90, 170)), tmp_path / "1.png")
    told = make_segmenter("plate", Choices(plates=(here, elsewhere, turned), shots=(photo,))).notes
    assert not [note for note in told if "elsewhere" in note or "here.png" in note]
    assert "The plate empty/turned.png may not fit: no photo has its shape" in told


def test_a_plate_with_the_object_left_in_is_told(tmp_path: Path) -> None:
    background = room((140, 120, 100))
    shots = [shot(background, (60, 90, 170), seed=s, shift=s) for s in (0, 60, 110)]
    clean = read_plate(save(room((140, 120, 100), seed=9), tmp_path / "clean.png"))
    left_in = read_plate(save(shot(background, (60, 90, 170), shift=-90), tmp_path / "left.png"))
    assert judge_plate(clean, shots) == ()
    assert "left in" in judge_plate(left_in, shots)[0]


def test_of_several_plates_the_one_of_the_same_view_is_taken(tmp_path: Path) -> None:
    low, high = room((140, 120, 100)), room((60, 120, 160))
    plates = tuple(save(each, tmp_path / f"plate-{n}.png") for n, each in enumerate((high, low)))
    assert iou(make_segmenter("plate", Choices(plates=plates)).matte(shot(low, (150, 150, 150))), truth()) > 0.9


def test_a_photo_of_another_shape_than_the_plate_is_set_aside(tmp_path: Path) -> None:
    plate = save(room((140, 120, 100))[:, :300], tmp_path / "plate.png")
    with pytest.raises(PhotoError, match="has the shape"):
        make_segmenter("plate", Choices(plates=(plate,))).matte(shot(room((140, 120, 100)), (60, 90, 170)))


def test_a_photo_of_another_view_than_the_plate_is_set_aside(tmp_path: Path) -> None:
    stripes = room((140, 120, 100))
    stripes[np.indices(SIZE[::-1])[1] // 60 % 2 == 0] //= 2
    plate = save(stripes, tmp_path / "plate.png")
    with pytest.raises(PhotoError, match="shows the room"):
        make_segmenter("plate", Choices(plates=(plate,))).matte(shot(room((140, 120, 100)), (60, 90, 170)))


# Through the command


def test_a_capture_is_masked_by_its_plate(run: Run, tmp_path: Path) -> None:
    save(shot(room(GREEN), ORANGE, shadow=0.6), tmp_path / "capture" / "upright" / "a.jpg")
    save(room(GREEN, seed=7), tmp_path / "capture" / "empty" / "b.jpg")
    done = run("mask", "capture", "--segmenter", "plate")
    assert done.returncode == 0, done.stderr
    assert iou(masks(tmp_path / "underside-out" / "masks")["a.jpg"] / 255, truth()) > 0.92
    assert json.loads((tmp_path / "underside-out" / "capture.json").read_text())["shots"][0]["state"] == "masked"


@pytest.mark.parametrize("size", [SIZE, (485, 355)], ids=["even", "odd"])
def test_a_plate_fits_shots_that_are_looked_at_in_part_of_their_pixels(
    size: tuple[int, int], run: Run, tmp_path: Path
) -> None:
    save(cv2.resize(shot(room(GREEN), ORANGE), size).astype(np.uint8), tmp_path / "capture" / "upright" / "a.jpg")
    save(cv2.resize(room(GREEN, seed=7), size).astype(np.uint8), tmp_path / "capture" / "empty" / "b.jpg")
    done = run("mask", "capture", "--segmenter", "plate", "--effort", "fast")
    assert done.returncode == 0, done.stderr
    mask = masks(tmp_path / "underside-out" / "masks")["a.jpg"]
    assert iou(cv2.resize(mask, SIZE) / 255, truth()) > 0.92


@pytest.mark.parametrize("name", ["chroma", "threshold", "kmeans", "grabcut"])
def test_a_segmenter_is_chosen_by_name(name: str, run: Run, tmp_path: Path) -> None:
    save(shot(room(GREEN), ORANGE), tmp_path / "a.png")
    done = run("mask", "a.png", "--segmenter", name)
    assert done.returncode == 0, done.stderr
    assert iou(masks(tmp_path / "underside-out" / "masks")["a.png"] / 255, truth()) > 0.9


def test_another_key_colour_gives_other_masks(run: Run, tmp_path: Path) -> None:
    save(shot(room(GREEN), ORANGE), tmp_path / "a.png")
    run("mask", "a.png", "--segmenter", "chroma")
    again = run("mask", "a.png", "--segmenter", "chroma", "--key-colour", "220,120,50")
    assert "1 shot masked" in again.stdout
    assert iou(masks(tmp_path / "underside-out" / "masks")["a.png"] / 255, truth()) < 0.2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--segmenter", "plate"), "needs a plate"),
        (("--segmenter", "remote"), "needs an address"),
        (("--segmenter", "remote", "--url", "ftp://host/x"), "is not the address"),
        (("--segmenter", "remote", "--url", "file:///etc/passwd"), "is not the address"),
        (("--segmenter", "remote", "--url", "http://host:port/"), "is not the address"),
        (("--segmenter", "remote", "--url", "http://my..host/"), "is not the address"),
        (("--segmenter", "chroma", "--key-colour", "mauve"), "key-colour mauve is not valid"),
        (("--url", "http://localhost:7000"), "is for --segmenter remote"),
        (("--key-colour", "#00ff00"), "is for --segmenter chroma"),
    ],
)
def test_choices_that_cannot_be_meant_are_told_in_one_line(
    words: tuple[str, ...], told: str, run: Run, tmp_path: Path
) -> None:
    save(room(GREEN), tmp_path / "a.png")
    done = run("mask", "a.png", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "underside-out" / "masks").exists()


# The remote one


@contextmanager
def service(answer: Any) -> Iterator[SimpleNamespace]:  # noqa: ANN401
    """Speaks as rembg does: POST /api/remove with a form; ``answer`` makes status, type and body of the picture."""
    asked: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            boundary = self.headers["Content-Type"].split("boundary=")[1].encode()
            fields = {}
            for part in body.split(b"--" + boundary)[1:-1]:
                head, value = part.strip(b"\r\n").split(b"\r\n\r\n", 1)
                fields[re.search(rb'name="(\w+)"', head)[1].decode()] = value  # type: ignore[index]
            asked.append((self.path, fields.get("om", b"")))
            status, kind, content = answer(Image.open(io.BytesIO(fields["file"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/api/remove", asked=asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def png(picture: Image.Image) -> tuple[int, str, bytes]:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return 200, "image/png", file.getvalue()


def soft_mask(picture: Image.Image) -> Image.Image:
    mask = cv2.GaussianBlur(truth().astype(np.float32) * 255, (0, 0), 1)
    return Image.fromarray(mask.astype(np.uint8)).resize(picture.size)


def cut_out(picture: Image.Image) -> Image.Image:
    cut = picture.convert("RGBA")
    cut.putalpha(soft_mask(picture))
    return cut


@pytest.mark.parametrize("kind", [soft_mask, cut_out])
def test_a_service_is_asked_as_rembg_is(kind: Any, run: Run, tmp_path: Path) -> None:  # noqa: ANN401
    save(shot(room(GREEN), ORANGE), tmp_path / "a.png")
    with service(lambda picture: png(kind(picture))) as there:
        done = run("mask", "a.png", "--segmenter", "remote", "--url", there.url)
    assert done.returncode == 0, done.stderr
    assert there.url in done.stderr
    assert there.asked == [("/api/remove", b"true")]
    assert iou(masks(tmp_path / "underside-out" / "masks")["a.png"] / 255, truth()) > 0.97


ANSWERS: dict[str, tuple[Any, str]] = {
    "an error with a body": (
        lambda _: (422, "application/json", b'{"detail":[{"msg":"Field required"}]}'),
        r"answers 422 .*Field required",
    ),
    "a crash": (lambda _: (500, "text/plain", b"Internal Server Error"), "answers 500 Internal Server Error"),
    "a page": (lambda _: (200, "text/html; charset=utf-8", b"<html>Sign in</html>"), "a web page"),
    "an error page": (lambda _: (502, "text/html", b"<html>\n<h1>Bad</h1>"), "answers 502 Bad Gateway"),
    "another address": (lambda _: (302, "text/plain", b""), "answers 302"),
    "a program for printers": (
        lambda p: (
            200,
            "image/png",
            f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 {p.width} {p.height}\n%%EndComments\n".encode(),
        ),
        "not a picture",
    ),
    "no picture": (lambda _: (200, "image/png", b"not a picture"), "not a picture"),
    "half a picture": (lambda p: (200, "image/png", png(soft_mask(p))[2][:300]), "not a picture"),
    "another size": (lambda p: png(soft_mask(p).resize((50, 40))), "50 x 40 pixels to a picture of 480 x 360"),
    "no transparency": (lambda p: png(p), "no transparency"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_service_that_answers_something_else_is_told_in_one_line(answer: str) -> None:
    give, told = ANSWERS[answer]
    with service(give) as there, pytest.raises(ModelError, match=told) as error:
        RemoteSegmenter(there.url).matte(room(GREEN))
    assert "\n" not in str(error.value)
    assert "<" not in str(error.value)


def test_a_service_that_is_down_ends_the_run_in_one_line(run: Run, tmp_path: Path) -> None:
    save(room(GREEN), tmp_path / "a.png")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        done = run(
            "mask", "a.png", "--segmenter", "remote", "--url", f"http://127.0.0.1:{nobody.getsockname()[1]}/api/remove"
        )
    assert done.returncode == 2
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_service_may_answer_in_sixteen_bits() -> None:
    with service(lambda picture: png(Image.fromarray(np.asarray(soft_mask(picture), np.uint16) * 257))) as there:
        matte = RemoteSegmenter(there.url).matte(room(GREEN))
    assert iou(matte, truth()) > 0.99
    assert matte.max() == 1


def test_a_service_that_answers_byte_by_byte_is_not_waited_for_without_end() -> None:
    def drip(server: socket.socket) -> None:
        asker, _ = server.accept()
        with asker:
            asker.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n")
            while not done.wait(0.02):
                with suppress(OSError):
                    asker.sendall(b"x")

    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            with pytest.raises(ModelError, match=r"has not finished its answer within 0\.3 s"):
                RemoteSegmenter(f"http://127.0.0.1:{server.getsockname()[1]}/", patience=0.3).matte(room(GREEN))
        finally:
            done.set()
            thread.join()


def test_a_service_that_says_nothing_is_not_waited_for_without_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/remove"
        with pytest.raises(ModelError, match=r"has not answered for 0\.2 s"):
            RemoteSegmenter(url, patience=0.2).matte(room(GREEN))


# On a rendered capture


def test_the_plate_holds_on_the_sample_capture(shared: Path) -> None:
    spot = shared / "data" / "flip-sample" / "spot"
    segmenter = make_segmenter("plate", Choices(plates=tuple(sorted((spot / "empty").glob("*.JPG")))))
    scores = []
    for name in ("upright/DSC_0003", "upright/DSC_0014", "flipped/DSC_0022", "flipped/DSC_0033"):
        picture = cv2.cvtColor(cv2.imread(str(spot / f"{name}.JPG")), cv2.COLOR_BGR2RGB).astype(np.uint8)  # type: ignore[arg-type]
        mask = cv2.imread(str(spot / "gt_masks" / f"{name}.JPG.png"), cv2.IMREAD_GRAYSCALE)
        assert mask is not None
        scores.append(iou(segmenter.matte(picture), mask > 127))
    assert np.mean(scores) > 0.9, scores


@pytest.mark.parametrize(("name", "seen"), [("plate", (Path("empty.jpg"),)), ("kmeans", ())])
def test_only_a_segmenter_of_one_capture_sees_the_plates_and_shots(
    name: str, seen: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Choices] = []
    monkeypatch.setitem(SEGMENTERS, name, given.append)
    make_segmenter(name, Choices(plates=(Path("empty.jpg"),), shots=(Path("empty.jpg"),)))
    assert [(choices.plates, choices.shots) for choices in given] == [(seen, seen)]


def test_every_segmenter_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs" / "segmenters.md").read_text(encoding="utf-8")
    missing = [name for name in SEGMENTERS if f"| `{name}` |" not in page]
    assert not missing, "docs/segmenters.md, the first table, has no row for these"
