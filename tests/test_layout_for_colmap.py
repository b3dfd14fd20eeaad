"""COLMAP itself, as pycolmap, takes its features where our masks are white."""

from pathlib import Path

import numpy as np
import pytest
from finished_folder import Finished, finish, laid
from numpy.typing import NDArray
from PIL import Image

from underside.layouts import Kind, check_folder


@pytest.mark.parametrize("orientation", [1, 6])
def test_colmap_finds_features_only_where_the_masks_are_white(tmp_path: Path, orientation: int) -> None:
    finished = finish(tmp_path, ["pass/a.jpg"], orientation=orientation, size=(320, 240))
    masks = laid(finished, "colmap") / "masks"
    everywhere = features(finished.capture, tmp_path / "without.db")["pass/a.jpg"]
    assert is_object(finished, everywhere).mean() < 0.5
    masked = features(finished.capture, tmp_path / "with.db", masks)["pass/a.jpg"]
    assert len(masked) > 20
    assert is_object(finished, masked).all()


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "I;16"])
def test_colmap_reads_masks_as_paint_programs_save_them(tmp_path: Path, mode: str) -> None:
    finished = finish(tmp_path, ["pass/a.jpg"], size=(320, 240))
    masks = laid(finished, "colmap") / "masks"
    mask = finished.mask("pass/a.jpg")
    saved = Image.fromarray(mask.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(mask).convert(mode)
    (masks / "pass/a.jpg.png").unlink()
    saved.save(masks / "pass/a.jpg.png")
    masked = features(finished.capture, tmp_path / "masked.db", masks)["pass/a.jpg"]
    assert len(masked) > 20
    assert is_object(finished, masked).all()


def test_colmap_does_not_use_a_mask_that_the_check_calls_misnamed(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["pass/a.jpg"], size=(320, 240))
    masks = laid(finished, "colmap") / "masks"
    (masks / "pass/a.jpg.png").rename(masks / "pass/a_mask.png")
    assert "pass/a.jpg" not in features(finished.capture, tmp_path / "misnamed.db", masks)
    (report,) = check_folder(masks.parent)
    assert [(finding.kind, finding.mask) for finding in report.findings] == [(Kind.NAME, "pass/a_mask.png")]


def is_object(finished: Finished, keypoints: NDArray[np.float32]) -> NDArray[np.bool_]:
    columns, rows = keypoints[:, :2].astype(int).T
    found: NDArray[np.uint8] = finished.mask("pass/a.jpg")[rows, columns]
    return np.asarray(found == 255, np.bool_)


def features(images: Path, database: Path, masks: Path | None = None) -> dict[str, NDArray[np.float32]]:
    pycolmap = pytest.importorskip("pycolmap", reason="COLMAP itself, as pycolmap, is not installed")
    reader = pycolmap.ImageReaderOptions()
    if masks:
        reader.mask_path = masks
    options = pycolmap.FeatureExtractionOptions(use_gpu=False, num_threads=1)
    pycolmap.extract_features(database, images, reader_options=reader, extraction_options=options)
    with pycolmap.Database.open(database) as opened:
        return {image.name: opened.read_keypoints(image.image_id) for image in opened.read_all_images()}
