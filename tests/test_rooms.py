"""The house: a room may use only rooms earlier in the list."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "plugin" / "underside"

# From the ground up. A new module goes where its imports allow and its users expect it.
ROOMS = [
    "errors",
    "counted",
    "disks",
    "files",
    "typed",
    "children",
    "events",
    "resources",
    "png",
    "photo",
    "metadata",
    "catalogue",
    "runtime",
    "segmenters",
    "manifest",
    "journal",
    "masks",
    "promises",
    "capture",
    "scoring",
    "outfolder",
    "refine",
    "views",
    "looks",
    "ring",
    "sorting",
    "verdict",
    "survey",
    "masker",
    "kept_rings",
    "ladder",
    "cutout",
    "layouts",
    "prepare",
    "settings",
    "preview",
    "shotwork",
    "pipeline",
    "audit",
    "report",
    "flip",
    "engine",
    "watch",
    "serve",
    "installers",
    "commands",
    "__main__",
]


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "underside":
            rooms |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("underside."):
            rooms.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            rooms |= {n.name.split(".")[1] for n in node.names if n.name.startswith("underside.")}
    return rooms - {"__version__"}


def test_every_module_has_its_place_in_the_list() -> None:
    assert {room(path) for path in modules()} == set(ROOMS)


def test_the_map_for_newcomers_shows_them_all_in_order() -> None:
    page = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    table = page.split("## The rooms")[1].split("Beside the package")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [room for room in ROOMS if room != "__main__"]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_uses_only_rooms_earlier_in_the_list(path: Path) -> None:
    later = [used for used in imported_rooms(path) if ROOMS.index(used) > ROOMS.index(room(path))]
    assert not later


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_in_one_sentence_what_it_is_for(path: Path) -> None:
    sentence = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert sentence.splitlines()[0].endswith((".", ":")), f"{path} needs a sentence"
