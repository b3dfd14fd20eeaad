"""Masks of a Meshroom node that a person has drawn or corrected: they stay."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from meshroom_host import failure, masking, masks_of, photo, view_ids

pytestmark = pytest.mark.usefixtures("own_python")


def drawn(*, channels: int = 1) -> bytes:
    """A mask as no node makes it here: the upper rows."""
    pixels = np.zeros((64, 96, channels), np.uint8)
    pixels[:20] = 255
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("moved_there", [True, False])
def test_a_mask_that_a_person_corrected_stays_when_the_node_is_computed_again(
    tmp_path: Path, moved_there: bool, channels: int
) -> None:
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg")])
    node.compute()
    corrected, other = masks_of(node).values()
    before, mine = other.read_bytes(), drawn(channels=channels)
    if moved_there:
        (tmp_path / "saved").write_bytes(mine)
        (tmp_path / "saved").replace(corrected)
    else:
        corrected.write_bytes(mine)
    (chunk,) = node.compute()
    assert (corrected.read_bytes(), other.read_bytes()) == (mine, before)
    assert "its mask was changed by hand, and stays" in chunk.log


def test_a_mask_that_a_person_draws_for_a_view_without_one_is_taken(tmp_path: Path) -> None:
    node = masking(tmp_path, [photo(tmp_path / "a.jpg"), photo(tmp_path / "empty_room.jpg", empty=True)])
    assert "empty_room.jpg: no object was found." in failure(node.chunks()[0])
    mine = Path(node.output.value) / f"{view_ids(tmp_path / 'scene.sfm')[str(tmp_path / 'empty_room.jpg')]}.png"
    mine.write_bytes(drawn())
    node.compute()
    assert mine.read_bytes() == drawn()
    mine.write_bytes(drawn(channels=4))
    assert "has transparency. Save it without" in failure(node.chunks()[0])
    mine.write_bytes(b"no picture")
    assert f"{mine} is not a PNG of 96 x 64 pixels. Fix or delete it" in failure(node.chunks()[0])
    assert mine.read_bytes() == b"no picture"
