"""A strict stand-in for Agisoft's module: what a version has, with its keywords and types, and nothing else.

Written from the official reference, Agisoft's own scripts and change log. Where the real one's behaviour is not known
it raises: our code must not lean on it.
"""

import enum
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

VERSIONS = ("1.7", "2.0", "2.1", "2.2", "2.3")

# By name: the first version with it. 2.1 stands for 2.1.0, whose groups have no key yet.
_SINCE = {"replace_asset": 2.2, "frames": 2.2, "MaskingModeAI": 2.2, "group": 2.2, "CameraGroup.key": 2.2,
          "tie_points": 2.0}  # fmt: skip

_MATCH = {
    "downscale": int, "downscale_3d": int, "generic_preselection": bool, "reference_preselection": bool,
    "filter_mask": bool, "mask_tiepoints": bool, "filter_stationary_points": bool, "keypoint_limit": int,
    "tiepoint_limit": int, "keep_keypoints": bool, "guided_matching": bool, "reset_matches": bool, "progress": Callable,
}  # fmt: skip
_ALIGN = {"min_image": int, "adaptive_fitting": bool, "reset_alignment": bool, "subdivide_task": bool}


class _Strict:
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


class Image:
    """Grey or RGB, 8 bits."""

    def __init__(self, width: int, height: int, channels: str, datatype: str = "U8") -> None:
        assert (channels, datatype) in (("L", "U8"), ("RGB", "U8"))
        self.width, self.height, self.channels, self.data_type = width, height, channels, datatype
        self.cn = len(channels)
        self._content = bytes(width * height * self.cn)

    @classmethod
    def open(cls, path: str) -> "Image":
        with Pillow.open(path) as file:
            return cls._of(file if file.mode in ("L", "RGB") else file.convert("RGB"))

    @classmethod
    def fromstring(cls, data: bytes, width: int, height: int, channels: str, datatype: str = "U8") -> "Image":
        image = cls(width, height, channels, datatype)
        if type(data) is not bytes or len(data) != len(image._content):
            raise ValueError("wrong data")
        image._content = data
        return image

    @classmethod
    def _of(cls, picture: Pillow.Image) -> "Image":
        return cls.fromstring(picture.tobytes(), picture.width, picture.height, picture.mode)

    def tostring(self) -> bytes:
        return self._content

    def convert(self, channels: str) -> "Image":
        return Image._of(self.picture().convert(channels))

    def save(self, path: str) -> None:
        self.picture().save(path)

    def picture(self) -> Pillow.Image:
        return Pillow.frombytes(self.channels, (self.width, self.height), self._content)


class Mask(_Strict):
    """What is kept of a photo."""

    _image: Image | None = None

    def load(self, path: str) -> None:
        object.__setattr__(self, "_image", Image.open(path))

    def image(self) -> Image:
        assert self._image is not None
        return self._image

    def setImage(self, image: Image) -> None:  # noqa: N802
        if not isinstance(image, Image):
            raise TypeError("an Image is needed")
        object.__setattr__(self, "_image", image)

    def kept(self) -> NDArray[np.bool_]:
        """For the tests: what the mask keeps."""
        return np.asarray(self.image().picture().convert("L")) > 127


class MetaData:
    """A mapping of C++: no ``get``."""

    def __init__(self, **values: str) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def keys(self) -> Iterator[str]:
        yield from self._values


class Photo(_Strict):
    path: str
    layer: int
    turned: bool

    @property
    def meta(self) -> MetaData:
        return MetaData()

    def image(self) -> Image:
        with Pillow.open(self.path) as file:
            return Image._of((upright(file) if self.turned else file).convert("RGB"))


def upright(file: Pillow.Image) -> Pillow.Image:
    from PIL import ImageOps

    return ImageOps.exif_transpose(file)


class Sensor(_Strict):
    width: int
    height: int


class CameraType(enum.Enum):
    Regular = 0
    Keyframe = 1


class GroupType(enum.Enum):
    Folder = 0
    Station = 1


class CameraGroup(_Strict):
    Type = GroupType
    label: str
    type: GroupType
    _types: ClassVar[dict[str, Any]] = {"label": str, "type": GroupType}
    _key: int

    @property
    def key(self) -> int:
        self._owner.must_have("CameraGroup.key")
        return self._key


class Camera(_Strict):
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


class Chunk(_Strict):
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
        return self.aligned if self._owner.number < _SINCE["tie_points"] else None

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
                new.setImage(Image._of(Pillow.fromarray(both)))
            camera.mask = new

    def _camera(self, each: object) -> Camera:
        if isinstance(each, Camera):
            return each
        if type(each) is not int:
            raise TypeError("cameras are keys or cameras")
        return next(camera for camera in self.cameras if camera.key == each)


