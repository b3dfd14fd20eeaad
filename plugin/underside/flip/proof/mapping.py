"""From points to places: which shots share points, and where their cameras stood."""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underside.flip.proof.colmap import colmap
from underside.flip.proof.features import Features
from underside.flip.proof.sources import FEWEST, FlipShot

__all__ = ["Lens", "Link", "Model", "Place", "build_models"]

Floats = NDArray[np.float64]

_SEED = 0
_MOST_PAIRS = 4000
"""Pairs that are matched at most: 72 shots have 2,556."""
_NEIGHBOURS = 6
"""Shots after each one of its pass with which it is matched in any case: 120 degrees of most rings."""
_BEGINNINGS = 30
"""Pairs from which COLMAP tries to begin a model; its usual 200 are in vain where points contradict each other."""
_MOST_SECONDS = 90
"""Seconds on an idle machine: on a busy one it takes longer, and must not find less."""
_BUSIEST = 0.05
"""Share of the processors that is reckoned with at least, so that the time stays bounded."""
_MOST_MODELS = 5
_FEWEST_INLIERS, _LEAST_INLIERS = 15, 0.1
"""Points, and their share, by which a shot is placed where COLMAP's usual 30 and .25 leave some out: thin things share
few with their other side, and so do platters turned by 30 degrees per shot. False places are the answer's to find."""
_MOST_ADJUSTMENTS = 30
"""Steps of each adjustment of the whole model, of COLMAP's usual 50: for the time that they take."""
_MOST_THREADS = 8


@dataclass(frozen=True)
class Lens:
    """How a camera draws: one focal length, the middle, and one term of distortion."""

    focal: float
    x: float
    y: float
    bend: float = 0.0

    def drawn(self, at: NDArray[Any]) -> NDArray[Any]:
        """(..., 3) in the camera's axes to (..., 2) on the stored grid."""
        across, down = at[..., 0] / at[..., 2], at[..., 1] / at[..., 2]
        far = self.focal * (1 + self.bend * (across * across + down * down))
        return np.stack([across * far + self.x, down * far + self.y], axis=-1)


@dataclass(frozen=True)
class Place:
    """Where a shot's camera stood: its axes in the scene's, x to the right, y down, z ahead."""

    shot: FlipShot
    turn: Floats
    """(3, 3): scene to camera."""
    shift: Floats
    lens: Lens

    @property
    def centre(self) -> Floats:
        """Where the camera stood, in the scene."""
        return np.asarray(-self.turn.T @ self.shift)

    @property
    def up(self) -> Floats:
        """Upwards in the upright picture, as a direction of the scene."""
        return np.asarray(self.turn.T @ _UPWARDS[self.shot.orientation])

    def draw(self, points: NDArray[Any]) -> NDArray[Any]:
        """Points of the scene on the stored grid."""
        return self.lens.drawn(points @ self.turn.T.astype(points.dtype) + self.shift.astype(points.dtype))


# On the stored grid, for each EXIF orientation.
_UPWARDS = {
    1: np.array([0.0, -1.0, 0.0]),
    2: np.array([0.0, -1.0, 0.0]),
    3: np.array([0.0, 1.0, 0.0]),
    4: np.array([0.0, 1.0, 0.0]),
    5: np.array([-1.0, 0.0, 0.0]),
    6: np.array([-1.0, 0.0, 0.0]),
    7: np.array([1.0, 0.0, 0.0]),
    8: np.array([1.0, 0.0, 0.0]),
}


@dataclass(frozen=True)
class Link:
    """Two shots that share points."""

    first: str
    second: str
    matches: NDArray[np.uint32]
    """(n, 2): numbers of the features that agree with one turn and shift of the scene."""


@dataclass(frozen=True)
class Model:
    """One rigid scene with the shots that see it."""

    places: tuple[Place, ...]
    points: NDArray[np.float32]
    """(n, 3)."""
    colours: NDArray[np.uint8]
    seen_in: tuple[tuple[str, ...], ...]
    """The shots in which each point is seen."""
    error: float
    """Mean distance in pixels between points as they are seen and as they would be drawn."""
    members: dict[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)
    """For each shot, the point that each of its features belongs to, or -1."""


