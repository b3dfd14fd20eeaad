"""The documentation: its examples run, its reference is the commands' own, its links lead somewhere."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from conftest import DEMO, ROOT, Run

from underside.commands import underside

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_examples_run(page: Path, tmp_path: Path) -> None:
    shutil.copy(DEMO / "upright" / "DSC_0001.JPG", tmp_path / "IMG_0001.JPG")
    for example in blocks(page, "python"):
        given = "import numpy as np\npicture = np.zeros((480, 640, 3), np.uint8)\n"
        done = subprocess.run(
            [sys.executable, "-c", given + example], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_reference_says_what_the_commands_say() -> None:
    spec = importlib.util.spec_from_file_location("write_commands", ROOT / "docs" / "write_commands.py")
    assert spec
    assert spec.loader
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), "run: python docs/write_commands.py"


def test_every_command_and_every_option_says_what_it_is_for() -> None:
    for name, command in named_commands(underside):
        assert (command.help or "").strip().splitlines()[0].endswith("."), f"{name} needs a first sentence"
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help, f"{name} {param.opts[0]} needs its help"


def named_commands(command: click.Command, name: str = "underside") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            assert below
            yield from named_commands(below, f"{name} {word}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


def commands_of(page: Path) -> list[list[str]]:
    """Every ``underside ...`` of a page, in running text and in blocks, as words."""
    text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))
    named = re.findall(r"`underside ([a-z-][^`]*)`", text)
    for block in re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        named += re.findall(r"(?:^|[&$] |/)underside ([a-z-][^#|&;>\n]*)", block, re.MULTILINE)
    return [line.split() for line in named]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "commands.md"], ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists_and_has_its_options(page: Path) -> None:
    for words in commands_of(page):
        command: click.Command = underside
        options = [word.partition("=")[0].rstrip(".,:)") for word in words if re.match(r"--?[a-z]", word)]
        for word in words:
            if isinstance(command, click.Group) and not word.startswith("-"):
                below = command.get_command(click.Context(command), word)
                assert below or command is not underside, f"{page.name}: underside {' '.join(words)}"
                command = below or command
        taken = [command]
        if command.context_settings.get("ignore_unknown_options"):  # it hands them on to the watch
            taken.append(underside.get_command(click.Context(underside), "watch") or command)
        known = {name for each in taken for param in each.params for name in (*param.opts, *param.secondary_opts)}
        known |= {"-h", "--help"}
        assert known.issuperset(options), f"{page.name}: underside {' '.join(words)}"


def test_a_demo_whose_photos_cannot_be_written_says_so_and_ends(run: Run, tmp_path: Path) -> None:
    (tmp_path / "underside-demo" / "captures").mkdir(parents=True)
    (tmp_path / "underside-demo" / "captures" / "figurine").write_text("not a folder")
    assert "a file stands where a folder is needed" in run("demo", timeout=60).stderr.splitlines()[-1]


def test_the_readme_runs_its_own_commands(run: Run, tmp_path: Path) -> None:
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert "one object" not in done.stdout + done.stderr  # so few shots cannot be joined: nothing to frighten with
    results = tmp_path / "underside-demo" / "masked" / "figurine"
    assert len(list((results / "masks").rglob("*.png"))) == 12
    assert str(results / "report.html") in done.stdout
    assert (results / "report.html").is_file()
