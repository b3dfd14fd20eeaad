"""What holds the object in one pass only is left out of its masks, and nothing else is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run, shots
from numpy.typing import NDArray
from PIL import Image
from tiny_networks import brightness

from underside.ring import Support, Tints, support_of

WIDTH, HEIGHT = 320, 240
BEIGE, MAGENTA, GREEN = (205, 180, 150), (255, 140, 255), (140, 255, 160)
FOOT = np.s_[170:200, 120:200]
"""Where the support stands: under the object."""
TOP = np.s_[62:80, 140:180]
SHADOW = np.s_[215:235, 20:90]

Pixels = NDArray[np.uint8]
Paint = Callable[[Pixels], None]


def painted(place: tuple[slice, slice], colour: tuple[int, int, int]) -> Paint:
    def paint(picture: Pixels) -> None:
        picture[place] = colour

    return paint


def body(step: int) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    arm = (columns - 160 - 50 * np.cos(step)) ** 2 + (rows - 120) ** 2 < 18**2
    return np.asarray(((columns - 160) ** 2 / 45**2 + (rows - 115) ** 2 / 58**2 < 1) | arm, np.bool_)


def shot(step: int, *paints: Paint, balance: tuple[float, float, float] = (1, 1, 1)) -> Pixels:
    """A dark grey room, a beige object in it, and what is painted over them."""
    random = np.random.default_rng(7)
    room = cv2.resize(random.integers(15, 60, (24, 32)).astype(np.uint8), (WIDTH, HEIGHT))
    picture = np.repeat(np.asarray(room, np.uint8)[..., None], 3, axis=2)
    picture[FOOT[0], :] = 40
    for paint in paints:
        paint(picture)
    picture[body(step)] = BEIGE
    noise = np.random.default_rng(step).normal(0, 2, picture.shape)
    return np.asarray(np.clip(picture * np.array(balance) + noise, 0, 255), np.uint8)


def shoot(folder: Path, of_pass: str, *paints: Paint, model: str = "A") -> None:
    """Six shots."""
    for step in range(6):
        picture = shot(step, *paints)
        exif = Image.Exif()
        exif[0x0110] = model
        path = folder / of_pass / f"{step}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path, quality=95, exif=exif)


@pytest.fixture(scope="module")
def keeps_what_is_bright(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    network = brightness(tmp_path_factory.mktemp("network") / "bright.onnx")
    facts = "closer_look = true\nsize = 256\nmean = [0.0, 0.0, 0.0]\nstd = [1.0, 1.0, 1.0]\nactivation = 'none'\n"
    network.with_suffix(".toml").write_text(facts, encoding="utf-8")
    return ("--model", network)


def share_kept(out: Path, of_pass: str, place: tuple[slice, slice]) -> float:
    """Of a place beside the object, how much the masks of a pass keep."""
    masks = [np.asarray(Image.open(path)) > 127 for path in sorted((out / "masks" / of_pass).glob("*.png"))]
    assert len(masks) == 6
    beside = [mask[place][~body(step)[place]] for step, mask in enumerate(masks)]
    return float(np.concatenate(beside).mean())


def test_a_block_under_the_object_in_one_pass_is_left_out_of_its_masks(
    run: Run, tmp_path: Path, keeps_what_is_bright: tuple[object, ...]
) -> None:
    shoot(tmp_path / "capture", "upright")
    shoot(tmp_path / "capture", "flipped", painted(FOOT, MAGENTA))
    done = run("mask", "capture", "-o", "out", *keeps_what_is_bright)
    assert done.returncode == 0, done.stderr
    assert "Pass flipped: what holds the object is left out, as no other pass shows its colour" in done.stdout
    assert share_kept(tmp_path / "out", "flipped", FOOT) < 0.1
    kept = [np.asarray(Image.open(path)) > 127 for path in sorted((tmp_path / "out/masks/flipped").glob("*.png"))]
    assert all(mask[body(step)].mean() > 0.97 for step, mask in enumerate(kept))


def test_what_the_pass_without_it_knows_reaches_parts_of_the_other(
    run: Run, tmp_path: Path, keeps_what_is_bright: tuple[object, ...]
) -> None:
    shoot(tmp_path / "capture", "upright")
    shoot(tmp_path / "capture", "flipped", painted(FOOT, MAGENTA))
    assert run("mask", "capture", "-o", "whole", *keeps_what_is_bright).returncode == 0
    assert run("rings", "capture", "-o", "rings", *keeps_what_is_bright).returncode == 0
    (tmp_path / "part").mkdir()
    for step in (1, 4):
        shutil.copy(tmp_path / f"capture/flipped/{step}.jpg", tmp_path / "part")
    done = run("mask", "--rings", "rings", "part", "-o", "out", *keeps_what_is_bright)
    assert done.returncode == 0, done.stderr
    whole, part = shots(tmp_path / "whole"), shots(tmp_path / "out")
    assert {name: shot["mask_sha256"] for name, shot in part.items()} == {
        f"{step}.jpg": whole[f"flipped/{step}.jpg"]["mask_sha256"] for step in (1, 4)
    }


def test_a_pass_alone_says_nothing_of_a_block(
    run: Run, tmp_path: Path, keeps_what_is_bright: tuple[object, ...]
) -> None:
    shoot(tmp_path / "capture", "flipped", painted(FOOT, MAGENTA))
    assert run("mask", "capture", "-o", "out", *keeps_what_is_bright).returncode == 0
    assert share_kept(tmp_path / "out", "flipped", FOOT) > 0.9


def test_another_camera_sees_other_tints_in_the_same_thing_and_tells_nothing(
    run: Run, tmp_path: Path, keeps_what_is_bright: tuple[object, ...]
) -> None:
    shoot(tmp_path / "capture", "upright", model="B")
    shoot(tmp_path / "capture", "flipped", painted(FOOT, MAGENTA))
    assert run("mask", "capture", "-o", "out", *keeps_what_is_bright).returncode == 0
    assert share_kept(tmp_path / "out", "flipped", FOOT) > 0.9


def tints(*paints: Paint, over: Paint | None = None, count: int = 6, **how: tuple[float, float, float]) -> Tints:
    found = Tints()
    for step in range(count):
        picture = shot(step, *paints, **how)
        if over:
            over(picture)
        found.add(picture, (picture.mean(axis=2) > 100).astype(np.float32), 1)
    return found


def holds(support: Support | None, *paints: Paint) -> float:
    """How much of the place under the object is told to be a support."""
    return float(support.shows_in(shot(0, *paints))[FOOT].mean()) if support else 0.0


def test_a_tint_of_one_pass_below_the_object_is_a_supports() -> None:
    block = painted(FOOT, MAGENTA)
    support = support_of(tints(block), [tints()])
    assert holds(support, block) > 0.6
    assert support is not None
    assert not support.shows_in(shot(0)).any()
    assert support_of(tints(), [tints(block)]) is None


def test_so_it_is_in_its_own_shade() -> None:
    support = support_of(tints(painted(FOOT, MAGENTA)), [tints()])
    assert holds(support, painted(FOOT, (128, 70, 128))) > 0.6


def test_an_underside_of_another_colour_faces_up_and_is_kept() -> None:
    assert support_of(tints(over=painted(TOP, MAGENTA)), [tints()]) is None


def test_with_a_support_of_one_colour_an_underside_of_another_is_kept() -> None:
    block = painted(FOOT, GREEN)
    support = support_of(tints(block, over=painted(TOP, MAGENTA)), [tints()])
    assert holds(support, block) > 0.6
    assert support is not None
    assert not support.shows_in(shot(0, painted(TOP, MAGENTA)))[TOP].any()


def test_a_tint_that_the_other_pass_shows_anywhere_is_none() -> None:
    """It may be the object's, where masks lost it; or the support stood there too."""
    assert support_of(tints(painted(FOOT, MAGENTA)), [tints(painted(SHADOW, MAGENTA))]) is None


