"""Fetching a model: only when asked, resumed, checked, and never half there."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest
from model_server import ModelServer, serving
from tiny_networks import brightness

from underside.catalogue import Model, load_catalogue
from underside.catalogue import fetch as fetching
from underside.catalogue.fetch import fetch
from underside.catalogue.pins import check_file
from underside.errors import ModelError, OutputError
from underside.segmenters.network import load_segmenter

FACTS = '[toy]\ntitle = "Toy"\nlicence = "MIT"\nfile = "toy.onnx"\nactivation = "none"\nsize = [32, 32]\n'


@pytest.fixture
def models(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """And no proxies on the way, and no pauses."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "UNDERSIDE_MODELS_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fetching, "PAUSES", (0.0, 0.0))
    return models


@pytest.fixture
def server(models: Path, tmp_path: Path) -> Iterator[ModelServer]:
    with serving(brightness(tmp_path / "original.onnx").read_bytes()) as server:
        yield server


def entry(models: Path, server: ModelServer, *, commercial: bool = True, checksum: str | None = None) -> Model:
    """Write the toy into the user's catalogue, with the checksum of what the server has now."""
    if checksum is None:
        checksum = f'sha256 = "{hashlib.sha256(server.content).hexdigest()}"'
    facts = f'url = "{server.address}/files/toy.onnx"\ncommercial = {str(commercial).lower()}\n{checksum}\n'
    (models / "catalogue.toml").write_text(FACTS + facts)
    return load_catalogue().find("toy")


def left_in(models: Path) -> set[str]:
    return {path.name for path in models.iterdir()} - {"catalogue.toml"}


def test_a_fetched_model_is_checked_pinned_and_works(models: Path, server: ModelServer) -> None:
    seen: list[tuple[int, int]] = []
    fetch(entry(models, server), progress=lambda done, total: seen.append((done, total)))
    assert (models / "toy.onnx").read_bytes() == server.content
    assert left_in(models) == {"toy.onnx", "pins.json"}
    assert seen[-1] == (len(server.content), len(server.content))
    pinned = json.loads((models / "pins.json").read_text())["files"]["toy.onnx"]
    assert pinned["sha256"] == hashlib.sha256(server.content).hexdigest()
    assert load_segmenter("toy", device="cpu").name == "toy"


def test_a_model_that_is_here_is_not_fetched_again(models: Path, server: ModelServer) -> None:
    model = entry(models, server)
    fetch(model)
    fetch(model)
    assert len(server.asked) == 1


def test_nothing_is_asked_of_the_network_until_a_fetch_is_asked_for(models: Path, server: ModelServer) -> None:
    entry(models, server)
    with pytest.raises(ModelError, match="underside models fetch toy"):
        load_segmenter("toy", device="cpu")
    assert server.asked == []


def test_a_fetch_that_was_stopped_goes_on_where_it_ended(models: Path, server: ModelServer) -> None:
    model = entry(models, server)
    server.cuts = [100, 0, 0]
    with pytest.raises(ModelError, match="are kept") as stopped:
        fetch(model)
    assert str(models / "toy.onnx") in stopped.value.remedy
    assert (models / "toy.onnx.part").read_bytes() == server.content[:100]
    server.asked.clear()
    fetch(model)
    assert server.asked == [("/files/toy.onnx", "bytes=100-")]
    assert (models / "toy.onnx").read_bytes() == server.content


def test_a_connection_that_breaks_off_is_taken_up_again_at_once(models: Path, server: ModelServer) -> None:
    server.cuts = [100, 50]
    fetch(entry(models, server))
    assert [span for _, span in server.asked] == ["", "bytes=100-", "bytes=150-"]
    assert (models / "toy.onnx").read_bytes() == server.content


