"""Twenty-four-megapixel photos for the benchmarks: the demo capture enlarged, with fresh noise, as camera JPEGs."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from underside.resources import demo_folder

__all__ = ["write_photos"]

SIZE = (6000, 4000)


def write_photos(folder: Path, count: int, *, passes: str = "[uf]*") -> None:
    """Write so many different photos of some of the demo's passes; those that are there already stay."""
    sources = sorted(demo_folder().glob(f"{passes}/*.JPG"))
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"DSC_{number:04}.JPG"
        if not path.exists():
            path.write_bytes(_enlarged(sources[number % len(sources)], seed=number))


def _enlarged(source: Path, seed: int) -> bytes:
    with Image.open(source) as photo:
        exif = photo.info["exif"]
        pixels = np.asarray(photo.convert("RGB"))
    # 4:3 to 3:2 by cropping top and bottom, which show only room.
    cut = (pixels.shape[0] - pixels.shape[1] * SIZE[1] // SIZE[0]) // 2
    large = cv2.resize(pixels[cut:-cut], SIZE, interpolation=cv2.INTER_CUBIC).astype(np.int16)
    noise = np.random.default_rng(seed).normal(0, 4, (SIZE[1], SIZE[0], 1)).astype(np.int16)
    file = io.BytesIO()
    noisy = np.clip(large + noise, 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(file, "JPEG", quality=92, exif=exif)
    return file.getvalue()
