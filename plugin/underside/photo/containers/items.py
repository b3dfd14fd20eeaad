"""What a HEIF file holds beside its pictures, as the bytes that stand in it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from underside.photo.containers.boxes import boxes
from underside.photo.containers.common import RefusedError
from underside.photo.exif import EXIF_MARK

__all__ = ["are_whole", "exif_item", "exif_places"]

_Span = tuple[int, int]
_Spans = Mapping[bytes, _Span]

_IN_THE_FILE, _IN_THEIR_OWN_BOX = 0, 1
_VERSION = 4
"""Bytes before the content of most boxes here: a version, and flags."""


def are_whole(data: bytes) -> bool:
    """Whether all that the file's pictures consist of lies within it, whatever was appended behind them."""
    try:
        meta = _within(data, _outermost(data)[b"meta"], skip=_VERSION)
        located = _located(_Numbers(data, meta[b"iloc"]))
        of_the_file = (place for _, kind, places in located if kind == _IN_THE_FILE for place in places)
        return all(length and offset + length <= len(data) for offset, length in of_the_file)
    except (RefusedError, LookupError):
        return False


def exif_item(data: bytes) -> bytes:
    """The EXIF that describes the main picture, whatever is in it; empty where there is none, or none is found."""
    try:
        meta = _within(data, _outermost(data)[b"meta"], skip=_VERSION)
        found = list(_called_exif(data, meta[b"iinf"]))
        main = _Numbers(data, meta[b"pitm"]).versioned()
        described = _described(data, meta)
        of_main = [item for item in found if main in described.get(item, ())]
        content = _content(data, meta, (of_main or found)[0])
    except (RefusedError, LookupError):
        return b""
    return content[_begin_of_block(content) :]


def exif_places(data: bytes) -> list[list[_Span]]:
    """Where the blocks of EXIF lie that describe any picture, each in one piece or in several."""
    places: list[list[_Span]] = []
    with suppress(RefusedError, LookupError):
        meta = _within(data, _outermost(data)[b"meta"], skip=_VERSION)
        for item in _called_exif(data, meta[b"iinf"]):
            with suppress(LookupError):
                spans = _spans(data, meta, item)
                content = b"".join(data[begin:end] for begin, end in spans)
                begin = _begin_of_block(content)
                marked = len(EXIF_MARK) * content[begin:].startswith(EXIF_MARK)
                places.append(list(_behind(spans, begin + marked)))
    return places


def _begin_of_block(content: bytes) -> int:
    # First comes where in the rest the block begins, behind a mark or at once; it is often wrong.
    begin = 4 + int.from_bytes(content[:4], "big")
    return begin if content[begin : begin + 2] in (b"II", b"MM") else 4


def _behind(spans: Iterable[_Span], skipped: int) -> Iterator[_Span]:
    """What is left of them behind so many bytes."""
    for begin, end in spans:
        yield min(begin + skipped, end), end
        skipped = max(0, skipped - (end - begin))


class _Numbers:
    """The numbers of a box, one after another."""

    def __init__(self, data: bytes, span: _Span) -> None:
        self._data = data
        self.at, self._end = span

    def take(self, size: int) -> int:
        self.at += size
        if self.at > self._end:
            raise LookupError
        return int.from_bytes(self._data[self.at - size : self.at], "big")

    def versioned(self, *, wide_from: int = 1) -> int:
        """The first number behind the version; from that version on it has four bytes, and two before."""
        version = self.take(_VERSION) >> 24
        return self.take(2 if version < wide_from else 4)


def _outermost(data: bytes) -> _Spans:
    """The file's own boxes; what was appended behind them is none."""
    found: dict[bytes, _Span] = {}
    with suppress(RefusedError):
        for name, begin, end in boxes(data):
            found.setdefault(name, (begin, end))
    return found


def _within(data: bytes, span: _Span, *, skip: int = 0) -> _Spans:
    """The boxes in a box; of several with one name the first."""
    found: dict[bytes, _Span] = {}
    for name, begin, end in boxes(data, span[0] + skip, span[1]):
        found.setdefault(name, (begin, end))
    return found


def _called_exif(data: bytes, iinf: _Span) -> Iterator[int]:
    counted = _Numbers(data, iinf)
    counted.versioned()
    for name, *span in boxes(data, counted.at, iinf[1]):
        if name == b"infe":
            entry = _Numbers(data, (span[0], span[1]))
            item = entry.versioned(wide_from=3)
            entry.take(2)
            if entry.take(4) == int.from_bytes(b"Exif", "big"):
                yield item


def _described(data: bytes, meta: _Spans) -> dict[int, set[int]]:
    """The pictures that each item is said to describe."""
    described: dict[int, set[int]] = {}
    begin, end = meta.get(b"iref", (0, 0))
    size = 4 if data[begin] else 2
    for name, *span in boxes(data, begin + _VERSION, end):
        if name == b"cdsc":
            numbers = _Numbers(data, (span[0], span[1]))
            item = numbers.take(size)
            described[item] = {numbers.take(size) for _ in range(numbers.take(2))}
    return described


def _content(data: bytes, meta: _Spans, item: int) -> bytes:
    return b"".join(data[begin:end] for begin, end in _spans(data, meta, item))


def _spans(data: bytes, meta: _Spans, item: int) -> list[_Span]:
    kind, places = _places(_Numbers(data, meta[b"iloc"]), item)
    if kind not in (_IN_THE_FILE, _IN_THEIR_OWN_BOX):
        raise LookupError
    start, end = (0, len(data)) if kind == _IN_THE_FILE else meta[b"idat"]
    spans = [(start + offset, start + offset + length if length else end) for offset, length in places]
    if any(stop > end for _, stop in spans) or sum(stop - begin for begin, stop in spans) > len(data):
        raise LookupError
    return spans


def _places(iloc: _Numbers, wanted: int) -> tuple[int, list[tuple[int, int]]]:
    """What the places of an item are counted from, and offset and length of each of its parts."""
    for item, kind, places in _located(iloc):
        if item == wanted:
            return kind, places
    raise LookupError


def _located(iloc: _Numbers) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Each item with what its places are counted from, and offset and length of each of its parts."""
    version = iloc.take(_VERSION) >> 24
    sizes = iloc.take(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 2 if version < 2 else 4
    for _ in range(iloc.take(wide)):
        item = iloc.take(wide)
        kind = iloc.take(2) & 15 if version else _IN_THE_FILE
        iloc.take(2)  # which file: this one
        base = iloc.take(base_size)
        places = []
        for _ in range(iloc.take(2)):
            iloc.take(index_size)
            places.append((base + iloc.take(offset_size), iloc.take(length_size)))
        yield item, kind, places
