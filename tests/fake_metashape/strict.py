"""What a version has, and that nothing else can be set or read."""

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from fake_metashape.module import FakeMetashape

VERSIONS = ("1.7", "2.0", "2.1", "2.2", "2.3")

# By name: the first version with it. 2.1 stands for 2.1.0, whose groups have no key yet.
SINCE = {"replace_asset": 2.2, "frames": 2.2, "MaskingModeAI": 2.2, "group": 2.2, "CameraGroup.key": 2.2,
          "tie_points": 2.0}  # fmt: skip


class Strict:
    """Knows its own attributes only, their types, and the thread that may write."""

    _types: ClassVar[dict[str, Any]] = {}
    _owner: "FakeMetashape"

    def __init__(self, owner: "FakeMetashape", **values: Any) -> None:  # noqa: ANN401
        object.__setattr__(self, "_owner", owner)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in self._types:
            raise AttributeError(f"{type(self).__name__} has no attribute {name} that can be set")
        if not isinstance(value, self._types[name]):
            raise TypeError(f"{type(self).__name__}.{name} cannot be {type(value).__name__}")
        self._owner.on_main_thread(name)
        object.__setattr__(self, name, value)
