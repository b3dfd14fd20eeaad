import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from finished_folder import ORIENTATION, Finished, finish, letter, pixels, upright, write_photo
from PIL import Image

from underside import manifest
from underside.commands import underside
from underside.errors import SettingsError
from underside.layouts import LAYOUTS, Kind, check_folder, write_layout
from underside.png import encode_png


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder of photos, and masks of theirs for COLMAP that another tool made."""
    folder = tmp_path / "foreign"
    for number, name in enumerate(("a.jpg", "b.jpg")):
        write_photo(folder / "images" / name, seed=number)
        save(letter(seed=number), folder / "masks" / f"{name}.png")
    return folder


def save(mask: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(mask))


def kinds(folder: Path, layout: str | None = "colmap", photos: Path | None = None) -> dict[str, set[str]]:
    """What is wrong with the mask of each photo; with the mask itself where it has none."""
    reports = check_folder(folder, layout=layout, photos=photos)
    found: dict[str, set[str]] = {}
    for finding in (finding for report in reports for finding in report.findings):
        found.setdefault(finding.photo or finding.mask, set()).add(str(finding.kind))
    return found


def test_masks_of_another_tool_that_fit_are_fine(foreign: Path) -> None:
    assert kinds(foreign) == {}


def test_masks_beside_photos_are_known_as_masks_whatever_they_are_called(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["line\nbreak.jpg", "plain.jpg"])
    folder = write_layout(finished.manifest, finished.out, "realityscan").folder
    assert kinds(folder, layout=None) == {}


def test_a_missing_mask_is_found(foreign: Path) -> None:
    (foreign / "masks/a.jpg.png").unlink()
    assert kinds(foreign) == {"a.jpg": {"missing"}}


@pytest.mark.parametrize(
    "name",
    ["A.JPG.png", "a_mask.png", "a.jpg.mask.png", "dynamic_mask_a.png", "a.jpg", "a.jpg.tif", "deeper/a.jpg.png"],
)
def test_a_mask_under_another_name_is_named(foreign: Path, name: str) -> None:
    target = foreign / "masks" / name
    target.parent.mkdir(exist_ok=True)
    (foreign / "masks/a.jpg.png").rename(target)
    (report,) = check_folder(foreign, layout="colmap")
    (finding,) = report.findings
    assert (finding.kind, finding.photo, finding.mask) == (Kind.NAME, "a.jpg", name)
    assert "COLMAP looks for a.jpg.png" in finding.why


def test_a_name_that_differs_only_in_case_is_said_to(foreign: Path) -> None:
    (foreign / "masks/a.jpg.png").rename(foreign / "masks/a.jpg.PNG")
    (report,) = check_folder(foreign, layout="colmap")
    assert report.findings[0].why.endswith("case matters")


def test_of_two_passes_each_photo_gets_the_misnamed_mask_of_its_own_pass(tmp_path: Path) -> None:
    for folder in ("upright", "flipped"):
        write_photo(tmp_path / "images" / folder / "1.jpg")
        save(letter(), tmp_path / "masks" / folder / "1_mask.png")
    (report,) = check_folder(tmp_path, layout="colmap")
    assert {finding.photo: finding.mask for finding in report.findings} == {
        "flipped/1.jpg": "flipped/1_mask.png",
        "upright/1.jpg": "upright/1_mask.png",
    }


def test_two_photos_that_would_get_one_mask_are_found(tmp_path: Path) -> None:
    photos = ["flipped/1.jpg", "upright/1.jpg"]
    for photo in photos:
        write_photo(tmp_path / "images" / photo)
    save(letter(), tmp_path / "masks/1.png")
    assert kinds(tmp_path, "meshroom") == {photo: {"shared"} for photo in photos}


def test_a_mask_without_a_photo_is_mentioned(foreign: Path) -> None:
    save(letter(), foreign / "masks/c.jpg.png")
    (report,) = check_folder(foreign, layout="colmap")
    assert [(finding.kind, finding.mask) for finding in report.findings] == [(Kind.NO_PHOTO, "c.jpg.png")]
    assert report.fine


def test_masks_beside_the_photos_are_told_from_photos(tmp_path: Path) -> None:
    for number, name in enumerate(("a.jpg", "b.jpg")):
        write_photo(tmp_path / name, seed=number)
        save(letter(), tmp_path / f"{Path(name).stem}_mask.png")
    save(letter(), tmp_path / "c_mask.png")
    (report,) = check_folder(tmp_path, layout="openmvg")
    assert (report.photos, [finding.mask for finding in report.findings]) == (2, ["c_mask.png"])


def test_opendronemap_does_not_read_names_with_spaces(tmp_path: Path) -> None:
    write_photo(tmp_path / "my vase.jpg")
    save(letter(), tmp_path / "my vase_mask.png")
    (report,) = check_folder(tmp_path, layout="opendronemap")
    (finding,) = report.findings
    assert finding.kind is Kind.NAME
    assert "spaces" in finding.why


def spoil(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    return lambda path: save(change(letter()), path)


def with_orientation_tag(path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(letter()).save(path, exif=exif)


def saved(mode: str) -> Callable[[Path], None]:
    return lambda path: Image.fromarray(letter()).convert(mode).save(path)


def erased(path: Path) -> None:
    """White all over, what was not the object made transparent."""
    Image.fromarray(np.dstack([np.full_like(letter(), 255)] * 3 + [letter()])).save(path)


def in_two_colours(path: Path) -> None:
    """A palette, as GIMP saves what was reduced to two colours."""
    mask = Image.fromarray((letter() > 0).astype(np.uint8))
    mask.putpalette([0, 0, 0, 255, 255, 255])
    mask.save(path)


BY_HAND: dict[str, tuple[Callable[[Path], None], str]] = {
    "colours": (saved("RGB"), "channels"),
    "palette": (in_two_colours, "channels"),
    "alpha": (saved("RGBA"), "channels"),
    "grey and alpha": (saved("LA"), "channels"),
    "16 bits": (spoil(lambda mask: mask.astype(np.uint16) * 257), "depth"),
    "tagged": (with_orientation_tag, "orientation tag"),
}
READ = {
    "metashape": {"colours", "palette"},
    "colmap": set(BY_HAND),
    "openmvs": {"16 bits"},
    "nerfstudio": set[str](),
}


@pytest.mark.parametrize("form", BY_HAND)
@pytest.mark.parametrize("layout", READ)
def test_a_mask_saved_by_hand_is_fine_where_the_program_reads_its_form(foreign: Path, layout: str, form: str) -> None:
    save_so, kind = BY_HAND[form]
    for photo in ("a.jpg", "b.jpg"):
        mask = foreign / "masks" / LAYOUTS[layout].mask.format(name=photo, stem=Path(photo).stem)
        (foreign / f"masks/{photo}.png").rename(mask)
        if photo == "a.jpg":
            save_so(mask)
    assert kinds(foreign, layout) == ({} if form in READ[layout] else {"a.jpg": {kind}})


@pytest.mark.parametrize("form", [*BY_HAND, "erased", "soft"])
def test_a_mask_that_underside_reads_itself_is_fine_in_its_own_folder(tmp_path: Path, form: str) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    soft = spoil(lambda mask: np.where(mask > 0, np.uint8(250), np.uint8(4)))
    more = {"erased": erased, "soft": soft}
    (more[form] if form in more else BY_HAND[form][0])(finished.out / "masks/a.jpg.png")
    (report,) = check_folder(finished.out)
    assert report.findings == ()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (spoil(lambda mask: mask[:-2]), {"wrong size"}),
        (spoil(lambda mask: np.rot90(mask).copy()), {"turned"}),
        (spoil(np.bitwise_not), {"inverted"}),
        (spoil(lambda mask: cv2.GaussianBlur(mask, (5, 5), 0)), {"soft"}),
        (spoil(lambda mask: mask // 255), {"soft", "empty"}),
        (erased, {"channels", "full"}),
        (spoil(np.zeros_like), {"empty"}),
        (spoil(lambda mask: np.full_like(mask, 255)), {"full"}),
        (lambda path: path.write_bytes(path.read_bytes()[:-40]), {"damaged"}),
        (lambda path: path.write_text("no picture"), {"damaged"}),
        (lambda path: path.write_bytes(b""), {"damaged"}),
    ],
    ids=lambda value: "-".join(sorted(value)).replace(" ", "_") if isinstance(value, set) else "",
)
def test_a_mask_that_would_be_misused_is_found(
    foreign: Path, damage: Callable[[Path], object], found: set[str]
) -> None:
    damage(foreign / "masks/a.jpg.png")
    assert kinds(foreign) == {"a.jpg": found}


def test_an_empty_mask_may_be_meant(foreign: Path) -> None:
    save(np.zeros_like(letter()), foreign / "masks/a.jpg.png")
    (report,) = check_folder(foreign, layout="colmap")
    assert report.fine


def test_an_object_that_fills_two_corners_is_not_called_inverted(foreign: Path) -> None:
    mask = letter()
    mask[-20:] = 255
    save(mask, foreign / "masks/a.jpg.png")
    assert kinds(foreign) == {}


def test_a_mask_of_another_size_is_no_trouble_where_the_program_scales_it(foreign: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        save(np.ascontiguousarray(letter()[::2, ::2]), foreign / f"masks/{name}.png")
    assert kinds(foreign, "opensfm") == {}
    assert kinds(foreign, "colmap") == {"a.jpg": {"wrong size"}, "b.jpg": {"wrong size"}}


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize(("layout", "mask"), [("colmap", "masks/a.jpg.png"), ("opensfm", "masks/a.jpg.png")])
def test_a_laid_out_mask_that_was_turned_is_found_whatever_the_turn(
    tmp_path: Path, layout: str, mask: str, orientation: int
) -> None:
    finished = finish(tmp_path, ["a.jpg"], orientation=orientation)
    folder = write_layout(finished.manifest, finished.out, layout).folder
    stored = finished.mask("a.jpg")
    wrong = stored if LAYOUTS[layout].upright else upright(stored, orientation)
    (folder / mask).unlink()
    save(wrong, folder / mask)
    assert kinds(folder, None) == {"a.jpg": {"turned"}}


def test_a_laid_out_mask_that_was_inverted_is_found(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    folder = write_layout(finished.manifest, finished.out, "instant-ngp").folder
    mask = folder / "images/dynamic_mask_a.png"
    save(255 - pixels(mask), mask)
    assert kinds(folder, None) == {"a.jpg": {"inverted"}}


@pytest.mark.parametrize("layout", ["colmap", "opendronemap", "gaussian-splatting"])
def test_a_layout_that_is_older_than_the_masks_is_not_fine(tmp_path: Path, layout: str) -> None:
    finished = finish(tmp_path, ["a.jpg"], orientation=6)
    folder = write_layout(finished.manifest, finished.out, layout).folder
    (finished.out / "masks/a.jpg.png").unlink()
    save(letter(seed=2), finished.out / "masks/a.jpg.png")
    (report,) = check_folder(folder)
    assert [finding.kind for finding in report.findings] == [Kind.OLD]
    assert not report.fine


def test_a_mask_that_was_changed_in_its_layout_is_not_called_old(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    folder = write_layout(finished.manifest, finished.out, "colmap").folder
    (folder / "masks/a.jpg.png").unlink()
    save(letter(seed=2), folder / "masks/a.jpg.png")
    (report,) = check_folder(folder)
    assert [finding.kind for finding in report.findings] == [Kind.BY_HAND]
    assert report.fine


def test_shots_that_have_come_and_gone_make_a_layout_with_photos_old(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg", "b.jpg"])
    first, second = (replace(finished.manifest, shots=(shot,)) for shot in finished.manifest.shots)
    folder = write_layout(first, finished.out, "opensfm").folder
    manifest.save(second, finished.out)
    (report,) = check_folder(folder)
    assert {finding.photo: finding.kind for finding in report.findings} == {"a.jpg": Kind.OLD, "b.jpg": Kind.OLD}
    assert not report.fine


def test_a_photo_that_a_person_has_put_into_a_layout_is_not_called_old(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"], failed=["b.jpg"])
    folder = write_layout(finished.manifest, finished.out, "opendronemap").folder
    shutil.copy(finished.capture / "b.jpg", folder / "images")
    save(letter(seed=2), folder / "images/b_mask.png")
    assert not write_layout(finished.manifest, finished.out, "opendronemap").by_hand
    assert kinds(folder, None) == {}


def test_a_photo_that_the_disk_spells_in_another_way_is_in_the_layout(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["\u00fc.jpg"])
    folder = write_layout(finished.manifest, finished.out, "opensfm").folder
    for path in [path for path in folder.rglob("\u00fc*") if path.is_file()]:
        path.rename(path.with_name(path.name.replace("\u00fc", "u\u0308")))
    assert kinds(folder, None) == {}


def test_a_failed_shot_is_a_missing_mask_where_the_photos_stay(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"], failed=["broken.jpg"], plates=["empty/p.jpg"])
    write_layout(finished.manifest, finished.out, "metashape")
    (report,) = check_folder(finished.out / "layouts/metashape")
    (finding,) = report.findings
    assert (finding.kind, finding.photo) == (Kind.MISSING, "broken.jpg")
    assert "Metashape uses the whole of a photo without a mask" in finding.why


def test_an_opaque_picture_is_no_cut_out(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    folder = write_layout(finished.manifest, finished.out, "gaussian-splatting").folder
    save(np.zeros((48, 64, 3), np.uint8), folder / "images/a.png")
    assert "channels" in kinds(folder, None)["a.png"]


def test_an_output_folder_is_checked_with_all_its_layouts(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    for layout in ("colmap", "openmvg"):
        write_layout(finished.manifest, finished.out, layout)
    assert [report.layout for report in check_folder(finished.out)] == ["masks", "colmap", "openmvg"]
    assert [report.layout for report in check_folder(finished.out, layout="openmvg")] == ["openmvg"]


@pytest.mark.parametrize("form", ["colours", "erased", "greys"])
def test_a_mask_that_a_person_has_saved_in_another_form_is_fine_where_underside_reads_it(
    tmp_path: Path, form: str
) -> None:
    finished = finish(tmp_path, ["a.jpg"])
    mask, path = finished.mask("a.jpg"), finished.out / "masks/a.jpg.png"
    white = np.full_like(mask, 255)
    forms = {"colours": [mask] * 3, "erased": [white, white, white, mask], "greys": [mask // 2 + 64]}
    path.write_bytes(cv2.imencode(".png", np.dstack(forms[form]))[1].tobytes())
    assert kinds(finished.out, None) == {}
    Image.open(path).resize((9, 9)).save(path)
    assert kinds(finished.out, None)["a.jpg"] == {"wrong size"}


def test_a_layout_that_was_moved_away_is_checked_all_the_same(tmp_path: Path) -> None:
    finished = finish(tmp_path, ["a.jpg"], orientation=6)
    folder = write_layout(finished.manifest, finished.out, "opensfm").folder
    moved = folder.rename(tmp_path / "opensfm")
    assert kinds(moved, None) == {}
    shutil.copy(finished.out / "masks/a.jpg.png", moved / "masks/a.jpg.png")
    assert kinds(moved, None) == {"a.jpg": {"turned"}}


def test_photos_elsewhere_are_pointed_to(foreign: Path, tmp_path: Path) -> None:
    elsewhere = (foreign / "images").rename(tmp_path / "photos")
    with pytest.raises(SettingsError, match="--photos"):
        check_folder(foreign, layout="colmap")
    assert kinds(foreign / "masks", photos=elsewhere) == {}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(underside, ["check-layout", *map(str, arguments)], standalone_mode=False)


@pytest.fixture
def finished(tmp_path: Path) -> Finished:
    return finish(tmp_path, ["a.jpg", "b [1].jpg"])


def test_the_command_answers_yes_with_exit_code_0(finished: Finished) -> None:
    result = run(finished.out)
    assert result.return_value == 0
    assert result.output == "Underside, 2 photos: fine\n"


def test_the_command_answers_no_with_exit_code_1_and_says_why(finished: Finished) -> None:
    (finished.out / "masks/b [1].jpg.png").unlink()
    result = run(finished.out)
    assert result.return_value == 1
    assert result.output.splitlines() == [
        "Underside, 2 photos: not fine (1 missing)",
        "  b [1].jpg  missing  There is no b [1].jpg.png: Underside leaves out a photo without a mask",
    ]


def test_the_command_answers_programs_in_json(finished: Finished) -> None:
    save(letter()[:-1], finished.out / "masks/a.jpg.png")
    result = run(finished.out, "--json")
    assert result.return_value == 1
    answer = json.loads(result.output)
    assert answer["fine"] is False
    (check,) = answer["checks"]
    assert (check["layout"], check["photos"], check["fine"]) == ("masks", 2, False)
    (finding,) = check["findings"]
    assert (finding["kind"], finding["photo"], finding["problem"]) == ("wrong size", "a.jpg", True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "is not a folder"),
        (["."], "Nothing says which program"),
        ([".", "--layout", "colmpa"], "no layout called colmpa"),
        ([".", "--layout", "colmap", "--photos", "."], "There are no photos"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert isinstance(result.exception, SettingsError)
    assert words in str(result.exception)
    assert result.exception.exit_code == 2
