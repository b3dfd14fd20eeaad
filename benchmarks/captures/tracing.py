"""The only module that knows the renderer: what a camera sees of some meshes under some lamps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .geometry import Floats, Mesh, Rotation

__all__ = ["ROLES", "Camera", "Guides", "Lamp", "Scenes", "Stage", "Window", "look_at"]

Image = NDArray[np.float32]
ROLES = ("room", "platter", "object", "support")
"""What a mesh is to the capture."""
_ROLE_STEP = 4.0
"""More than any colour."""
FINE = 2
"""Guides are traced at this many times the photo's size: 4 samples a pixel decide the masks."""
COARSE = 2
"""Light is traced at this fraction of the photo's size: it changes slowly, and its noise is filtered."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera, OpenCV axes: x right, y down, z forward."""

    width: int
    height: int
    focal: float
    """In pixels."""
    rotation: Rotation
    """Camera from world."""
    shift: Floats
    """x_camera = rotation @ x_world + shift."""

    def project(self, points: Floats) -> Floats:
        """Pixels (n, 2) of points (n, 3)."""
        seen = points @ self.rotation.T + self.shift
        middle = np.array([self.width / 2, self.height / 2])
        return np.asarray(seen[:, :2] / seen[:, 2:] * self.focal + middle)


@dataclass(frozen=True)
class Window:
    """A rectangle of the photo, with edges on multiples of four pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Lamp:
    """A softbox: a rectangle that shines towards a point."""

    place: tuple[float, float, float]
    towards: tuple[float, float, float]
    size: tuple[float, float]
    radiance: tuple[float, float, float]


@dataclass(frozen=True)
class Guides:
    """What the fine grid sees: exact, without light."""

    albedo: Image
    depth: Image
    role: NDArray[np.uint8]
    """An index into ``ROLES``."""


@dataclass(frozen=True)
class Scenes:
    """The same meshes twice in the renderer's own form."""

    lit: object
    flat: object
    """Every mesh glows, on its front, in its own colour plus a step a role, which tells both at one ray a sample: the
    renderer's own way to tell them is ten times slower."""


