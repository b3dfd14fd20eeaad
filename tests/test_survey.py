"""What a sweep over a capture's shots leaves for each of them, good input and bad."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from underside.capture import Shot
from underside.looks import Frame
from underside.photo import CameraFacts, open_photo
from underside.survey import Seen, Surveyor

WIDTH, HEIGHT = 320, 240
ORANGE = (220, 120, 40)

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class OrangeSegmenter:
    """Finds what is orange, a little unsurely."""

    name = "orange"
    closer_look = True
    fingerprint: Mapping[str, str] = {}
    notes = ()

    def grid(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def matte(self, picture: Pixels) -> NDArray[np.float32]:
        off = np.abs(picture.astype(np.float32) - ORANGE).max(axis=2)
        return np.asarray(np.clip(1.05 - off / 120, 0.02, 0.97), np.float32)


def room(seed: int = 0) -> Pixels:
    blotches = np.random.default_rng(seed).integers(0, 120, (20, 27, 3)).astype(np.uint8)
    blotches += np.array([10, 40, 90], np.uint8)
    return np.asarray(cv2.resize(blotches, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def thing(step: int) -> Mask:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    angle = step * 0.7
    x, y = 160 + 55 * np.cos(angle), 130 + 15 * np.sin(angle)
    mask = (columns - 160) ** 2 + (rows - 130) ** 2 < 38**2
    return np.asarray(mask | ((columns - x) ** 2 + (rows - y) ** 2 < 18**2))


class Studio:
    """Shoots into a folder, and surveys what it shot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth: dict[str, Mask] = {}

    def shoot(
        self,
        name: str,
        behind: Pixels,
        mask: Mask | None = None,
        *,
        gain: float = 1.0,
        orientation: int = 1,
        model: str = "A",
    ) -> Shot:
        picture = behind.astype(np.float32)
        if mask is not None:
            picture[mask] = ORANGE
        noise = np.random.default_rng(len(name) + len(self.truth)).normal(0, 2, picture.shape)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        exif[0x0112], exif[0x0110] = orientation, model
        Image.fromarray(np.clip(picture * gain + noise, 0, 255).astype(np.uint8)).save(path, quality=95, exif=exif)
        self.truth[name] = mask if mask is not None else np.zeros(behind.shape[:2], np.bool_)
        return Shot(path, name, name.split("/")[0])

    def ring(self, of_pass: str, behind: Pixels, count: int = 10) -> list[Shot]:
        return [self.shoot(f"{of_pass}/{step:03}.jpg", behind, thing(step)) for step in range(count)]

    def area(self, seen: Seen, shot: Shot) -> float:
        """Of what the ring makes of the first look."""
        frame, pixels, camera = opened(shot)
        found = seen.first(OrangeSegmenter(), frame, pixels, camera)
        matte = seen.ring.correct(found, frame, pixels).matte if seen.ring else found.matte
        return float((matte > 0.5).mean())


