"""White things in white rooms, and what is done for them where it is not wanted."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from conftest import Run, overlap
from numpy.typing import NDArray

from underside.looks import Frame, find_object

# Rendered: `python -m benchmarks.captures render white --seed 3 --size 640x480 --shots 6`, flipped/DSC_0012.
WHITE = Path(__file__).parent / "data" / "white_on_white.jpg"
TRUTH = WHITE.with_suffix(".png")

Pixels = NDArray[np.uint8]


class Contrast:
    """Finds what differs from the middle by more than a third; remembers what it was shown."""

    name = "contrast"
    closer_look = True
    fingerprint: Mapping[str, str] = {}
    notes = ()

    def __init__(self) -> None:
        self.shown: list[Pixels] = []

    def grid(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def matte(self, picture: Pixels) -> NDArray[np.float32]:
        self.shown.append(picture)
        grey = picture.mean(axis=2)
        return np.asarray(np.abs(grey - np.median(grey)) > 80, np.float32)


def scene(room: int, thing: int) -> Pixels:
    picture = np.full((96, 128, 3), room, np.uint8)
    cv2.circle(picture, (64, 48), 20, (thing, thing, thing), cv2.FILLED)
    return picture


def looked_at(picture: Pixels) -> tuple[NDArray[np.float32], list[Pixels]]:
    segmenter = Contrast()
    found = find_object(segmenter, Frame(picture.shape[1], picture.shape[0]), picture, looks=1)
    return found.matte, segmenter.shown


def test_a_white_object_in_a_white_tent_is_found_whole(run: Run, tmp_path: Path) -> None:
    run("mask", WHITE, "-o", tmp_path / "out")
    mask = cv2.imread(str(tmp_path / "out" / "masks" / "white_on_white.jpg.png"), cv2.IMREAD_UNCHANGED)
    truth = cv2.imread(str(TRUTH), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert truth is not None
    # In the photo as it is, the network sees the printed parts: .22.
    assert overlap(mask, truth) > 0.9


def test_a_room_of_middling_brightness_is_looked_at_once() -> None:
    _, shown = looked_at(scene(120, 240))
    assert len(shown) == 1


def test_what_is_light_in_a_bright_room_is_taken_from_the_look_with_spread_lights() -> None:
    matte, shown = looked_at(scene(225, 255))
    assert len(shown) == 2
    assert matte[48, 64] == 1


def test_what_is_dark_in_a_bright_room_is_taken_as_it_is_seen_unspread() -> None:
    picture = scene(225, 40)
    # A reflex that only spread lights show; the object itself is dark.
    picture[10:14, 10:14] = 255
    matte, shown = looked_at(picture)
    assert len(shown) == 2
    assert matte[48, 64] == 1
    assert matte[12, 12] == 0
