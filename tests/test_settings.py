"""``underside.toml`` and ``underside config``: what holds, and where it comes from, as a user meets it."""

import json
import re
import shutil
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import DEMO, ROOT, Run, manifest

from underside.commands import underside
from underside.errors import SettingsError
from underside.refine import EdgeOptions
from underside.segmenters.by_name import SEGMENTERS
from underside.settings import SETTINGS, Option, Settings, option_of, settings_files_for

PLATE = DEMO / "empty" / "DSC_0037.JPG"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A watched folder with one capture, ``cup``, in it."""
    (tmp_path / "root" / "cup").mkdir(parents=True)
    return tmp_path / "root"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "underside.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def invoke(*words: object) -> Result:
    return CliRunner().invoke(underside, [str(word) for word in words])


def said(folder: Path, *words: object) -> dict[str, Any]:
    """Each setting's value and origin, as the command prints them."""
    done = invoke("config", folder, "--json", *words)
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)["settings"]  # type: ignore[no-any-return]


def refusal(folder: Path, run: Run) -> str:
    """The one line that says why a file is refused."""
    done = run("config", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(folder / "underside.toml") in done.stderr
    return done.stderr


def engine(out: Path) -> dict[str, Any]:
    return next(iter(manifest(out)["engines"].values()))


def pixels_of(out: Path, photo: str) -> int:
    mask = cv2.imread(str(out / "masks" / f"{photo}.png"), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert set(np.unique(mask)) == {0, 255}
    return int((mask > 0).sum())


def alone(folder: Path, photo: str = "upright/DSC_0001.JPG") -> Path:
    """A capture of one photo."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(DEMO / photo, folder)
    return folder


def test_without_a_file_the_defaults_hold(root: Path) -> None:
    found = said(root / "cup")
    assert found["effort"] == {"value": "normal", "from": "default"}
    assert {each["from"] for each in found.values()} == {"default"}


def test_the_captures_own_file_wins_over_the_roots_and_the_command_line_over_both(root: Path) -> None:
    around = write(root, 'effort = "fast"', "grow = 1", "mask-blur = 2", 'layouts = ["colmap"]')
    own = write(root / "cup", "grow = 2", "sensitivity = 0.6")
    found = said(root / "cup", "--sensitivity", "0.7")
    assert found["effort"] == {"value": "fast", "from": str(around)}
    assert found["mask-blur"] == {"value": 2.0, "from": str(around)}
    assert found["layouts"] == {"value": ["colmap"], "from": str(around)}
    assert found["grow"] == {"value": 2, "from": str(own)}
    assert found["sensitivity"] == {"value": 0.7, "from": "command line"}
    assert found["keep"] == {"value": "parts", "from": "default"}


def test_a_default_said_on_the_command_line_still_wins(root: Path) -> None:
    write(root / "cup", 'effort = "fast"')
    assert said(root / "cup", "--effort", "normal")["effort"] == {"value": "normal", "from": "command line"}


def test_only_two_folders_are_looked_into(root: Path) -> None:
    write(root.parent, "grow = 9")
    assert settings_files_for(root / "cup") == []
    assert said(root / "cup")["grow"]["value"] == 0


def test_a_capture_that_is_a_link_belongs_to_the_folder_where_it_is_seen(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk" / "vase"
    elsewhere.mkdir(parents=True)
    (root / "vase").symlink_to(elsewhere)
    around = write(root, "grow = 3")
    assert said(root / "vase")["grow"] == {"value": 3, "from": str(around)}


def test_hyphens_and_underscores_are_one_name(root: Path) -> None:
    write(root / "cup", "mask_blur = 4", "mask-offset = 5")
    found = said(root / "cup")
    assert (found["mask-blur"]["value"], found["grow"]["value"]) == (4.0, 5)


def test_none_takes_back_what_a_weaker_place_says(root: Path) -> None:
    write(root, 'cutout = "black"', "working-size = 640", "crop = 5", 'layouts = ["colmap"]')
    own = write(root / "cup", 'cutout = "none"', "layouts = []")
    found = said(root / "cup", "--working-size", "none")
    assert found["cutout"] == {"value": None, "from": str(own)}
    assert found["layouts"] == {"value": [], "from": str(own)}
    assert found["working-size"] == {"value": None, "from": "command line"}
    write(root / "cup")
    assert said(root / "cup", "--layout", "none")["layouts"] == {"value": [], "from": "command line"}


def test_a_key_for_another_segmenter_is_set_aside_when_a_stronger_place_chooses(root: Path) -> None:
    write(root, 'segmenter = "chroma"', 'key-colour = "#00ff00"')
    assert said(root / "cup")["key-colour"]["value"] == "#00ff00"
    assert said(root / "cup", "--segmenter", "network")["key-colour"] == {"value": None, "from": "default"}


def test_rules_for_passes_are_read(root: Path) -> None:
    own = write(root / "cup", "[passes]", "gap-minutes = 4.5", 'upright = ["A_*", "oben/*"]', 'flipped = ["B_*"]')
    found = said(root / "cup")
    assert found["passes.gap-minutes"] == {"value": 4.5, "from": str(own)}
    assert found["passes"]["value"] == {"upright": ["A_*", "oben/*"], "flipped": ["B_*"]}


def test_paths_in_a_file_are_seen_from_its_folder(root: Path) -> None:
    write(root, 'plates = ["empty.jpg"]', 'model = "nets/own.onnx"')
    found = said(root / "cup")
    assert found["plates"]["value"] == [str(root / "empty.jpg")]
    assert found["model"]["value"] == str(root / "nets" / "own.onnx")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('efort = "fast"', "no setting efort. Is it effort?"),
        ("layout = 3", "no setting layout. Is it layouts?"),
        ("xyzzy = 3", "no setting xyzzy.*config --template"),
        ('output = "out"', "output is for one run"),
        ('effort = "heroic"', "effort heroic is not valid. Use one of fast, normal, best"),
        ("effort = 3", "effort 3 is not valid. Use one of"),
        ("grow = 900", "grow 900 is not valid. Use a whole number from -200 to 200"),
        ("grow = 2.5", "grow 2.5 is not valid"),
        ('grow = "3"', 'grow "3" is not valid. Use a whole number from -200 to 200, without quotes.'),
        (f"grow = {'9' * 400}", f"grow {'9' * 60}… is not valid. Use a whole number from -200 to 200"),
        (f"max-megapixels = {'9' * 400}", f"max-megapixels {'9' * 60}… is not valid"),
        (f"max-megapixels = {'9' * 5000}", "is not TOML: Exceeds the limit"),
        ("grow = true", "grow true is not valid"),
        ("mask-blur = nan", "mask-blur NaN is not valid. Use a number from 0 to 10"),
        ("max-megapixels = inf", "max-megapixels Infinity is not valid"),
        ('sensitivity = "high"', "sensitivity high is not valid. Use a number from 0 to 1"),
        ("accept-licence = 1", "accept-licence 1 is not valid. Use true or false"),
        ("cutout = true", "cutout true is not valid. Use text, or none"),
        ('cutout = "blak"', "cutout blak is not valid. Use black, white"),
        ('key-colour = "red"', "key-colour red is not valid. Use #rrggbb"),
        ('key-colour = "#00ff00"', "--key-colour is for --segmenter chroma"),
        ("background = 250", "--background 250 is not below --foreground 240"),
        ('model = ""', "model nothing is not valid"),
        ("grow = 1\nmask-offset = 2", "grow is set twice"),
        ("mask-blur = 1\nmask_blur = 2", "mask-blur is set twice"),
        ('layouts = "colmap"', "layouts colmap is not valid. Use a list of strings"),
        ('layouts = ["colmop"]', "layouts: There is no layout called colmop"),
        ("plates = [3]", "Use a list of strings"),
        ('no-plates = "yes"', "no-plates yes is not valid"),
        ("passes = 3", "passes 3 is not valid. Use a table"),
        ("[passes]\ngap-minutes = 0", "passes.gap-minutes 0 is not valid. Use a number of minutes"),
        ("[passes]\ngap-minutes = nan", "passes.gap-minutes NaN is not valid"),
        ('[passes]\nupright = "A*"', r"passes.upright A\* is not valid. Use a list"),
        ('[passes]\n"../up" = ["A*"]', "../up cannot be a pass's name"),
        ("[effort]\nfast = true", "effort .* is not valid"),
        ("grow 3", "is not TOML: .*line 1"),
        ("grow = 1\ngrow = 2", "is not TOML"),
        (f"x = {'[' * 5000}", "is not TOML"),
    ],
)
def test_a_mistake_in_a_file_is_named(text: str, words: str, root: Path) -> None:
    path = write(root / "cup", text)
    done = invoke("config", root / "cup")
    assert done.stdout == ""
    assert isinstance(done.exception, SettingsError)
    assert str(path) in str(done.exception)
    assert re.search(words, str(done.exception)), str(done.exception)


def test_a_mistake_in_a_file_is_one_line_on_standard_error(root: Path, run: Run) -> None:
    write(root / "cup", "grow = 900")
    assert "grow 900 is not valid" in refusal(root / "cup", run)


def test_a_file_that_cannot_be_read_is_named(root: Path, run: Run) -> None:
    path = root / "cup" / "underside.toml"
    path.write_bytes(b"grow = 3 # \xff\xfe")
    assert "is not UTF-8 text" in refusal(root / "cup", run)
    path.unlink()
    path.mkdir()
    assert "cannot be read" in refusal(root / "cup", run)
    path.rmdir()
    path.symlink_to("gone.toml")
    assert "cannot be read" in refusal(root / "cup", run)


def test_a_file_as_windows_editors_leave_it_is_read(root: Path) -> None:
    (root / "cup" / "underside.toml").write_bytes(b"\xef\xbb\xbfgrow = 3\r\nkeep = 'largest'\r\n")
    assert said(root / "cup")["grow"]["value"] == 3


def test_the_template_taken_at_its_word_changes_nothing(root: Path) -> None:
    before = said(root / "cup")
    lines = invoke("config", "--template").stdout.splitlines()
    settings = [line[2:] for line in lines[: lines.index("# [passes]")] if re.match(r"# [a-z-]+ = ", line)]
    own = write(root / "cup", *settings)
    after = said(root / "cup")
    assert {name: each["value"] for name, each in after.items()} == {
        name: each["value"] for name, each in before.items()
    }
    assert {name for name, each in after.items() if each["from"] != str(own)} == {"passes", "passes.gap-minutes"}


def test_the_template_is_toml_with_and_without_its_hashes() -> None:
    text = invoke("config", "--template").stdout
    assert tomllib.loads(text) == {}
    bare = re.sub(r"^# (?=[a-z-]+ = |\[)", "", text, flags=re.MULTILINE)
    assert set(tomllib.loads(bare)["passes"]) == {"gap-minutes", "upright", "flipped"}


def test_the_table_names_value_and_place(root: Path) -> None:
    own = write(root / "cup", 'effort = "fast"')
    lines = invoke("config", root / "cup").stdout.splitlines()
    assert [line.split() for line in lines if line.startswith("effort ")] == [["effort", "fast", str(own)]]
    assert "no underside.toml" in invoke("config", root.parent).stdout


def test_a_folder_that_is_none_is_refused(tmp_path: Path, run: Run) -> None:
    done = run("config", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere is not a folder" in done.stderr


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("option", ["--max-megapixels", "--gpu-memory", "--specks", "--sensitivity", "--mask-blur"])
def test_numbers_that_are_none_are_refused_on_the_command_line(number: str, option: str) -> None:
    done = invoke("mask", "photos", option, number)
    assert done.exit_code == 2
    assert f"Invalid value for '{option}'" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("effort", "bogus"), ("segmenter", "nope"), ("keep", "most"), ("sensitivity", 7.0), ("working_size", "big"),
        ("cutout", "no colour"), ("model", None),
    ],
)  # fmt: skip
def test_a_program_cannot_choose_what_the_command_line_refuses(name: str, value: Any) -> None:  # noqa: ANN401 - as wrong as can be
    with pytest.raises(SettingsError, match=f"^{name.replace('_', '-')} "):
        Settings(**{name: value})


@pytest.mark.parametrize("name", [each.name for each in fields(EdgeOptions)])
def test_an_option_of_the_edge_step_decides_the_mask_and_has_its_line_in_the_docs(name: str) -> None:
    assert name in Settings().deciding_the_mask(), "a second run would keep a mask made with another value"
    page = (ROOT / "docs/edges.md").read_text(encoding="utf-8")
    assert f"`--{name.replace('_', '-')}`" in page, "docs/edges.md, Options, has no line for it"


def test_for_another_segmenter_what_concerns_one_alone_is_dropped() -> None:
    chosen = Settings(segmenter="chroma", key_colour="#28a03c", grow=2)
    assert chosen.for_segmenter("network") == Settings(grow=2)
    assert chosen.for_segmenter("chroma") == chosen


def test_a_setting_of_one_segmenter_may_have_any_default() -> None:
    @dataclass(frozen=True)
    class WithRounds(Settings):
        rounds: int = field(default=3, metadata={"option": Option("How many.", only_for="kmeans")})

    assert WithRounds().rounds == WithRounds(segmenter="kmeans", rounds=4).for_segmenter("network").rounds == 3
    with pytest.raises(SettingsError, match="--rounds is for --segmenter kmeans, not for network"):
        WithRounds(rounds=4)


def test_a_setting_for_one_segmenter_names_one_that_there_is() -> None:
    assert {option_of(each).only_for for each in SETTINGS.values()} - {None} <= SEGMENTERS.keys()


def test_masks_are_made_as_the_file_says(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "root" / "cup")
    around = write(tmp_path / "root", 'effort = "fast"', "grow = 4", 'layouts = ["colmap"]')
    done = run("mask", photos, "-o", "out", "--grow", "6")
    assert done.returncode == 0, done.stderr
    assert f"Settings: {around}" in done.stdout
    assert (engine(tmp_path / "out")["effort"], engine(tmp_path / "out")["grow"]) == ("fast", 6)
    assert (tmp_path / "out" / "layouts" / "colmap").is_dir()


def test_events_stay_alone_on_standard_output(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    write(photos, 'effort = "fast"')
    done = run("mask", photos, "-o", "out", "--events", stdin=None)
    told = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert (told[0], told[-1]) == ("started", "finished")


def test_single_photos_take_the_file_of_their_folder(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    write(photos, 'effort = "fast"')
    assert run("mask", photos / "DSC_0001.JPG", "-o", "out").returncode == 0
    assert engine(tmp_path / "out")["effort"] == "fast"


def test_sensitivity_decides_how_much_of_a_doubtful_matte_is_kept(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    kept = []
    for share in ("0.1", "0.5", "0.9"):
        assert run("mask", photos, "-o", "out", "--effort", "fast", "--sensitivity", share).returncode == 0
        kept.append(pixels_of(tmp_path / "out", "DSC_0001.JPG"))
        assert engine(tmp_path / "out")["sensitivity"] == float(share)
    assert kept[0] < kept[1] < kept[2]


def test_mask_offset_is_another_name_for_grow(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    assert run("mask", photos, "-o", "out", "--effort", "fast", "--mask-offset", "-3").returncode == 0
    assert engine(tmp_path / "out")["grow"] == -3
    again = run("mask", photos, "-o", "out", "--effort", "fast", "--grow", "-3")
    assert "1 shot already done" in again.stdout
    assert re.search(r"--grow, --mask-offset", run("mask", "--help").stdout)


def test_the_audit_takes_the_file_into_account(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    write(photos, 'effort = "fast"', "grow = 3", 'cutout = "black"')
    done = run("audit", photos, "--vary", "mask-offset=0,3", "--vary", "effort=fast")
    assert done.returncode == 0, done.stderr
    assert "1 variant\n" in done.stdout
    assert re.search(r"grow=0 .* 0.0000 % +0.[0-9]*[1-9]", done.stdout), "what the file grew is lost"


def test_a_plate_by_name_serves_the_ring(run: Run, tmp_path: Path) -> None:
    photos = tmp_path / "cup" / "upright"
    photos.mkdir(parents=True)
    for name in ("0001", "0004", "0007"):  # the three that the demo's plate was taken with
        shutil.copy(DEMO / "upright" / f"DSC_{name}.JPG", photos)
    (photos / "DSC_0008.JPG").write_bytes((photos / "DSC_0007.JPG").read_bytes() + b"a fourth")
    assert run("mask", photos.parent, "-o", "with", "--plate", PLATE).returncode == 0
    assert run("mask", photos.parent, "-o", "without").returncode == 0
    shutil.copytree(photos.parent, tmp_path / "own" / "cup")
    (tmp_path / "own" / "cup" / "empty").mkdir()
    shutil.copy(PLATE, tmp_path / "own" / "cup" / "empty")
    assert run("mask", tmp_path / "own" / "cup", "-o", "own-out").returncode == 0
    masks = {
        name: [path.read_bytes() for path in sorted((tmp_path / name / "masks").rglob("*.png"))]
        for name in ("with", "without", "own-out")
    }
    assert masks["with"] == masks["own-out"]
    assert masks["with"] != masks["without"]
    assert manifest(tmp_path / "with")["plates"] == [PLATE.as_posix()]


def test_a_plate_by_name_serves_the_plate_segmenter(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    shutil.copy(PLATE, tmp_path / "nothing on it.jpg")
    write(photos, 'segmenter = "plate"', 'plates = ["../nothing on it.jpg"]')
    done = run("mask", photos, "-o", "out")
    assert done.returncode == 0, done.stderr
    assert "1 plate left alone" in done.stdout
    assert pixels_of(tmp_path / "out", "DSC_0001.JPG") > 1000
    none = run("mask", photos, "-o", "out", "--plate", "none")
    assert none.returncode == 2
    assert "needs a plate" in none.stderr


def test_a_shot_that_is_named_as_a_plate_is_no_shot(run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    shutil.copy(PLATE, photos / "DSC_0099.JPG")
    done = run("mask", photos, "-o", "out", "--effort", "fast", "--plate", photos / "DSC_0099.JPG")
    assert done.returncode == 0, done.stderr
    assert [shot["photo"] for shot in manifest(tmp_path / "out")["shots"]] == ["DSC_0001.JPG"]
    assert manifest(tmp_path / "out")["plates"] == ["DSC_0099.JPG"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone.jpg", "cannot be read: there is no such file"),
        ("notes.jpg", "is not a photo"),
        ("folder", "is not a file"),
    ],
)
def test_a_plate_that_cannot_be_used_ends_the_run_in_words(name: str, words: str, run: Run, tmp_path: Path) -> None:
    photos = alone(tmp_path / "cup")
    (tmp_path / "notes.jpg").write_text("empty platter: see the other disk", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    done = run("mask", photos, "-o", "out", "--plate", name)
    assert done.returncode == 2
    assert re.search(rf"The plate .*{name} {words}", done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
