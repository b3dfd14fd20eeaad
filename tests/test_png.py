"""The PNG writer: what it writes is what was given, in the same bytes every time."""

import io

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from underside.png import encode_png

PICTURES = [
    pytest.param(shape, bits, id=f"{'x'.join(map(str, shape))}-{bits}")
    for shape in [(1, 1), (37, 53), (700, 900), (1, 1, 3), (5, 4001, 3), (61, 43, 4)]
    for bits in (8, 16)
]


def noise(shape: tuple[int, ...], bits: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    numbers = np.random.default_rng(7)
    if bits == 8:
        return numbers.integers(0, 256, shape, np.uint8)
    return numbers.integers(0, 65536, shape, np.uint16)


@pytest.mark.parametrize(("shape", "bits"), PICTURES)
def test_pixels_survive_the_round_trip(shape: tuple[int, ...], bits: int) -> None:
    pixels = noise(shape, bits)
    decoded = cv2.imdecode(np.frombuffer(encode_png(pixels), np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    if decoded.ndim == 3:
        decoded = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB if shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    assert decoded.dtype == pixels.dtype
    assert np.array_equal(decoded, pixels)


def test_grey_with_alpha_survives_the_round_trip() -> None:
    pixels = noise((20, 30, 2), 8)
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert image.mode == "LA"
        assert np.array_equal(np.asarray(image), pixels)


def test_a_mask_is_small_and_one_channel() -> None:
    mask = np.zeros((3000, 4000), np.uint8)
    cv2.ellipse(mask, (2000, 1500), (900, 700), 20, 0, 360, 255, -1)
    content = encode_png(mask)
    assert len(content) < 40_000
    with Image.open(io.BytesIO(content)) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), mask)


def test_a_mask_that_is_hard_only_in_some_rows_survives_too() -> None:
    pixels = noise((64, 64), 8)
    pixels[::16] = 255
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert np.array_equal(np.asarray(image), pixels)


def test_a_view_into_a_larger_picture_is_encoded_as_itself() -> None:
    pixels = noise((90, 80, 3), 8)[10:70, 5:65, ::-1]
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert np.array_equal(np.asarray(image), pixels)


def test_the_same_pixels_give_the_same_bytes() -> None:
    pixels = noise((300, 2000, 4), 8)
    assert encode_png(pixels) == encode_png(pixels.copy())


def test_chunks_stand_in_front_of_the_pixels_in_their_order() -> None:
    chunks = [(b"pHYs", bytes(9)), (b"tEXt", b"Comment\0of the curator")]
    content = encode_png(noise((4, 4), 8), chunks=chunks)
    places = [content.index(kind) for kind in (b"IHDR", b"pHYs", b"tEXt", b"IDAT", b"IEND")]
    assert places == sorted(places)
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        assert image.info["Comment"] == "of the curator"
