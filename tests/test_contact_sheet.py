"""The contact sheet as a browser and its reader get it."""

import base64
import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import cv2
import numpy as np
import piexif
from numpy.typing import NDArray
from opened_page import Page, opened, read
from PIL import Image

from underside.manifest import Manifest, ShotRecord, State, Step
from underside.photo.orientation import turn_stored
from underside.preview import draw_preview, preview_path
from underside.report.contact_sheet import write_contact_sheet

WIDTH, HEIGHT = 96, 64
ENGINE = {
    "fingerprint": "f1",
    "underside": "0.1.0",
    "segmenter": {"model": "turntable", "provider": "CPUExecutionProvider"},
    "effort": "normal",
}


def draw_shot(tmp_path: Path, photo: str, *, radius: int, centre: int = WIDTH // 2, orientation: int = 1) -> ShotRecord:
    """A photo of a disc and its mask, on disk, and what the manifest says of them."""
    upright = np.zeros((HEIGHT, WIDTH), np.uint8)
    if radius:
        cv2.circle(upright, (centre, HEIGHT // 2), radius, 255, cv2.FILLED)
    mask = turn_stored(upright, orientation)
    pixels = np.where(mask[:, :, None] > 0, np.array([40, 90, 160], np.uint8), np.array([190, 185, 180], np.uint8))
    jpeg = cv2.imencode(".jpg", pixels)[1].tobytes()
    with_exif = tmp_path / "capture" / photo
    with_exif.parent.mkdir(parents=True, exist_ok=True)
    piexif.insert(piexif.dump({"0th": {piexif.ImageIFD.Orientation: orientation}}), jpeg, str(with_exif))
    write(tmp_path / "out" / "masks" / f"{photo}.png", cv2.imencode(".png", mask)[1].tobytes())
    left, top, width, height = cv2.boundingRect(mask)
    return ShotRecord(
        photo=photo,
        pass_name=photo.rpartition("/")[0],
        state=State.MASKED,
        width=mask.shape[1],
        height=mask.shape[0],
        orientation=orientation,
        mask=f"masks/{photo}.png",
        box=(left, top, left + width, top + height) if radius else None,
        area=cv2.countNonZero(mask) / mask.size,
        fingerprint="f1",
        seconds=1.25,
    )


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def draw_ring(tmp_path: Path, radii: list[int], *, name: str = "upright") -> list[ShotRecord]:
    return [draw_shot(tmp_path, f"{name}/{n:03}.jpg", radius=radius) for n, radius in enumerate(radii, 1)]


def manifest_of(
    tmp_path: Path, shots: list[ShotRecord], *, plates: tuple[str, ...] = (), warnings: tuple[str, ...] = ()
) -> Manifest:
    return Manifest(str(tmp_path / "capture"), {"f1": ENGINE}, tuple(shots), plates, warnings)


def write_sheet(tmp_path: Path, shots: list[ShotRecord]) -> Page:
    return read(write_contact_sheet(manifest_of(tmp_path, shots), tmp_path / "out"))


def picture_of(card_photo: str, tmp_path: Path) -> NDArray[np.uint8]:
    preview = cv2.imread(str(preview_path(tmp_path / "out", card_photo)), cv2.IMREAD_COLOR_RGB)
    assert preview is not None
    return np.asarray(preview, np.uint8)


def failed(photo: str, reason: str) -> ShotRecord:
    return ShotRecord(photo, photo.rpartition("/")[0], State.FAILED, reason=reason)


def test_the_sheet_is_one_file_that_needs_no_network(tmp_path: Path) -> None:
    page = write_sheet(tmp_path, draw_ring(tmp_path, [10, 11, 12]))
    source = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert not page.all("link")
    assert not re.search(r"https?:|@import|url\(", source)
    addresses = [e.attributes[name] for e in page.elements for name in ("src", "href") if name in e.attributes]
    assert addresses
    for address in addresses:
        assert address.startswith(("data:image/jpeg;base64,", "#", "../capture/", "masks/")), address


def test_the_browser_is_told_to_run_nothing_but_the_sheets_own_script(tmp_path: Path) -> None:
    page = write_sheet(tmp_path, draw_ring(tmp_path, [10, 11, 12]))
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0].attributes["content"]
    assert "default-src 'none'" in policy
    for tag in ("script", "style"):
        (element,) = page.all(tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not any(name.startswith("on") or name == "style" for e in page.elements for name in e.attributes)


def test_the_head_says_what_was_done(tmp_path: Path) -> None:
    shots = [*draw_ring(tmp_path, [10, 11, 12]), *draw_ring(tmp_path, [10, 11], name="flipped")]
    shots[1] = replace(shots[1], state=State.BY_HAND)
    shots.append(failed("upright/009.jpg", "is empty"))
    manifest = manifest_of(tmp_path, shots, plates=("empty/1.jpg",), warnings=("The lens is unknown",))
    page = read(write_contact_sheet(manifest, tmp_path / "out"))
    head = page.all("header")[0].text
    assert page.all("h1")[0].text == "capture"
    assert "6\N{NO-BREAK SPACE}shots in 2\N{NO-BREAK SPACE}passes, masked with turntable, effort normal, on CPU" in head
    facts = dict(zip([e.text for e in page.all("dt")], [e.text for e in page.all("dd")], strict=True))
    assert facts["Masked"] == "4"
    assert facts["By hand"] == "1"
    assert facts["Failed"] == "1"
    assert facts["Plates, not masked"] == "1"
    assert facts["Median time per shot"] == "1.2\N{NO-BREAK SPACE}s"
    assert "The lens is unknown" in page.all("section", id="warnings")[0].text
    assert [e.text for e in page.all("span", **{"class": "badge"})] == ["by hand"]


def test_a_capture_masked_in_two_ways_names_both(tmp_path: Path) -> None:
    shots = draw_ring(tmp_path, [10, 11, 12])
    shots[2] = replace(shots[2], fingerprint="f2")
    engines = {"f1": ENGINE, "f2": {**ENGINE, "effort": "fast"}}
    manifest = replace(manifest_of(tmp_path, shots), engines=engines)
    made = read(write_contact_sheet(manifest, tmp_path / "out")).all("p", **{"class": "made"})[0].text
    assert "2 masked with turntable, effort normal" in made
    assert "1 masked with turntable, effort fast" in made


def test_a_segmenter_that_is_no_network_is_named(tmp_path: Path) -> None:
    engine = {**ENGINE, "segmenter": {"segmenter": "grabcut", "revision": "2", "model": "turntable"}}
    manifest = replace(manifest_of(tmp_path, draw_ring(tmp_path, [10, 11, 12])), engines={"f1": engine})
    made = read(write_contact_sheet(manifest, tmp_path / "out")).all("p", **{"class": "made"})[0].text
    assert "masked with grabcut, effort normal" in made


def test_failed_shots_come_first_with_their_reason(tmp_path: Path) -> None:
    shots = draw_ring(tmp_path, [10, 11, 12])
    shots.append(failed("upright/004.jpg", "upright/004.jpg is cut short. Copy it again from the camera."))
    shots.append(failed("upright/005.jpg", "Something else went wrong"))
    page = write_sheet(tmp_path, shots)
    assert page.all("main")[0].text.lstrip().startswith("2\N{NO-BREAK SPACE}shots without a mask")
    texts = [e.text for e in page.all("li") if e.text.startswith("upright/00")]
    assert texts[0] == "upright/004.jpg is cut short. Copy it again from the camera."
    assert texts[1] == "upright/005.jpg: Something else went wrong"
    assert len(page.cards()) == 3


def test_names_and_reasons_are_text_and_never_markup(tmp_path: Path) -> None:
    names = ["<script>alert(1)<", 'quote" onclick="x', "it's & so", "50%41 #1?x=y", "日本 é", "\u202egpj.exe", "a:b"]
    shots = [draw_shot(tmp_path, f"<b>pass & 'x'/{name}.jpg", radius=10) for name in names]
    shots[0] = replace(shots[0], notes=("<script>alert(2)</script>",))
    shots.append(failed("</title><img src=x>.jpg", "<img src=x onerror=alert(3)>"))
    manifest = manifest_of(tmp_path, shots, plates=("<i>empty/1.jpg",), warnings=("</style><script>x</script>",))
    page = read(write_contact_sheet(manifest, tmp_path / "out"))
    assert len(page.all("script")) == 1
    assert len(page.all("img")) == len(names) + 3
    assert not page.all("b")
    assert not page.all("i")
    assert sorted(page.order()) == sorted(shot.photo for shot in shots[:-1])
    assert "<script>alert(2)</script>" in page.all("p", **{"class": "note"})[0].text


def test_links_lead_to_photo_and_mask_whatever_their_names(tmp_path: Path) -> None:
    names = ["50%41 #1?x=y.jpg", "日本 é.jpg", 'it\'s "so" & so.jpg', "a:b.jpg"]
    page = write_sheet(tmp_path, [draw_shot(tmp_path, name, radius=10) for name in names])
    for kind in ("photo-file", "mask-file"):
        links = [link.attributes["href"] for link in page.all("a", **{"class": kind})]
        assert len(links) == len(names)
        for link in links:
            assert re.fullmatch(r"[\w./%~-]+", link, re.ASCII)
            assert (tmp_path / "out" / unquote(link)).is_file()


def test_the_mask_that_leaves_the_ring_comes_first_and_its_neighbours_do_not_follow(tmp_path: Path) -> None:
    page = write_sheet(tmp_path, draw_ring(tmp_path, [20, 20, 21, 20, 8, 20, 20, 21, 16, 20]))
    assert page.order()[:2] == ["upright/005.jpg", "upright/009.jpg"]


def test_the_least_trusted_mask_comes_first_and_says_why(tmp_path: Path) -> None:
    ring = draw_ring(tmp_path, [10, 11, 12, 30, 10])
    doubted = replace(
        ring[1],
        verdict="insufficient",
        doubt=0.9,
        reasons=("14 % of the mask looks like the room",),
        steps=(Step("the colours", 0.95, False, 0.1), Step("the plate", 0.99, False, 0.2)),
    )
    fine = [replace(shot, verdict="very good", doubt=0.01) for shot in ring]
    page = write_sheet(tmp_path, [fine[0], doubted, *fine[2:]])
    assert page.order()[0] == doubted.photo
    text = page.all("li", id="shot-2")[0].text
    assert "insufficient" in text
    assert "14 % of the mask looks like the room" in text
    assert "2\N{NO-BREAK SPACE}other ways tried, none better" in text


def test_two_wrong_masks_in_a_row_are_both_found(tmp_path: Path) -> None:
    page = write_sheet(tmp_path, draw_ring(tmp_path, [20, 21, 20, 9, 9, 20, 21, 20, 20]))
    assert set(page.order()[:2]) == {"upright/004.jpg", "upright/005.jpg"}


def test_an_empty_mask_is_the_largest_change_of_all(tmp_path: Path) -> None:
    page = write_sheet(tmp_path, draw_ring(tmp_path, [20, 21, 20, 4, 20, 20, 0, 21, 20]))
    assert page.order()[0] == "upright/007.jpg"
    assert "−100\N{NO-BREAK SPACE}% area" in page.cards()[0].text


def test_a_mask_that_moves_without_growing_is_a_change_too(tmp_path: Path) -> None:
    shots = draw_ring(tmp_path, [12] * 6)
    shots[3] = draw_shot(tmp_path, shots[3].photo, radius=12, centre=WIDTH // 4)
    assert write_sheet(tmp_path, shots).order()[0] == "upright/004.jpg"


def test_a_pass_is_compared_with_itself_and_closes_on_itself(tmp_path: Path) -> None:
    swelling = [10, 14, 18, 22, 26, 22, 18, 14]
    shots = [*draw_ring(tmp_path, [28] * 5, name="flipped"), *draw_ring(tmp_path, swelling)]
    page = write_sheet(tmp_path, shots)
    texts = {card.attributes["data-name"]: card.text for card in page.cards()}
    assert "±0\N{NO-BREAK SPACE}% area" in texts["flipped/005.jpg"]
    # The first and the last shot are neighbours: the slope through them is as even as everywhere else.
    assert page.order().index("upright/008.jpg") > page.order().index("upright/005.jpg")


def test_a_shot_alone_in_its_pass_has_no_change(tmp_path: Path) -> None:
    page = write_sheet(tmp_path, draw_ring(tmp_path, [12]))
    assert "Change" not in page.cards()[0].text


def test_each_pass_has_a_strip_chart_that_leads_to_every_shot(tmp_path: Path) -> None:
    shots = [*draw_ring(tmp_path, [10, 11, 12], name="flipped"), *draw_ring(tmp_path, [10, 30, 10, 10])]
    shots.append(failed("upright/005.jpg", "is empty"))
    page = write_sheet(tmp_path, shots)
    charts = page.all("svg", role="img")
    assert len(charts) == 2
    assert "largest change at upright/002.jpg" in charts[0].attributes["aria-label"]
    points = [e.attributes["href"][1:] for e in page.all("a") if e.attributes["href"].startswith("#")]
    places = {e.attributes["id"] for e in page.all("li") if "id" in e.attributes}
    assert len(points) == 8
    assert set(points) == places


def test_the_chart_marks_the_masks_called_insufficient_and_no_others(tmp_path: Path) -> None:
    shots = draw_ring(tmp_path, [10, 30, 10, 10])
    judged = [replace(shot, verdict="very good", doubt=0.1) for shot in shots]
    judged[2] = replace(shots[2], verdict="insufficient", doubt=0.9)
    page = write_sheet(tmp_path, judged)
    assert [e.attributes["class"] for e in page.all("circle")] == ["point", "point", "point marked", "point"]


def test_a_preview_that_is_gone_is_drawn_again_upright(tmp_path: Path) -> None:
    shots = [draw_shot(tmp_path, f"{n}.jpg", radius=10, centre=24, orientation=n) for n in range(1, 9)]
    page = write_sheet(tmp_path, shots)
    for shot in shots:
        picture = picture_of(shot.photo, tmp_path).astype(int)
        assert picture.shape == (HEIGHT, WIDTH, 3)
        assert np.abs(picture[HEIGHT // 2, 24] - (160, 90, 40)).max() < 12, shot.orientation
    assert [e.attributes["width"] for e in page.all("img") if "width" in e.attributes] == [str(WIDTH)] * len(shots)


def test_the_preview_drawn_while_masking_is_the_one_shown(tmp_path: Path) -> None:
    shots = draw_ring(tmp_path, [10, 10])
    drawn = draw_preview(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8))
    write(preview_path(tmp_path / "out", shots[0].photo), drawn)
    sources = {e.attributes["alt"]: e.attributes.get("src", "") for e in write_sheet(tmp_path, shots).all("img")}
    assert sources["upright/001.jpg with its mask outlined"].endswith(base64.b64encode(drawn).decode())


def test_a_mask_changed_by_hand_is_shown_as_it_is_now(tmp_path: Path) -> None:
    shots = [draw_shot(tmp_path, "1.jpg", radius=10, centre=24)]
    write_sheet(tmp_path, shots)
    draw_shot(tmp_path, "1.jpg", radius=10, centre=72)
    moved = tmp_path / "out" / "masks" / "1.jpg.png"
    before = picture_of("1.jpg", tmp_path)
    newer = preview_path(tmp_path / "out", "1.jpg").stat().st_mtime + 5
    os.utime(moved, (newer, newer))
    write_sheet(tmp_path, [replace(shots[0], state=State.BY_HAND)])
    after = picture_of("1.jpg", tmp_path).astype(int)
    assert np.abs(after[HEIGHT // 2, 72] - before[HEIGHT // 2, 72]).max() > 25


def test_what_a_hand_has_erased_is_shown_as_no_object(tmp_path: Path) -> None:
    shots = [draw_shot(tmp_path, "1.jpg", radius=20)]
    mask = tmp_path / "out" / shots[0].mask
    with Image.open(mask) as before:
        erased_half = before.convert("LA")
    erased_half.paste((255, 0), (WIDTH // 2, 0, WIDTH, HEIGHT))
    erased_half.save(mask)
    write_sheet(tmp_path, [replace(shots[0], state=State.BY_HAND)])
    kept, erased = (picture_of("1.jpg", tmp_path)[HEIGHT // 2, WIDTH // 2 + away].astype(int) for away in (-12, 12))
    assert np.abs(kept - (160, 90, 40)).max() < 12
    assert np.abs(erased - (160, 90, 40)).max() > 25


def test_a_photo_that_is_gone_leaves_a_card_without_a_picture(tmp_path: Path) -> None:
    shots = draw_ring(tmp_path, [10, 11, 12])
    (tmp_path / "capture" / shots[1].photo).unlink()
    write(tmp_path / "out" / shots[2].mask, b"no picture")
    page = write_sheet(tmp_path, shots)
    assert len(page.cards()) == 3
    assert len(page.all("span", **{"class": "none"})) == 2


def test_a_capture_in_which_everything_failed_still_has_a_sheet(tmp_path: Path) -> None:
    page = write_sheet(tmp_path, [failed("1.jpg", "is empty")])
    assert "No shot was masked" in page.all("main")[0].text
    assert "1\N{NO-BREAK SPACE}shot without a mask" in page.all("main")[0].text


def test_the_same_manifest_gives_the_same_page(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, draw_ring(tmp_path, [10, 11, 12]))
    first = write_contact_sheet(manifest, tmp_path / "out").read_bytes()
    assert write_contact_sheet(manifest, tmp_path / "out").read_bytes() == first


def test_five_hundred_shots_stay_under_twelve_megabytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    preview = draw_preview(noise, np.zeros((240, 320), np.uint8))
    one = draw_shot(tmp_path, "upright/IMG_0000.jpg", radius=10)
    shots = [replace(one, photo=f"upright/IMG_{number:04}.jpg", notes=("A note. " * 8,)) for number in range(500)]
    for shot in shots:
        write(preview_path(tmp_path / "out", shot.photo), preview)
    path = write_contact_sheet(manifest_of(tmp_path, shots), tmp_path / "out")
    assert path.stat().st_size < 12_000_000
    assert len(read(path).cards()) == 500


def test_a_browser_sorts_the_shots_as_they_were_taken(tmp_path: Path, chromium: str) -> None:
    shots = [*draw_ring(tmp_path, [10, 11, 12, 11], name="flipped"), *draw_ring(tmp_path, [20, 20, 9, 21, 20])]
    path = write_contact_sheet(manifest_of(tmp_path, shots), tmp_path / "out")
    assert read(path).order()[0] == "upright/003.jpg"
    assert "hidden" in read(path).all("fieldset", id="order")[0].attributes
    page, console = opened(
        chromium, path, tmp_path / "profile", script="document.querySelector('input[value=shot]').click()"
    )
    assert console == ""
    assert "hidden" not in page.all("fieldset", id="order")[0].attributes
    assert page.order() == [shot.photo for shot in (*shots[4:], *shots[:4])]
    assert [e.text for e in page.all("h3", **{"class": "pass"})] == ["upright", "flipped"]


def test_a_browser_says_in_the_full_view_what_is_wrong_with_a_mask(tmp_path: Path, chromium: str) -> None:
    shot = draw_shot(tmp_path, "a.jpg", radius=10)
    shot = replace(shot, verdict="insufficient", reasons=("a part is cut off", "the platter is kept"))
    path = write_contact_sheet(manifest_of(tmp_path, [shot]), tmp_path / "out")
    script = "document.querySelector('.picture').click()"
    page, _ = opened(chromium, path, tmp_path / "profile", script=script)
    (told,) = page.all("span", id="viewer-verdict")
    assert told.text == "insufficient: a part is cut off; the platter is kept"


def test_a_browser_shows_photo_and_mask_in_full(tmp_path: Path, chromium: str) -> None:
    shots = [draw_shot(tmp_path, "<b>a/50% #1?.jpg", radius=10, orientation=6)]
    path = write_contact_sheet(manifest_of(tmp_path, shots), tmp_path / "out")
    script = """
    document.querySelector(".picture").click();
    const look = setInterval(() => {
      // The browser's clock, which is made to run fast, does not wait for pictures to be decoded: so it has work.
      for (let n = 0; n < 5e6; n++) Math.random();
      const stage = document.querySelector(".stage");
      if (stage.classList.contains("waiting")) return;
      clearInterval(look);
      const [photo, mask] = ["photo", "mask"].map((kind) => stage.querySelector(`.${kind}`));
      const sizes = [photo.naturalWidth, photo.naturalHeight, mask.naturalWidth, mask.naturalHeight];
      document.body.dataset.seen = [sizes, stage.className].join(" ");
    }, 100);
    """
    page, console = opened(chromium, path, tmp_path / "profile", script=script)
    assert console == ""
    assert page.all("body")[0].attributes["data-seen"] == f"{WIDTH},{HEIGHT},{HEIGHT},{WIDTH} stage sideways"
    assert "open" in page.all("dialog")[0].attributes
