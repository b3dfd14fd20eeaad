"""The page of a proof as a browser and its reader get it, made from facts without a proof."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import piexif
import pytest
from browser import Tab, browser_tab
from numpy.typing import NDArray
from opened_page import Element, Page, read
from served import wait_until

from underside.flip.proof.coverage import HORIZON, REACH, covered
from underside.manifest import Manifest, ShotRecord, State
from underside.masks import mask_name
from underside.photo.orientation import turn_stored
from underside.report.contact_sheet import write_contact_sheet
from underside.report.coverage_facts import (
    CoverageFacts,
    Direction,
    FoundAgainst,
    MaskDoubt,
    PassLine,
    Scene,
    TieLine,
)
from underside.report.coverage_page import write_coverage_page

Mask = NDArray[np.uint8]
WIDTH, HEIGHT = 96, 64
GAP = "\N{NO-BREAK SPACE}"


def ring(pass_name: str, height: float, number: int = 6) -> list[Direction]:
    around = np.arange(number) * 2 * np.pi / number
    up, out = np.sin(np.radians(height)), np.cos(np.radians(height))
    return [
        Direction(f"{pass_name}/{i:03}.jpg", pass_name, (out * np.cos(a), out * np.sin(a), up), trusted=True)
        for i, a in enumerate(around, 1)
    ]


def scene_of(directions: Sequence[Direction], points: int = 300) -> Scene:
    random = np.random.default_rng(1)
    names = list(dict.fromkeys(each.pass_name for each in directions))
    centres = 3 * np.array([each.towards for each in directions], np.float32)
    corners = (random.uniform(-0.2, 0.2, (1, 4, 3)) - centres[:, None] / 3).astype(np.float32)
    return Scene(
        points=random.normal(0, 0.4, (points, 3)).astype(np.float32),
        colours=random.integers(0, 256, (points, 3), dtype=np.uint8),
        seen=random.integers(1, 4, points, dtype=np.uint8),
        centres=centres,
        corners=corners,
        camera_passes=np.array([names.index(each.pass_name) for each in directions], np.uint8),
    )


def facts_of(directions: Sequence[Direction], **changes: object) -> CoverageFacts:
    names = list(dict.fromkeys(each.pass_name for each in directions))
    facts = CoverageFacts(
        outcome="yes",
        answer="Yes: the passes are one object.",
        findings=(),
        shots=len(directions),
        registered=len(directions),
        other_models=(),
        error=0.4567,
        passes=tuple(PassLine(name, 6, 6, 143.6 * number) for number, name in enumerate(names)),
        ties=(TieLine(names[0], names[-1], 14932, 248, 3, weakest=True),) if len(names) > 1 else (),
        underside=0.8249,
        topside=0.8751,
        reach=REACH,
        horizon=HORIZON,
        directions=tuple(directions),
        scene=scene_of(directions),
        compared=True,
        doubts=(),
        repaired=False,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def capture_of(tmp_path: Path, directions: Sequence[Direction], *, orientation: int = 1) -> Manifest:
    """A photo of a disc and its mask for each, on disk, and the manifest."""
    upright = disc(0)
    mask = turn_stored(upright, orientation)
    colours = np.where(mask[:, :, None] > 0, np.array([140, 140, 140], np.uint8), np.array([190, 185, 180], np.uint8))
    content = cv2.imencode(".jpg", colours)[1].tobytes()
    shots = []
    for each in directions:
        photo, masked = tmp_path / "capture" / each.photo, tmp_path / "out" / mask_name(each.photo)
        for path in (photo, masked):
            path.parent.mkdir(parents=True, exist_ok=True)
        piexif.insert(piexif.dump({"0th": {piexif.ImageIFD.Orientation: orientation}}), content, str(photo))
        masked.write_bytes(cv2.imencode(".png", mask)[1].tobytes())
        rows, columns = mask.shape
        record = ShotRecord(each.photo, each.pass_name, State.MASKED, width=columns, height=rows)
        shots.append(replace(record, orientation=orientation, mask=mask_name(each.photo)))
    return Manifest(str(tmp_path / "capture"), {}, tuple(shots))


def disc(move: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(mask, (WIDTH // 2 + move, HEIGHT // 2), 20, 255, cv2.FILLED)
    return mask


KEEPS = "keeps what is not object (2.0 %)"


def doubt(photo: str, told: str = KEEPS, *, move: int = 0, orientation: int = 1) -> MaskDoubt:
    """The mask lies ``move`` pixels farther right than all others want it."""
    mask, wanted = (turn_stored(each, orientation) for each in (disc(move), disc(0)))
    return MaskDoubt(photo, told, (0, 0, mask.shape[1], mask.shape[0]), mask, wanted)


BOTH = [*ring("upright", 30), *ring("flipped", -40)]


def write_page(tmp_path: Path, facts: CoverageFacts) -> Page:
    return read(write_coverage_page(facts, capture_of(tmp_path, facts.directions), tmp_path / "out"))


def picture_in(figure: Element) -> NDArray[np.uint8]:
    content = base64.b64decode(figure.attributes["src"].partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    return picture.astype(np.uint8)


def pictures_of(page: Page, photo: str) -> list[Element]:
    return [each for each in page.all("img") if photo in each.attributes["alt"]]


def test_the_page_is_one_file_that_needs_no_network_and_leads_to_the_contact_sheet(tmp_path: Path) -> None:
    page = write_page(tmp_path, facts_of(BOTH, doubts=(doubt(BOTH[0].photo, move=4),)))
    source = (tmp_path / "out" / "coverage.html").read_text(encoding="utf-8")
    assert not page.all("link")
    assert not re.search(r"https?:|@import|url\((?!#)", source)
    addresses = [e.attributes[name] for e in page.elements for name in ("src", "href") if name in e.attributes]
    assert {address.partition(";")[0].partition("#")[0] for address in addresses} == {
        "data:image/jpeg",
        "data:image/png",
        "report.html",
    }


def test_the_browser_is_told_to_run_nothing_but_the_pages_own_script(tmp_path: Path) -> None:
    page = write_page(tmp_path, facts_of(BOTH))
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0].attributes["content"]
    assert "default-src 'none'" in policy
    for tag in ("script", "style"):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_answer_comes_first_and_the_numbers_are_rounded_as_in_the_command(tmp_path: Path) -> None:
    page = write_page(tmp_path, facts_of(BOTH, other_models=(7, 6)))
    assert page.all("main")[0].text.lstrip().startswith("Yes: the passes are one object.")
    facts = dict(zip([e.text for e in page.all("dt")], [e.text for e in page.all("dd")], strict=True))
    assert facts["Seen of the underside"] == f"82{GAP}%"
    assert facts["Seen of the upper side"] == f"88{GAP}%"
    assert facts["Reprojection error"] == f"0.46{GAP}pixels"
    assert facts["Weakest link between passes"] == f"14{GAP}932{GAP}points in 248{GAP}pairs"
    assert facts["Shots in other models"] == "7, 6"
    rows = [row.text for row in page.all("tr")]
    assert any("flipped6 of 6144" in row.replace(GAP, " ") for row in rows)
    headings = [each.text for each in page.all("h2")]
    assert headings[2:] == ["Where it was seen from", "The object in space", "Masks"]


def test_a_finding_says_what_to_do_and_shows_its_shots(tmp_path: Path) -> None:
    shots = tuple(each.photo for each in BOTH)
    against = FoundAgainst("unsafe", "Ten pairs want other places", "Look at the masks", shots)
    answer = {"outcome": "unsafe", "answer": "Unsafe: an engine may join these passes wrongly."}
    page = write_page(tmp_path, facts_of(BOTH, findings=(against,), compared=False, **answer))
    (section,) = page.all("section", id="answer")
    assert "unsafe" in section.attributes["class"]
    assert "Ten pairs want other places. Look at the masks." in " ".join(section.text.split()).replace(".L", ". L")
    (shown,) = page.all("ul", **{"class": "named"})
    assert shown.text.split() == list(shots[:8])
    assert all(name in page.all("details")[0].text for name in shots[8:])
    places = [each.attributes["href"] for each in page.all("a") if "#" in each.attributes["href"]]
    assert places == [f"report.html#shot-{number}" for number in range(1, 9)]
    sheet = read(write_contact_sheet(capture_of(tmp_path, BOTH), tmp_path / "out"))
    assert {place.partition("#")[2] for place in places} <= {e.attributes.get("id") for e in sheet.all("li")}
    assert "compared with each other" in page.all("section", id="masks")[0].text


def test_a_proof_without_any_model_has_its_page(tmp_path: Path) -> None:
    against = FoundAgainst("no", "Only 0 of 12 shots could be placed together", "Turn in smaller steps", ())
    facts = replace(
        facts_of(BOTH, outcome="no", answer="No.", findings=(against,), registered=0, compared=False),
        passes=(),
        ties=(),
        directions=(),
        scene=None,
    )
    page = read(write_coverage_page(facts, capture_of(tmp_path, BOTH), tmp_path / "out"))
    assert "Only 0 of 12 shots" in page.all("section", id="answer")[0].text
    assert not page.all("canvas")
    assert not page.all("svg")


def test_names_are_text_and_never_markup(tmp_path: Path) -> None:
    bad = ["<script>alert(1)<", 'quote" onclick="x', "it's & so", "</title><img src=x>", "\u202egpj.exe"]
    directions = [
        replace(each, photo=f"<b>pass & 'x'/{name}.jpg", pass_name="<b>pass & 'x'")
        for each, name in zip(ring("x", -30), bad, strict=False)
    ]
    named = tuple(each.photo for each in directions)
    against = FoundAgainst("no", "<i>what</i>", "<i>remedy</i>", named)
    doubts = tuple(doubt(name, move=3) for name in named)
    page = write_page(tmp_path, facts_of(directions, findings=(against,), doubts=doubts))
    assert len(page.all("script")) == 1
    assert not page.all("b")
    assert not page.all("i")
    assert not any(name.startswith("on") or name == "style" for e in page.elements for name in e.attributes)
    assert [e.text for e in page.all("h3")] == list(named)
    assert len(page.all("title")) == 1 + len(directions)  # the page's and each camera's


def test_the_worst_mask_comes_first_with_the_direction_of_its_error_in_colour(tmp_path: Path) -> None:
    doubts = (doubt(BOTH[7].photo, move=9), doubt(BOTH[2].photo, "cuts off part of the object (1.2 %)", move=2))
    page = write_page(tmp_path, facts_of(BOTH, doubts=doubts))
    assert [each.text for each in page.all("h3")] == [BOTH[7].photo, BOTH[2].photo]
    told = [each.text for each in page.all("p", **{"class": "wrong"})]
    assert told == [
        "The mask keeps what is not object (2.0 %)",
        "The mask cuts off part of the object (1.2 %)",
    ]
    _, wrong, mask = pictures_of(page, BOTH[7].photo)
    assert_coloured(picture_in(wrong))
    assert np.array_equal(picture_in(mask)[:, :, 0] > 127, disc(9) > 127)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_pictures_are_upright_whatever_the_camera_stored(tmp_path: Path, orientation: int) -> None:
    manifest = capture_of(tmp_path, BOTH, orientation=orientation)
    wrong = doubt(BOTH[0].photo, move=9, orientation=orientation)
    page = read(write_coverage_page(facts_of(BOTH, doubts=(wrong,)), manifest, tmp_path / "out"))
    assert_coloured(picture_in(pictures_of(page, BOTH[0].photo)[1]))


def assert_coloured(picture: NDArray[np.uint8]) -> None:
    """Cyan on the right, where the mask keeps too much; red on the left, where it has lost something."""
    assert picture.shape == (HEIGHT, WIDTH, 3)
    red, green, blue = (picture[HEIGHT // 2].astype(int)[:, channel] for channel in range(3))
    right, left = WIDTH // 2 + 25, WIDTH // 2 - 16
    assert blue[right] > red[right] + 80
    assert red[left] > blue[left] + 80
    assert abs(red[WIDTH // 2] - green[WIDTH // 2]) < 20


def test_what_a_person_should_know_beside_the_answer_stands_with_it(tmp_path: Path) -> None:
    note = "The platter was cut off in 12 masks; with it, the answer was no (never turned)."
    page = write_page(tmp_path, facts_of(BOTH, notes=(note,)))
    (answer,) = page.all("section", id="answer")
    assert note in answer.text


def test_a_repaired_mask_is_shown_before_and_after(tmp_path: Path) -> None:
    right = replace(doubt(BOTH[0].photo, move=9), areas=(0.0441, 0.0405))
    page = write_page(tmp_path, facts_of(BOTH, doubts=(right, doubt(BOTH[1].photo)), repaired=True))
    *_, before, after = pictures_of(page, BOTH[0].photo)
    assert np.array_equal(picture_in(before)[:, :, 0] > 127, disc(9) > 127)
    assert np.array_equal(picture_in(after)[:, :, 0] > 127, disc(0) > 127)
    captions = [each.text for each in page.all("figcaption")]
    assert f"Mask before, 4.41{GAP}% of the photo" in captions
    assert f"Mask after, 4.05{GAP}% of the photo" in captions
    assert [e.text for e in page.all("span", **{"class": "badge"})] == ["put right", "left as it is"]


def test_a_photo_that_is_gone_leaves_its_words(tmp_path: Path) -> None:
    manifest = capture_of(tmp_path, BOTH)
    (tmp_path / "capture" / BOTH[0].photo).unlink()
    facts = facts_of(BOTH, doubts=(doubt(BOTH[0].photo),))
    page = read(write_coverage_page(facts, manifest, tmp_path / "out"))
    assert [each.text for each in page.all("h3")] == [BOTH[0].photo]
    assert "cannot be read" in page.all("li", **{"class": "doubt"})[0].text


@pytest.mark.parametrize("towards", [(0.0, 0.0, -1.0), (0.6, 0.0, -0.8), (0.0, -0.8, -0.6)])
def test_what_is_shaded_is_the_share_that_is_told(tmp_path: Path, towards: tuple[float, float, float]) -> None:
    page = write_page(tmp_path, facts_of([Direction("a/1.jpg", "a", towards, trusted=True)]))
    (_, below) = page.all("path", **{"class": "covered"})
    outline = np.array([point.split() for point in re.findall(r"[-\d.]+ [-\d.]+", below.attributes["d"])], float)
    x, y = outline.T
    shaded = abs(float((x * np.roll(y, 1) - y * np.roll(x, 1)).sum())) / 2
    zone = float(page.all("circle", **{"class": "zone"})[1].attributes["r"])
    assert shaded / (np.pi * zone**2) == pytest.approx(covered(np.array([towards]), below=True), rel=0.02)


def test_from_below_left_and_right_change_places(tmp_path: Path) -> None:
    east = [Direction(f"a/{z}.jpg", "a", (0.6, 0.0, z), trusted=True) for z in (0.8, -0.8)]
    page = write_page(tmp_path, facts_of(east))
    above, below = [
        e.attributes["transform"] for e in page.all("path", **{"class": "view"}) if "transform" in e.attributes
    ]
    assert float(re.findall(r"[-\d.]+", above)[0]) == -float(re.findall(r"[-\d.]+", below)[0]) > 50


def test_a_camera_that_is_not_trusted_is_drawn_hollow_and_shades_nothing(tmp_path: Path) -> None:
    doubted = [replace(each, trusted=False) for each in ring("flipped", -40)]
    page = write_page(tmp_path, facts_of([*ring("upright", 60), *doubted]))
    assert len(page.all("path", **{"class": "doubted"})) == 6
    assert page.all("path", **{"class": "covered"})[1].attributes["d"] == ""
    assert "not trusted" in page.all("section", id="directions")[0].text


def test_seventy_two_shots_that_all_disagree_stay_under_three_megabytes(tmp_path: Path) -> None:
    directions = [*ring("upright", 30, 36), *ring("flipped", -40, 36)]
    manifest = capture_of(tmp_path, directions)
    random = np.random.default_rng(2)
    side = (1280, 960)
    texture = cv2.resize(random.integers(0, 256, (240, 320, 3), dtype=np.uint8), side, interpolation=cv2.INTER_CUBIC)
    noise = cv2.imencode(".jpg", texture)[1].tobytes()
    blobs = cv2.resize(random.integers(0, 256, (12, 16), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    ragged = np.where(blobs > 127, np.uint8(255), np.uint8(0))
    shots = []
    for shot in manifest.shots:
        (tmp_path / "capture" / shot.photo).write_bytes(noise)
        big = np.where(cv2.resize(ragged, side) > 127, np.uint8(255), np.uint8(0))
        (tmp_path / "out" / shot.mask).write_bytes(cv2.imencode(".png", big)[1].tobytes())
        shots.append(replace(shot, width=side[0], height=side[1]))
    doubts = tuple(
        MaskDoubt(shot.photo, "is wrong", (0, 0, *side), ragged, 255 - ragged, areas=(0.1, 0.1)) for shot in shots
    )
    facts = facts_of(directions, doubts=doubts, repaired=True, scene=scene_of(directions, 60_000))
    path = write_coverage_page(facts, replace(manifest, shots=tuple(shots)), tmp_path / "out")
    assert path.stat().st_size < 3_000_000
    page = read(path)
    assert len(page.all("li", **{"class": "doubt"})) == 72
    assert len(base64.b64decode(page.all("canvas")[0].attributes["data-seen"])) == 20_000


def test_the_contact_sheet_leads_to_the_page_once_it_is_there(tmp_path: Path) -> None:
    manifest = capture_of(tmp_path, BOTH)
    assert not read(write_contact_sheet(manifest, tmp_path / "out")).all("a", href="coverage.html")
    write_coverage_page(facts_of(BOTH), manifest, tmp_path / "out")
    assert read(write_contact_sheet(manifest, tmp_path / "out")).all("a", href="coverage.html")


@pytest.fixture
def tab(chromium: str, tmp_path: Path) -> Iterator[Tab]:
    with browser_tab(chromium, tmp_path / "profile") as tab:
        yield tab


def opened_page(tmp_path: Path, tab: Tab) -> None:
    facts = facts_of(BOTH, doubts=(doubt(BOTH[0].photo, move=5),))
    tab.open(write_coverage_page(facts, capture_of(tmp_path, BOTH), tmp_path / "out"))


def shown(tab: Tab) -> NDArray[np.uint8]:
    """The viewer's picture, brought into sight."""
    tab.ask("document.querySelector('.scene').scrollIntoView({ behavior: 'instant' })")
    return tab.picture(".scene canvas")


