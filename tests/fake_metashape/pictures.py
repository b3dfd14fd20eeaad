"""Images and masks, and photos as far as the menu reads them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps

from fake_metashape.strict import Strict


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
            return cls.of(file if file.mode in ("L", "RGB") else file.convert("RGB"))

    @classmethod
    def fromstring(cls, data: bytes, width: int, height: int, channels: str, datatype: str = "U8") -> "Image":
        image = cls(width, height, channels, datatype)
        if type(data) is not bytes or len(data) != len(image._content):
            raise ValueError("wrong data")
        image._content = data
        return image

    @classmethod
    def of(cls, picture: Pillow.Image) -> "Image":
        return cls.fromstring(picture.tobytes(), picture.width, picture.height, picture.mode)

    def tostring(self) -> bytes:
        return self._content

    def convert(self, channels: str) -> "Image":
        return Image.of(self.picture().convert(channels))

    def save(self, path: str) -> None:
        self.picture().save(path)

    def picture(self) -> Pillow.Image:
        return Pillow.frombytes(self.channels, (self.width, self.height), self._content)


class Mask(Strict):
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


class Photo(Strict):
    path: str
    layer: int
    turned: bool

    @property
    def meta(self) -> MetaData:
        return MetaData()

    def image(self) -> Image:
        with Pillow.open(self.path) as file:
            return Image.of((upright(file) if self.turned else file).convert("RGB"))


def upright(file: Pillow.Image) -> Pillow.Image:
    return ImageOps.exif_transpose(file)
