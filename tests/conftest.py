"""What many tests need: the command as a real process, what it has left, the demo capture, the shared data."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lit_capture import lit_sample
from made_once import made_once
from numpy.typing import NDArray
from powerless import without_power
from ready_process import ReadyProcess

from underside.photo import Photo, open_photo

if TYPE_CHECKING:
    from metashape_host import HostProgram

# A failed assertion in there says what was compared, as in a test.
pytest.register_assert_rewrite("blob_captures")

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "plugin" / "underside" / "demo"

Run = Callable[..., subprocess.CompletedProcess[str]]
Open = Callable[..., Photo]


def command(*words: object) -> list[str]:
    """The command line as a user types it."""
    return [sys.executable, "-m", "underside", *(str(word) for word in words)]


def manifest(out: Path) -> dict[str, Any]:
    """What a run has written down of itself."""
    return json.loads((out / "capture.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def shots(out: Path) -> dict[str, dict[str, Any]]:
    """What the manifest says of each shot, by photo."""
    return {shot["photo"]: shot for shot in manifest(out)["shots"]}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are processors: the tests of watched folders wait most of their time."""
    count = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, count * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that wait come first, beside others that compute; and the longest of all are among them."""
    items.sort(key=lambda item: not item.path.name.startswith("test_watch"))


@contextmanager
def processor_seconds() -> Iterator[list[float]]:
    """What the processes that have ended meanwhile have cost: on a busy machine, too, nearly the same.

    Those that ``run`` starts are not among them, but children of another process. Windows does not tell: there it is
    nothing.
    """
    before, cost = os.times(), list[float]()
    yield cost
    after = os.times()
    cost.append(sum(after[2:4]) - sum(before[2:4]))


def overlap(one: NDArray[Any], other: NDArray[Any]) -> float:
    """What two masks have in common, of what either has."""
    return float(((one > 0) & (other > 0)).sum() / ((one > 0) | (other > 0)).sum())


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models, in which they are looked for."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("UNDERSIDE_MODELS", str(folder))
    return folder


# As all of them begin; a test may change some of it.
_ENVIRONMENT = {**os.environ, "PYTHONUTF8": "1"}
_READY: list[ReadyProcess] = []


@pytest.fixture(scope="session", autouse=True)
def _ready_process() -> Iterator[None]:
    yield
    while _READY:
        _READY.pop().end()


def _ready_for(environment: Mapping[str, str]) -> ReadyProcess | None:
    if sys.platform != "linux":  # elsewhere a fork of what has these libraries loaded is not to be trusted
        return None
    if not _READY:
        _READY.append(ReadyProcess(_ENVIRONMENT))
    return _READY[0] if _READY[0].fits(environment) else None


def running_in(folder: Path, *, loads: bool = False) -> Run:
    """How to run ``underside`` as a process, in that folder, with nobody's models or settings.

    ``loads``: each process loads the program itself. Then its hashes, and the order of its sets, are its own.
    """

    def run(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "UNDERSIDE_MODELS": str(folder / "models"), "PYTHONUTF8": "1"}
        options = {"cwd": folder, "timeout": 240, "env": environment, "preexec_fn": None, **options}
        ready = None if loads else _ready_for(options["env"])  # type: ignore[arg-type]
        if ready and options.keys() == {"cwd", "timeout", "env", "preexec_fn"}:
            rights = options.pop("preexec_fn")
            if rights in (None, without_power):
                said = [str(word) for word in words]
                return ready.run(said, powerless=bool(rights), **options)  # type: ignore[arg-type]
            options["preexec_fn"] = rights
        return subprocess.run(command(*words), capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]

    return run


def some_of_the_demo(folder: Path) -> Path:
    """Two upright and two flipped photos, and a plate."""
    for name in ("upright/DSC_0001", "upright/DSC_0004", "flipped/DSC_0019", "flipped/DSC_0022", "empty/DSC_0037"):
        target = folder / f"{name}.JPG"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DEMO / f"{name}.JPG", target)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``underside`` in a folder of the test's own."""
    return running_in(tmp_path)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A small capture."""
    return some_of_the_demo(tmp_path / "capture")


@pytest.fixture
def fewer_rights(tmp_path: Path) -> Iterator[Callable[[], None] | None]:
    """What a process does at its start to be held to permissions like everybody; nothing where it is."""
    if os.name != "posix" or (os.geteuid() == 0 and sys.platform != "linux"):
        pytest.skip("nothing is forbidden to this user")
    yield without_power if os.geteuid() == 0 else None
    for path in [path for path in tmp_path.rglob("*") if path.is_dir()]:
        path.chmod(0o700)


@dataclass(frozen=True)
class FirstRun:
    """What ``underside mask capture -o out`` has come to."""

    folder: Path
    """Holds ``capture`` and ``out``. To be read only."""
    stdout: str

    @property
    def out(self) -> Path:
        return self.folder / "out"


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    """The small capture, masked once for all tests that begin with that."""
    folder = tmp_path_factory.mktemp("first-run")
    some_of_the_demo(folder / "capture")
    done = running_in(folder)("mask", "capture", "-o", "out")
    assert done.returncode == 0, done.stderr
    return FirstRun(folder, done.stdout)


@pytest.fixture
def masked_capture(first_run: FirstRun, tmp_path: Path) -> Path:
    """A copy of it for the test to change: the capture, with its results in ``out``."""
    return Path(shutil.copytree(first_run.folder, tmp_path, dirs_exist_ok=True)) / "capture"


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Write bytes to a file of that name and open it as a photo."""

    def opened(name: str, content: bytes) -> Photo:
        path = tmp_path / name
        path.write_bytes(content)
        return open_photo(path)

    return opened


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data and judges that lies beside a checkout of the project."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared data do not lie beside this checkout")
    return folder


@dataclass(frozen=True)
class Joined:
    """A capture of two passes, masked with the best effort: its passes joined, its masks put right."""

    sample: Path
    """With the truth."""
    folder: Path
    """Holds ``captures/lit`` and ``out/lit``; tests that change something in it copy it."""
    events: tuple[dict[str, Any], ...]

    @property
    def capture(self) -> Path:
        return self.folder / "captures" / "lit"

    @property
    def out(self) -> Path:
        return self.folder / "out" / "lit"


# A threshold is quick, and right on this capture.
BEST = ("--segmenter", "threshold", "--effort", "best", "--cutout", "black", "--layout", "colmap")


@pytest.fixture(scope="session")
def joined(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Joined:
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    sample = shared / "data" / "flip-full" / "spot"

    def make(folder: Path) -> None:
        capture = lit_sample(sample, folder / "captures" / "lit")
        words = command("mask", capture, "-o", folder / "out" / "lit", *BEST, "--events")
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode == 0, done.stderr
        (folder / "events").write_text(done.stdout, encoding="utf-8")

    folder = made_once(tmp_path_factory, "joined", make)
    events = (folder / "events").read_text(encoding="utf-8").splitlines()
    return Joined(sample, folder, tuple(json.loads(line) for line in events))


@pytest.fixture
def host(tmp_path: Path) -> "Iterator[HostProgram]":
    """Metashape, started with our menu in it."""
    from metashape_host import started

    with started(tmp_path) as host:
        yield host


@pytest.fixture
def own_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meshroom's nodes start the engine with the Python that runs the tests."""
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)


@pytest.fixture
def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium on this machine: the page is not opened in a browser")
    return found
