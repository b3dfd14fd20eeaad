"""`underside serve`: what programs made for rembg ask, and what they are answered."""

import io
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import Run, command
from photo_files import exif, saved
from PIL import Image
from served import PHOTO, Served, needs_curl, serving, wait_until
from tiny_networks import brightness

from underside.resources import pip_install

pytestmark = needs_curl

FILE = ("-F", f"file=@{PHOTO}")
SIZE = (960, 1280)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("service")) as served:
        yield served


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """With a network of three nodes, where the mask does not matter: bright is object."""
    folder = tmp_path_factory.mktemp("quick")
    with serving(folder, "--model", brightness(folder / "bright.onnx", shape=(1, 3, 64, 64))) as served:
        yield served


def test_the_single_post_of_a_scanner_gets_a_transparent_png(service: Served) -> None:
    answer = service.curl(*FILE)
    pixels = answer.pixels
    assert pixels.shape == (*SIZE, 4)
    assert answer.headers["content-length"] == str(len(answer.body))
    assert "content-disposition" not in answer.headers
    alpha = pixels[..., 3]
    assert set(np.unique(alpha)) == {0, 255}
    assert not pixels[alpha == 0].any()
    photo = np.asarray(Image.open(PHOTO))
    assert np.abs(pixels[..., :3].astype(int) - photo)[alpha == 255].max() <= 3
    assert 0.01 < (alpha == 255).mean() < 0.5


def test_the_mask_is_the_one_that_underside_mask_makes(service: Served, run: Run, tmp_path: Path) -> None:
    done = run("mask", PHOTO, "-o", "out")
    assert done.returncode == 0, done.stderr
    made = cv2.imread(str(tmp_path / "out" / "masks" / f"{PHOTO.name}.png"), cv2.IMREAD_UNCHANGED)
    answer = service.curl(*FILE, "-F", "om=true").pixels
    assert made is not None
    assert answer.ndim == 2
    assert np.array_equal(answer, made)


def test_the_answer_is_upright_and_without_metadata(service: Served, tmp_path: Path) -> None:
    turned = tmp_path / "turned.jpg"
    stored = Image.open(PHOTO).transpose(Image.Transpose.ROTATE_90)
    stored.save(turned, exif=exif(6, make="LX"), quality=95)
    answer = service.curl("-F", f"file=@{turned}")
    assert answer.pixels.shape == (*SIZE, 4)
    assert Image.open(io.BytesIO(answer.body)).info == {}
    upright = service.curl(*FILE).pixels[..., 3] == 255
    both = (answer.pixels[..., 3] == 255) & upright
    assert both.sum() > 0.95 * upright.sum()


def test_a_background_is_taken_from_the_query_and_from_the_form(quick: Served) -> None:
    in_query = quick.curl(*FILE, query="?bgc=255,0,10")
    assert tuple(in_query.pixels[0, 0]) == (255, 0, 10, 255)
    assert quick.curl(*FILE, "-F", "bgc=255,0,10").body == in_query.body
    assert tuple(quick.curl(*FILE, "-F", "bgc=1,2,3,100").pixels[0, 0]) == (1, 2, 3, 100)
    assert tuple(quick.curl(*FILE, "-F", "bgc=-5,300,3").pixels[0, 0]) == (0, 255, 3, 255)


def test_a_mask_alone_has_no_background(quick: Served) -> None:
    plain = quick.curl(*FILE, "-F", "om=1")
    assert quick.curl(*FILE, "-F", "om=on", query="?bgc=1,2,3").body == plain.body


def test_what_only_rembg_does_is_accepted_and_changes_nothing(quick: Served) -> None:
    fields = {"a": "true", "af": "200", "ab": "20", "ae": "5", "ppm": "yes", "dc": "1", "vm": "T", "model": ""}
    options = [word for name, value in fields.items() for word in ("-F", f"{name}={value}")]
    answer = quick.curl(*FILE, *options, "-F", 'extras={"putalpha": true}')
    assert answer.body == quick.curl(*FILE, query="?extras=no%20json").body


def test_a_photo_that_came_without_a_file_name_is_a_photo_all_the_same(quick: Served, tmp_path: Path) -> None:
    small = tmp_path / "small.jpg"
    Image.open(PHOTO).resize((320, 240)).save(small)
    assert quick.curl("-F", f"file=<{small}").pixels.shape == (240, 320, 4)


FILE_IS_MISSING = [{"type": "missing", "loc": ["body", "file"], "msg": "Field required", "input": None}]


