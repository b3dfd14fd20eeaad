"""The boxes that HEIF and Canon's CR3 are made of."""

from collections.abc import Iterator

from underside.photo.containers.common import RefusedError, cut_short

__all__ = ["boxes"]


def boxes(data: bytes, begin: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Name, begin and end of the content of each box; one that leads beyond the end is refused."""
    stop = len(data) if end is None else end
    while begin + 8 <= stop:
        size, name, head = int.from_bytes(data[begin : begin + 4], "big"), data[begin + 4 : begin + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[begin + 8 : begin + 16], "big"), 16
        elif size == 0:
            size = stop - begin
        if size < head:
            raise RefusedError("is damaged: a part of it has no length")
        if begin + size > stop:
            raise cut_short("a part of it extends beyond its end")
        yield name, begin + head, begin + size
        begin += size
