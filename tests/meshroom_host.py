"""A graph's node and its chunks as Meshroom hands them to a node, and scenes of photos made here."""

import importlib
import json
import logging
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import tiny_networks
from conftest import ROOT
from numpy.typing import NDArray
from PIL import Image

PLUGIN = ROOT / "meshroom_nodes"
NODES = PLUGIN / "meshroom" / "undersideNodes"
FAKE = Path(__file__).with_name("fake_meshroom")
TYPES = ("UndersideMasking", "UndersideRings", "UndersideCutout")

for place in (FAKE, PLUGIN / "meshroom"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))


def node_class(name: str) -> Any:
    return getattr(importlib.import_module(f"undersideNodes.{name}"), name)


def part(name: str) -> Any:
    return importlib.import_module(f"undersideNodes.parts.{name}")


class Attribute:
    """Of a node; ``link`` is the attribute of another node that it takes its value from."""

    def __init__(self, node: "Node", value: Any, link: "Attribute | None" = None) -> None:
        self.node, self._value, self.link = node, value, link

    @property
    def value(self) -> Any:
        return self.link.value if self.link else self._value

    evalValue = value

    @property
    def isLink(self) -> bool:
        return self.link is not None

    def getLinkParam(self, recursive: bool = False) -> "Attribute | None":
        further = self.link.getLinkParam(True) if self.link and recursive else None
        return further or self.link


class Node:
    """An instance of one of our nodes, with attributes as the description has them or as given."""

    def __init__(self, name: str, cache: Path, **values: Any) -> None:
        self.desc = node_class(name)()
        self.internal = cache
        self.attributes = {
            each.name: Attribute(
                self, *((None, v) if isinstance(v := values.pop(each.name, each.value), Attribute) else (v,))
            )
            for each in self.desc.inputs
        }
        assert not values, f"there is no attribute {values}"
        for each in self.desc.outputs:
            text = each.value(None) if callable(each.value) else each.value
            self.attributes[each.name] = Attribute(self, text.replace("{nodeCacheFolder}", cache.as_posix()))

    def __getattr__(self, name: str) -> Attribute:
        return self.attributes[name]

    def attribute(self, name: str) -> Attribute:
        return self.attributes[name]

    @property
    def size(self) -> int:
        return int(self.desc.size.computeSize(self))

    def chunks(self, size: int | None = None) -> list["Chunk"]:
        """As many as Meshroom makes of ``size`` views."""
        full = self.size if size is None else size
        block = self.desc.parallelization.blockSize if self.desc.parallelization else 0
        count = math.ceil(full / block) if block else 1
        return [Chunk(self, Range(number, block, full)) for number in range(count)]

    def compute(self, size: int | None = None) -> list["Chunk"]:
        chunks = self.chunks(size)
        for chunk in chunks:
            self.desc.processChunk(chunk)
        return chunks


class Range:
    """Off by one on a short last block, as Meshroom's is."""

    def __init__(self, iteration: int, blockSize: int, fullSize: int) -> None:
        self.iteration, self.blockSize, self.fullSize = iteration, blockSize, fullSize
        self.start = iteration * blockSize
        remaining = fullSize - self.start + 1
        self.end = self.start + (blockSize if remaining >= blockSize else remaining)
        self.last = self.end - 1


class LogManager:
    """To be started before the first line and ended after the last; its bar spoils the log."""

    def __init__(self, chunk: "Chunk") -> None:
        self.chunk = chunk

    def start(self, level: str) -> None:
        assert level == "info"
        self.chunk.is_open = True

    def end(self) -> None:
        self.chunk.is_open = False


class Chunk(logging.Handler):
    """With its log as lines."""

    def __init__(self, node: Node, part: Range) -> None:
        super().__init__()
        self.node, self.range, self.lines, self.is_open = node, part, list[str](), False
        self.logManager = LogManager(self)
        self.logger = logging.Logger("chunk")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        assert self.is_open, "the log is written before it was started or after its end"
        self.lines.append(f"{record.levelname}: {record.getMessage()}")

    @property
    def log(self) -> str:
        return "\n".join(self.lines)


def photo(path: Path, *, width: int = 96, height: int = 64, orientation: int = 1, empty: bool = False) -> Path:
    """A bright disc before a dark room, left of the middle; with what a camera writes."""
    pixels = np.full((height, width, 3), 12, np.uint8)
    if not empty:
        cv2.circle(pixels, (width // 3, height // 2), height // 4, (250, 245, 240), cv2.FILLED)
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "LUMENWORKS", "LX-4", orientation
    Image.fromarray(pixels).save(path, exif=exif, quality=95)
    return path


def scene(path: Path, photos: Sequence[Path], **facts: Any) -> Path:
    """A .sfm of these photos; its view ids are in no order that means anything."""
    views = []
    for number, each in enumerate(photos):
        width, height = size_of(each)
        view_id = str(4_000_000_000 - 7919 * number * (-1) ** number)
        size = {"width": str(width), "height": str(height)}
        views.append({"viewId": view_id, "poseId": view_id, "path": str(each), **size, **facts})
    path.write_text(json.dumps({"version": ["1", "2", "8"], "views": views, "intrinsics": []}), encoding="utf-8")
    return path


def size_of(path: Path) -> tuple[int, int]:
    """As stored; that of ``photo`` for one that is none."""
    try:
        with Image.open(path) as picture:
            return picture.size
    except OSError:
        return 96, 64


def view_ids(path: Path) -> dict[str, str]:
    """By photo."""
    return {view["path"]: view["viewId"] for view in json.loads(path.read_text(encoding="utf-8"))["views"]}


def quick_model(folder: Path) -> str:
    """Finds what is bright, at once."""
    folder.mkdir(parents=True, exist_ok=True)
    return str(tiny_networks.brightness(folder / "bright.onnx"))


def stored(path: Path) -> NDArray[np.uint8]:
    """A PNG as its file has it."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def sfm_reader(view_id: str, width: int, height: int, path: str) -> SimpleNamespace:
    """A view of AliceVision's own Python binding."""
    image = SimpleNamespace(getImagePath=lambda: path, getWidth=lambda: width, getHeight=lambda: height)
    return SimpleNamespace(getImage=lambda: image)


def masking(tmp_path: Path, photos: Sequence[Path], **values: object) -> Node:
    """The node that masks, with a scene of these photos and a model that finds what is bright."""
    source = scene(tmp_path / "scene.sfm", photos)
    return Node(
        "UndersideMasking", tmp_path / "cache", input=str(source), model=quick_model(tmp_path / "model"), **values
    )


def masks_of(node: Node) -> dict[str, Path]:
    """By their names."""
    return {path.name: path for path in Path(node.output.value).iterdir()}


def failure(chunk: Chunk) -> str:
    """What a chunk says that must fail."""
    with pytest.raises(part("trouble").NodeError) as raised:
        chunk.node.desc.processChunk(chunk)
    assert f"ERROR: {raised.value}" in chunk.lines
    assert not chunk.is_open
    return str(raised.value)


def make_blocks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two views a chunk, for as long as the test lasts."""
    for name in ("UndersideMasking", "UndersideCutout"):
        monkeypatch.setattr(node_class(name).parallelization, "blockSize", 2)
