"""The engine as the Meshroom nodes see it: found or missed in words, out of Meshroom's way, ended when they end."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import ROOT, processor_seconds
from meshroom_host import FAKE, NODES, Node, part, photo, quick_model, scene

from underside import __version__
from underside.installers import meshroom

engine = part("engine")
NodeError = part("trouble").NodeError
needs_links = pytest.mark.skipif(os.name == "nt", reason="interpreters are scripts here")


@pytest.fixture(autouse=True)
def _nobodys_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNDERSIDE_PYTHON", raising=False)
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home of Käte"))


def refused() -> str:
    with pytest.raises(NodeError) as raised:
        engine.find_engine()
    return str(raised.value)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_nodes_look_where_the_installation_writes() -> None:
    assert Path(engine.record_path()) == meshroom.record_path()
    meshroom.record()
    assert engine.find_engine() == (sys.executable,)


@pytest.mark.parametrize(("platform", "place"), [("win32", "LOCALAPPDATA"), ("darwin", "HOME"), ("linux", "HOME")])
def test_both_know_the_same_place_on_every_system(monkeypatch: pytest.MonkeyPatch, platform: str, place: str) -> None:
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(sys, "platform", platform)
    assert Path(engine.record_path()) == meshroom.record_path()
    assert engine.record_path().startswith(os.environ[place])


def test_a_variable_that_names_the_interpreter_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    meshroom.record()
    monkeypatch.setenv("UNDERSIDE_PYTHON", '"/nowhere/python"')
    assert "there is no /nowhere/python, which UNDERSIDE_PYTHON names" in refused()


def test_no_record_or_a_broken_one_says_what_to_do() -> None:
    assert "was not found" in refused()
    for content in ("{", "[]", "{}"):
        meshroom.record().write_text(content, encoding="utf-8")
        told = refused()
        assert "cannot be read" in told
        assert "run: underside install meshroom; or set the variable UNDERSIDE_PYTHON" in told


@needs_links
def test_an_interpreter_that_is_gone_broken_or_without_underside_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = {
        "exec python_that_is_not_there": "There is no working Underside in",
        "echo 'No module named underside' >&2; exit 1": "(No module named underside)",
        "echo something else": "There is no working Underside in",
        "echo underside 9.9.0": f"These nodes belong to Underside {__version__}, but the engine that UNDERSIDE_PYTHON",
    }
    for number, (text, told) in enumerate(cases.items()):
        monkeypatch.setenv("UNDERSIDE_PYTHON", str(script(tmp_path / f"pýthon {number}", text)))
        assert told in refused()
        assert "run: underside install meshroom" in refused()
    (tmp_path / "no program").write_text("text", encoding="utf-8")
    monkeypatch.setenv("UNDERSIDE_PYTHON", str(tmp_path / "no program"))
    assert "does not start" in refused()


@needs_links
def test_an_interpreter_in_a_folder_with_odd_characters_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = script(tmp_path / "Käte's Python 3" / "python", f'exec "{sys.executable}" "$@"')
    monkeypatch.setenv("UNDERSIDE_PYTHON", str(python))
    assert engine.find_engine().python == str(python)


def node(tmp_path: Path, **values: object) -> Node:
    source = scene(tmp_path / "scene.sfm", [photo(tmp_path / "Fotos von Käte" / "IMG 1.jpg")])
    return Node("UndersideMasking", tmp_path / "the cache", input=str(source), **values)


def test_what_meshroom_sets_for_itself_does_not_reach_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = tmp_path / "poison"
    (poison / "underside").mkdir(parents=True)
    (poison / "underside" / "__init__.py").write_text("raise RuntimeError('poisoned')", encoding="utf-8")
    (poison / "numpy.py").write_text("raise RuntimeError('poisoned')", encoding="utf-8")
    monkeypatch.chdir(poison)
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, str(poison))
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    masking = node(tmp_path, model=quick_model(tmp_path / "model"))
    masking.compute()
    assert len(list(Path(masking.output.value).glob("*.png"))) == 1


def test_alicevisions_libraries_are_kept_from_the_engine_and_the_users_own_are_not() -> None:
    own = engine.own_environment(
        {
            "ALICEVISION_ROOT": "/opt/Meshroom-2025.1/aliceVision",
            "LD_LIBRARY_PATH": "/opt/Meshroom-2025.1/aliceVision/lib::/usr/local/cuda/lib64",
            "DYLD_LIBRARY_PATH": "/opt/Meshroom-2025.1/aliceVision/lib",
            "CUDA_VISIBLE_DEVICES": "1",
        }
    )
    assert own["LD_LIBRARY_PATH"] == "/usr/local/cuda/lib64"
    assert "DYLD_LIBRARY_PATH" not in own
    assert own["CUDA_VISIBLE_DEVICES"] == "1"


def test_what_keeps_the_engine_from_working_is_told_as_it_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    for masking, told in (
        (node(tmp_path, model="no such model"), "There is no model no such model"),
        (node(tmp_path, rings=str(tmp_path)), f"There is no ring knowledge in {tmp_path}. Compute UndersideRings"),
    ):
        (chunk,) = masking.chunks()
        with pytest.raises(NodeError, match=told):
            masking.desc.processChunk(chunk)
        assert "Traceback" not in chunk.log


def test_a_project_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    (tmp_path / "the cache").write_text("a file where the folder must be", encoding="utf-8")
    masking = node(tmp_path)
    with pytest.raises(NodeError, match=r"Cannot write .*save the project in another one"):
        masking.desc.processChunk(masking.chunks()[0])


# Plays Meshroom's compute process: one chunk, and nothing that tidies up when it is killed.
_COMPUTE = """
    import sys
    sys.path[:0] = sys.argv[1:4]
    from pathlib import Path
    from meshroom_host import Node
    node = Node("UndersideMasking", Path(sys.argv[4]), input=sys.argv[5], effort="best")
    node.desc.processChunk(node.chunks()[0])
