"""The files of a capture's shots in its output folder: masks, previews and cut-outs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.capture import Shot
from underside.files import sha256_if_there, write_atomically
from underside.masks import CUTOUTS, mask_name, read_mask
from underside.photo import Photo, to_srgb, turn_upright
from underside.preview import draw_preview, preview_path, shrink

__all__ = ["Mask", "Results"]

Mask = NDArray[np.uint8]
"""0 or 255, on the photo's stored pixel grid."""


@dataclass(frozen=True)
class Results:
    """Reads and writes the files of any shot."""

    out: Path

    def mask_sha256(self, shot: Shot) -> str | None:
        """The hash of the mask that lies there now; none where there is no mask."""
        return sha256_if_there(self._mask_path(shot))

    def read_mask(self, shot: Shot, photo: Photo) -> Mask:
        """The mask that lies there now, whoever made it; one that does not fit the photo is a PhotoError."""
        return read_mask(self._mask_path(shot), width=photo.width, height=photo.height)

    def write_mask(self, shot: Shot, png: bytes) -> None:
        """Put a mask in its place."""
        write_atomically(self._mask_path(shot), png)

    def write_preview(self, shot: Shot, photo: Photo, pixels: NDArray[np.uint8], mask: Mask) -> None:
        """Draw the preview of a mask; ``pixels`` are the photo's on its stored grid, at any size."""
        picture = turn_upright(to_srgb(shrink(pixels), photo.icc), photo.orientation)
        outline = turn_upright(shrink(mask), photo.orientation)
        write_atomically(preview_path(self.out, shot.name), draw_preview(picture, outline), durable=False)

    def cutout_sha256(self, name: str) -> str | None:
        """The hash of the cut-out that lies there now; none where there is none."""
        return sha256_if_there(self.out / CUTOUTS / name)

    def write_cutout(self, name: str, data: bytes) -> str:
        """Put a cut-out in its place, and return that relative to the output folder."""
        write_atomically(self.out / CUTOUTS / name, data)
        return f"{CUTOUTS}/{name}"

    def _mask_path(self, shot: Shot) -> Path:
        return self.out / mask_name(shot.name)
