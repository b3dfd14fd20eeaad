"""Files that may still be being written: each is left alone until its size and time have stood still for a while."""

from collections.abc import Iterator
from dataclasses import dataclass

from underside.watch.folder import Found

__all__ = ["Settling"]


@dataclass
class _Waiting:
    found: Found
    until: float


class Settling:
    """Keeps the files that have changed lately. Times are those of a clock that never jumps."""

    def __init__(self, still_for: float) -> None:
        self._still_for = still_for
        self._files: dict[str, _Waiting] = {}

    def __contains__(self, photo: str) -> bool:
        return photo in self._files

    def __len__(self) -> int:
        return len(self._files)

    def changed(self, found: Found, now: float) -> None:
        """A file was seen; from now on it must stand still."""
        known = self._files.get(found.photo)
        if known is None or known.found != found:
            self._files[found.photo] = _Waiting(found, now + self._still_for)

    def forget(self, photo: str) -> None:
        """The file is gone."""
        self._files.pop(photo, None)

    def due(self, now: float) -> Iterator[Found]:
        """What should be looked at again: still the same means settled."""
        for photo in [photo for photo, waiting in self._files.items() if waiting.until <= now]:
            yield self._files[photo].found

    def next_due(self) -> float:
        """When to ask again."""
        return min((waiting.until for waiting in self._files.values()), default=float("inf"))
