"""Pictures and files that the tests of photos are made of."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import piexif
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, features

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


ORIENTATIONS = pytest.mark.parametrize("orientation", range(1, 9))


def far_apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The largest difference, in steps of 8 bits."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())


def picture(width: int = 80, height: int = 48) -> NDArray[np.uint8]:
    """Smooth colours, no two corners alike: survives JPEG nearly unchanged, and a turn of it is seen."""
    corners = np.array([[[230, 40, 40], [40, 200, 60]], [[50, 60, 220], [240, 230, 200]]], np.uint8)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def picture16(width: int = 80, height: int = 48) -> NDArray[np.uint16]:
    """The same with 16 bits that all matter."""
    noise = np.random.default_rng(3).integers(0, 257, (height, width, 3))
    return (picture(width, height).astype(np.uint16) * 257 - noise).astype(np.uint16)


def saved(pixels: Any, kind: str, **options: Any) -> bytes:  # noqa: ANN401
    """The bytes of a file as Pillow writes it."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def saved16(pixels: Pixels, suffix: str) -> bytes:
    """A PNG or TIFF with 16 bits a channel, as OpenCV writes it."""
    swap = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    stored = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, swap[pixels.shape[2]])
    return cv2.imencode(suffix, stored)[1].tobytes()


def saved_cmyk(inks: NDArray[np.uint8], kind: str, **options: Any) -> bytes:  # noqa: ANN401
    """Inks as Pillow writes them."""
    size = (inks.shape[1], inks.shape[0])
    image = Image.frombytes("CMYK", size, inks.tobytes())
    return saved(image, kind, **({"quality": 98, "subsampling": 0} if kind == "JPEG" else {}) | options)


def heic(pixels: NDArray[Any], *, depth: int = 8, **info: Any) -> bytes:  # noqa: ANN401
    """A HEIC that has lost next to nothing."""
    mode = "RGB" if depth == 8 else "RGB;16"
    heif = pillow_heif.from_bytes(mode=mode, size=pixels.shape[1::-1], data=pixels.tobytes())
    file = io.BytesIO()
    heif.save(file, quality=-1, chroma=444, **info)
    return file.getvalue()


def exif(orientation: int = 1, **camera: str) -> bytes:
    """EXIF as a camera writes it."""
    block = Image.Exif()
    block[0x0112] = orientation
    for tag, text in zip((0x010F, 0x0110), (camera.get("make"), camera.get("model")), strict=True):
        if text:
            block[tag] = text
    details = block.get_ifd(0x8769)
    details[0x920A] = 35.0
    details[0x9003] = "2024:05:14 10:15:50"
    details[0x9291] = "25"
    details[0xA431] = "LX40117"
    details[0xA434] = "LX 35mm F1.8"
    return block.tobytes()


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def tiff(entries: Sequence[tuple[int, int, Sequence[int] | bytes]], pixels: bytes = b"") -> bytes:
    """A TIFF written by hand: tag, type, values; the strip is at byte 8."""
    codes = {1: "B", 3: "H", 4: "I", 5: "I", 10: "i", 77: "I"}
    begin = 8 + len(pixels) + len(pixels) % 2
    after = begin + 2 + 12 * len(entries) + 4
    directory, values = b"", b""
    for tag, kind, content in entries:
        if isinstance(content, bytes):
            packed, count = content, len(content)
        else:
            packed = struct.pack(f"<{len(content)}{codes[kind]}", *content)
            count = len(content) // (2 if kind in (5, 10) else 1)
        if len(packed) > 4:
            place = struct.pack("<I", after + len(values))
            values += packed + b"\0" * (len(packed) % 2)
        else:
            place = packed.ljust(4, b"\0")
        directory += struct.pack("<HHI", tag, kind, count) + place
    head = struct.pack("<2sHI", b"II", 42, begin) + pixels + b"\0" * (len(pixels) % 2)
    return head + struct.pack("<H", len(entries)) + directory + bytes(4) + values