@pytest.mark.parametrize(
    "options",
    [
        ("-X", "POST"),
        ("-F", "x=1"),
        ("-F", "file="),
        ("-d", "a=1"),
        ("-H", "Content-Type: application/json", "-d", "{}"),
    ],
)
def test_a_form_without_a_file_is_answered_as_by_rembg(quick: Served, options: tuple[str, ...]) -> None:
    answer = quick.curl(*options)
    assert (answer.status, answer.said) == (422, FILE_IS_MISSING)


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("a=maybe", {"type": "bool_parsing", "msg": "Input should be a valid boolean, unable to interpret input"}),
        (
            "af=300",
            {
                "type": "less_than_equal",
                "msg": "Input should be less than or equal to 255",
                "ctx": {"le": 255},
            },
        ),
        (
            "ab=x",
            {
                "type": "int_parsing",
                "msg": "Input should be a valid integer, unable to parse string as an integer",
            },
        ),
        (
            "ae=-1",
            {
                "type": "greater_than_equal",
                "msg": "Input should be greater than or equal to 0",
                "ctx": {"ge": 0},
            },
        ),
    ],
)
def test_a_field_that_cannot_be_meant_is_answered_as_by_rembg(
    quick: Served, field: str, problem: dict[str, Any]
) -> None:
    name, _, value = field.partition("=")
    answer = quick.curl(*FILE, "-F", field)
    assert answer.status == 422
    assert answer.said == [{"loc": ["body", name], "input": value, **problem}]


