"""The program around the chunks: its document, its settings, its window."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from fake_metashape.chunk import Chunk
from fake_metashape.strict import Strict

if TYPE_CHECKING:
    from fake_metashape.module import FakeMetashape


class Document(Strict):
    """A project; on disk, for the tests, a JSON file and masks beside it."""

    path: str
    chunks: list[Chunk]
    chunk: Chunk | None
    """The active one; a new one is not by itself: whether the real one makes it so, is not documented."""
    read_only: bool
    _types: ClassVar[dict[str, Any]] = {"chunk": Chunk}

    def addChunk(self) -> Chunk:  # noqa: N802
        self._owner.on_main_thread("addChunk")
        if self.read_only:
            raise RuntimeError("Document is read-only")
        number = f"Chunk {len(self.chunks) + 1}"
        lists: dict[str, Any] = {"cameras": [], "camera_groups": [], "calls": []}
        chunk = self._owner.Chunk(self._owner, label=number, **lists, frame_count=1, aligned=None)
        self.chunks.append(chunk)
        return chunk

    def open(self, path: str) -> None:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        object.__setattr__(self, "path", path)
        for told in content["chunks"]:
            chunk = self.addChunk()
            chunk.label = told["label"]
            for photo in told["photos"]:
                enabled = photo not in told.get("disabled", [])
                chunk.add(photo, exists=Path(photo).is_file(), enabled=enabled)
        object.__setattr__(self, "read_only", content.get("read_only", False))

    def save(self) -> None:
        folder = Path(self.path).with_suffix(".files")
        if folder.is_file():
            raise OSError("Can't create directory")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for chunk in self.chunks:
            for camera in chunk.cameras:
                if camera.mask:
                    camera.mask.image().save(str(folder / f"{chunk.label}-{camera.key}.png"))


class Settings:
    """The program's own, kept for as long as it runs."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def value(self, name: str) -> str | None:
        return self._values.get(name)

    def setValue(self, name: str, value: str) -> None:  # noqa: N802
        if not isinstance(value, str):
            raise TypeError("a text is needed")
        self._values[name] = value


class Application:
    """The program's window; without one most of it raises."""

    def __init__(self, owner: "FakeMetashape", *, window: bool) -> None:
        self._owner = owner
        self._window = window
        self.version = f"{owner.version}.0"
        self.activated = True
        self.settings = Settings()
        self.menu: list[tuple[str, Callable[[], None]]] = []
        self.messages: list[str] = []
        self.questions: list[str] = []
        self.answer = True
        self.folder = ""

    @property
    def document(self) -> Document:
        self._need_window()
        return self._owner.document

    def addMenuItem(self, label: str, func: Callable[[], None]) -> None:  # noqa: N802
        self._need_window()
        self.menu.append((label, func))

    def removeMenuItem(self, label: str) -> None:  # noqa: N802
        self._need_window()
        self.menu = [item for item in self.menu if item[0] != label]

    def messageBox(self, message: str) -> None:  # noqa: N802
        self._need_window()
        if not isinstance(message, str):
            raise TypeError("a text is needed")
        self.messages.append(message)

    def getBool(self, label: str = "") -> bool:  # noqa: N802
        self._need_window()
        self.questions.append(label)
        return self.answer

    def getExistingDirectory(self, hint: str = "", dir: str = "") -> str:  # noqa: A002, N802
        self._need_window()
        if not isinstance(hint, str) or not isinstance(dir, str):
            raise TypeError("texts are needed")
        return self.folder

    def update(self) -> None:
        self._need_window()

    def choose(self, label: str) -> str:
        """For the tests: a click on an entry, and what the box then says."""
        next(func for name, func in self.menu if name == label)()
        return self.messages.pop() if self.messages else ""

    def _need_window(self) -> None:
        self._owner.on_main_thread("app")
        if not self._window:
            raise RuntimeError("not available without a window")
