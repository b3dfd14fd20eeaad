"""Masks as Metashape takes them: over those that are there, turned, by frame, and refused in words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metashape_host import HostProgram, finished, imported, stored, two_poses
from PIL import Image, ImageOps


def test_masks_are_replaced_or_combined_as_wished(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 2)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    first, second = chunk.cameras
    before = host.metashape.Mask()
    width, height = first.sensor.width, first.sensor.height  # type: ignore[union-attr]
    keep = np.zeros((height, width), np.uint8)
    keep[:, : width // 4] = 255
    before.setImage(host.metashape.Image.fromstring(keep.tobytes(), width, height, "L", "U8"))
    first.mask = before
    assert imported(host, folder, combine=True) == "2 of 2 photos have their mask."
    new = stored(folder / "masks" / f"{upright[0].name}.png")
    assert np.array_equal(first.mask.kept(), new & (keep > 0))
    assert second.mask is not None
    assert imported(host, folder) == "2 of 2 photos have their mask."
    assert np.array_equal(first.mask.kept(), new)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_is_turned_where_metashape_turns_the_photo(host: HostProgram, tmp_path: Path, orientation: int) -> None:
    photo = host.folder / "turned.JPG"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (90, 60), "grey").save(photo, exif=exif)
    host.metashape.turns = True
    chunk = host.chunk(photo)
    folder = finished(host, [photo], orientation)
    assert imported(host, folder) == "1 of 1 photos have their mask."
    with Image.open(folder / "masks" / "turned.JPG.png") as mask:
        mask.getexif()[0x0112] = orientation
        wanted = np.asarray(ImageOps.exif_transpose(mask)) > 127
    assert wanted.shape == (90, 60)
    assert np.array_equal(chunk.cameras[0].mask.kept(), wanted)  # type: ignore[union-attr]


def test_a_mask_of_another_size_is_refused_in_words(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 2)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    Image.new("L", (30, 20)).save(folder / "masks" / f"{upright[0].name}.png")
    (folder / "masks" / f"{upright[1].name}.png").write_bytes(b"no picture")
    told = imported(host, folder)
    assert "its mask has 30 x 20 pixels, the photo in Metashape" in told
    assert "is not a PNG file" in told
    assert not any(camera.mask for camera in chunk.cameras)


def test_a_mask_with_parts_erased_is_refused_in_words_and_one_in_colours_is_taken(
    host: HostProgram, tmp_path: Path
) -> None:
    """What an eraser leaves is white where it is transparent: taken for a mask, it would keep the whole photo."""
    upright, _ = two_poses(tmp_path, 2)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    erased, coloured = (folder / "masks" / f"{photo.name}.png" for photo in upright)
    wanted = stored(coloured)
    kept, white = stored(erased) * np.uint8(255), np.full_like(wanted, 255, np.uint8)
    Image.fromarray(np.dstack([white, white, white, kept])).save(erased)
    Image.fromarray(np.dstack([wanted * np.uint8(255)] * 3)).save(coloured)
    told = imported(host, folder)
    assert told.startswith("1 of 2 photos have their mask.")
    assert f"its mask {erased} was saved with transparency" in told
    assert chunk.cameras[0].mask is None
    assert np.array_equal(chunk.cameras[1].mask.kept(), wanted)  # type: ignore[union-attr]


@pytest.mark.parametrize("combine", [False, True])
def test_each_frame_of_a_chunk_gets_its_own_mask(host: HostProgram, tmp_path: Path, combine: bool) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright)
    later = host.metashape.document.addChunk().add(str(flipped[0]))
    host.metashape.document.chunks.pop()
    object.__setattr__(chunk.cameras[0], "others", [later])
    object.__setattr__(chunk, "frame_count", 2)
    folder = finished(host, [*upright, *flipped])
    for _ in range(2):
        assert imported(host, folder, combine=combine) == "2 of 2 photos have their mask."
    for frame, photo in zip(chunk.cameras[0].frames, ("upright", "flipped"), strict=True):
        assert np.array_equal(frame.mask.kept(), stored(folder / "masks" / photo / "DSC_0001.JPG.png"))  # type: ignore[union-attr]


def test_what_metashape_refuses_is_told_and_the_rest_goes_on(
    host: HostProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    folder = finished(host, [*upright, *flipped])
    generate = chunk.generateMasks  # type: ignore[attr-defined]

    def refuse(**options: Any) -> None:  # noqa: ANN401
        if "flipped" in options["path"]:
            raise RuntimeError("Can't open file")
        generate(**options)

    object.__setattr__(chunk, "generateMasks", refuse)
    told = imported(host, folder)
    assert told.startswith("2 of 4 photos have their mask.")
    assert "Metashape refuses its mask: Can't open file" in told


@pytest.mark.parametrize("combine", [True, False])
def test_a_mask_that_metashape_refuses_does_not_keep_those_of_its_folder_away(
    host: HostProgram, tmp_path: Path, combine: bool
) -> None:
    upright, _ = two_poses(tmp_path, 3)
    chunk = host.chunk(*upright)
    folder = finished(host, upright)
    # Broken inside: its head is as it should be.
    mask = folder / "masks" / f"{upright[1].name}.png"
    mask.write_bytes(mask.read_bytes()[:60])
    for _ in range(2):
        told = imported(host, folder, combine=combine)
        assert told.startswith("2 of 3 photos have their mask.")
        assert told.count("Metashape refuses its mask") == 1
        assert "upright/DSC_0002.JPG: Metashape refuses its mask" in told
    for camera, photo in ((chunk.cameras[0], upright[0]), (chunk.cameras[2], upright[2])):
        assert np.array_equal(camera.mask.kept(), stored(folder / "masks" / f"{photo.name}.png"))  # type: ignore[union-attr]
