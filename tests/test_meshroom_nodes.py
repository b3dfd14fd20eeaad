"""The Meshroom nodes as Meshroom finds them: names, descriptions, both loaders, any Python from 3.9, nothing but it."""

import ast
import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ROOT
from meshroom_host import FAKE, NODES, PLUGIN, TYPES, Attribute, Node, node_class, part, photo, scene

from underside import __version__
from underside.masker import REVISION

FILES = sorted(NODES.rglob("*.py"))
_STANDARD = set(sys.stdlib_module_names)


def in_a_process(program: str, *words: object) -> str:
    command = [sys.executable, "-c", textwrap.dedent(program), *(str(word) for word in words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# What is not of the standard library or Meshroom's is as if it were not there.
_BLOCKED = """
    import importlib.abc, sys
    class Block(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            allowed = name.split(".")[0] in {*sys.stdlib_module_names, "meshroom", "undersideNodes", "_meshroomPlugins"}
            if not allowed:
                raise ImportError(f"{name} is blocked")
    sys.meta_path.insert(0, Block())
    sys.path[:0] = [sys.argv[1]]
"""


def test_the_nodes_load_as_meshroom_2025_loads_them_with_every_third_party_package_blocked() -> None:
    program = (
        _BLOCKED
        + """
    import importlib, inspect, pkgutil
    from meshroom.core import desc
    sys.path.insert(0, sys.argv[2])
    package = importlib.import_module("undersideNodes")
    for _, name, is_package in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module("." + name, "undersideNodes")
        found = [cls for _, cls in inspect.getmembers(module, inspect.isclass)
                 if cls.__module__ == module.__name__ and issubclass(cls, desc.BaseNode)]
        # A file without a node is warned of; a folder is not.
        assert found or is_package, name
        print(*(cls.__name__ for cls in found))
    """
    )
    assert set(in_a_process(program, FAKE, NODES.parent).split()) == set(TYPES)


def test_the_nodes_load_as_meshroom_2026_loads_them_under_a_private_name() -> None:
    program = (
        _BLOCKED
        + """
    import importlib.util, pathlib, types
    folder = pathlib.Path(sys.argv[2])
    for name in ("_meshroomPlugins", "_meshroomPlugins.underside"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = []
    def execute(name, path, **places):
        spec = importlib.util.spec_from_file_location(name, path, **places)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
        return sys.modules[name]
    own = "_meshroomPlugins.underside." + folder.name
    execute(own, folder / "__init__.py", submodule_search_locations=[str(folder)])
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py" and not path.stem.startswith("__"):
            print(getattr(execute(f"{own}.{path.stem}", path), path.stem).__name__)
    assert "undersideNodes" not in sys.modules
    """
    )
    assert set(in_a_process(program, FAKE, NODES).split()) == set(TYPES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_valid_python_3_9_and_imports_the_standard_library_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    for node in tree.body:
        if isinstance(node, ast.Import):
            assert all(name.name.split(".")[0] in _STANDARD for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert str(node.module).split(".")[0] in _STANDARD or (str(node.module), node.names[0].name) == (
                "meshroom.core",
                "desc",
            )


def test_the_nodes_load_in_a_real_python_3_9() -> None:
    python = next((path for name in ("python3.9", "python3.10") if (path := shutil.which(name))), None)
    version = [python or "", "-c", "import sys; print(sys.version_info < (3, 11))"]
    if python is None or subprocess.run(version, capture_output=True, text=True, check=False).stdout != "True\n":
        pytest.skip("there is no Python 3.9 or 3.10 here")
    program = """
    import sys, types
    sys.dont_write_bytecode = True
    class Any:
        def __init__(self, *args, **keywords): pass
    desc = types.ModuleType("desc")
    for name in ("File", "StringParam", "IntParam", "ChoiceParam", "Parallelization", "Node"):
        setattr(desc, name, Any)
    desc.Level = types.SimpleNamespace(NORMAL=1, INTENSIVE=2)
    sys.modules["meshroom"], sys.modules["meshroom.core"] = types.ModuleType("m"), types.ModuleType("c")
    sys.modules["meshroom.core"].desc = desc
    sys.path.insert(0, sys.argv[1])
    import undersideNodes.UndersideMasking, undersideNodes.UndersideRings, undersideNodes.UndersideCutout
    """
    done = subprocess.run([python, "-c", textwrap.dedent(program), str(NODES.parent)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_the_nodes_folder_and_class_names_meet_no_others() -> None:
    # A folder called like something importable silently loads nothing.
    assert not any((place / "undersideNodes").exists() for place in (ROOT, ROOT / "plugin", PLUGIN))
    assert NODES.name != "underside"
    assert all(name.startswith("Underside") for name in TYPES)
    assert [path.name for path in NODES.parent.iterdir() if (path / "__init__.py").is_file()] == ["undersideNodes"]


@pytest.mark.parametrize("name", TYPES)
def test_every_attribute_is_described_as_meshroom_takes_it(name: str) -> None:
    described = node_class(name)
    attributes = [*described.inputs, *described.outputs]
    assert [each.checkValueTypes() for each in attributes] == [""] * len(attributes)
    names = [each.name for each in attributes]
    assert len(set(names)) == len(names)
    by_name = {each.name: each for each in attributes}
    assert by_name["revision"].invalidate
    assert by_name["revision"].advanced
    assert not by_name["verboseLevel"].invalidate
    assert described.documentation.strip()
    assert described.category == "Segmentation"


def test_node_and_page_say_how_a_corrected_mask_reaches_nodes_that_were_computed_already() -> None:
    page = " ".join((ROOT / "docs" / "meshroom.md").read_text(encoding="utf-8").replace("*", "").split())
    node = " ".join(node_class("UndersideMasking").documentation.replace("*", "").split())
    consumers = {
        name.removesuffix("_1")
        for path in TEMPLATES
        for name, node in graph_of(path).items()
        if "{UndersideMasking_1.output}" in str(node["inputs"])
    }
    assert consumers == {"FeatureExtraction", "PrepareDenseScene"}
    for text in (page, node):
        assert "delete the data of FeatureExtraction and PrepareDenseScene, and of all nodes after them" in text
    for text in (page, node_class("UndersideCutout").documentation):
        assert "its own masks" in text


def test_node_and_page_say_that_a_folder_of_plates_is_not_watched() -> None:
    page = " ".join((ROOT / "docs" / "meshroom.md").read_text(encoding="utf-8").replace("*", "").split())
    (folder,) = [each for each in node_class("UndersideRings").inputs if each.name == "platesFolder"]
    assert "does not see the contents of Plates Folder change: delete the node's data" in page
    assert "does not see its contents change: delete this node's data" in folder.description


@pytest.mark.parametrize("name", TYPES)
def test_results_lie_in_a_folder_below_the_cache_and_not_among_meshrooms_own_files(name: str) -> None:
    # Publishing the cache folder itself would copy logs and status files along.
    for output in node_class(name).outputs:
        assert output.value.startswith("{nodeCacheFolder}/")


def test_the_revision_goes_up_when_the_engines_masks_change() -> None:
    revision = part("revision")
    told = "raise REVISION, and set what it stands for"
    assert (__version__, REVISION) == (revision.VERSION, revision.MASKS), told
    for name in TYPES:
        described = node_class(name)
        # Another major version lets Meshroom ask for an upgrade of the node in older projects.
        assert sys.modules[described.__module__].__version__ == f"{revision.REVISION}.0"
        assert described().upgradeAttributeValues({"revision": 0, "grow": 3}, "0.9") == {"grow": 3}


def test_options_of_the_nodes_are_the_engines_own() -> None:
    reference = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    by_name = {each.name: each for each in node_class("UndersideMasking").inputs}
    assert "|".join(by_name["effort"].values) in reference
    assert "|".join(by_name["device"].values) in reference


def test_a_node_is_as_large_as_its_scene_has_views_whoever_asks(tmp_path: Path) -> None:
    photos = [photo(tmp_path / f"{number}.jpg") for number in range(3)]
    node = Node("UndersideMasking", tmp_path, input=str(scene(tmp_path / "s.sfm", photos)))
    assert node.desc.size.computeSize(node) == node.desc.size(node) == 3


def test_before_the_scene_is_computed_the_size_is_that_of_the_node_at_the_chains_beginning(tmp_path: Path) -> None:
    class Beginning:
        size = 49

    first: Any = Attribute(Beginning(), "not there yet.sfm")  # type: ignore[arg-type]
    rings = Node("UndersideRings", tmp_path, input=first)
    assert (rings.size, len(rings.chunks())) == (49, 1)
    masking = Node("UndersideMasking", tmp_path, input=rings.attributes["input"])
    assert (masking.size, len(masking.chunks())) == (49, 2)


@pytest.mark.parametrize("name", ["inputRootLink", "directInputRootLink"])
def test_later_meshrooms_name_the_beginning_of_a_chain_otherwise(tmp_path: Path, name: str) -> None:
    beginning = SimpleNamespace(node=SimpleNamespace(size=49))
    attribute = SimpleNamespace(value="not there yet.sfm", isLink=True, **{name: beginning})
    assert node_class("UndersideMasking").size(SimpleNamespace(attribute=lambda _: attribute)) == 49


def test_the_chunks_share_all_views_whatever_their_number_was_taken_for() -> None:
    share_of = part("scene").share_of
    views = list(range(95))
    for believed in (1, 40, 79, 80, 81, 95, 96, 200):
        node = Node("UndersideMasking", Path("cache"), input="")
        shares = [list(share_of(views, chunk.range)) for chunk in node.chunks(believed)]
        assert [view for share in shares for view in share] == views


def test_neighbours_of_a_ring_are_in_one_chunk(tmp_path: Path) -> None:
    photos = [tmp_path / name for name in ("b/IMG_2.jpg", "a/IMG_10.jpg", "b/IMG_10.jpg", "a/IMG_9.jpg")]
    views = part("scene").read_views(str(scene(tmp_path / "s.sfm", photos)))
    below = [Path(view.photo).relative_to(tmp_path).as_posix() for view in views]
    assert below == ["a/IMG_9.jpg", "a/IMG_10.jpg", "b/IMG_2.jpg", "b/IMG_10.jpg"]


TEMPLATES = sorted(NODES.parent.glob("*.mg"))


def graph_of(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))["graph"])


def links(value: object) -> list[str]:
    if isinstance(value, list):
        return [link for each in value for link in links(each)]
    return [value[1:-1]] if isinstance(value, str) and value.startswith("{") else []


def test_the_templates_lie_where_meshroom_looks() -> None:
    assert [path.stem for path in TEMPLATES] == ["undersideTurntable", "undersideTwoSides"]


# As AliceVision's own nodes have them.
_OUTPUTS = {
    "CameraInit": {"output"},
    "FeatureExtraction": {"input", "output", "describerTypes"},
    "ImageMatching": {"input", "output", "featuresFolders"},
    "FeatureMatching": {"input", "output", "featuresFolders", "describerTypes"},
    "StructureFromMotion": {"output"},
    "SfMTransform": {"output"},
    "PrepareDenseScene": {"input", "output"},
    "DepthMap": {"input", "output", "imagesFolder"},
    "DepthMapFilter": {"input", "output"},
    "Meshing": {"output", "outputMesh"},
    "MeshFiltering": {"outputMesh"},
    "Texturing": {"outputMesh", "outputMaterial", "outputTextures"},
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_templates_links_lead_to_what_is_there(path: Path) -> None:
    header = json.loads(path.read_text(encoding="utf-8"))["header"]
    graph = graph_of(path)
    assert header["template"] is True
    own = {version for name, version in header["nodesVersions"].items() if name in TYPES}
    assert own == {f"{part('revision').REVISION}.0"}
    assert set(header["nodesVersions"]) == {node["nodeType"] for node in graph.values()}
    for name, node in graph.items():
        assert name == f"{node['nodeType']}_1"
        for link in (link for value in node["inputs"].values() for link in links(value)):
            source, attribute = link.split(".")
            kind = graph[source]["nodeType"]
            known = _OUTPUTS.get(kind) or {each.name for each in (*node_class(kind).inputs, *node_class(kind).outputs)}
            assert attribute in known, link
        if node["nodeType"] in TYPES:
            assert set(node["inputs"]) <= {each.name for each in node_class(node["nodeType"]).inputs}
    texts = [value for node in graph.values() for value in node["inputs"].values() if isinstance(value, str)]
    assert not [text for text in texts if text.startswith("/") or "\\" in text]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_hands_the_masks_to_both_who_need_them(path: Path) -> None:
    graph = graph_of(path)
    features, dense = graph["FeatureExtraction_1"]["inputs"], graph["PrepareDenseScene_1"]["inputs"]
    assert features["masksFolder"] == "{UndersideMasking_1.output}"
    assert dense["masksFolders"] == ["{UndersideMasking_1.output}"]
    assert features["maskExtension"] == dense["maskExtension"] == "png"
    assert graph["FeatureMatching_1"]["inputs"]["minRequired2DMotion"] == 3.0
    # One convention for both: PrepareDenseScene cannot invert.
    assert "maskInvert" not in features
    masking = graph["UndersideMasking_1"]["inputs"]
    assert masking["rings"] == "{UndersideRings_1.output}"
    # What the rings were learnt with is what the masks are made with.
    assert all(masking[name] == f"{{UndersideRings_1.{name}}}" for name in ("input", "model", "effort", "passes"))


def test_two_sides_are_one_scene_and_one_masked_model() -> None:
    graph = graph_of(TEMPLATES[1])
    kinds = [node["nodeType"] for node in graph.values()]
    assert kinds.count("CameraInit") == kinds.count("UndersideMasking") == kinds.count("StructureFromMotion") == 1
    assert "SfMMerge" not in kinds


def test_the_turntable_graph_is_the_official_one_but_for_the_masks() -> None:
    """Checked by hand against AliceVision's photogrammetryObjectTurntable.mg, whose way of nodes this is."""
    graph = graph_of(TEMPLATES[0])
    way = ["Publish_1"]
    while way[-1] != "CameraInit_1":
        inputs = graph[way[-1]]["inputs"]
        value = inputs.get("input") or inputs.get("inputMesh") or inputs["inputFiles"][0]
        way.append(links(value)[0].split(".")[0])
    assert [name.removesuffix("_1") for name in reversed(way)] == [
        "CameraInit", "UndersideRings", "UndersideMasking", "FeatureExtraction", "ImageMatching", "FeatureMatching",
        "StructureFromMotion", "PrepareDenseScene", "DepthMap", "DepthMapFilter", "Meshing", "Texturing", "Publish",
    ]  # fmt: skip
    assert set(graph) - set(way) == {"MeshFiltering_1"}


def test_the_plugins_own_page_for_meshroom_2026_says_the_same_version() -> None:
    text = (PLUGIN / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in text
    assert 'dependencies = ["psutil"]' in text
