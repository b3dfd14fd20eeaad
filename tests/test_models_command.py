"""``underside models`` and ``underside doctor``, run as a person would run them."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from blob_captures import posix
from model_server import serving
from tiny_networks import brightness


def underside(models: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    proxies = {"http_proxy": "", "HTTP_PROXY": "", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "underside", *arguments],
        env=os.environ | proxies | {"UNDERSIDE_MODELS": str(models), "UNDERSIDE_MODELS_MIRROR": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def toy(models: Path, address: str, content: bytes) -> None:
    (models / "catalogue.toml").write_text(
        f'[toy]\ntitle = "Toy"\nlicence = "MIT"\ncommercial = true\nfile = "toy.onnx"\nsize_mb = 1.5\n'
        f'url = "{address}/toy.onnx"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
    )


def test_the_list_says_what_is_here_its_size_and_its_licence(models: Path) -> None:
    toy(models, "https://models.invalid", brightness(models / "toy.onnx").read_bytes())
    listed = underside(models, "models")
    assert listed.returncode == 0
    rows = {line.split()[0]: line for line in listed.stdout.splitlines() if line}
    assert "built in" in rows["turntable-1"]
    assert "can be fetched" in rows["u2net"]
    assert "176  Apache-2.0" in rows["u2net"]
    assert "get it yourself" in rows["ben2-base"]
    assert "CC-BY-NC-4.0 (!)" in rows["bria-rmbg"]
    assert "[not for objects]" in rows["isnet-anime"]
    assert "installed" in rows["toy"]
    assert str(models) in listed.stdout


def test_a_fetch_names_size_and_licence_and_leaves_a_checked_file(models: Path, tmp_path: Path) -> None:
    content = brightness(tmp_path / "original.onnx").read_bytes()
    with serving(content) as server:
        toy(models, server.address, content)
        fetched = underside(models, "models", "fetch", "toy")
    assert fetched.returncode == 0, fetched.stderr
    first = fetched.stdout.splitlines()[0]
    assert "About 1.5 MB" in first
    assert "licence: MIT" in first
    assert f"Installed and checked: {models / 'toy.onnx'}" in fetched.stdout
    assert (models / "toy.onnx").read_bytes() == content


def test_a_fetch_that_fails_is_one_line_and_exit_code_two(models: Path) -> None:
    with serving(b"") as gone:
        toy(models, gone.address, b"")
    failed = underside(models, "models", "fetch", "toy")
    assert failed.returncode == 2
    assert f"put the file here: {models / 'toy.onnx'}" in failed.stderr.splitlines()[-1]
    assert "Traceback" not in failed.stderr


def test_a_non_commercial_licence_is_named_and_must_be_accepted(models: Path) -> None:
    refused = underside(models, "models", "fetch", "rmbg-2.0")
    assert refused.returncode == 2
    assert "CC-BY-NC-4.0" in refused.stdout
    assert "--accept-licence" in refused.stderr


def test_the_doctor_tries_what_it_calls_usable(models: Path) -> None:
    found = underside(models, "doctor")
    assert found.returncode == 0, found.stdout
    assert "ok  turntable-1 runs on the CPU" in found.stdout
    assert "CUDA" in found.stdout
    assert "Meshroom" in found.stdout


def test_the_doctor_finds_a_program_where_it_is_said_to_be(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHROOM_ROOT", str(tmp_path))
    assert f"ok  Meshroom: {tmp_path}" in underside(models, "doctor").stdout


def test_the_doctor_says_no_to_a_damaged_model(models: Path) -> None:
    toy(models, "https://models.invalid", b"the right file")
    (models / "toy.onnx").write_bytes(b"the wrong file")
    found = underside(models, "doctor")
    assert found.returncode == 2
    assert "bad" in found.stdout
    assert "is not the file that was published" in found.stdout


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ('{"url": "file:///home/me/my%20clone", "dir_info": {}}', 'pip install "/home/me/my clone[{}]"'),
        ('{"url": "file:///home/me/clone", "dir_info": {"editable": true}}', 'pip install -e "/home/me/clone[{}]"'),
        ('{"url": "https://example.org/underside.whl", "archive_info": {}}', 'pip install "underside[{}]"'),
        ("", 'pip install "underside[{}]"'),
    ],
    ids=["clone", "editable", "address", "index"],
)
@posix
def test_an_extra_is_installed_from_where_underside_came(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str, told: str
) -> None:
    facts = tmp_path / "underside-0.1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: underside\nVersion: 0.1.0\n")
    (facts / "direct_url.json").write_text(origin)
    extras = {"heic": "pillow_heif", "raw": "rawpy", "proof": "pycolmap", "serve": "starlette"}
    for module in extras.values():
        (tmp_path / f"{module}.py").write_text("raise ImportError\n")
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    lines = underside(models, "doctor").stdout.splitlines()
    for extra in extras:
        assert sum(line.endswith(f": {told.format(extra)}") for line in lines) == 1, lines