def dng(width: int = 160, height: int = 96, *, orientation: int = 1) -> bytes:
    """Camera raw of a made-up camera: the upper left quarter is bright, the rest is dark."""
    sensor = np.full((height, width), 3000, "<u2")
    sensor[: height // 2, : width // 2] = 40000
    matrix = [8000, -2000, -500, -4000, 12000, 2000, -500, 1000, 6000]
    entries: list[tuple[int, int, Sequence[int] | bytes]] = [
        (254, 4, [0]), (256, 4, [width]), (257, 4, [height]), (258, 3, [16]), (259, 3, [1]),
        (262, 3, [32803]), (271, 2, b"Underside\0"), (272, 2, b"Box camera\0"), (273, 4, [8]),
        (274, 3, [orientation]), (277, 3, [1]), (278, 4, [height]), (279, 4, [2 * width * height]),
        (33421, 3, [2, 2]),
        (33422, 1, [0, 1, 1, 2]), (50706, 1, [1, 4, 0, 0]), (50707, 1, [1, 1, 0, 0]),
        (50708, 2, b"Underside Box camera\0"), (50714, 4, [0]), (50717, 4, [65535]),
        (50721, 10, [number for value in matrix for number in (value, 10000)]), (50728, 5, [1] * 6),
        (50778, 3, [21]),
    ]  # fmt: skip
    return tiff(entries, sensor.tobytes())


def profile(space: bytes, tags: dict[bytes, bytes], *, connection: bytes = b"XYZ ") -> bytes:
    """An ICC profile, version 2, for a camera (RGB) or a printer (CMYK)."""
    kind = b"mntr" if space == b"RGB " else b"prtr"
    tags = {b"desc": b"desc" + bytes(8) + b"\0" * 79, b"cprt": b"text" + bytes(8), **tags}
    tags[b"wtpt"] = _xyz(0.9642, 1.0, 0.8249)
    table, content = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", begin + len(content), len(value))
        content += value + b"\0" * (-len(value) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s", begin + len(content), 0x02400000, kind, space, connection, b"acsp")
    return head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061) + bytes(48) + table + content


def red_and_green_swapped() -> bytes:
    """An RGB profile whose red is sRGB's green, and the other way round."""
    gamma = b"curv" + struct.pack(">4xIH", 1, int(2.2 * 256))
    colours = {b"r": (0.3851, 0.7169, 0.0971), b"g": (0.4361, 0.2225, 0.0139), b"b": (0.1431, 0.0606, 0.7141)}
    tags = {name + b"XYZ": _xyz(*colour) for name, colour in colours.items()}
    return profile(b"RGB ", tags | {name + b"TRC": gamma for name in colours})


def cyan_prints_red() -> bytes:
    """A CMYK profile of a press with the wrong ink: full cyan is red, all else is white or black."""
    red, white, black = (136, 208, 195), (255, 128, 128), (0, 128, 128)
    inks = [[int(bit) for bit in f"{number:04b}"] for number in range(16)]
    colours = [black if k else red if c else white for c, _, _, k in inks]
    ramp = bytes(range(256))
    head = struct.pack(">4s4xBBBx9i", b"mft1", 4, 3, 2, *(65536 * (at % 4 == 0) for at in range(9)))
    table = head + ramp * 4 + bytes(value for colour in colours for value in colour) + ramp * 3
    return profile(b"CMYK", {b"A2B0": table}, connection=b"Lab ")


def _xyz(*values: float) -> bytes:
    return b"XYZ " + struct.pack(">4x3i", *(round(65536 * value) for value in values))


def avif(block: bytes, *, orientation: int = 1) -> bytes:
    """An AVIF whose EXIF says this and no more; Pillow would write EXIF anew, and refuse what it cannot read."""
    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    room = piexif.dump({"0th": {274: orientation, 270: b"x" * len(block)}})
    content = saved(picture(64, 48), "AVIF", exif=room, icc_profile=red_and_green_swapped())
    begin = content.index(b"MM\0*")
    end = content.index(b"x\0", begin) + 2
    return content[:begin] + block.ljust(end - begin, b"\0") + content[end:]
