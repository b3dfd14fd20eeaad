"""The nodes in a real Meshroom, where MESHROOM_ROOT names a checkout of it: 2025.1 needs nothing but psutil.

For example: MESHROOM_ROOT=~/src/Meshroom pytest -k "meshroom and live"
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import DEMO
from meshroom_host import PLUGIN, scene, stored, view_ids

ROOT = os.environ.get("MESHROOM_ROOT", "")
pytestmark = pytest.mark.skipif(not ROOT, reason="MESHROOM_ROOT names no checkout of Meshroom")
if ROOT and not (Path(ROOT) / "bin" / "meshroom_compute").is_file():
    raise RuntimeError(f"MESHROOM_ROOT={ROOT} is no checkout of Meshroom: there is no bin/meshroom_compute in it")

pytest.importorskip("psutil", reason="Meshroom's core needs psutil")

_BOTH_WAYS = {
    "plugins": {"MESHROOM_PLUGINS_PATH": PLUGIN},
    "nodes": {"MESHROOM_NODES_PATH": PLUGIN / "meshroom", "MESHROOM_PIPELINE_TEMPLATES_PATH": PLUGIN / "meshroom"},
}


def environment(way: dict[str, Path], **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MESHROOM_")}
    # Meshroom starts "python"; what it puts before the path must not matter.
    path = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    own = {"PYTHONPATH": ROOT, "UNDERSIDE_PYTHON": sys.executable, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return kept | own | {name: str(value) for name, value in way.items()} | more


def meshroom(program: str, *words: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(ROOT) / "bin" / program), *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, **options)  # type: ignore[call-overload, no-any-return]


def graph(path: Path, source: Path, **masking: object) -> Path:
    """As a template has it, without the nodes that only AliceVision can compute."""
    link = {name: f"{{UndersideRings_1.{name}}}" for name in ("input", "model", "effort", "passes", "device")}
    given = {"UndersideRings": {"input": str(source)}}
    given["UndersideMasking"] = {**link, "rings": "{UndersideRings_1.output}", **masking}  # type: ignore[dict-item]
    given["UndersideCutout"] = {**link, "rings": "{UndersideRings_1.output}"}
    header = {"releaseVersion": "2025.1.0", "fileVersion": "2.0", "template": True}
    header["nodesVersions"] = dict.fromkeys(given, "1.0")
    nodes = {f"{name}_1": {"nodeType": name, "position": [0, 0], "inputs": inputs} for name, inputs in given.items()}
    path.write_text(json.dumps({"header": header, "graph": nodes}), encoding="utf-8")
    return path


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """With a plate, in folders with odd names. Meshroom 2025.1 takes no space in the project's own path."""
    folder = tmp_path / "photos of Käte"
    for side, count in (("upright", 4), ("empty", 1)):
        (folder / side).mkdir(parents=True)
        for path in sorted((DEMO / side).glob("*.JPG"))[:count]:
            shutil.copy(path, folder / side)
    return sorted(folder.rglob("*.JPG"))


