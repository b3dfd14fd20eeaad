"""Metashape with the menu installed, for tests: the stand-in, the installed files, and real photos."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from conftest import DEMO
from fake_metashape import Chunk, FakeMetashape
from numpy.typing import NDArray
from PIL import Image

from underside.installers.metashape import install

Parts = Any
"""The installed modules; they exist once the menu is there."""

# With a space, an accent and characters that Windows consoles do not have.
FOLDER = "Fundstück 甲"


@dataclass
class HostProgram:
    """One start of Metashape, its project saved in a folder of its own."""

    metashape: FakeMetashape
    scripts: Path
    folder: Path

    @property
    def app(self) -> Any:  # noqa: ANN401
        return self.metashape.app

    def chunk(self, *photos: Path, group: str = "") -> Chunk:
        """A chunk with these photos, beside those that it has."""
        document = self.metashape.document
        if document.chunk is None:
            document.chunk = document.addChunk()
        chunk = document.chunk
        for photo in photos:
            chunk.add(str(photo), group=group)
        return chunk

    def run_script(self, argv: list[str]) -> None:
        """As Metashape does for each file in its folder of scripts."""
        script = self.scripts / "underside_menu.py"
        before = sys.argv
        sys.argv = argv
        try:
            exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), {"__name__": "__main__"})
        finally:
            sys.argv = before


@contextmanager
def started(folder: Path, version: str = "2.2", *, window: bool = True) -> Iterator[HostProgram]:
    """Metashape of that version, the menu installed and its script run."""
    scripts = folder / FOLDER / "scripts"
    install(scripts)
    metashape = FakeMetashape(version, window=window)
    object.__setattr__(metashape.document, "path", str(folder / FOLDER / "projekt.psx"))
    host = HostProgram(metashape, scripts, folder / FOLDER)
    path = list(sys.path)
    sys.modules["Metashape"] = metashape
    try:
        host.run_script([""])
        yield host
    finally:
        sys.path[:] = path
        for name in [name for name in sys.modules if name.split(".")[0] in ("Metashape", "underside_metashape")]:
            del sys.modules[name]


def two_poses(folder: Path, count: int = 2) -> tuple[list[Path], list[Path]]:
    """Photos of two passes with the same names in both, as cameras that count anew make them."""
    passes: list[list[Path]] = []
    for name in ("upright", "flipped"):
        target = folder / FOLDER / "photos" / name
        target.mkdir(parents=True)
        sources = sorted((DEMO / name).glob("*.JPG"))[:count]
        passes.append([target / f"DSC_{number:04}.JPG" for number in range(1, count + 1)])
        for source, photo in zip(sources, passes[-1], strict=True):
            shutil.copy(source, photo)
    return passes[0], passes[1]


def stored(path: Path) -> NDArray[np.bool_]:
    """What a mask file keeps."""
    with Image.open(path) as file:
        return np.asarray(file.convert("L")) > 127


def part(name: str) -> Parts:
    return sys.modules[f"underside_metashape.{name}"]


def mask_all(host: HostProgram, *, results: Path | None = None, combine: bool = False, by_groups: bool = False) -> str:
    """What "Mask photos" does, without its windows."""
    masking, views = part("masking"), part("views")
    chunk = host.metashape.document.chunk
    found, _ = views.views_of(host.metashape, chunk)
    folder = str(results or host.folder / "projekt.underside")
    wish = masking.Wish(folder, effort="fast", combine=combine, by_groups=by_groups)
    run = masking.begin(part("record").find_engine(), found, wish)
    tally = masking.Tally()
    try:
        while not run.ended:
            for event in run.events(wait=0.1):
                tally.take(event)
        masking.check_end(run, tally)
    finally:
        run.kill()
    answer: str = masking.import_results(host.metashape, chunk, found, folder, combine=combine)
    return answer


def trouble() -> type[Exception]:
    error: type[Exception] = part("host").MenuError
    return error


def finished(host: HostProgram, photos: list[Path], orientation: int = 1) -> Path:
    """A folder of results, made by hand in a moment: the left half of each photo is object."""
    folder = host.folder / "results"
    shots = []
    capture = Path(os.path.commonpath([photo.parent for photo in photos]))
    for photo in photos:
        with Image.open(photo) as file:
            width, height = file.size
        keep = np.zeros((height, width), np.uint8)
        keep[: height // 3, : width // 2] = 255
        name = photo.relative_to(capture).as_posix()
        mask = folder / "masks" / f"{name}.png"
        mask.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(keep).save(mask)
        facts = {"photo": name, "pass_name": name.rpartition("/")[0], "state": "masked", "mask": f"masks/{name}.png"}
        size, sha = photo.stat().st_size, _sha256(photo)
        seen = {"box": [0, 0, width // 2, height // 3], "verdict": "good", "reasons": []}
        shots.append({**facts, **seen, "orientation": orientation, "size": size, "sha256": sha, "reason": ""})
    content = {"format": 1, "capture": str(capture), "shots": shots, "plates": [], "warnings": []}
    (folder / "capture.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def imported(host: HostProgram, folder: Path, *, combine: bool = False) -> str:
    """What the menu says when it has imported these results."""
    chunk = host.metashape.document.chunk
    views, _ = part("views").views_of(host.metashape, chunk)
    told: str = part("masking").import_results(host.metashape, chunk, views, str(folder), combine=combine)
    return told


def change(folder: Path, **facts: object) -> None:
    path = folder / "capture.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, **facts}), encoding="utf-8")
