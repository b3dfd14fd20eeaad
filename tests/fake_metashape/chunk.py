"""A chunk: cameras in groups, with their photos and masks."""

import enum
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pillow

from fake_metashape.pictures import Image, Mask, Photo, upright
from fake_metashape.strict import SINCE, Strict

_MATCH = {
    "downscale": int, "downscale_3d": int, "generic_preselection": bool, "reference_preselection": bool,
    "filter_mask": bool, "mask_tiepoints": bool, "filter_stationary_points": bool, "keypoint_limit": int,
    "tiepoint_limit": int, "keep_keypoints": bool, "guided_matching": bool, "reset_matches": bool, "progress": Callable,
}  # fmt: skip

_ALIGN = {"min_image": int, "adaptive_fitting": bool, "reset_alignment": bool, "subdivide_task": bool}


class Sensor(Strict):
    width: int
    height: int


class CameraType(enum.Enum):
    Regular = 0
    Keyframe = 1


class GroupType(enum.Enum):
    Folder = 0
    Station = 1


class CameraGroup(Strict):
    Type = GroupType
    label: str
    type: GroupType
    _types: ClassVar[dict[str, Any]] = {"label": str, "type": GroupType}
    _key: int

    @property
    def key(self) -> int:
        self._owner.must_have("CameraGroup.key")
        return self._key


class Camera(Strict):
    """One camera, or one frame of it."""

    Type = CameraType
    key: int
    label: str
    type: CameraType
    photo: Photo | None
    sensor: Sensor | None
    group: CameraGroup | None
    mask: Mask | None
    enabled: bool
    selected: bool
    transform: object
    others: "list[Camera]"
    _types: ClassVar[dict[str, Any]] = {
        "label": str,
        "group": CameraGroup | None,
        "mask": Mask | None,
        "enabled": bool,
        "selected": bool,
    }

    @property
    def frames(self) -> "list[Camera]":
        return [self, *self.others]


class Chunk(Strict):
    """Photos, their groups and masks."""

    label: str
    cameras: list[Camera]
    camera_groups: list[CameraGroup]
    calls: list[tuple[str, dict[str, Any]]]
    """For the tests: what was called, and how."""
    frame_count: int
    aligned: object | None
    _types: ClassVar[dict[str, Any]] = {"label": str}

    @property
    def tie_points(self) -> object | None:
        self._owner.must_have("tie_points")
        return self.aligned

    @property
    def point_cloud(self) -> object | None:
        """The tie points up to 1.8, the dense cloud since: there is none here."""
        return self.aligned if self._owner.number < SINCE["tie_points"] else None

    @property
    def frames(self) -> list[object]:
        return [object()] * self.frame_count

    def addCameraGroup(self) -> CameraGroup:  # noqa: N802
        self._owner.on_main_thread("addCameraGroup")
        group = CameraGroup(self._owner, label="", type=GroupType.Folder, _key=len(self.camera_groups))
        self.camera_groups.append(group)
        return group

    def addPhotos(self, filenames: Sequence[str], **options: object) -> None:  # noqa: N802
        self._owner.on_main_thread("addPhotos")
        self._owner.refuse_unknown(options, {"group": int, "strip_extensions": bool, "load_reference": bool})
        if not isinstance(filenames, list) or not all(isinstance(name, str) for name in filenames):
            raise TypeError("a list of paths is needed")
        for name in filenames:
            # What becomes of the others is not documented: those before it are there.
            try:
                self.add(name)
            except OSError as error:
                raise RuntimeError(f"Can't load photo: {name}") from error

    def add(self, path: str, *, group: str = "", exists: bool = True, **facts: object) -> Camera:
        """Also for the tests, which may say any fact of a camera."""
        size = (0, 0)
        if exists:
            with Pillow.open(path) as file:
                size = (upright(file) if self._owner.turns else file).size
        sensor = Sensor(self._owner, width=size[0], height=size[1])
        values: dict[str, Any] = {
            "key": max((camera.key for camera in self.cameras), default=6) + 1,
            "label": Path(path).stem,
            "type": CameraType.Regular,
            "photo": Photo(self._owner, path=path, layer=0, turned=self._owner.turns),
            "sensor": sensor,
            "group": self._group(group) if group else None,
            "mask": None,
            "enabled": True,
            "selected": False,
            "transform": None,
            "others": [],
            **facts,
        }
        camera = Camera(self._owner, **values)
        self.cameras.append(camera)
        return camera

    def _group(self, label: str) -> CameraGroup:
        for group in self.camera_groups:
            if group.label == label:
                return group
        group = self.addCameraGroup()
        group.label = label
        return group

    def matchPhotos(self, **options: Any) -> None:  # noqa: N802, ANN401
        self._long("matchPhotos", options, _MATCH)

    def alignCameras(self, **options: Any) -> None:  # noqa: N802, ANN401
        self._long("alignCameras", options, {**_ALIGN, "progress": Callable})
        for camera in self.cameras:
            object.__setattr__(camera, "transform", object() if camera.mask else None)
        object.__setattr__(self, "aligned", object())

    def _long(self, name: str, options: dict[str, Any], known: dict[str, Any]) -> None:
        self._owner.on_main_thread(name)
        self._owner.refuse_unknown(options, known)
        self.calls.append((name, {key: value for key, value in options.items() if key != "progress"}))
        for step in (0.0, 0.5, 1.0):
            options["progress"](step * self._owner.progress_to)

    def _generate_masks(self, **options: Any) -> None:  # noqa: ANN401
        owner = self._owner
        owner.on_main_thread("generateMasks")
        known = {
            "path": str, "masking_mode": owner.MaskingMode, "mask_operation": owner.MaskOperation, "tolerance": int,
            "cameras": list, "mask_defocus": bool, "fix_coverage": bool, "blur_threshold": float,
            "depth_threshold": float, "progress": Callable, "replace_asset": bool, "frames": list,
        }  # fmt: skip
        owner.refuse_unknown(options, known)
        self.calls.append(("generateMasks", options))
        if options["masking_mode"] is not owner.MaskingMode.MaskingModeFile:
            raise RuntimeError("only masks from files are known here")
        if self.frame_count > 1:
            raise RuntimeError("which frame is meant is not documented")
        cameras = [self._camera(each) for each in options.get("cameras", self.cameras)]
        for camera in cameras:
            assert camera.photo is not None
            assert camera.sensor is not None
            path = options["path"].replace("{filename}", Path(camera.photo.path).stem)
            if "{" in path:
                raise RuntimeError(f"Unknown token in {path}")
            if not Path(path).is_file():
                raise RuntimeError(f"Can't open file: {path}")
            new = Mask(owner)
            new.load(path)
            if (new.image().width, new.image().height) != (camera.sensor.width, camera.sensor.height):
                raise RuntimeError("Mask size mismatch")
            if options.get("mask_operation") is owner.MaskOperation.MaskOperationUnion:
                if camera.mask is None:
                    raise RuntimeError("union with nothing is not documented")
                both = np.where(new.kept() & camera.mask.kept(), 255, 0).astype(np.uint8)
                new.setImage(Image.of(Pillow.fromarray(both)))
            camera.mask = new

    def _camera(self, each: object) -> Camera:
        if isinstance(each, Camera):
            return each
        if type(each) is not int:
            raise TypeError("cameras are keys or cameras")
        return next(camera for camera in self.cameras if camera.key == each)


def chunk_class(*, with_masks: bool) -> type[Chunk]:
    """The class itself must tell whether masks can be generated, as the real one does."""
    if not with_masks:
        return Chunk
    return type("Chunk", (Chunk,), {"generateMasks": Chunk._generate_masks})
