"""The made-up scenes that the network learns from: the same from the same seed, and true to themselves."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

MODELS = Path(__file__).parents[2] / "models"
sys.path.insert(0, str(MODELS))

from training.batches import LABELS, Batch  # noqa: E402
from training.content.families import EQUIPMENT, HELD_OUT, TRAINING, Families  # noqa: E402
from training.content.mesh import Mesh, open_edges  # noqa: E402
from training.content.scenes.kinds import KINDS  # noqa: E402
from training.errors import TrainingError  # noqa: E402

if TYPE_CHECKING:
    from training.content.studio import Content, Studio

Maker = Callable[[np.random.Generator], Mesh]
SIDE, SAMPLES = 64, 2
OBJECT = LABELS.index("object")

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ to build the tracer with")


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    found: ModuleType = pytest.importorskip("torch", reason="torch, which holds the pictures, is not installed")
    return found


@pytest.fixture(scope="module")
def content(torch: ModuleType) -> "Content":
    if shutil.which("g++") is None:
        pytest.skip("no g++ to build the tracer with")
    from training.content.studio import Content

    return Content.for_training(5, objects=8, textures=9)


@pytest.fixture(scope="module")
def photos(content: "Content") -> Batch:
    """Two of every kind."""
    batches = [next(iter(studio(content, {name: 1.0}).batches(2, seed=11))) for name in KINDS]
    return together(batches)


def studio(content: "Content", kinds: dict[str, float] | None = None) -> "Studio":
    from training.content.studio import Studio

    return Studio(content, device="cpu", side=SIDE, samples=SAMPLES, workers=0, kinds=kinds)


def together(batches: list[Batch]) -> Batch:
    parts = [[np.asarray(part) for part in (b.pictures, b.mattes, b.labels)] for b in batches]
    pictures, mattes, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Batch(pictures, mattes, labels, tuple(kind for b in batches for kind in b.kinds))


def of_kind(photos: Batch, kind: str) -> list[int]:
    return [number for number, its in enumerate(photos.kinds) if its == kind]


def contrast(photos: Batch, kind: str) -> float:
    """By how many grey levels the object differs from what is around it, along its outline."""
    steps, square = [], np.ones((5, 5), np.uint8)
    for number in of_kind(photos, kind):
        inside = (photos.mattes[number] > 128).astype(np.uint8)
        rim = inside - cv2.erode(inside, square)
        around = cv2.dilate(inside, square) - cv2.dilate(inside, square[:3, :3])
        grey = photos.pictures[number].mean(axis=0)
        steps.append(abs(grey[rim > 0].mean() - grey[around > 0].mean()))
    return float(np.mean(steps))


def makers(families: Families) -> list[tuple[str, Maker]]:
    return [(name, family.make) for name, family in families.shapes.items()]


@pytest.mark.parametrize(("name", "make"), makers(TRAINING) + makers(HELD_OUT))
def test_every_thing_is_finite_closed_and_stands_in_the_middle(name: str, make: Maker) -> None:
    for seed in range(2):
        mesh = make(np.random.default_rng(seed)).normalised()
        assert np.isfinite(mesh.points).all()
        assert np.isfinite(mesh.places).all()
        assert open_edges(mesh) == 0
        low, high = mesh.points[np.unique(mesh.faces)].min(0), mesh.points[np.unique(mesh.faces)].max(0)
        np.testing.assert_allclose([low[2], (high - low).max(), *(low + high)[:2]], [0, 2, 0, 0], atol=1e-6)


def test_what_is_judged_by_is_never_learnt_from() -> None:
    for table in ("shapes", "surfaces", "platters", "rooms"):
        learnt, kept = getattr(TRAINING, table), getattr(HELD_OUT, table)
        assert not set(learnt) & set(kept)
        assert not {family.make for family in learnt.values()} & {family.make for family in kept.values()}


def test_both_sets_have_things_of_every_trait() -> None:
    for families in (TRAINING, HELD_OUT):
        assert {family.trait for family in families.shapes.values()} == {"compact", "spindly", "flat"}


def test_the_same_seed_makes_the_same_mesh_and_the_same_texture() -> None:
    for make in [*EQUIPMENT.values(), TRAINING.shapes["person"].make]:
        one, other = (make(np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(one.points, other.points)
    for families in (TRAINING, HELD_OUT):
        paint = next(iter(families.rooms.values())).make
        first, second = (paint(np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(first, second)


def test_an_unknown_kind_is_refused_in_one_line_that_names_the_kinds(content: "Content") -> None:
    with pytest.raises(TrainingError) as refusal:
        studio(content, {"usual": 1, "purple": 1})
    assert str(refusal.value) == f"there is no scene kind purple. Choose from {', '.join(KINDS)}."


def test_a_pool_that_is_too_small_is_refused() -> None:
    from training.content.pool import Content

    with pytest.raises(TrainingError, match="too small"):
        Content.for_training(1, objects=2, textures=16)


def test_every_kind_renders_a_picture_of_something(photos: Batch) -> None:
    assert set(photos.kinds) == set(KINDS)
    assert photos.pictures.shape == (len(photos.kinds), 3, SIDE, SIDE)
    assert photos.pictures.dtype == photos.mattes.dtype == photos.labels.dtype == np.uint8
    spread = photos.pictures.reshape(len(photos.kinds), -1).std(axis=1)
    assert (spread > 2).all(), [kind for kind, s in zip(photos.kinds, spread, strict=True) if s <= 2]


def test_mattes_agree_with_labels(photos: Batch) -> None:
    assert photos.labels.max() < len(LABELS)
    assert (photos.labels[photos.mattes > 128] == OBJECT).all()
    assert (photos.mattes[photos.labels == OBJECT] > 0).all()


def test_an_empty_platter_has_an_empty_matte(photos: Batch) -> None:
    empty = of_kind(photos, "empty")
    assert photos.mattes[empty].max() == 0
    assert (photos.labels[empty] == LABELS.index("platter")).any(axis=(1, 2)).all()


def test_every_other_kind_shows_its_object(photos: Batch) -> None:
    shown = (photos.mattes > 128).mean(axis=(1, 2))
    assert (shown[[n for n, kind in enumerate(photos.kinds) if kind != "empty"]] > 0).all()
    assert shown[of_kind(photos, "small")].max() < 0.02


def test_white_is_light_and_low_in_contrast_and_dark_is_dark(photos: Batch) -> None:
    def mean(kind: str) -> float:
        return float(photos.pictures[of_kind(photos, kind)].mean())

    assert mean("white") > 160
    assert mean("dark") < 80
    assert contrast(photos, "white") < 25


def test_a_crop_fills_the_frame(photos: Batch) -> None:
    for number in of_kind(photos, "crop"):
        rows, columns = np.nonzero(photos.mattes[number] > 0)
        longest = max(np.ptp(rows), np.ptp(columns)) / SIDE
        assert 0.55 < longest < 0.9


def test_the_same_seed_gives_the_same_photos_and_another_seed_gives_others(content: "Content") -> None:
    first, second, other = (next(iter(studio(content).batches(2, seed=seed))) for seed in (4, 4, 5))
    for part in ("pictures", "mattes", "labels"):
        np.testing.assert_array_equal(np.asarray(getattr(first, part)), np.asarray(getattr(second, part)))
    assert first.kinds == second.kinds
    assert not np.array_equal(np.asarray(first.pictures), np.asarray(other.pictures))


def test_a_photo_does_not_depend_on_how_many_are_made_with_it(content: "Content") -> None:
    alone, among = (next(iter(studio(content).batches(count, seed=4))) for count in (1, 3))
    np.testing.assert_array_equal(np.asarray(alone.pictures)[0], np.asarray(among.pictures)[0])


def test_processes_compose_the_same_photos(content: "Content") -> None:
    from training.content.studio import Studio

    helped = Studio(content, device="cpu", side=SIDE, samples=SAMPLES, workers=1)
    batches = list(helped.batches(2, seed=4))
    np.testing.assert_array_equal(
        np.asarray(batches[0].pictures), np.asarray(next(iter(studio(content).batches(2, seed=4))).pictures)
    )


def test_without_a_compiler_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from training.tracer.build import library

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrainingError) as refusal:
        library("cpu")
    assert str(refusal.value) == "the tracer needs a C++ compiler, and there is no g++ here. Install g++."


@needs_compiler
@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no nvcc to build the tracer for cuda with")
def test_the_same_source_builds_for_cuda() -> None:
    from training.tracer.build import library

    assert library("cuda").stat().st_size > 0


def test_a_sheet_shows_every_photo(photos: Batch, torch: ModuleType) -> None:
    from training.content.look import sheet

    pictures, mattes, labels = (torch.from_numpy(p[:4]) for p in (photos.pictures, photos.mattes, photos.labels))
    page = sheet(Batch(pictures, mattes, labels, photos.kinds[:4]), columns=2)
    assert page.shape == (2 * SIDE, 2 * 3 * SIDE, 3)
    assert page.std() > 0
