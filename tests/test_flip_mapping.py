"""Where cameras stood, by points that are made up: how few of them two passes may share."""

import numpy as np
import pytest
from numpy.typing import NDArray
from test_flip import about, ring

from underside.flip.proof.features import Features
from underside.flip.proof.mapping import Place, build_models

RADIUS = 0.1
SEEN_WITHIN = np.cos(np.radians(60))


def described(count: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """As long as SIFT's, and all unlike each other."""
    made = random.normal(size=(count, 128)) ** 2
    made *= 512 / np.linalg.norm(made, axis=1, keepdims=True)
    return np.asarray(made.clip(0, 255), np.uint8)


def ball_of_points(places: list[Place], alike: int) -> list[Features]:
    """A ball's points as each camera sees them; only so many of them look alike in both passes."""
    random = np.random.default_rng(1)
    normals = random.normal(size=(2400, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    points = normals * RADIUS * random.uniform(0.85, 1, (len(normals), 1))
    of_pass = {name: described(len(points), random) for name in ("upright", "flipped")}
    of_pass["flipped"][:alike] = of_pass["upright"][:alike]
    found = []
    for camera in places:
        towards = camera.centre / np.linalg.norm(camera.centre)
        seen = np.flatnonzero(normals @ towards > SEEN_WITHIN)
        at = camera.draw(points[seen]) + random.normal(0, 0.3, (len(seen), 2))
        colours = np.full((len(seen), 3), 128, np.uint8)
        found.append(Features(at.astype(np.float32), of_pass[camera.shot.pass_name][seen], colours))
    return found


@pytest.mark.parametrize(("alike", "in_one_model"), [(120, 24), (0, 12)])
def test_passes_that_share_few_points_a_shot_are_placed_together(alike: int, in_one_model: int) -> None:
    """Fewer than COLMAP's usual thirty; of passes that share none, each is placed by itself."""
    pytest.importorskip("pycolmap", reason="the extra proof is not installed")
    places = [*ring("upright", height=20), *ring("flipped", height=20, pose=about("x", 180), first=100)]
    models, links = build_models([each.shot for each in places], ball_of_points(places, alike))
    across = [len(link.matches) for link in links if link.first.split("/")[0] != link.second.split("/")[0]]
    assert max(across, default=0) < 30
    assert len(models[0].places) == in_one_model