def build_models(shots: Sequence[FlipShot], features: Sequence[Features]) -> tuple[list[Model], list[Link]]:
    """Match the shots and find where their cameras stood; the largest model first."""
    engine = colmap()
    engine.set_random_seed(_SEED)
    with tempfile.TemporaryDirectory(prefix="underside-proof-", ignore_cleanup_errors=True) as work:
        database = Path(work) / "database.db"
        ids = _fill(engine, database, shots, features)
        share = _match(engine, Path(work), database, shots)
        links = _read_links(engine, database, ids)
        found = _placed(engine, Path(work), database, len(shots), _MOST_SECONDS / share)
    colours = {shot.name: each.colours for shot, each in zip(shots, features, strict=True)}
    models = [_model(each, shots, colours) for each in found]
    return sorted(models, key=lambda model: -len(model.places)), links


def _fill(engine: Any, path: Path, shots: Sequence[FlipShot], features: Sequence[Features]) -> dict[int, str]:  # noqa: ANN401
    names: dict[int, str] = {}
    rigs: dict[str, tuple[int, Any]] = {}
    with engine.Database.open(path) as database, engine.DatabaseTransaction(database):
        for shot, found in zip(shots, features, strict=True):
            if shot.camera not in rigs:
                rigs[shot.camera] = _add_camera(engine, database, shot)
            rig, sensor = rigs[shot.camera]
            # A number is a name that COLMAP's lists of pairs can hold, whatever the photo is called.
            image = database.write_image(engine.Image(name=f"{len(names):06}", camera_id=sensor.id))
            frame = engine.Frame(rig_id=rig)
            frame.add_data_id(engine.data_t(sensor, image))
            database.write_frame(frame)
            database.write_keypoints(image, _keypoints(found))
            database.write_descriptors(
                image, engine.FeatureDescriptors(engine.FeatureExtractorType.SIFT, found.descriptors)
            )
            names[image] = shot.name
    return names


def _keypoints(found: Features) -> NDArray[np.float32]:
    return np.hstack([found.at, np.tile(np.array([[1, 0]], np.float32), (len(found.at), 1))]).astype(np.float32)


def _add_camera(engine: Any, database: Any, shot: FlipShot) -> tuple[int, Any]:  # noqa: ANN401
    longest = max(shot.width, shot.height)
    camera = engine.Camera(
        model="SIMPLE_RADIAL",
        width=shot.width,
        height=shot.height,
        # COLMAP's own guess for photos that say nothing.
        params=[shot.focal or 1.2 * longest, shot.width / 2, shot.height / 2, 0.0],
        has_prior_focal_length=shot.focal is not None,
    )
    sensor = engine.sensor_t(engine.SensorType.CAMERA, database.write_camera(camera))
    rig = engine.Rig()
    rig.add_ref_sensor(sensor)
    return database.write_rig(rig), sensor


def _match(engine: Any, work: Path, database: Path, shots: Sequence[FlipShot]) -> float:  # noqa: ANN401
    """Match all pairs; the share of the processors that were free for it."""
    wall, spent = time.monotonic(), time.process_time()
    pairs = work / "pairs.txt"
    pairs.write_text("".join(f"{i:06} {k:06}\n" for i, k in _pairs(shots)), encoding="ascii")
    matching = engine.FeatureMatchingOptions()
    matching.num_threads = _threads()
    matching.use_gpu = False
    verifying = engine.TwoViewGeometryOptions()
    verifying.ransac.random_seed = _SEED
    engine.match_image_pairs(
        database,
        matching_options=matching,
        pairing_options=engine.ImportedPairingOptions(match_list_path=str(pairs)),
        verification_options=verifying,
        device=engine.Device.cpu,
    )
    free = (time.process_time() - spent) / max(time.monotonic() - wall, 1e-3) / _threads()
    return min(1.0, max(_BUSIEST, free))


def _pairs(shots: Sequence[FlipShot]) -> list[tuple[int, int]]:
    """All pairs of a usual capture; of a large one neighbours in a pass, and an even choice of the others."""
    every = list(combinations(range(len(shots)), 2))
    if len(every) <= _MOST_PAIRS:
        return every
    near = {(i, k) for i, k in every if shots[i].pass_name == shots[k].pass_name and k - i <= _NEIGHBOURS}
    others = [pair for pair in every if pair not in near]
    room = max(0, _MOST_PAIRS - len(near))
    chosen = np.random.default_rng(_SEED).permutation(len(others))[:room]
    return sorted([*near, *(others[i] for i in chosen)])


