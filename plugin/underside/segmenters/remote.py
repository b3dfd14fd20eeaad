"""Ask a rembg service for the matte: pictures go to the address that the user names, and nowhere else."""

import http.client
import io
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underside.errors import ModelError, SettingsError
from underside.segmenters import Choices
from underside.segmenters._seeing import grid_near, shrunk

__all__ = ["RemoteSegmenter", "make"]

# A service may first have to load its model; rembg's largest takes about a minute on a slow disk.
_PATIENCE_SECONDS = 120.0
_MOST_BYTES = 64 * 2**20
_CHUNK = 2**16
# Those that Pillow reads by itself: for others it starts foreign programs.
_FORMATS = ("PNG", "WEBP", "JPEG", "TIFF")
_REMEDY = "Check --url and the service, or leave out --segmenter remote"


@dataclass(frozen=True)
class RemoteSegmenter:
    """A service that speaks as `rembg s` does."""

    url: str
    patience: float = _PATIENCE_SECONDS
    """Seconds without a word from the service, and then again for all of its answer, before it counts as down."""
    name: str = "remote"
    closer_look: bool = False

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """The address: what answers there is not known."""
        return {"segmenter": self.name, "revision": "1", "url": self.url}

    @property
    def notes(self) -> tuple[str, ...]:
        """That pictures leave."""
        return (
            f"Reduced pictures of the photos are sent to {self.url}",
            "Which model answers there is unknown: a second run may give different masks",
        )

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """About 1024 x 1024 pixels: what the larger of rembg's models look at."""
        return grid_near(width, height, side=1024)

    def matte(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the service answers."""
        small = shrunk(picture, self.grid(picture.shape[1], picture.shape[0]))
        content = cv2.imencode(".png", small[..., ::-1])[1].tobytes()
        return _matte_of(self._ask(content), small.shape[1::-1], self.url)

    def _ask(self, picture: bytes) -> bytes:
        boundary = uuid.uuid4().hex
        address = urlsplit(self.url)
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Accept": "image/png"}
        connection = _connection(address, self.patience)
        try:
            connection.request("POST", _target(address), _form(picture, boundary), headers)
            with connection.getresponse() as response:
                content = self._read(response)
        except TimeoutError as error:
            raise ModelError(f"{self.url} has not answered for {self.patience:g} s", _REMEDY) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
            raise ModelError(f"{self.url} cannot be reached: {reason}", _REMEDY) from error
        finally:
            connection.close()
        if response.status != 200:
            raise ModelError(f"{self.url} answers {response.status} {_said(response, content)}".rstrip(), _REMEDY)
        if len(content) > _MOST_BYTES:
            raise ModelError(f"{self.url} answers with more than {_MOST_BYTES >> 20} MB", _REMEDY)
        if "html" in response.headers.get_content_type():
            raise ModelError(f"{self.url} answers with a web page, not with a picture", _REMEDY)
        return content

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        """All of the answer, or more than any mask has."""
        content, end = bytearray(), time.monotonic() + self.patience
        while len(content) <= _MOST_BYTES and (some := response.read1(_CHUNK)):
            content += some
            # Each byte that arrives restarts the connection's own timeout.
            if time.monotonic() > end:
                raise ModelError(f"{self.url} has not finished its answer within {self.patience:g} s", _REMEDY)
        return bytes(content)


def make(choices: Choices) -> RemoteSegmenter:
    """For the address that was chosen."""
    if not choices.url:
        raise SettingsError("--segmenter remote needs an address", "Add --url http://localhost:7000/api/remove")
    try:
        address = urlsplit(choices.url)
        named = bool((address.hostname or "").encode("idna"))
        right = address.scheme in {"http", "https"} and named and (address.port or 1) > 0
    except ValueError:
        right = False
    if not right or not choices.url.isascii() or any(sign <= " " for sign in choices.url):
        raise SettingsError(
            f"{choices.url} is not the address of a service",
            "Give one as http://localhost:7000/api/remove or https://...",
        )
    return RemoteSegmenter(choices.url)


def _connection(address: SplitResult, patience: float) -> http.client.HTTPConnection:
    # http.client knows no proxies and follows no redirects: nothing is sent anywhere else.
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    return kind(address.hostname or "", address.port, timeout=patience)


def _target(address: SplitResult) -> str:
    return (address.path or "/") + (f"?{address.query}" if address.query else "")


def _form(picture: bytes, boundary: str) -> bytes:
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="'.encode()
    only_mask = start + b'om"\r\n\r\ntrue\r\n'
    file = start + b'file"; filename="picture.png"\r\nContent-Type: image/png\r\n\r\n' + picture + b"\r\n"
    return only_mask + file + f"--{boundary}--\r\n".encode()


def _said(response: http.client.HTTPResponse, content: bytes) -> str:
    if "html" in response.headers.get_content_type():
        return response.reason
    words = " ".join(content[:2000].decode("utf-8", "replace").split())
    return f"{response.reason}: {words[:200]}" if words and words != response.reason else response.reason


def _matte_of(content: bytes, size: tuple[int, int], url: str) -> NDArray[np.float32]:
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as answer:
            if answer.size != size:
                raise ModelError(
                    f"{url} answers with {answer.width} x {answer.height} pixels to a picture of {size[0]} x {size[1]}",
                    "Use a service that keeps the picture's size, as rembg does",
                )
            if answer.mode.startswith("I"):
                return np.asarray(np.clip(np.asarray(answer) / np.float32(65535), 0, 1), np.float32)
            if answer.mode in {"L", "1"}:
                grey = answer.convert("L")
            elif answer.mode in {"RGBA", "LA"} or "transparency" in answer.info:
                grey = answer.convert("RGBA").getchannel("A")
            else:
                raise ModelError(
                    f"{url} answers with colours and no transparency, so nothing says which part is object",
                    "Use a service that answers as rembg does: a grey mask, or a cut-out with transparency",
                )
            return np.asarray(grey, np.float32) / np.float32(255)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ModelError(f"{url} answers with something that is not a picture", _REMEDY) from error