def test_a_camera_that_saw_all_colours_otherwise_tells_nothing() -> None:
    block = painted(FOOT, MAGENTA)
    assert support_of(tints(block, balance=(1.03, 1.0, 0.98)), [tints()]) is not None
    assert support_of(tints(block, balance=(1.1, 1.0, 0.9)), [tints()]) is None


def test_too_few_shots_tell_nothing() -> None:
    block = painted(FOOT, MAGENTA)
    assert support_of(tints(block, count=3), [tints()]) is None
    assert support_of(tints(block), [tints(count=3)]) is None


def test_below_is_below_however_the_photo_is_stored() -> None:
    stored = Tints()
    for step in range(6):
        picture = np.ascontiguousarray(np.rot90(shot(step, painted(FOOT, MAGENTA)), 2))
        stored.add(picture, (picture.mean(axis=2) > 100).astype(np.float32), 3)
    assert support_of(stored, [tints()]) is not None
    as_if_upright = Tints()
    for step in range(6):
        picture = np.ascontiguousarray(np.rot90(shot(step, painted(FOOT, MAGENTA)), 2))
        as_if_upright.add(picture, (picture.mean(axis=2) > 100).astype(np.float32), 1)
    assert support_of(as_if_upright, [tints()]) is None


def test_tints_are_kept_as_numbers() -> None:
    support = support_of(tints(painted(FOOT, MAGENTA)), [tints()])
    assert support is not None
    assert np.array_equal(Support.of(support.numbers).tints, support.tints)
