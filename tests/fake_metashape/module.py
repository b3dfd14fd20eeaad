"""The module itself, as ``import Metashape`` gives it."""

import enum
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from fake_metashape.chunk import Camera, CameraGroup, chunk_class
from fake_metashape.pictures import Image, Mask
from fake_metashape.program import Application, Document
from fake_metashape.strict import SINCE


class FakeMetashape(ModuleType):
    """The module of one version."""

    def __init__(self, version: str, *, window: bool = True) -> None:
        super().__init__("Metashape")
        self.version = version
        self.number = float(version)
        self.progress_to = 1.0 if self.number < 2 else 100.0
        self.turns = False
        """Whether photos are turned as their EXIF says: which it is, is not known."""
        self._main = threading.get_ident()
        modes = ["Alpha", "File", "Background", "Model", *(["AI"] if self.number >= 2.2 else [])]
        self.MaskingMode = enum.Enum("MaskingMode", {f"MaskingMode{name}": at for at, name in enumerate(modes)})  # type: ignore[misc]
        operations = ["Replacement", "Union", "Intersection", "Difference"]
        self.MaskOperation = enum.Enum(  # type: ignore[misc]
            "MaskOperation", {f"MaskOperation{name}": at for at, name in enumerate(operations)}
        )
        for family in (self.MaskingMode, self.MaskOperation):
            for value in family:
                setattr(self, value.name, value)
        self.Image = Image
        self.Camera = Camera
        self.CameraGroup = CameraGroup
        self.Chunk = chunk_class(with_masks=self.number >= 1.7)
        self.document = self.Document()
        self.app = Application(self, window=window)

    def Mask(self) -> Mask:  # noqa: N802
        return Mask(self)

    def Document(self) -> Document:  # noqa: N802
        return Document(self, path="", chunks=[], chunk=None, read_only=False)

    def on_main_thread(self, what: str) -> None:
        if threading.get_ident() != self._main:
            raise RuntimeError(f"{what} from another thread: the real one may crash")

    def must_have(self, name: str) -> None:
        if self.number < SINCE.get(name, 0):
            raise AttributeError(f"Metashape {self.version} has no {name}")

    def refuse_unknown(self, options: dict[str, Any], known: dict[str, Any]) -> None:
        for name, value in options.items():
            if name not in known or self.number < SINCE.get(name, 0):
                raise TypeError(f"'{name}' is an invalid keyword argument for this function")
            if not (callable(value) if known[name] is Callable else isinstance(value, known[name])):
                raise TypeError(f"{name} cannot be {type(value).__name__}")
