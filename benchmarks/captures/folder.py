"""A capture as a folder: photos, plates, true masks, platter masks and cameras.json; what is there is not redone."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .plan import Plan, Shot
from .studio import Taken, taken

__all__ = ["AnotherCaptureError", "render"]

_SIDES = ("width", "height")
_NOTE = (
    "cam_from_object: 3x4 [R|t], x_cam = R x_object + t, metres, camera x right, y down, z forward, on the stored "
    "pixel grid; object frame: z up in the upright pose, origin at the centre of the bounding box"
)


class AnotherCaptureError(Exception):
    """A folder holds photos of another capture, which these would be mixed with."""


def render(plan: Plan, folder: Path) -> int:
    """Render what is missing of a capture; returns how many photos were made."""
    _claim(folder, _cameras(plan))
    missing = [shot for shot in plan.shots if not (folder / shot.folder / shot.name).is_file()]
    for photo in taken(plan, missing):
        _write(photo, folder)
    return len(missing)


def _claim(folder: Path, cameras: dict[str, Any]) -> None:
    """Before the first photo: whoever goes on must find the same capture."""
    path = folder / "cameras.json"
    if path.is_file() and _facts(json.loads(path.read_text(encoding="utf-8"))) != _facts(cameras):
        raise AnotherCaptureError(
            f"{folder} holds a capture of another kind, seed, size or number of shots. Name another folder with --out."
        )
    _write_whole(path, (json.dumps(cameras, indent=1) + "\n").encode())


def _facts(cameras: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What tells captures apart: poses differ in their last digits from machine to machine."""
    sizes = {name: [image["intrinsics"][side] for side in _SIDES] for name, image in cameras["images"].items()}
    return cameras["kind"], cameras["seed"], sizes


def _write(photo: Taken, folder: Path) -> None:
    shot = photo.shot
    _write_bits(folder / "gt_masks" / shot.folder / f"{shot.name}.png", photo.mask)
    _write_bits(folder / "gt_platter" / shot.folder / f"{shot.name}.png", photo.platter)
    # The photo comes last: when it is there, all of its shot is.
    _write_whole(folder / shot.folder / shot.name, photo.jpeg)


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _write_bits(path: Path, mask: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    done, coded = cv2.imencode(".png", mask, [cv2.IMWRITE_PNG_BILEVEL, 1])
    if not done:
        raise RuntimeError(f"{path.name} could not be coded as PNG")
    path.write_bytes(coded.tobytes())


def _cameras(plan: Plan) -> dict[str, Any]:
    points = plan.thing.points
    return {
        "note": _NOTE,
        "kind": plan.kind,
        "seed": plan.seed,
        "intrinsics": _intrinsics(plan.shots[0]),
        "flip_tilt_from_exact_deg": plan.flip_tilt,
        "object_bbox_m": [points.min(0).tolist(), points.max(0).tolist()],
        "images": {f"{shot.folder}/{shot.name}": _image(plan, shot) for shot in plan.shots},
    }


def _intrinsics(shot: Shot) -> dict[str, Any]:
    camera = shot.ring.camera
    return {
        "model": "PINHOLE",
        "width": camera.width,
        "height": camera.height,
        "fx": camera.focal,
        "fy": camera.focal,
        "cx": camera.width / 2,
        "cy": camera.height / 2,
    }


def _image(plan: Plan, shot: Shot) -> dict[str, Any]:
    told: dict[str, Any] = {
        "set": shot.folder,
        "elevation_deg": shot.ring.elevation,
        "platter_deg": shot.angle,
        "time": shot.time.isoformat(),
        "orientation": shot.ring.orientation,
        "serial": shot.ring.body.serial,
        "intrinsics": _intrinsics(shot),
    }
    if shot.folder != "empty":
        rotation, shift = plan.object_from_platter(shot.folder, shot.angle)
        camera = shot.ring.camera
        pose = np.column_stack([camera.rotation @ rotation, camera.rotation @ shift + camera.shift])
        told["cam_from_object"] = pose.tolist()
    return told
