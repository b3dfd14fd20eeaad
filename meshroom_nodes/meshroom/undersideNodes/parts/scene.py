"""The views of a scene file: read, counted, shared among chunks, and written with other photos."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .trouble import NodeError, writing

__all__ = ["View", "ViewCount", "folder_of_all", "pass_names", "read_views", "share_of", "write_scene"]


class View(NamedTuple):
    """One view of the scene."""

    view_id: str
    photo: str
    """Its path, absolute."""
    width: int
    height: int
    """Size as stored, EXIF orientation not applied; 0 if the scene does not say."""

    @property
    def name(self) -> str:
        """The name as people know it."""
        return os.path.basename(self.photo)


class ViewCount:
    """A node's size: Meshroom up to 2025 asks ``computeSize``, later ones call it."""

    def __init__(self, attribute: str) -> None:
        self._attribute = attribute

    def computeSize(self, node: Any) -> int:
        """How many views the scene has; before it is computed, what the node that will write it says."""
        attribute = node.attribute(self._attribute)
        path = attribute.value
        if isinstance(path, str) and os.path.isfile(path):
            try:
                return max(1, len(read_views(path)))
            except NodeError:
                pass
        if attribute.isLink:
            return max(1, int(_beginning(attribute).node.size))
        return 1

    __call__ = computeSize


def _beginning(attribute: Any) -> Any:
    """The attribute at the beginning of a chain of links, which every Meshroom since 2025.1 calls something else."""
    if hasattr(attribute, "getLinkParam"):
        return attribute.getLinkParam(True)
    names = ("inputRootLink", "directInputRootLink", "inputLink")
    return next(getattr(attribute, name) for name in names if hasattr(attribute, name))


def read_views(path: str) -> list[View]:
    """All views, photos that lie together together, in the order of their names."""
    if not path:
        raise NodeError("There is no scene: connect Input to CameraInit, or to a node that passes its scene on.")
    if not os.path.isfile(path):
        raise NodeError(f"There is no scene at {path}. Compute the node that writes it first.")
    views = _views_of_abc(path) if path.lower().endswith(".abc") else _views_of_sfm(path)
    if not views:
        raise NodeError(f"There are no views in {path}. Add photos to CameraInit.")
    return sorted(views, key=lambda view: (os.path.dirname(view.photo), _natural(view.name), int(view.view_id)))


def _views_of_sfm(path: str) -> list[View]:
    folder = os.path.dirname(os.path.abspath(path))
    try:
        return [_view(each, folder) for each in _content(path).get("views", [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NodeError(f"{path} is not a readable scene ({error!r}). Compute the node that writes it.") from error


def _content(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        raise NodeError(f"{path} cannot be read ({error}). Compute the node that writes it again.") from error
    if not isinstance(content, dict):
        raise NodeError(f"{path} is not a scene. Connect Input to CameraInit, or to a node that passes its scene on.")
    return content


def _view(content: Mapping[str, Any], folder: str) -> View:
    photo = os.path.abspath(os.path.join(folder, content["path"]))
    return View(str(int(content["viewId"])), photo, int(content.get("width", 0)), int(content.get("height", 0)))


def _views_of_abc(path: str) -> list[View]:
    try:
        from pyalicevision import sfmData, sfmDataIO
    except ImportError as error:
        raise NodeError(
            f"{path} is an Alembic scene, which only AliceVision's own Python binding reads, and it is not installed "
            f"({error}). Connect Input to a scene in .sfm: CameraInit writes one, and ConvertSfMFormat makes one."
        ) from error
    scene = sfmData.SfMData()
    if not sfmDataIO.load(scene, path, sfmDataIO.VIEWS):
        raise NodeError(f"{path} cannot be read. Compute the node that writes it again.")
    images = [(str(view_id), view.getImage()) for view_id, view in scene.getViews().items()]
    return [
        View(view_id, os.path.abspath(image.getImagePath()), int(image.getWidth()), int(image.getHeight()))
        for view_id, image in images
    ]


def share_of(views: Sequence[View], part: Any) -> Sequence[View]:
    """The views of one chunk, counted here: ``part.end`` may be one past them, and the scene may have grown since."""
    if not part.blockSize:
        return views
    chunks = max(1, -(-part.fullSize // part.blockSize))
    is_last = part.iteration >= chunks - 1
    return views[part.start :] if is_last else views[part.start : part.start + part.blockSize]


def folder_of_all(views: Sequence[View]) -> str:
    """The deepest folder that holds all photos; none on several drives."""
    try:
        return os.path.commonpath([os.path.dirname(view.photo) for view in views])
    except ValueError:
        return ""


def pass_names(views: Sequence[View], told: str) -> dict[str, str]:
    """By photo: the pass that an attribute such as ``upright=a/*; flipped=b/*`` gives it; without one not in it."""
    folder = folder_of_all(views)
    rules = [_rule(each) for each in told.split(";") if each.strip()]
    names: dict[str, str] = {}
    for view in views:
        below = os.path.relpath(view.photo, folder).replace(os.sep, "/") if folder else view.photo
        places = (_plain(below), _plain(view.name))
        for name, patterns in rules:
            if any(fnmatch.fnmatchcase(place, pattern) for place in places for pattern in patterns):
                names.setdefault(view.photo, name)
    return names


def _rule(text: str) -> tuple[str, list[str]]:
    name, equals, patterns = text.partition("=")
    found = [_plain(pattern.strip()) for pattern in patterns.split(",") if pattern.strip()]
    if not equals or not name.strip() or not found:
        raise NodeError(
            f"Passes cannot be {text.strip()!r}. Write NAME = PATTERN, separated by semicolons: "
            "upright = upright/*; flipped = flipped/*"
        )
    return name.strip(), found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def write_scene(source: str, target: str, photos: Mapping[str, str]) -> None:
    """Write the scene with other photos, given by view, and without the views whose photo is empty."""
    if source.lower().endswith(".abc"):
        raise NodeError(
            f"A scene with other photos can only be made from a .sfm file, and {source} is not one. Use CameraInit's."
        )
    content = _content(source)
    own = [(view, photos[str(int(view["viewId"]))]) for view in content["views"]]
    content["views"] = [{**view, "path": photo.replace(os.sep, "/")} for view, photo in own if photo]
    part = f"{target}.{os.getpid()}.part"
    with writing(target):
        with open(part, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=4)
        os.replace(part, target)


def _natural(name: str) -> list[tuple[int, str]]:
    """IMG_2 comes before IMG_10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]