def opened(shot: Shot) -> tuple[Frame, Pixels, CameraFacts]:
    with Image.open(shot.path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
        frame = Frame(pixels.shape[1], pixels.shape[0], picture.getexif().get(0x0112, 1))
        return frame, pixels, open_photo(shot.path).camera


def survey(shots: Sequence[Shot], plates: Sequence[Shot] = ()) -> tuple[dict[str, Seen], tuple[str, ...]]:
    surveyor = Surveyor(OrangeSegmenter(), plates, max_megapixels=10)
    with ThreadPoolExecutor(2) as pool:
        seen = surveyor.survey(shots, pool, threading.Event())
    for shot in shots:
        seen[shot.name].first(OrangeSegmenter(), *opened(shot))
    return seen, surveyor.warnings


def rings(seen: Mapping[str, Seen]) -> int:
    return len({id(each.ring) for each in seen.values() if each.ring})


def test_two_passes_from_one_place_are_learnt_together(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    seen, _ = survey([*studio.ring("upright", room(1), 3), *studio.ring("flipped", room(1), 3)])
    assert rings(seen) == 1
    assert all(each.ring for each in seen.values())


def test_each_place_of_a_camera_has_its_own_ring(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    seen, _ = survey([*studio.ring("upright", room(1)), *studio.ring("flipped", room(2))])
    assert rings(seen) == 2
    assert len({each.position_number for each in seen.values()}) == 2


def test_shots_that_the_sweep_left_out_find_their_ring_when_they_are_masked(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    shots = studio.ring("upright", room(1), 40)
    shots[21] = studio.shoot("upright/021.jpg", room(2), thing(21))
    looked_at: list[int] = []

    class Counting(OrangeSegmenter):
        def matte(self, picture: Pixels) -> NDArray[np.float32]:
            looked_at.append(1)
            return super().matte(picture)

    surveyor = Surveyor(Counting(), (), max_megapixels=10)
    with ThreadPoolExecutor(2) as pool:
        seen = surveyor.survey(shots, pool, threading.Event())
    assert len(looked_at) < 40
    areas = [studio.area(seen[shot.name], shot) for shot in shots]
    assert seen["upright/020.jpg"].ring is not None
    assert seen["upright/021.jpg"].ring is None, "the camera stood elsewhere for this one"
    assert np.allclose(areas, [studio.truth[shot.name].mean() for shot in shots], atol=0.01)


def test_two_cameras_before_a_dark_room_keep_their_own_rings(tmp_path: Path) -> None:
    studio, dark = Studio(tmp_path), np.full((HEIGHT, WIDTH, 3), 14, np.uint8)
    shots = [
        studio.shoot(f"upright/{model}_{step:03}.jpg", dark, np.roll(thing(step), aside, axis=1), model=model)
        for model, aside in (("A", -6), ("B", 6))
        for step in range(20)
    ]
    seen, _ = survey(shots)
    one, other = ({id(seen[shot.name].ring) for shot in shots if model in shot.name} for model in "AB")
    assert len(one) == len(other) == 1
    assert one != other


def test_a_single_shot_has_no_ring(tmp_path: Path) -> None:
    seen, _ = survey(Studio(tmp_path).ring("upright", room(1), 1))
    assert seen["upright/000.jpg"].ring is None


def test_a_camera_that_moved_at_every_shot_leaves_each_shot_to_itself(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    shots = [studio.shoot(f"upright/{step:03}.jpg", room(step), thing(step)) for step in range(14)]
    seen, _ = survey(shots)
    assert not any(each.ring for each in seen.values())


def test_sizes_and_orientations_are_kept_apart(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    shots = studio.ring("upright", room(1), 6)
    small = cv2.resize(room(1), (WIDTH // 2, HEIGHT // 2)).astype(np.uint8)
    shots.append(studio.shoot("upright/small.jpg", small, thing(0)[::2, ::2]))
    shots.append(studio.shoot("upright/turned.jpg", room(1), thing(0), orientation=6))
    seen, _ = survey(shots)
    assert seen["upright/000.jpg"].ring is not None
    assert seen["upright/small.jpg"].ring is None
    assert seen["upright/turned.jpg"].ring is None


def test_a_plate_of_another_size_is_left_out_in_words(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    small = cv2.resize(room(1), (WIDTH // 2, HEIGHT // 2)).astype(np.uint8)
    seen, told = survey(studio.ring("upright", room(1)), [studio.shoot("empty/small.jpg", small)])
    assert seen["upright/000.jpg"].ring.plate is None  # type: ignore[union-attr]
    assert len(told) == 1
    assert "empty/small.jpg is left out" in told[0]
    assert "size" in told[0]


def test_a_plate_that_cannot_be_opened_is_left_out_in_words(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    shots = studio.ring("a", room())
    good, broken = studio.shoot("empty/good.jpg", room()), studio.shoot("empty/broken.jpg", room())
    broken.path.write_bytes(broken.path.read_bytes()[:300])
    seen, warnings = survey(shots, [good, broken])
    assert warnings == ("The plate empty/broken.jpg is left out: it is cut short: its end marker is missing.",)
    ring = seen["a/000.jpg"].ring
    assert ring is not None
    assert ring.plate is not None


def test_a_plate_of_another_exposure_is_evened_out_in_words(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    shots = studio.ring("upright", room(1))
    seen, told = survey(shots, [studio.shoot("empty/dark.jpg", room(1), gain=0.6)])
    ring = seen["upright/000.jpg"].ring
    assert ring is not None
    assert ring.plate is not None
    assert float(np.median(cv2.absdiff(ring.plate, room(1)))) < 6
    assert "1.7 times as dark" in told[0]
    assert abs(studio.area(seen["upright/004.jpg"], shots[4]) - studio.truth["upright/004.jpg"].mean()) < 0.01


def test_a_plate_with_the_object_left_in_it_is_left_out_in_words(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    seen, told = survey(studio.ring("upright", room(1)), [studio.shoot("empty/full.jpg", room(1), thing(20))])
    assert seen["upright/000.jpg"].ring.plate is None  # type: ignore[union-attr]
    assert told == ("The plate empty/full.jpg is left out: the object was left in it.",)


def test_a_good_plate_is_used_without_a_word(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    seen, told = survey(studio.ring("upright", room(1)), [studio.shoot("empty/good.jpg", room(1))])
    assert seen["upright/000.jpg"].ring.plate is not None  # type: ignore[union-attr]
    assert told == ()


@pytest.mark.parametrize("count", [12, 13, 30])
def test_plates_that_are_too_many_to_be_looked_at_are_told(tmp_path: Path, count: int) -> None:
    studio = Studio(tmp_path)
    plates = [studio.shoot(f"empty/{step:03}.jpg", room(1)) for step in range(count)]
    _, told = survey(studio.ring("upright", room(1)), plates)
    thinned = f"Only 12 of the {count} plates are looked at, evenly chosen. Keep "
    assert [line.startswith(thinned) for line in told] == [True] * (count > 12)


def test_an_empty_frame_among_the_shots_stays_empty_and_spoils_no_other(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    shots = studio.ring("upright", room(1))
    shots[5] = studio.shoot("upright/005.jpg", room(1))
    seen, _ = survey(shots)
    assert studio.area(seen["upright/005.jpg"], shots[5]) < 0.001
    assert abs(studio.area(seen["upright/004.jpg"], shots[4]) - studio.truth["upright/004.jpg"].mean()) < 0.01
