"""The node descriptions of the stand-in: only keywords that Meshroom 2025.1 and 2026 both take, checked as they do."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any


class Level(Enum):
    NONE = 0
    NORMAL = 1
    INTENSIVE = 2


class Parallelization:
    def __init__(self, staticNbBlocks: int = 0, blockSize: int = 0) -> None:
        self.staticNbBlocks = staticNbBlocks
        self.blockSize = blockSize


class Attribute:
    def __init__(
        self,
        *,
        name: str,
        label: str,
        description: str,
        value: Any,
        advanced: bool = False,
        invalidate: bool = True,
        semantic: str = "",
        enabled: bool = True,
        visible: bool = True,
        exposed: bool = False,
    ) -> None:
        if not (name.isidentifier() and label and description):
            raise ValueError(f"{name}: an attribute has a name, a label and a description")
        self.name, self.label, self.description, self.value = name, label, description, value
        self.advanced, self.invalidate, self.semantic = advanced, invalidate, semantic

    def checkValueTypes(self) -> str:
        """The name where the default is none that the attribute can have."""
        return "" if self.isValid() else self.name

    def isValid(self) -> bool:
        return isinstance(self.value, str) or callable(self.value)


class File(Attribute):
    def __init__(self, *, exposed: bool = True, **keywords: Any) -> None:
        super().__init__(exposed=exposed, **keywords)


class StringParam(Attribute):
    def isValid(self) -> bool:
        return isinstance(self.value, str)


class BoolParam(Attribute):
    def isValid(self) -> bool:
        return isinstance(self.value, bool)


class IntParam(Attribute):
    def __init__(self, *, range: Sequence[int] | None = None, **keywords: Any) -> None:  # noqa: A002
        super().__init__(**keywords)
        self.range = range

    def isValid(self) -> bool:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            return False
        return self.range is None or (len(self.range) == 3 and self.range[0] <= self.value <= self.range[1])


class ChoiceParam(Attribute):
    def __init__(self, *, values: Sequence[str], exclusive: bool = True, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.values, self.exclusive = values, exclusive

    def isValid(self) -> bool:
        return isinstance(self.value, str) and self.value in self.values


class BaseNode:
    size: Callable[[Any], int] | int = 1
    parallelization: Parallelization | None = None
    cpu = gpu = ram = Level.NORMAL
    category = "Other"
    documentation = ""
    inputs: Sequence[Attribute] = ()
    outputs: Sequence[Attribute] = ()

    def processChunk(self, chunk: Any) -> None:
        raise NotImplementedError


class Node(BaseNode):
    """A node that computes in a process of its own."""