def test_a_network_that_goes_away_under_way_is_not_called_a_full_disk(
    models: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> bytes:
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    model = entry(models, server)
    monkeypatch.setattr(HTTPResponse, "read", gone)
    with pytest.raises(ModelError, match=r"Cannot fetch .*No route to host"):
        fetch(model)


def test_a_server_that_cannot_resume_sends_all_again(models: Path, server: ModelServer) -> None:
    server.cuts = [100]
    server.ranges = False
    fetch(entry(models, server))
    assert (models / "toy.onnx").read_bytes() == server.content


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(models: Path, server: ModelServer) -> None:
    model = entry(models, server)
    (models / "toy.onnx.part").write_bytes(b"x" * 100)
    facts = {"url": f"{server.address}/files/toy.onnx", "version": '"older"'}
    (models / "toy.onnx.part.json").write_text(json.dumps(facts))
    fetch(model)
    assert (models / "toy.onnx").read_bytes() == server.content


@pytest.mark.parametrize("version", ["", 'W/"one"'])
def test_without_a_version_the_checksum_finds_a_part_that_does_not_fit(
    models: Path, server: ModelServer, version: str
) -> None:
    model = entry(models, server)
    server.version = version
    (models / "toy.onnx.part").write_bytes(b"x" * 100)
    facts = {"url": f"{server.address}/files/toy.onnx", "version": ""}
    (models / "toy.onnx.part.json").write_text(json.dumps(facts))
    fetch(model)
    assert [span for _, span in server.asked] == ["bytes=100-", ""]
    assert (models / "toy.onnx").read_bytes() == server.content


def test_a_part_from_nobody_knows_where_is_thrown_away(models: Path, server: ModelServer) -> None:
    (models / "toy.onnx.part").write_bytes(b"x" * 100)
    fetch(entry(models, server))
    assert [span for _, span in server.asked] == [""]


@pytest.mark.parametrize("surplus", [0, 10])
def test_a_part_that_is_whole_or_too_long_does_no_harm(models: Path, server: ModelServer, surplus: int) -> None:
    model = entry(models, server)
    (models / "toy.onnx.part").write_bytes(server.content + b"x" * surplus)
    facts = {"url": f"{server.address}/files/toy.onnx", "version": server.version}
    (models / "toy.onnx.part.json").write_text(json.dumps(facts))
    fetch(model)
    assert (models / "toy.onnx").read_bytes() == server.content
    assert len(server.asked) == (2 if surplus else 1)


def test_the_wrong_file_is_deleted_and_never_used(models: Path, server: ModelServer) -> None:
    model = entry(models, server)
    server.content = b"something else"
    with pytest.raises(ModelError, match=r"is not toy: its SHA-256 is .* it was deleted"):
        fetch(model)
    assert left_in(models) == set()


def test_a_login_page_in_the_way_is_recognised(models: Path, server: ModelServer) -> None:
    model = entry(models, server)
    server.content = b"<!DOCTYPE html><title>Please log in</title>"
    with pytest.raises(ModelError, match="it is a web page"):
        fetch(model)


def test_where_only_an_md5_is_published_it_is_checked(models: Path, server: ModelServer) -> None:
    md5 = hashlib.md5(server.content, usedforsecurity=False).hexdigest()
    with pytest.raises(ModelError, match="MD5"):
        fetch(entry(models, server, checksum=f'md5 = "{md5[::-1]}"'))
    fetch(entry(models, server, checksum=f'md5 = "{md5}"'))
    pinned = json.loads((models / "pins.json").read_text())["files"]["toy.onnx"]
    assert pinned["sha256"] == hashlib.sha256(server.content).hexdigest()


def test_without_a_checksum_nothing_is_fetched(models: Path, server: ModelServer) -> None:
    model = entry(models, server, checksum="")
    with pytest.raises(ModelError, match="never fetched") as refused:
        fetch(model)
    assert f"put the file here: {models / 'toy.onnx'}" in refused.value.remedy
    assert server.asked == []


def test_a_file_that_was_brought_is_checked_and_pinned(models: Path, server: ModelServer) -> None:
    model = entry(models, server, checksum="")
    (models / "toy.onnx").write_bytes(server.content)
    fetch(model)
    assert check_file(model, model.weights[0])[1] == hashlib.sha256(server.content).hexdigest()
    assert "pins.json" in left_in(models)


def test_the_licence_comes_before_the_first_byte(models: Path, server: ModelServer) -> None:
    model = entry(models, server, commercial=False)
    with pytest.raises(ModelError, match="--accept-licence"):
        fetch(model)
    assert server.asked == []
    fetch(model, accept_licence=True)
    assert "may not be used commercially" in load_segmenter("toy", device="cpu").notes[1]


def test_without_a_network_the_way_by_hand_is_told(models: Path, server: ModelServer) -> None:
    model = entry(models, server)
    server.status = 404
    with pytest.raises(ModelError, match="the server answered 404") as failed:
        fetch(model)
    assert f"put the file here: {models / 'toy.onnx'}" in failed.value.remedy
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_asked_once(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"toy") as gone:
        model = entry(models, gone)
    monkeypatch.setattr(fetching, "PAUSES", (60.0,))
    with pytest.raises(ModelError, match="refused"):
        fetch(model)
    assert left_in(models) == set()


def test_a_mirror_is_asked_instead(models: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    model = entry(models, server)
    monkeypatch.setenv("UNDERSIDE_MODELS_MIRROR", f"{server.address}/mirror/")
    fetch(model)
    assert server.asked == [("/mirror/toy.onnx", "")]


def test_a_folder_can_be_the_mirror(
    models: Path, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "toy.onnx").write_bytes(server.content)
    monkeypatch.setenv("UNDERSIDE_MODELS_MIRROR", (tmp_path / "share").as_uri())
    fetch(entry(models, server))
    assert server.asked == []
    assert (models / "toy.onnx").read_bytes() == server.content


def test_a_mirror_that_is_no_address_is_refused(
    models: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = entry(models, server)
    monkeypatch.setenv("UNDERSIDE_MODELS_MIRROR", "mirror.example/models")
    with pytest.raises(ModelError, match="not an address to fetch from"):
        fetch(model)


def test_a_proxy_is_used(models: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    model = entry(models, server)
    monkeypatch.setenv("http_proxy", server.address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("UNDERSIDE_MODELS_MIRROR", "http://models.invalid")
    fetch(model)
    assert server.asked == [("http://models.invalid/toy.onnx", "")]


def test_a_folder_that_cannot_be_written_is_told_plainly(
    models: Path, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = entry(models, server)
    (tmp_path / "file").touch()
    monkeypatch.setenv("UNDERSIDE_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(OutputError, match="Cannot write"):
        fetch(model)


@pytest.mark.skipif(not Path("/dev/full").exists() or os.name != "posix", reason="needs /dev/full")
def test_a_full_disk_is_told_plainly(models: Path, server: ModelServer) -> None:
    model = entry(models, server)
    (models / "toy.onnx.part").symlink_to("/dev/full")
    facts = {"url": f"{server.address}/files/toy.onnx", "version": ""}
    (models / "toy.onnx.part.json").write_text(json.dumps(facts))
    with pytest.raises(OutputError, match="No space left"):
        fetch(model)
