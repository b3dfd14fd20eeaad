"""What AliceVision makes of our masks: its rules told again, its own reader of images."""

import sys
from pathlib import Path

import numpy as np
import pytest
from meshroom_host import Node, part, photo, quick_model, scene, stored, view_ids
from numpy.typing import NDArray

oiio = pytest.importorskip("OpenImageIO", reason="the OpenImageIO wheel is not installed")


def read_as_alicevision(path: Path) -> NDArray[np.uint8]:
    """Float, from sRGB to linear, luminance, 8 bits: what is 0 then is masked."""
    buffer = oiio.ImageBuf(str(path))
    assert buffer.read(0, 0, True, oiio.FLOAT)
    channels = buffer.spec().nchannels
    assert channels != 2, "two channels end AliceVision's program"
    linear = oiio.ImageBufAlgo.colorconvert(buffer, "sRGB", "linear")
    pixels = linear.get_pixels(oiio.FLOAT)
    grey = pixels[..., :3] @ [0.2126, 0.7152, 0.0722] if channels >= 3 else pixels[..., 0]
    return np.asarray(np.clip(grey, 0, 1) * 255 + 0.5).astype(np.uint8)


def mask_for(view_id: str, image: str, folders: list[Path]) -> Path | None:
    """The first folder that has either name wins; nothing is said where none has."""
    for folder in folders:
        for name in (view_id, Path(image).stem):
            if (folder / f"{name}.png").is_file():
                return folder / f"{name}.png"
    return None


@pytest.fixture
def masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, dict[str, str]]:
    """A folder of masks, and view ids by photo: one held upright, one turned."""
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    photos = [photo(tmp_path / "a" / "IMG_1.jpg"), photo(tmp_path / "b" / "IMG_1.jpg", orientation=6)]
    source = scene(tmp_path / "scene.sfm", photos)
    node = Node("UndersideMasking", tmp_path / "cache", input=str(source), model=quick_model(tmp_path / "model"))
    node.compute()
    return Path(node.output.value), view_ids(source)


def test_each_view_finds_its_own_mask_though_names_of_photos_meet(masked: tuple[Path, dict[str, str]]) -> None:
    folder, ids = masked
    found = {mask_for(view_id, image, [folder]) for image, view_id in ids.items()}
    assert found == {folder / f"{view_id}.png" for view_id in ids.values()}


def test_what_alicevision_keeps_is_what_we_masked_pixel_for_pixel(masked: tuple[Path, dict[str, str]]) -> None:
    folder, ids = masked
    for image, view_id in ids.items():
        path = folder / f"{view_id}.png"
        kept = read_as_alicevision(path) > 0
        np.testing.assert_array_equal(kept, stored(path) == 255)
        # Of the photo as it is stored, which is how AliceVision reads it.
        source = oiio.ImageBuf(image)
        assert kept.shape == (source.spec().height, source.spec().width)
        bright = source.get_pixels(oiio.FLOAT).mean(axis=2) > 0.5
        assert (kept == bright).mean() > 0.97


def test_a_mask_is_one_channel_of_eight_bits_that_nothing_turns(masked: tuple[Path, dict[str, str]]) -> None:
    folder, ids = masked
    for view_id in ids.values():
        spec = oiio.ImageBuf(str(folder / f"{view_id}.png")).spec()
        assert (spec.nchannels, str(spec.format)) == (1, "uint8")
        assert spec.get_int_attribute("Orientation", 1) == 1


@pytest.mark.parametrize(("white", "kept"), [(True, 1.0), (False, 0.0)])
def test_a_plain_mask_keeps_all_or_nothing(tmp_path: Path, white: bool, kept: float) -> None:
    (tmp_path / "7.png").write_bytes(part("masks").plain_mask(33, 21, white=white))
    pixels = read_as_alicevision(tmp_path / "7.png")
    assert (pixels.shape, (pixels > 0).mean()) == ((21, 33), kept)
