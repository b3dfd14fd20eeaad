"""Scenes that a Meshroom node is given: read in either form, and refused with what to do."""

import os
import sys
import types
from pathlib import Path

import pytest
from meshroom_host import Node, failure, masking, masks_of, photo, quick_model, sfm_reader

pytestmark = pytest.mark.usefixtures("own_python")


def test_paths_in_a_scene_may_be_as_seen_from_it(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "a.jpg")
    node = masking(tmp_path, [tmp_path / "photos" / "a.jpg"])
    text = (tmp_path / "scene.sfm").read_text(encoding="utf-8")
    (tmp_path / "scene.sfm").write_text(text.replace(str(tmp_path) + os.sep, ""), encoding="utf-8")
    node.compute()
    assert len(masks_of(node)) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "Compute the node that writes it first"),
        ("{", "cannot be read"),
        ("[]", "is not a scene"),
        ('{"views": []}', "There are no views in"),
        ('{"views": [{"path": "a.jpg"}]}', "is not a readable scene"),
    ],
)
def test_a_scene_that_is_none_says_what_to_do(tmp_path: Path, content: str | None, told: str) -> None:
    path = tmp_path / "scene.sfm"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert told in failure(Node("UndersideMasking", tmp_path, input=str(path)).chunks(size=1)[0])
    assert "connect Input" in failure(Node("UndersideMasking", tmp_path, input="").chunks(size=1)[0])


def test_an_alembic_scene_needs_alicevisions_binding_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "scene.abc").write_bytes(b"Ogawa")
    node = Node("UndersideMasking", tmp_path, input=str(tmp_path / "scene.abc"))
    assert "only AliceVision's own Python binding reads" in failure(node.chunks(size=1)[0])


def test_an_alembic_scene_is_read_where_the_binding_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(photo(tmp_path / "a.jpg"))
    binding, data, reader = (types.ModuleType(name) for name in ("pyalicevision", "sfmData", "sfmDataIO"))
    views = types.SimpleNamespace(getViews=lambda: {42: sfm_reader("42", 96, 64, path)})
    data.SfMData = lambda: views  # type: ignore[attr-defined]
    reader.VIEWS, reader.load = 1, lambda scene, path, what: scene is views  # type: ignore[attr-defined]
    binding.sfmData, binding.sfmDataIO = data, reader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyalicevision", binding)
    (tmp_path / "scene.abc").write_bytes(b"Ogawa")
    model = quick_model(tmp_path / "model")
    node = Node("UndersideMasking", tmp_path / "cache", input=str(tmp_path / "scene.abc"), model=model)
    node.compute(size=1)
    assert set(masks_of(node)) == {"42.png"}
