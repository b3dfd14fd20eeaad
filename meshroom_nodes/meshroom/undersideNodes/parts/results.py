"""What the engine has left for each photo, and masks as files that are whole or not there."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from .trouble import NodeError, writing

__all__ = ["Results", "Shot", "place", "plain_mask", "plates_of_rings", "read_results"]

_MANIFEST, _RINGS = "capture.json", "rings.json"
_FORMAT = 2
_Understood = TypeVar("_Understood")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Shot(NamedTuple):
    """What became of one photo."""

    mask: str
    """Its path; empty where there is none."""
    cutout: str
    width: int
    height: int
    is_empty: bool
    """No object was found."""
    verdict: str
    told: str
    """Why there is no mask, or no better one."""


class Results:
    """Of one folder of the engine."""

    def __init__(self, content: dict[str, Any], folder: str) -> None:
        capture = content["capture"]
        self._shots = {_key(capture, shot["photo"]): _shot(shot, folder) for shot in content["shots"]}
        self._plates = {_key(capture, name) for name in content["plates"]}
        self._beside = {
            _key(capture, name): shot["photo"] for shot in content["shots"] for name in shot.get("companions", ())
        }

    def of(self, photo: str) -> Shot:
        """Everything that is known of a photo, also why it was not masked."""
        key = os.path.normcase(photo)
        if key in self._shots:
            return self._shots[key]
        if key in self._plates:
            return _without_mask("its name says that it shows the empty platter")
        if key in self._beside:
            return _without_mask(f"it is the raw file of {self._beside[key]}: leave one of the two out of the photos")
        return _without_mask("its name says that it is the mask of another photo, or no photo")


def _without_mask(told: str) -> Shot:
    return Shot("", "", 0, 0, is_empty=False, verdict="", told=told)


def read_results(folder: str) -> Results:
    """The manifest of a folder."""
    return _read(os.path.join(folder, _MANIFEST), lambda content: Results(content, folder))


def plates_of_rings(folder: str) -> frozenset[str]:
    """Photos that a ring's survey has taken for plates, as ``os.path.normcase`` has their paths."""
    if not folder:
        return frozenset()
    if not os.path.isfile(os.path.join(folder, _RINGS)):
        raise NodeError(
            f"There is no ring knowledge in {folder}. Compute UndersideRings first, or disconnect Rings to mask each "
            "view alone."
        )
    return _read(
        os.path.join(folder, _RINGS),
        lambda content: frozenset(_key(content["capture"], name) for name in content["plates"]),
    )


def _read(path: str, understood: Callable[[dict[str, Any]], _Understood]) -> _Understood:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if int(content["format"]) <= _FORMAT:
            return understood(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NodeError(f"{path} cannot be read ({error!r}). Delete the node's data and compute it again.") from error
    raise NodeError(f"{path} was written by a newer Underside. Run in a terminal: underside install meshroom")


def _shot(content: dict[str, Any], folder: str) -> Shot:
    has_mask = bool(content.get("mask")) and content["state"] != "failed"
    return Shot(
        mask=_path(folder, content["mask"]) if has_mask else "",
        cutout=_path(folder, content["cutout"]) if has_mask and content.get("cutout") else "",
        width=int(content.get("width", 0)),
        height=int(content.get("height", 0)),
        is_empty=has_mask and content.get("box") is None,
        verdict=content.get("verdict", ""),
        told=content.get("reason", "") if not has_mask else "; ".join(content.get("reasons", ())),
    )


def _path(folder: str, name: str) -> str:
    return os.path.join(folder, *name.split("/"))


def _key(folder: str, name: str) -> str:
    return os.path.normcase(os.path.abspath(_path(folder, name)))


def check_mask(path: str, width: int, height: int) -> None:
    """Every mask that leaves a node is what AliceVision needs: it says nothing where one is not."""
    with open(path, "rb") as file:
        head = file.read(26)
    if head[:8] != _SIGNATURE or struct.unpack(">II", head[16:24]) != (width, height) or head[24:26] != b"\x08\x00":
        raise NodeError(f"{path} is no mask of {width} x {height} pixels. Delete the node's data and compute it again.")


def plain_mask(path: str, width: int, height: int, *, white: bool) -> None:
    """A mask of one colour: the view counts whole, or not at all."""
    row = b"\x00" + (b"\xff" if white else b"\x00") * width
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * height, 1)), (b"IEND", b""))
    content = _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    with _whole(path) as part, open(part, "wb") as file:
        file.write(content)


def place(source: str, target: str) -> None:
    """``source`` under another name too: a second name of the same file where the disk can, a copy otherwise."""
    with _whole(target) as part:
        try:
            os.link(source, part)
        except OSError:
            shutil.copyfile(source, part)


@contextlib.contextmanager
def _whole(path: str) -> Iterator[str]:
    part = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}.part")
    with writing(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)
            yield part
            os.replace(part, path)
        finally:
            # Also where all went well: two names of one file are not moved onto each other, and both stay.
            with contextlib.suppress(OSError):
                os.unlink(part)
