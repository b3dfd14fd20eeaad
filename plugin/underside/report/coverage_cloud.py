"""The model to turn: points and cameras packed into the page, and a still picture of them."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.preview import encode_jpeg
from underside.report.coverage_facts import Scene
from underside.report.coverage_sphere import PASS_COLOURS

__all__ = ["Cloud", "cloud_of", "still_picture"]

Floats = NDArray[np.float32]

_MOST_POINTS = 20_000
# In radii of the object: points farther out are strays, the usual camera is drawn so far from the middle.
_STRAY = 1.6
_CAMERAS_AT = 1.6
_PYRAMID = 0.2
_UNITS = 32_000
# Many points are drawn smaller, so that few still make a surface and many do not blur.
_DOTS, _DOT_LIMITS = 0.65, (0.006, 0.014)

# The same in coverage.js.
_DISTANCE = 3.2
_TURNED, _LIFTED = 0.6, 0.3
_DIM = 0.5
_PAPER = (0x19, 0x18, 0x17)
_SEVERAL = (0xF4, 0xF1, 0xEA)
_STILL = (1200, 800)
_QUALITY = 82


@dataclass(frozen=True)
class Cloud:
    """Ready to be drawn: everything within 1 of the origin."""

    points: NDArray[np.int16]
    """(n, 3), in 32,000ths."""
    colours: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    cameras: NDArray[np.int16]
    """(m, 5, 3): pyramids, the tip first."""
    camera_passes: NDArray[np.uint8]
    object_radius: float
    dot: float
    """Width of a point."""
    nearer: float
    """What the cameras' distances from the object are drawn with; 1 is true."""

    @property
    def packed(self) -> dict[str, str]:
        """The arrays as text."""
        arrays = {
            "points": self.points.astype("<i2"),
            "colours": self.colours,
            "seen": self.seen,
            "cameras": self.cameras.astype("<i2"),
            "passes": self.camera_passes,
        }
        return {name: base64.b64encode(array.tobytes()).decode() for name, array in arrays.items()}


def cloud_of(scene: Scene) -> Cloud:
    """The points and all cameras; cameras are moved in towards the object, all alike, or it would be a speck."""
    away = np.linalg.norm(scene.points, axis=1)
    radius = max(float(np.percentile(away, 98)), 1e-9)
    kept = np.flatnonzero(away < _STRAY * radius)
    if len(kept) > _MOST_POINTS:
        kept = kept[np.linspace(0, len(kept) - 1, _MOST_POINTS).astype(np.int64)]
    usual = float(np.median(np.linalg.norm(scene.centres, axis=1)))
    nearer = min(1.0, _CAMERAS_AT * radius / max(usual, 1e-9))
    tips = scene.centres * np.float32(nearer)
    pyramids = np.concatenate([tips[:, None], tips[:, None] + scene.corners * np.float32(_PYRAMID * radius)], axis=1)
    reach = max(float(np.linalg.norm(pyramids, axis=2).max()), float(away[kept].max()))
    return Cloud(
        points=_units(scene.points[kept], reach),
        colours=scene.colours[kept],
        seen=scene.seen[kept],
        cameras=_units(pyramids, reach),
        camera_passes=scene.camera_passes,
        object_radius=radius / reach,
        dot=float(np.clip(_DOTS / np.sqrt(len(kept)), *_DOT_LIMITS)),
        nearer=nearer,
    )


def still_picture(cloud: Cloud) -> bytes:
    """A JPEG of what the viewer shows at first, for readers and printers that run no scripts."""
    width, height = _STILL
    picture = np.full((height, width, 3), _PAPER, np.uint8)
    tips = cloud.cameras[:, 0] @ _eye() / _UNITS
    for each in np.flatnonzero(tips < 0):
        _draw_camera(picture, cloud, int(each))
    _draw_points(picture, cloud)
    for each in np.flatnonzero(tips >= 0):
        _draw_camera(picture, cloud, int(each))
    return encode_jpeg(picture, _QUALITY)


def _units(places: Floats, reach: float) -> NDArray[np.int16]:
    return np.asarray(np.rint(places * np.float32(_UNITS / reach)), np.int16)


def _eye() -> Floats:
    """The direction of the one who looks."""
    c = np.cos(_LIFTED)
    return np.array([c * np.cos(_TURNED), c * np.sin(_TURNED), np.sin(_LIFTED)], np.float32)


def _lens() -> float:
    """What makes all within 1 of the middle fill the picture."""
    width, height = _STILL
    return float(min(width, height) / 2 * np.sqrt(_DISTANCE**2 - 1))


def _projected(places: NDArray[np.int16]) -> tuple[Floats, Floats]:
    """Where (..., 3) fall in the picture, and how large one is there."""
    width, height = _STILL
    right = np.array([-np.sin(_TURNED), np.cos(_TURNED), 0], np.float32)
    axes = np.stack([right, np.cross(_eye(), right), _eye()])
    seen = places.astype(np.float32) / np.float32(_UNITS) @ axes.T
    scale = np.float32(_lens()) / (_DISTANCE - seen[..., 2])
    at = np.stack([width / 2 + seen[..., 0] * scale, height / 2 - seen[..., 1] * scale], axis=-1)
    return at.astype(np.float32), scale


def _draw_points(picture: NDArray[np.uint8], cloud: Cloud) -> None:
    at, scale = _projected(cloud.points)
    shown = _dimmed(cloud, scale)
    for each in np.argsort(scale):
        middle = (round(float(at[each, 0]) * 8), round(float(at[each, 1]) * 8))
        colour = tuple(int(value) for value in shown[each])
        cv2.circle(picture, middle, max(6, round(float(scale[each]) * cloud.dot * 4)), colour, -1, cv2.LINE_AA, 3)


def _dimmed(cloud: Cloud, scale: Floats) -> NDArray[np.uint8]:
    """The colours of the passes that see each point, or white where several do; darker towards the back."""
    palette = np.array([_rgb(colour) for colour in PASS_COLOURS])
    several = cloud.seen & (cloud.seen - 1) > 0
    alone = np.log2(np.maximum(cloud.seen, 1)).astype(np.int64) % len(palette)
    colours = np.where(several[:, None], _SEVERAL, palette[alone])
    ahead = _lens() / scale - _DISTANCE
    share = np.clip(0.5 + ahead / (2 * cloud.object_radius), 0, 1)[:, None]
    return np.asarray(colours * (1 - _DIM * share), np.uint8)


def _draw_camera(picture: NDArray[np.uint8], cloud: Cloud, number: int) -> None:
    at, _ = _projected(cloud.cameras[number])
    tip, *corners = np.rint(at * 8).astype(np.int32)
    colour = _rgb(PASS_COLOURS[int(cloud.camera_passes[number]) % len(PASS_COLOURS)])
    cv2.polylines(picture, [np.array(corners)], True, colour, 1, cv2.LINE_AA, 3)
    for corner in corners:
        cv2.line(picture, tip.tolist(), corner.tolist(), colour, 1, cv2.LINE_AA, 3)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