def look_at(place: Floats, target: Floats, *, roll: float, size: tuple[int, int], focal: float) -> Camera:
    """A camera at a place; ``roll`` in degrees turns the stored picture clockwise."""
    forward = (target - place) / np.linalg.norm(target - place)
    right = np.cross(forward, (0.0, 0, 1))
    right /= np.linalg.norm(right)
    upright = np.stack([right, np.cross(forward, right), forward])
    angle = np.radians(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    rotation = turn @ upright
    return Camera(size[0], size[1], focal, rotation, -rotation @ place)


class Stage:
    """Meshes by role and lamps, ready to be looked at; what stands still is handed to the renderer once."""

    def __init__(
        self, still: dict[str, Sequence[Mesh]], lamps: Sequence[Lamp], ambient: float, *, bounces: int
    ) -> None:
        import drjit
        import mitsuba

        mitsuba.set_variant("scalar_rgb")
        drjit.set_thread_count(1)
        self._mi: Any = mitsuba
        self._bounces = bounces
        self._still = self._shapes(still, glowing=False)
        self._glowing = self._shapes(still, glowing=True)
        self._lamps: dict[str, Any] = {
            "ambient": {"type": "constant", "radiance": {"type": "rgb", "value": [ambient] * 3}}
        }
        for number, lamp in enumerate(lamps):
            transform = mitsuba.ScalarTransform4f()
            self._lamps[f"lamp_{number}"] = {
                "type": "rectangle",
                "to_world": transform.look_at(list(lamp.place), list(lamp.towards), [0.01, 0, 1])
                @ transform.scale([lamp.size[0] / 2, lamp.size[1] / 2, 1]),
                "emitter": {"type": "area", "radiance": {"type": "rgb", "value": list(lamp.radiance)}},
            }

    def with_things(self, things: dict[str, Sequence[Mesh]]) -> Scenes:
        """What stands still and these besides."""
        lit = {**self._lamps, **self._still, **self._shapes(things, glowing=False)}
        flat = {**self._glowing, **self._shapes(things, glowing=True)}
        return Scenes(self._mi.load_dict({"type": "scene", **lit}), self._mi.load_dict({"type": "scene", **flat}))

    def light(self, scenes: Scenes, camera: Camera, window: Window, *, samples: int) -> Image:
        """Radiance on the coarse grid; the same samples for the same window, so that noise is common."""
        integrator = {"type": "path", "max_depth": self._bounces + 1}
        sensor = self._sensor(camera, window, 1 / COARSE, {"type": "independent"})
        return self._rendered(scenes.lit, integrator, sensor, samples)[..., :3]

    def guides(self, scenes: Scenes, camera: Camera, window: Window) -> Guides:
        """Colour, distance and role on the fine grid, sampled at the middle of its cells."""
        sensor = self._sensor(camera, window, FINE, {"type": "stratified", "jitter": False, "sample_count": 1})
        glow = self._rendered(scenes.flat, {"type": "path", "max_depth": 1}, sensor, 1)[..., :3]
        depth = self._rendered(scenes.flat, {"type": "depth"}, sensor, 1)[..., 0]
        step = np.clip(np.floor(glow[..., 0] / _ROLE_STEP), 1, len(ROLES))
        colour = np.maximum(glow - np.float32(_ROLE_STEP) * step[..., None], 0)
        return Guides(np.asarray(colour, np.float32), depth, (step - 1).astype(np.uint8))

    def _rendered(self, scene: object, integrator: object, sensor: object, samples: int) -> Image:
        load = self._mi.load_dict
        picture = self._mi.render(scene, integrator=load(integrator), sensor=load(sensor), spp=samples, seed=0)
        return np.array(picture, np.float32)

    def _sensor(self, camera: Camera, window: Window, scale: float, sampler: dict[str, Any]) -> object:
        pose = np.eye(4)
        pose[:3, :3] = camera.rotation.T @ np.diag([-1.0, -1, 1])
        pose[:3, 3] = -camera.rotation.T @ camera.shift
        film = {
            "type": "hdrfilm",
            "width": round(camera.width * scale),
            "height": round(camera.height * scale),
            "crop_offset_x": round(window.left * scale),
            "crop_offset_y": round(window.top * scale),
            "crop_width": round(window.width * scale),
            "crop_height": round(window.height * scale),
            "rfilter": {"type": "box"},
            "pixel_format": "rgb",
            "component_format": "float32",
        }
        return {
            "type": "perspective",
            "fov": float(2 * np.degrees(np.arctan(camera.width / 2 / camera.focal))),
            "fov_axis": "x",
            "near_clip": 0.01,
            "far_clip": 100.0,
            "to_world": self._mi.ScalarTransform4f(pose),
            "film": film,
            "sampler": sampler,
        }

    def _shapes(self, things: dict[str, Sequence[Mesh]], *, glowing: bool) -> dict[str, Any]:
        return {
            f"{role}_{number}": self._shape(mesh, f"{role}_{number}", glow=ROLES.index(role) if glowing else None)
            for role, meshes in things.items()
            for number, mesh in enumerate(meshes)
        }

    def _shape(self, mesh: Mesh, name: str, *, glow: int | None) -> object:
        added = 0.0 if glow is None else _ROLE_STEP * (glow + 1)
        if mesh.picture is None:
            colour: dict[str, Any] = {"type": "mesh_attribute", "name": "vertex_color"}
        else:
            bitmap = self._mi.Bitmap(np.ascontiguousarray(mesh.picture + np.float32(added), np.float32))
            colour = {"type": "bitmap", "bitmap": bitmap, "raw": True}
        props = self._mi.Properties()
        props.set_id(name)
        if glow is None:
            props["bsdf"] = self._mi.load_dict({"type": "twosided", "bsdf": _matter(mesh, colour)})
        else:
            props["emitter"] = self._mi.load_dict({"type": "area", "radiance": colour})
        shape = self._mi.Mesh(
            name,
            vertex_count=len(mesh.points),
            face_count=len(mesh.faces),
            has_vertex_normals=glow is None,
            has_vertex_texcoords=mesh.uv is not None,
            props=props,
        )
        if mesh.picture is None:
            colours = np.ascontiguousarray(mesh.colours + added, np.float32)
            shape.add_attribute("vertex_color", 3, colours.ravel())
        values = self._mi.traverse(shape)
        values["vertex_positions"] = np.ascontiguousarray(mesh.points, np.float32).ravel()
        if glow is None:
            values["vertex_normals"] = np.ascontiguousarray(mesh.normals(), np.float32).ravel()
        values["faces"] = np.ascontiguousarray(mesh.faces, np.uint32).ravel()
        if mesh.uv is not None:
            values["vertex_texcoords"] = np.ascontiguousarray(mesh.uv, np.float32).ravel()
        values.update()
        return shape


def _matter(mesh: Mesh, colour: dict[str, Any]) -> dict[str, Any]:
    if not mesh.gloss:
        return {"type": "diffuse", "reflectance": colour}
    return {"type": "principled", "base_color": colour, "roughness": 1 - mesh.gloss, "specular": 0.5}