def logs(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*log")))


@pytest.mark.parametrize("way", sorted(_BOTH_WAYS))
def test_meshroom_live_computes_rings_masks_and_cut_outs(tmp_path: Path, photos: list[Path], way: str) -> None:
    source = scene(tmp_path / "scene.sfm", photos)
    project = graph(tmp_path / "project.mg", source)
    done = meshroom("meshroom_compute", project, env=environment(_BOTH_WAYS[way]), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr + logs(tmp_path)
    ids = view_ids(source)
    masks = {path.stem: path for path in (tmp_path / "MeshroomCache" / "UndersideMasking").rglob("masks/*.png")}
    # Every view, those of the empty platter included; and nothing else beside them.
    masks = {name: path for name, path in masks.items() if path.parent.parent.name != "0"}
    assert set(masks) == set(ids.values())
    for image, view_id in ids.items():
        mask = stored(masks[view_id])
        assert mask.ndim == 2
        assert set(np.unique(mask)) == ({0} if "empty" in image else {0, 255})
    (cutouts,) = (tmp_path / "MeshroomCache" / "UndersideCutout").rglob("cutouts.sfm")
    views = json.loads(cutouts.read_text(encoding="utf-8"))["views"]
    assert len(views) == 4
    assert all(Path(view["path"]).is_file() for view in views)
    log = logs(tmp_path / "MeshroomCache")
    assert "[4/4]" in log
    assert re.search(r"5 masks are in", log)
    again = meshroom("meshroom_compute", project, env=environment(_BOTH_WAYS[way]), cwd=tmp_path)
    assert "Nodes to execute:  []" in again.stdout


def test_meshroom_live_knows_the_nodes_and_templates_without_a_warning(tmp_path: Path) -> None:
    program = (
        "import logging, meshroom, meshroom.core as core; meshroom.setupEnvironment();"
        "core.initPlugins(); core.initNodes(); core.initPipelines();"
        "print(*sorted(n for n in core.pluginManager.getRegisteredNodePlugins() if n.startswith('Underside')));"
        "print(*sorted(n for n in core.pipelineTemplates if n.startswith('underside')))"
    )
    for way in _BOTH_WAYS.values():
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment(way),
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-2:] == [
            "UndersideCutout UndersideMasking UndersideRings",
            "undersideTurntable undersideTwoSides",
        ]
        assert "undersideNodes" not in done.stderr


def test_meshroom_live_takes_our_nodes_in_the_templates_as_they_are(tmp_path: Path) -> None:
    program = (
        "import meshroom, meshroom.core as core; meshroom.setupEnvironment(); core.initPlugins(); core.initNodes();"
        "core.initPipelines(); from meshroom.core.graph import loadGraph\n"
        "for name in ('undersideTurntable', 'undersideTwoSides'):\n"
        "    graph = loadGraph(core.pipelineTemplates[name])\n"
        "    rings, masking = (graph.findNode(f'Underside{kind}_1') for kind in ('Rings', 'Masking'))\n"
        "    print(rings.isCompatibilityNode, masking.isCompatibilityNode, masking.rings.getLinkParam().node.name,"
        " masking.output.node.name)"
    )
    way = environment(_BOTH_WAYS["plugins"])
    done = subprocess.run([sys.executable, "-c", program], env=way, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["False False UndersideRings_1 UndersideMasking_1"] * 2
    assert "Compatibility issue in template: performing automatic upgrade on 'Underside" not in done.stderr


def test_meshroom_live_says_what_a_failing_node_needs(tmp_path: Path, photos: list[Path]) -> None:
    source = scene(tmp_path / "scene.sfm", photos)
    project = graph(tmp_path / "project.mg", source)
    nothing = environment(_BOTH_WAYS["plugins"], UNDERSIDE_PYTHON=str(tmp_path / "no python"))
    done = meshroom("meshroom_compute", project, "--node", "UndersideRings_1", env=nothing, cwd=tmp_path)
    assert done.returncode != 0
    assert "Underside's engine is missing" in logs(tmp_path)
    (status,) = (tmp_path / "MeshroomCache" / "UndersideRings").rglob("*status")
    assert json.loads(status.read_text(encoding="utf-8"))["status"] == "ERROR"


def test_meshroom_live_changes_its_cache_with_revision_and_choices_and_not_for_the_device(
    tmp_path: Path, photos: list[Path]
) -> None:
    program = (
        "import sys, meshroom, meshroom.core as core; meshroom.setupEnvironment(); core.initPlugins();"
        "core.initNodes(); from meshroom.core.graph import loadGraph; graph = loadGraph(sys.argv[1]);"
        "node = graph.findNode('UndersideMasking_1');"
        "print(node._uid); rings = graph.findNode('UndersideRings_1');"
        "rings.device.value = 'cpu'; graph.update(); print(node._uid);"
        "node.revision.value += 1; graph.update(); print(node._uid);"
        "node.withoutMask.value = 'whole'; graph.update(); print(node._uid); print(node.size, len(node.chunks))"
    )
    project = graph(tmp_path / "project.mg", scene(tmp_path / "scene.sfm", photos))
    done = subprocess.run(
        [sys.executable, "-c", program, str(project)],
        env=environment(_BOTH_WAYS["plugins"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, other_device, other_revision, other_choice, size = done.stdout.splitlines()[-5:]
    assert first == other_device
    assert len({first, other_revision, other_choice}) == 3
    assert size == "5 1"


def test_meshroom_live_computes_no_further_than_it_is_asked(tmp_path: Path, photos: list[Path]) -> None:
    project = graph(tmp_path / "project.mg", scene(tmp_path / "scene.sfm", photos))
    done = meshroom(
        "meshroom_compute", project, "--toNode", "UndersideMasking_1", env=environment(_BOTH_WAYS["plugins"])
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "MeshroomCache").rglob("UndersideMasking/*"))
    assert not list((tmp_path / "MeshroomCache").rglob("UndersideCutout/*"))