"""


@pytest.fixture
def computing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """Once the engine has begun."""
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    source = scene(tmp_path / "s.sfm", [photo(tmp_path / f"{n}.jpg", width=900, height=600) for n in range(60)])
    words = [FAKE, NODES.parent, ROOT / "tests", tmp_path / "cache", source]
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(_COMPUTE), *map(str, words)]) as process:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "cache").rglob("engine/0/masks/*.png")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
        process.kill()


def whole(folder: Path) -> bool:
    return all(path.read_bytes().endswith(b"IEND\xaeB`\x82") for path in folder.rglob("*.png"))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such signals")
def test_cancelling_as_meshroom_does_ends_the_engine_at_once_and_leaves_no_half_mask(
    tmp_path: Path, computing: subprocess.Popen[bytes]
) -> None:
    host = psutil.Process(computing.pid)
    processes = [*host.children(recursive=True), host]
    for process in processes:
        process.terminate()
    for process in processes:
        if process.is_running():
            process.kill()
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not alive
    assert whole(tmp_path / "cache")
    assert not (tmp_path / "cache" / "masks").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such signals")
def test_an_engine_whose_node_was_killed_ends_by_itself(tmp_path: Path, computing: subprocess.Popen[bytes]) -> None:
    (child,) = psutil.Process(computing.pid).children()
    computing.send_signal(signal.SIGKILL)
    assert child.wait(60) is not None or not child.is_running()
    assert whole(tmp_path / "cache")
    manifest = json.loads((tmp_path / "cache/engine/0/capture.json").read_text(encoding="utf-8"))
    assert 0 < len(manifest["shots"]) < 60


def test_an_error_on_the_nodes_side_ends_the_engine_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    masking = node(tmp_path, model=quick_model(tmp_path / "model"))
    (chunk,) = masking.chunks()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(part("work")._Log, "_started", interrupted)
    others = set(psutil.Process().children())  # what other tests keep for the whole session
    with pytest.raises(KeyboardInterrupt):
        masking.desc.processChunk(chunk)
    assert not chunk.is_open
    assert set(psutil.Process().children()) <= others


def test_the_engine_starts_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The goal is 1.5 s, with the first mask; a processor that others use, too, is slower."""
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    listed = tmp_path / "photos.txt"
    listed.write_text(str(photo(tmp_path / "a.jpg")), encoding="utf-8")
    words = ("mask", "--list", str(listed), "-o", str(tmp_path / "out"), "--events", "--effort", "fast")
    with processor_seconds() as cost:
        told = [event["event"] for event in engine.find_engine().run(*words)]
    assert (told[0], told[-1]) == ("started", "finished")
    assert cost[0] < 5