def _read_links(engine: Any, path: Path, names: dict[int, str]) -> list[Link]:  # noqa: ANN401
    with engine.Database.open(path) as database:
        numbers, geometries = database.read_two_view_geometries()
    links = []
    for number, geometry in zip(numbers, geometries, strict=True):
        matches = np.asarray(geometry.inlier_matches, np.uint32).reshape(-1, 2)
        if len(matches):
            first, second = engine.pair_id_to_image_pair(number)
            links.append(Link(names[first], names[second], matches))
    return links


def _placed(engine: Any, work: Path, database: Path, shots: int, seconds: float) -> list[Any]:  # noqa: ANN401
    """Models of as many shots as can be: where some are left out, those with few points are placed, too."""
    began = time.monotonic()
    options = _options(engine, seconds)
    found = _map(engine, work / "usual", database, options)
    left = round(seconds - (time.monotonic() - began))
    if not found or _most_placed(found) == shots or left < 1:
        return found
    options.max_runtime_seconds = left
    options.mapper.abs_pose_min_num_inliers = _FEWEST_INLIERS
    options.mapper.abs_pose_min_inlier_ratio = _LEAST_INLIERS
    by_few = _map(engine, work / "by-few", database, options)
    return max(found, by_few, key=_most_placed)


def _most_placed(models: Sequence[Any]) -> int:
    return max((model.num_reg_images() for model in models), default=0)


def _options(engine: Any, seconds: float) -> Any:  # noqa: ANN401
    options = engine.IncrementalPipelineOptions()
    # With more, sums come in any order: places differ in their last digits from run to run, and so do repaired masks.
    options.num_threads = 1
    options.random_seed = _SEED
    options.multiple_models = True
    options.max_num_models = _MOST_MODELS
    options.min_model_size = FEWEST
    options.ba_refine_extra_params = False
    # If points contradict each other COLMAP would start over again and again; a true join takes a tenth of the time.
    options.structure_less_registration_fallback = False
    options.init_num_trials = _BEGINNINGS
    options.max_runtime_seconds = round(seconds)
    options.ba_global_max_num_iterations = _MOST_ADJUSTMENTS
    options.extract_colors = False
    return options


def _map(engine: Any, into: Path, database: Path, options: Any) -> list[Any]:  # noqa: ANN401
    into.mkdir()
    return list(engine.incremental_mapping(database, into.parent, into, options).values())


def _model(found: Any, shots: Sequence[FlipShot], colours: dict[str, NDArray[np.uint8]]) -> Model:  # noqa: ANN401
    images = sorted((image for image in found.images.values() if image.has_pose), key=lambda image: image.name)
    names = {image.image_id: shots[int(image.name)].name for image in images}
    numbers = {number: row for row, number in enumerate(sorted(found.points3D))}
    points = np.zeros((len(numbers), 3), np.float32)
    drawn = np.zeros((len(numbers), 3), np.uint8)
    seen_in: list[tuple[str, ...]] = []
    for number, row in numbers.items():
        point = found.points3D[number]
        points[row] = point.xyz
        seen = [(names[each.image_id], each.point2D_idx) for each in point.track.elements if each.image_id in names]
        drawn[row] = np.mean([colours[name][index] for name, index in seen], axis=0)
        seen_in.append(tuple(sorted({name for name, _ in seen})))
    members = {}
    for image in images:
        own = [numbers[p.point3D_id] if p.has_point3D() else -1 for p in image.points2D]
        members[names[image.image_id]] = np.array(own, np.int64)
    return Model(
        places=tuple(_place(image, shots[int(image.name)]) for image in images),
        points=points,
        colours=drawn,
        seen_in=tuple(seen_in),
        error=float(found.compute_mean_reprojection_error()),
        members=members,
    )


def _place(image: Any, shot: FlipShot) -> Place:  # noqa: ANN401
    pose = np.asarray(image.cam_from_world().matrix())
    focal, x, y, bend = image.camera.params
    return Place(shot, pose[:, :3], pose[:, 3], Lens(focal, x, y, bend))


def _threads() -> int:
    return min(_MOST_THREADS, os.cpu_count() or 1)