@pytest.mark.parametrize("colour", ["red", "1,2", "1,2,3,4,5", "1;2;3"])
def test_a_colour_that_is_none_is_refused_in_a_sentence(quick: Served, colour: str) -> None:
    answer = quick.curl(*FILE, "-F", f"bgc={colour}")
    assert answer.status == 400
    assert "is not a colour. Write red,green,blue" in answer.said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a.jpg is empty"),
        (b"hello", "a.jpg is not a photo"),
        (PHOTO.read_bytes()[:9000], "a.jpg is cut short"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "a.jpg is"),
    ],
)
def test_what_is_no_whole_photo_is_refused_by_name(
    quick: Served, tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    answer = quick.curl("-F", f"file=@{tmp_path / 'a.jpg'}")
    assert answer.status == 400
    assert answer.said.startswith(sentence)
    assert str(tmp_path) not in answer.said


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_broken_form_is_refused_in_a_sentence(quick: Served, kind: str) -> None:
    answer = quick.curl("-H", f"Content-Type: {kind}", "-d", '{"a": 1}')
    assert answer.status == 400
    assert answer.said.startswith("The form cannot be read")


def test_a_known_model_that_is_not_here_is_not_fetched_but_told_how(quick: Served) -> None:
    answer = quick.curl(*FILE, "-F", "model=u2net")
    assert answer.status == 400
    assert "u2net is not on this machine. Run `underside models fetch u2net`" in answer.said


@pytest.mark.parametrize("model", ["sam", "u2net_custom", "withoutbg", "xxu2netpyy"])
def test_a_model_that_only_rembg_has_is_refused_in_a_sentence(quick: Served, model: str) -> None:
    answer = quick.curl(*FILE, "-F", f"model={model}")
    assert answer.status == 400
    assert f"This service has no model {model}" in answer.said


@pytest.mark.parametrize("model", ["nonsense", "/etc/passwd", "../u.onnx"])
def test_an_unknown_model_is_a_field_that_cannot_be_meant(quick: Served, model: str) -> None:
    answer = quick.curl(*FILE, "-F", f"model={model}")
    assert answer.status == 422
    assert answer.said[0]["loc"] == ["body", "model"]


@pytest.mark.parametrize("model", ["turntable", "turntable-1"])
def test_the_default_model_may_be_named(service: Served, model: str) -> None:
    assert service.curl(*FILE, "-F", f"model={model}").status == 200


def test_models_take_turns_in_memory_and_each_answers_its_own_way(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    entry = 'title = "a"\nlicence = "own"\ncommercial = true\nsize = [64, 64]\nmean = [0,0,0]\nstd = [1,1,1]\n'
    catalogue = ""
    for name, plus in (("all", 1.0), ("nothing", 0.0)):
        brightness(models / f"{name}.onnx", times=0.0, plus=plus)
        catalogue += f'[{name}]\nfile = "{name}.onnx"\nactivation = "none"\n{entry}'
    (models / "catalogue.toml").write_text(catalogue)
    small = tmp_path / "small.jpg"
    Image.open(PHOTO).resize((320, 240)).save(small)
    with serving(tmp_path, "--workers", 3) as service, ThreadPoolExecutor(6) as pool:

        def share(model: str) -> float:
            return float(
                (service.curl("-F", f"file=@{small}", "-F", "om=1", "-F", f"model={model}").pixels == 255).mean()
            )

        wanted = ["all", "nothing", "turntable", "nothing", "all", "all", "turntable"] * 2
        found = list(pool.map(share, wanted))
    usual = {value for model, value in zip(wanted, found, strict=True) if model == "turntable"}
    assert len(usual) == 1
    assert 0.01 < usual.pop() < 0.5
    assert {value for model, value in zip(wanted, found, strict=True) if model == "all"} == {1.0}
    assert {value for model, value in zip(wanted, found, strict=True) if model == "nothing"} == {0.0}


def test_other_paths_and_verbs_are_refused(quick: Served) -> None:
    assert quick.curl(path="/api/other").status == 404
    refused = quick.curl("-X", "PUT", *FILE)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, POST")
    assert quick.curl("-X", "POST", *FILE, path="/").headers["allow"] == "GET, HEAD"
    assert quick.curl("-X", "OPTIONS").status == 405
    assert quick.curl("-I").status == 405
    assert b"/api/remove" in quick.curl(path="/").body
    assert b"/api/remove" in quick.curl(path="/api").body


def test_the_description_has_rembgs_paths_and_fields(quick: Served, shared: Path) -> None:
    theirs = json.loads((shared / "contracts" / "rembg" / "openapi.json").read_text())
    ours = json.loads(quick.curl(path="/openapi.json").body)
    assert ours["paths"].keys() == theirs["paths"].keys()
    for verb, operation in theirs["paths"]["/api/remove"].items():
        mine = ours["paths"]["/api/remove"][verb]
        assert mine["operationId"] == operation["operationId"]
        assert _facts(mine["parameters"]) == _facts(operation["parameters"])
    assert ours["components"]["schemas"]["Photo"]["required"] == ["file"]
    fields = theirs["components"]["schemas"]["Body_post_index_api_remove_post"]["properties"]
    mine = ours["components"]["schemas"]["Photo"]["properties"]
    assert {name: _limits(name, mine[name]) for name in fields} == {
        name: _limits(name, field) for name, field in fields.items()
    }


def _facts(parameters: list[dict[str, Any]]) -> dict[tuple[str, str, bool], tuple[Any, ...]]:
    return {(p["name"], p["in"], p["required"]): _limits(p["name"], p["schema"]) for p in parameters}


def _limits(name: str, schema: dict[str, Any]) -> tuple[Any, ...]:
    kind = schema.get("type") or schema["anyOf"][0]["type"]
    default = None if name == "model" else schema.get("default")  # rembg's may not be used commercially
    return kind, default, schema.get("minimum"), schema.get("maximum"), schema.get("format")


def test_our_own_segmenter_for_rembg_services_can_ask_it(service: Served, run: Run, tmp_path: Path) -> None:
    done = run("mask", PHOTO, "-o", "out", "--segmenter", "remote", "--url", service.url)
    assert done.returncode == 0, done.stderr
    mask = cv2.imread(str(tmp_path / "out" / "masks" / f"{PHOTO.name}.png"), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    near = service.curl(*FILE, "-F", "om=1").pixels == 255
    assert ((mask == 255) & near).sum() > 0.9 * ((mask == 255) | near).sum()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_it_ends_cleanly_after_what_is_in_work(tmp_path: Path, number: signal.Signals) -> None:
    model = brightness(tmp_path / "bright.onnx", shape=(1, 3, 64, 64))
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n%b\r\n--b--\r\n'
        % PHOTO.read_bytes()
    )
    head = (
        "POST /api/remove HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    with (
        serving(tmp_path, "--model", model, "--workers", 1, "--queue", 0) as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=30) as client,
    ):
        client.sendall(head.encode() + form[:1000])
        wait_until(lambda: service.curl(*FILE).status == 429)
        service.process.send_signal(number)
        client.sendall(form[1000:])
        with client.makefile("rb") as reader:
            assert reader.readline().startswith(b"HTTP/1.1 200")
            assert reader.read().endswith(b"IEND\xaeB`\x82")
        assert service.process.wait(30) == 0
    log = service.log.read_text()
    assert "Traceback" not in log
    assert "POST /api/remove 200" in log


def test_a_port_that_is_taken_is_told_in_one_line(quick: Served, run: Run) -> None:
    done = run("serve", "--port", quick.port)
    assert done.returncode == 2
    assert re.fullmatch(r"underside: Cannot listen on 127\.0\.0\.1, port \d+: .*--port and --host\.\n", done.stderr)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--host", "203.0.113.7"), "Cannot listen on 203.0.113.7"),
        (("--host", "no such host"), "is not an address of this machine"),
        (("--allow-url-host", "http://example.org/"), "http://example.org/ is not a host"),
        (("--effort", "best"), "the service holds one"),
        (("--model", "nonsense"), "There is no model nonsense"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(run: Run, options: tuple[str, ...], sentence: str) -> None:
    done = run("serve", "--port", 0, *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_extra_it_says_which_one_to_install() -> None:
    program = "import sys; sys.modules['starlette'] = None; from underside.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *command("serve")[3:]], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr == (
        "underside: underside serve needs starlette, which is not installed. "
        f"Install the extra: {pip_install('serve')}.\n"
    )


def test_photos_of_other_kinds_are_answered_too(quick: Served, tmp_path: Path) -> None:
    photo = Image.open(PHOTO).resize((320, 240))
    for kind, suffix in (("PNG", "png"), ("TIFF", "tif"), ("WEBP", "webp")):
        (tmp_path / f"a.{suffix}").write_bytes(saved(photo, kind))
        assert quick.curl("-F", f"file=@{tmp_path / f'a.{suffix}'}").pixels.shape == (240, 320, 4)
    (tmp_path / "grey.png").write_bytes(saved(photo.convert("L"), "PNG"))
    assert quick.curl("-F", f"file=@{tmp_path / 'grey.png'}").pixels.shape == (240, 320, 4)
    shutil.copy(PHOTO, tmp_path / "no suffix")
    assert quick.curl("-F", f"file=@{tmp_path / 'no suffix'}").pixels.shape == (*SIZE, 4)
