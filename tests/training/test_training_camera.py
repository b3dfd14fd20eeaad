"""The simulated camera: everything from a seed, and what it changes and leaves alone."""

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from torch import Tensor

torch = pytest.importorskip("torch", reason="torch, which the camera computes with, is not installed")

from training.camera import Chance, framed, jpeg, photographed  # noqa: E402


@pytest.fixture
def pictures() -> "Tensor":
    torch.set_num_threads(1)
    coarse = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    return torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bilinear")


def test_a_photo_depends_on_its_seed_alone(pictures: "Tensor") -> None:
    first, again, other = (photographed(pictures, Chance(6, "cpu", seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_photos_stay_pictures(pictures: "Tensor") -> None:
    for seed in range(5):
        photo = photographed(pictures, Chance(6, "cpu", seed=seed))
        assert photo.shape == pictures.shape
        assert torch.isfinite(photo).all()
        assert 0 <= photo.min() <= photo.max() <= 1


def test_the_truth_moves_with_the_picture() -> None:
    """A picture that is its own truth still is after framing; labels stay labels."""
    matte = torch.zeros(12, 1, 96, 96)
    matte[:, :, 30:60, 20:70] = 1
    pictures, mattes, labels = framed(matte.repeat(1, 3, 1, 1), matte, matte * 2, 64, Chance(12, "cpu", seed=1))
    assert pictures.shape == (12, 3, 64, 64)
    assert torch.equal(pictures[:, :1], mattes)
    assert set(labels.unique().tolist()) == {0.0, 2.0}
    assert ((labels > 1) == (mattes > 0.5)).float().mean() > 0.98
    assert len({round(area, 4) for area in mattes.mean((1, 2, 3)).tolist()}) > 10


def test_jpeg_loses_what_a_real_encoder_loses() -> None:
    random = np.random.default_rng(1)
    grey = cv2.GaussianBlur(random.uniform(0, 255, (64, 64)).astype(np.float32), (0, 0), 1.5)
    grey = np.clip((grey - grey.mean()) * 3 + 128, 0, 255).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 40])
    real = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.float32)

    class Always40(Chance):
        def happens(self, share: float) -> "Tensor":
            return torch.ones(1, 1, 1, 1)

        def uniform(self, low: float, high: float, channels: int = 1) -> "Tensor":
            return torch.full((1, 1, 1, 1), 40.0)

    picture = torch.from_numpy(grey).float().expand(1, 3, 64, 64) / 255
    ours = jpeg.as_jpeg(picture, Always40(1, "cpu", seed=0))[0, 1].numpy() * 255
    assert np.abs(real - grey).mean() > 2
    assert np.abs(real - ours).mean() < 0.6