class Document(_Strict):
    """A project; on disk, for the tests, a JSON file and masks beside it."""

    path: str
    chunks: list[Chunk]
    chunk: Chunk | None
    """The active one; a new one is not by itself: whether the real one makes it so, is not documented."""
    read_only: bool
    _types: ClassVar[dict[str, Any]] = {"chunk": Chunk}

    def addChunk(self) -> Chunk:  # noqa: N802
        self._owner.on_main_thread("addChunk")
        if self.read_only:
            raise RuntimeError("Document is read-only")
        number = f"Chunk {len(self.chunks) + 1}"
        lists: dict[str, Any] = {"cameras": [], "camera_groups": [], "calls": []}
        chunk = self._owner.Chunk(self._owner, label=number, **lists, frame_count=1, aligned=None)
        self.chunks.append(chunk)
        return chunk

    def open(self, path: str) -> None:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        object.__setattr__(self, "path", path)
        for told in content["chunks"]:
            chunk = self.addChunk()
            chunk.label = told["label"]
            for photo in told["photos"]:
                enabled = photo not in told.get("disabled", [])
                chunk.add(photo, exists=Path(photo).is_file(), enabled=enabled)
        object.__setattr__(self, "read_only", content.get("read_only", False))

    def save(self) -> None:
        folder = Path(self.path).with_suffix(".files")
        if folder.is_file():
            raise OSError("Can't create directory")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for chunk in self.chunks:
            for camera in chunk.cameras:
                if camera.mask:
                    camera.mask.image().save(str(folder / f"{chunk.label}-{camera.key}.png"))


class Settings:
    """The program's own, kept for as long as it runs."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def value(self, name: str) -> str | None:
        return self._values.get(name)

    def setValue(self, name: str, value: str) -> None:  # noqa: N802
        if not isinstance(value, str):
            raise TypeError("a text is needed")
        self._values[name] = value


class Application:
    """The program's window; without one most of it raises."""

    def __init__(self, owner: "FakeMetashape", *, window: bool) -> None:
        self._owner = owner
        self._window = window
        self.version = f"{owner.version}.0"
        self.activated = True
        self.settings = Settings()
        self.menu: list[tuple[str, Callable[[], None]]] = []
        self.messages: list[str] = []
        self.questions: list[str] = []
        self.answer = True
        self.folder = ""

    @property
    def document(self) -> Document:
        self._need_window()
        return self._owner.document

    def addMenuItem(self, label: str, func: Callable[[], None]) -> None:  # noqa: N802
        self._need_window()
        self.menu.append((label, func))

    def removeMenuItem(self, label: str) -> None:  # noqa: N802
        self._need_window()
        self.menu = [item for item in self.menu if item[0] != label]

    def messageBox(self, message: str) -> None:  # noqa: N802
        self._need_window()
        if not isinstance(message, str):
            raise TypeError("a text is needed")
        self.messages.append(message)

    def getBool(self, label: str = "") -> bool:  # noqa: N802
        self._need_window()
        self.questions.append(label)
        return self.answer

    def getExistingDirectory(self, hint: str = "", dir: str = "") -> str:  # noqa: A002, N802
        self._need_window()
        if not isinstance(hint, str) or not isinstance(dir, str):
            raise TypeError("texts are needed")
        return self.folder

    def update(self) -> None:
        self._need_window()

    def choose(self, label: str) -> str:
        """For the tests: a click on an entry, and what the box then says."""
        next(func for name, func in self.menu if name == label)()
        return self.messages.pop() if self.messages else ""

    def _need_window(self) -> None:
        self._owner.on_main_thread("app")
        if not self._window:
            raise RuntimeError("not available without a window")


class FakeMetashape(ModuleType):
    """The module of one version."""

    def __init__(self, version: str, *, window: bool = True) -> None:
        super().__init__("Metashape")
        self.version = version
        self.number = float(version)
        self.progress_to = 1.0 if self.number < 2 else 100.0
        self.turns = False
        """Whether photos are turned as their EXIF says: which it is, is not known."""
        self._main = threading.get_ident()
        modes = ["Alpha", "File", "Background", "Model", *(["AI"] if self.number >= 2.2 else [])]
        self.MaskingMode = enum.Enum("MaskingMode", {f"MaskingMode{name}": at for at, name in enumerate(modes)})  # type: ignore[misc]
        operations = ["Replacement", "Union", "Intersection", "Difference"]
        self.MaskOperation = enum.Enum(  # type: ignore[misc]
            "MaskOperation", {f"MaskOperation{name}": at for at, name in enumerate(operations)}
        )
        for family in (self.MaskingMode, self.MaskOperation):
            for value in family:
                setattr(self, value.name, value)
        self.Image = Image
        self.Camera = Camera
        self.CameraGroup = CameraGroup
        self.Chunk = _chunk_class(with_masks=self.number >= 1.7)
        self.document = self.Document()
        self.app = Application(self, window=window)

    def Mask(self) -> Mask:  # noqa: N802
        return Mask(self)

    def Document(self) -> Document:  # noqa: N802
        return Document(self, path="", chunks=[], chunk=None, read_only=False)

    def on_main_thread(self, what: str) -> None:
        if threading.get_ident() != self._main:
            raise RuntimeError(f"{what} from another thread: the real one may crash")

    def must_have(self, name: str) -> None:
        if self.number < _SINCE.get(name, 0):
            raise AttributeError(f"Metashape {self.version} has no {name}")

    def refuse_unknown(self, options: dict[str, Any], known: dict[str, Any]) -> None:
        for name, value in options.items():
            if name not in known or self.number < _SINCE.get(name, 0):
                raise TypeError(f"'{name}' is an invalid keyword argument for this function")
            if not (callable(value) if known[name] is Callable else isinstance(value, known[name])):
                raise TypeError(f"{name} cannot be {type(value).__name__}")


def _chunk_class(*, with_masks: bool) -> type[Chunk]:
    """The class itself must tell whether masks can be generated, as the real one does."""
    if not with_masks:
        return Chunk
    return type("Chunk", (Chunk,), {"generateMasks": Chunk._generate_masks})