def is_drawn(picture: NDArray[np.uint8]) -> bool:
    return bool((np.abs(picture.astype(int) - picture[0, 0]).max(axis=2) > 40).mean() > 0.005)


def test_a_browser_asks_for_nothing_but_the_page(tmp_path: Path, tab: Tab) -> None:
    opened_page(tmp_path, tab)
    shown(tab)
    assert [each for each in tab.requests if not each.startswith("data:")] == [
        (tmp_path / "out" / "coverage.html").as_uri()
    ]
    assert tab.complaints == []


def test_the_object_turns_by_itself_until_it_is_taken_hold_of(tmp_path: Path, tab: Tab) -> None:
    opened_page(tmp_path, tab)
    first = shown(tab)
    assert is_drawn(first)
    wait_until(lambda: not np.array_equal(first, shown(tab)))
    tab.drag(".scene canvas", 120, 30)
    dragged = shown(tab)
    assert np.array_equal(dragged, shown(tab))
    tab.drag(".scene canvas", -90, 0)
    wait_until(lambda: not np.array_equal(dragged, shown(tab)))
    assert tab.complaints == []


def test_who_wants_no_motion_sees_none_and_may_turn_it(tmp_path: Path, tab: Tab) -> None:
    tab.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    opened_page(tmp_path, tab)
    first = shown(tab)
    assert np.array_equal(first, shown(tab))
    tab.ask("document.querySelector('.scene canvas').focus()")
    tab.send("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft", code="ArrowLeft", windowsVirtualKeyCode=37)
    turned = shown(tab)
    assert not np.array_equal(first, turned)
    tab.ask("document.querySelector('input[value=photo]').click()")
    assert not np.array_equal(turned, shown(tab))


