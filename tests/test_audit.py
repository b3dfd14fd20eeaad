"""``underside audit``: what each setting changes, as real processes."""

import base64
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from browser import browser_tab
from conftest import DEMO, FirstRun, Run, command
from numpy.typing import NDArray
from photo_files import exif
from PIL import Image
from tiny_networks import brightness

from underside.audit import compare

Row = dict[str, float]


def rows(printed: str) -> dict[str, Row]:
    """The printed table: figures by the variant's name."""
    heads = ("iou", "ssim", "gained", "lost", "seconds", "truth")
    lines = (line.replace("%", "").split() for line in printed.splitlines() if re.search(r"\d\.\d{4}  \d\.\d{4}", line))
    return {name: dict(zip(heads, map(float, figures), strict=False)) for name, *figures in lines}


class Page(HTMLParser):
    """What the tests look at in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        for address in self.addresses:
            if address.startswith("data:"):
                content = np.frombuffer(base64.b64decode(address.split(",")[1]), np.uint8)
                picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
                assert picture is not None
                yield picture.astype(np.uint8, copy=False)


def audited(run: Run, *words: object, code: int = 0) -> dict[str, Row]:
    done = run("audit", *words, "-o", "audit")
    assert done.returncode == code, done.stderr + done.stdout
    return rows(done.stdout)


def page_in(folder: Path) -> Page:
    return Page((folder / "audit" / "audit.html").read_text(encoding="utf-8"))


def test_the_usual_settings_are_tried_on_a_sample(run: Run, capture: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in capture.rglob("*") if path.is_file()}
    found = audited(run, capture, "--sample", 1)
    assert {"reference", "effort=fast", "working-size=384", "working-size=640", "grow=-2", "grow=2"} <= set(found)
    assert found["reference"]["iou"] == found["reference"]["ssim"] == 1
    for name in ("effort=fast", "working-size=384", "grow=-2", "grow=2"):
        assert 0.5 < found[name]["iou"] < 1, name
        assert 0.5 < found[name]["ssim"] < 1, name
        assert found[name]["gained"] + found[name]["lost"] > 0
    assert all(row["seconds"] > 0 for row in found.values())
    assert [path.name for path in (tmp_path / "audit").iterdir()] == ["audit.html"]
    assert {path: path.read_bytes() for path in capture.rglob("*") if path.is_file()} == before


def test_growing_gains_and_shrinking_loses(run: Run, capture: Path) -> None:
    found = audited(run, capture, "--sample", 1, "--vary", "grow=-3,0,3")
    assert set(found) == {"reference", "grow=-3", "grow=3"}
    assert found["grow=3"]["gained"] > found["grow=3"]["lost"] == 0
    assert found["grow=-3"]["lost"] > found["grow=-3"]["gained"] == 0


def test_the_reference_is_what_was_chosen(run: Run, capture: Path) -> None:
    found = audited(run, capture, "--sample", 1, "--grow", "2", "--vary", "grow=0,2", "--vary", "keep=largest")
    assert set(found) == {"reference", "grow=0", "keep=largest"}
    assert found["grow=0"]["lost"] > found["grow=0"]["gained"] == 0


def test_usual_settings_that_do_not_go_with_the_chosen_ones_are_left_out(run: Run, capture: Path) -> None:
    found = audited(run, capture, "--sample", 1, "--segmenter", "threshold", "--background", 210)
    assert {"reference", "grow=2", "foreground=250"} <= set(found)
    assert "foreground=200" not in found


def test_what_concerns_one_segmenter_does_not_keep_others_from_being_tried(run: Run, capture: Path) -> None:
    words = ("--segmenter", "chroma", "--key-colour", "#28a03c", "--vary", "segmenter=threshold,kmeans")
    found = audited(run, capture, "--sample", 1, *words)
    assert set(found) == {"reference", "segmenter=threshold", "segmenter=kmeans"}


def test_what_concerns_one_segmenter_can_be_varied_and_is_named(run: Run, capture: Path, tmp_path: Path) -> None:
    words = ("--segmenter", "chroma", "--key-colour", "#28a03c", "--vary", "key-colour=#c0c0c0")
    assert set(audited(run, capture, "--sample", 1, *words)) == {"reference", "key-colour=#c0c0c0"}
    assert "#28a03c" in page_in(tmp_path).texts


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("colour=red", "no setting colour to vary.*effort.*grow.*model.*working-size"),
        ("cutout=black", "no setting cutout to vary"),
        ("key-colour=#c0c0c0", "--key-colour is for --segmenter chroma, not for network"),
        ("grow", "grow names no values"),
        ("grow=", "names no values"),
        ("grow=two", "grow two is not valid. Use a whole number"),
        ("grow=500", "grow 500 is not valid. Use a whole number from -200 to 200"),
        ("foreground=0", "from 1 to 255"),
        ("effort=heroic", "effort heroic is not valid. Use one of fast, normal, best"),
        ("foreground=3", "--background 15 is not below"),
    ],
)
def test_what_cannot_be_varied_is_refused_in_one_line(wish: str, words: str, run: Run, capture: Path) -> None:
    done = run("audit", capture, "--vary", wish)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert re.search(words, done.stderr), done.stderr


def test_the_page_names_what_has_found_the_object(run: Run, capture: Path, tmp_path: Path) -> None:
    audited(run, capture, "--sample", 1, "--segmenter", "threshold", "--vary", "grow=2")
    told = " ".join(page_in(tmp_path).texts)
    assert "masked with threshold, effort normal" in told
    assert "turntable" not in told


def test_with_a_truth_each_variant_is_measured_against_it(
    run: Run, capture: Path, tmp_path: Path, first_run: FirstRun
) -> None:
    shutil.copytree(first_run.out / "masks", tmp_path / "truth")
    found = audited(run, capture, "--sample", 2, "--truth", tmp_path / "truth", "--vary", "grow=2")
    assert found["reference"]["truth"] == 1
    assert found["grow=2"]["truth"] == found["grow=2"]["iou"] < 1
    assert "IoU with the truth" in page_in(tmp_path).texts


def test_the_sample_is_spread_over_the_passes_and_the_same_every_time(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "figurine"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("README.md"))
    shots = []
    for _ in range(2):
        audited(run, folder, "--sample", 4, "--effort", "fast", "--vary", "grow=1")
        shots.append({text for text in page_in(tmp_path).texts if re.fullmatch(r"\w+/DSC_\d+\.JPG", text)})
    assert shots[0] == shots[1]
    assert sorted(name.split("/")[0] for name in shots[0]) == ["flipped", "flipped", "upright", "upright"]


def test_the_page_needs_nothing_else(run: Run, capture: Path, tmp_path: Path) -> None:
    audited(run, capture, "--sample", 1, "--vary", "grow=3", "--vary", "working-size=384")
    page = page_in(tmp_path)
    assert all(address.startswith(("data:image/", "#setting-")) for address in page.addresses)
    # For each setting the reference, then the whole photo and a detail of the variant.
    pictures = list(page.pictures)
    assert len(pictures) == 6
    blue, green, red = (pictures[2][..., channel].astype(int) for channel in range(3))
    assert ((blue > 200) & (red < 60) & (green > 120)).mean() > 0.02, "gained pixels are drawn in their colour"


def test_a_turned_photo_is_shown_upright(run: Run, tmp_path: Path) -> None:
    (tmp_path / "capture").mkdir()
    with Image.open(DEMO / "upright" / "DSC_0001.JPG") as photo:
        stored = photo.transpose(Image.Transpose.ROTATE_90)
        stored.save(tmp_path / "capture" / "a.jpg", exif=exif(6), quality=92)
        wide = photo.width > photo.height
    # Without a ladder, which a grown mask may climb elsewhere.
    found = audited(run, tmp_path / "capture", "--effort", "fast", "--vary", "grow=3")
    assert found["grow=3"]["lost"] == 0
    whole = next(page_in(tmp_path).pictures)
    assert (whole.shape[1] > whole.shape[0]) is wide


def test_a_broken_photo_is_named_and_the_rest_goes_on(run: Run, capture: Path, tmp_path: Path) -> None:
    (capture / "upright" / "DSC_0001.JPG").write_bytes(b"no photo")
    done = run("audit", capture, "--sample", 4, "--vary", "grow=1", "-o", "audit")
    assert done.returncode == 3
    assert rows(done.stdout)["grow=1"]["gained"] > 0
    assert len([line for line in done.stdout.splitlines() if "upright/DSC_0001.JPG" in line]) == 1
    assert any("DSC_0001.JPG" in text and "is not a photo" in text for text in page_in(tmp_path).texts)


def test_a_variant_that_cannot_be_done_does_not_stop_the_others(run: Run, capture: Path, tmp_path: Path) -> None:
    network = brightness(tmp_path / "fixed.onnx", shape=(1, 3, 320, 320))
    words = ("--sample", 1, "--model", network, "--vary", "working-size=640", "--vary", "grow=1")
    done = run("audit", capture, *words, "-o", "audit")
    assert done.returncode == 3, done.stderr
    assert "working-size=640  could not be done" in done.stdout
    assert "320 x 320 pixels and no other size" in done.stdout
    assert "grow=1" in rows(done.stdout)


def test_a_folder_without_photos_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = run("audit", tmp_path / "nothing")
    assert done.returncode == 2
    assert "There are no photos to sample" in done.stderr


@pytest.mark.parametrize(
    ("output", "why"),
    [("photo.jpg", "a file stands where a folder is needed"), ("taken", "a folder stands in its place")],
)
def test_where_no_page_can_be_written_nothing_is_masked_first(
    output: str, why: str, run: Run, capture: Path, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"kept")
    (tmp_path / "taken" / "audit.html").mkdir(parents=True)
    done = run("audit", capture, "--sample", 1, "--vary", "grow=2", "-o", output)
    assert done.returncode == 2
    assert why in done.stderr
    assert rows(done.stdout) == {}
    assert (tmp_path / "photo.jpg").read_bytes() == b"kept"
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["audit.html"]


def test_an_interrupted_audit_ends_without_a_page(capture: Path, tmp_path: Path) -> None:
    words = command("audit", capture, "-o", "audit")
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while not process.stdout.readline().startswith("reference"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (tmp_path / "audit").exists()


@pytest.mark.parametrize("box", [(40, 30, 60, 50), (0, 0, 9, 4), (95, 70, 120, 90), (0, 0, 120, 90)])
def test_similarity_is_that_of_its_authors(box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    before = np.zeros((90, 120), np.uint8)
    cv2.circle(before, (50, 40), 25, 255, -1)
    after = before.copy()
    after[top:bottom, left:right] ^= 255
    assert compare(before, after).ssim == pytest.approx(similarity(before, after), abs=1e-5)
    assert compare(before, before).ssim == 1


def similarity(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Window by window, as the paper has it."""
    at = np.arange(-5, 6)
    window = np.exp(-(at[:, None] ** 2 + at**2) / (2 * 1.5**2))
    window /= window.sum()

    def over(values: NDArray[Any]) -> NDArray[np.float64]:
        views = np.lib.stride_tricks.sliding_window_view(np.pad(values, 5, mode="symmetric"), (11, 11))
        return np.asarray((views * window).sum((2, 3)), np.float64)

    a, b = one.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = over(a), over(b)
    var_a, var_b = over(a * a) - mean_a**2, over(b * b) - mean_b**2
    both = over(a * b) - mean_a * mean_b
    c1, c2 = 2.55**2, 7.65**2
    alike = (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return float(alike.mean())


def test_a_table_wider_than_the_screen_shows_that_it_goes_on(
    first_run: FirstRun, run: Run, capture: Path, tmp_path: Path, chromium: str
) -> None:
    shutil.copytree(first_run.out / "masks", tmp_path / "truth")
    varied = ("--vary", "segmenter=threshold", "--vary", "working-size=480")
    audited(run, capture, "--sample", 1, "--truth", tmp_path / "truth", *varied)
    with browser_tab(chromium, tmp_path / "profile") as tab:
        tab.send("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        tab.open(tmp_path / "audit" / "audit.html")
        assert tab.ask("document.documentElement.scrollWidth") == 390

        def shades() -> tuple[int, int]:
            """How much darker than the paper the edges of the table's box are, above its first line of text."""
            row = tab.picture(".wide")[2, :, 0].astype(int)
            return int(row.max() - row[1]), int(row.max() - row[-2])

        left, right = shades()
        assert left < 5 < 20 < right
        tab.ask("document.querySelector('.wide').scrollLeft = 9999")
        left, right = shades()
        assert right < 5 < 20 < left