def test_without_scripts_the_still_picture_is_there(tmp_path: Path, tab: Tab) -> None:
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    opened_page(tmp_path, tab)
    assert is_drawn(tab.picture(".scene .still"))
    page = read(tmp_path / "out" / "coverage.html")
    (canvas,), (still,) = page.all("canvas"), page.all("img", **{"class": "still"})
    assert "hidden" in canvas.attributes
    assert still.attributes["alt"] == f"The model in space: 300{GAP}points and 12{GAP}cameras"


def test_a_phone_scrolls_the_page_one_way_only(tmp_path: Path, tab: Tab) -> None:
    tab.send("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    opened_page(tmp_path, tab)
    assert tab.ask("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("second", ["flipped", "figure_of_a_horse_from_1911_in_the_north_room_lying_on_its_side"])
def test_a_phone_shows_the_tables_whole_and_breaks_no_usual_name_or_figure(
    tmp_path: Path, tab: Tab, second: str
) -> None:
    tab.send("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    directions = [*ring("upright", 30), *ring(second, -40)]
    tab.open(write_coverage_page(facts_of(directions), capture_of(tmp_path, directions), tmp_path / "out"))
    assert not tab.ask("[...document.querySelectorAll('.wide')].some(e => e.scrollWidth > e.clientWidth)")
    cells = "td" if second != "flipped" else "td, .wide bdi"
    lines = (
        "[...document.querySelectorAll('CELLS')].map(e => { const r = document.createRange();"
        " r.selectNodeContents(e); return new Set([...r.getClientRects()].map(b => Math.round(b.top))).size })"
    )
    assert set(tab.ask(lines.replace("CELLS", cells))) == {1}
    between = tab.ask("document.querySelectorAll('.wide')[1].querySelector('tbody th').getBoundingClientRect().height")
    assert second != "flipped" or between < 70, "it takes more than two lines"
