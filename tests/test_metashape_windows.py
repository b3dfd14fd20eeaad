"""The Metashape menu's windows, without a screen: choices reach the engine, Stop stops, one message ends it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import prepared_sets
import pytest
from metashape_host import HostProgram, change, finished, part, started, two_poses

from underside.prepare import prepare

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="PySide6 is not here", exc_type=ImportError)
QtCore = pytest.importorskip("PySide6.QtCore", reason="PySide6 is not here", exc_type=ImportError)
QtGui = pytest.importorskip("PySide6.QtGui", reason="PySide6 is not here", exc_type=ImportError)

MASK = "Underside/Mask photos..."


@pytest.fixture(scope="session")
def application() -> Any:  # noqa: ANN401
    return QtWidgets.QApplication.instance() or QtWidgets.QApplication([])


@pytest.fixture
def host(tmp_path: Path, application: Any) -> Iterator[HostProgram]:  # noqa: ANN401
    with started(tmp_path) as host:
        yield host


class Person:
    """Somebody at the screen: looks at the window in front twenty times a second."""

    def __init__(self) -> None:
        self.habits: dict[str, Callable[[Any], None]] = {}
        self.seen: list[str] = []
        self.timer = QtCore.QTimer()
        self.timer.timeout.connect(self._look)
        self.timer.start(50)

    def does(self, **habits: Callable[[Any], None]) -> None:
        self.habits = habits

    def _look(self) -> None:
        window = QtWidgets.QApplication.activeModalWidget()
        if window is not None:
            self.seen.append(type(window).__name__)
            # A window that nobody answers would wait for ever.
            self.habits.get(type(window).__name__, _wait)(window)


def _wait(window: Any) -> None:  # noqa: ANN401
    if type(window).__name__ == "MaskDialog":
        window.reject()


@pytest.fixture
def person(application: Any) -> Iterator[Person]:  # noqa: ANN401
    person = Person()
    yield person
    person.timer.stop()


def accept(window: Any) -> None:  # noqa: ANN401
    window.effort.setCurrentText("fast")
    window.accept()


def test_masking_from_the_menu_to_the_report(
    host: HostProgram, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    person.does(MaskDialog=accept)
    assert host.app.choose(MASK).startswith("4 of 4 photos have their mask.")
    assert all(camera.mask for camera in chunk.cameras)
    assert {"MaskDialog", "Progress"} <= set(person.seen)
    results = next((host.folder / "projekt.underside").iterdir())
    opened: list[str] = []
    monkeypatch.setattr(part("windows").QtGui, "QDesktopServices", _Desktop(opened))
    assert host.app.choose("Underside/Open report") == ""
    assert opened == [str(results / "report.html")]


class _Desktop:
    def __init__(self, opened: list[str]) -> None:
        self._opened = opened

    def openUrl(self, url: Any) -> None:  # noqa: ANN401, N802
        self._opened.append(url.toLocalFile())


def test_the_report_of_a_prepared_set_is_that_of_the_results_it_was_made_from(
    host: HostProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = prepared_sets.masked(tmp_path / "source")
    prepare(source.out, tmp_path / "set", "metashape")
    host.app.folder = str(tmp_path / "set")
    assert "2 with a mask" in host.app.choose("Underside/Import capture as one chunk...")
    opened: list[str] = []
    monkeypatch.setattr(part("windows").QtGui, "QDesktopServices", _Desktop(opened))
    (source.out / "report.html").unlink(missing_ok=True)
    assert host.app.choose("Underside/Open report").startswith(f"There is no report for {tmp_path / 'set'}. ")
    (source.out / "report.html").write_text("")
    assert host.app.choose("Underside/Open report") == ""
    assert opened == [str(source.out / "report.html")]


def test_cancelling_the_dialog_changes_nothing(host: HostProgram, person: Person, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright)
    person.does(MaskDialog=lambda window: window.reject())
    assert host.app.choose(MASK) == ""
    assert person.seen == ["MaskDialog"]
    assert chunk.calls == []
    assert not (host.folder / "projekt.underside").exists()


def test_only_selected_cameras_are_written_and_their_whole_pass_is_looked_at(
    host: HostProgram, person: Person, tmp_path: Path
) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    chunk.cameras[0].selected = True
    totals: list[int] = []
    person.does(MaskDialog=accept, Progress=lambda window: totals.append(window.bar.maximum()))
    assert host.app.choose(MASK) == "1 of 1 photos have their mask."
    assert [bool(camera.mask) for camera in chunk.cameras] == [True, False, False, False]
    masks = list((host.folder / "projekt.underside").rglob("masks/**/*.png"))
    assert sorted(mask.name for mask in masks) == ["DSC_0001.JPG.png", "DSC_0002.JPG.png"]


def test_stop_keeps_what_is_finished_and_writes_nothing_to_the_chunk(
    host: HostProgram, person: Person, tmp_path: Path
) -> None:
    upright, flipped = two_poses(tmp_path, 6)
    chunk = host.chunk(*upright, *flipped)

    def stop(window: Any) -> None:  # noqa: ANN401
        if window.bar.value() > 0 and not window.stops:
            window.button.click()

    person.does(MaskDialog=accept, Progress=stop)
    told = host.app.choose(MASK)
    assert told.startswith("Stopped. ")
    assert "the same command continues with the rest" in told
    assert chunk.calls == []
    person.does(MaskDialog=accept)
    assert host.app.choose(MASK).startswith("12 of 12 photos have their mask.")


class Told:
    """A run that tells one event at each look."""

    asked_to_stop, ended = False, False

    def __init__(self, *events: dict[str, object]) -> None:
        self._events = list(events)

    def events(self, wait: float = 0.0) -> list[dict[str, object]]:
        assert not wait
        self.ended = len(self._events) <= 1
        return [self._events.pop(0)] if self._events else []

    def kill(self) -> None:
        return


def test_the_window_says_what_is_done_while_no_mask_is_made(host: HostProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = part("windows")
    shown: list[tuple[str, int]] = []

    show = windows.Progress.show_share

    def seen(window: Any, done: float, total: float, text: str) -> None:  # noqa: ANN401
        show(window, done, total, text)
        shown.append((window.label.text(), window.bar.maximum()))

    monkeypatch.setattr(windows.Progress, "show_share", seen)
    tally = windows.watch(
        Told(
            {"event": "something new"},
            {"event": "started", "total": 2},
            {"event": "shot", "photo": "a.JPG"},
            {"event": "shot", "photo": "b.JPG"},
            {"event": "proving", "text": "Repairing masks"},
            {"event": "proof", "answer": "yes", "reasons": []},
            {"event": "finished"},
        ),
        "mask photos",
    )
    assert shown[:6] == [
        ("Starting...", 0),
        ("Looking over all 2 photos first...", 0),
        ("1 of 2: a.JPG", 2),
        ("2 of 2: b.JPG", 2),
        ("Proving that the passes are one object: Repairing masks...", 0),
        ("2 of 2: b.JPG", 2),
    ]
    assert (tally.done, tally.proving) == (2, "")


def test_stopping_twice_ends_at_once(host: HostProgram, person: Person, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 6)
    host.chunk(*upright, *flipped)
    person.does(MaskDialog=accept, Progress=lambda window: window.reject())
    told = host.app.choose(MASK)
    assert told == "Stopped. Nothing had been started."
    assert not list(host.folder.rglob("*.underside-part"))


def test_the_dialog_asks_for_no_more_than_there_is(host: HostProgram) -> None:
    windows = part("windows")
    dialog = windows.MaskDialog(windows.Asked("mask", all_count=9, results="/ergebnis ü"))
    assert dialog.all.isChecked()
    assert not dialog.selected.isEnabled()
    assert dialog.passes.count() == 1
    masking = part("masking")
    assert dialog.wish() == masking.Wish("/ergebnis ü")
    dialog = windows.MaskDialog(windows.Asked("mask", all_count=9, chosen_count=2, results="/r", groups=True))
    assert dialog.selected.isChecked()
    dialog.model.setEditText("u2netp")
    dialog.effort.setCurrentText("best")
    dialog.existing.setCurrentIndex(1)
    dialog.passes.setCurrentIndex(1)
    assert dialog.wish() == masking.Wish("/r", model="u2netp", effort="best", combine=True, by_groups=True)


def test_the_dialog_counts_neither_disabled_cameras_nor_known_plates(
    host: HostProgram, person: Person, tmp_path: Path
) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    chunk.cameras[3].enabled = False
    folder = finished(host, upright)
    change(folder, capture=str(host.folder / "photos"), shots=[], plates=["flipped/DSC_0001.JPG"])
    host.app.folder = str(folder)
    host.app.choose("Underside/Import finished masks...")
    texts: list[str] = []

    def read(window: Any) -> None:  # noqa: ANN401
        texts.append(window.all.text())
        window.reject()

    person.does(MaskDialog=read)
    host.app.choose(MASK)
    assert texts == ["All 2 photos"]


def rows(dialog: Any) -> list[str]:  # noqa: ANN401
    return [label.text() for label in dialog.findChildren(QtWidgets.QLabel)]


@pytest.mark.parametrize("combine", [True, False])
def test_importing_masks_asks_what_becomes_of_those_that_are_there(
    host: HostProgram, person: Person, tmp_path: Path, combine: bool
) -> None:
    upright, _ = two_poses(tmp_path)
    chunk = host.chunk(*upright)
    host.app.folder = str(finished(host, upright))
    host.app.choose("Underside/Import finished masks...")
    assert person.seen == []
    before = chunk.cameras[0].mask
    host.app.choose("Underside/Import finished masks...")
    assert person.seen == ["MaskDialog"]
    assert chunk.cameras[0].mask is before
    asked: list[str] = []

    def answer(window: Any) -> None:  # noqa: ANN401
        asked.extend(rows(window))
        window.existing.setCurrentIndex(int(combine))
        window.accept()

    person.does(MaskDialog=answer)
    assert host.app.choose("Underside/Import finished masks...") == "2 of 2 photos have their mask."
    assert asked == ["Existing masks"]
    operation = chunk.calls[-1][1]["mask_operation"].name
    assert operation == ("MaskOperationUnion" if combine else "MaskOperationReplacement")


@pytest.mark.parametrize("top", [1.0, 100.0])
def test_metashapes_progress_may_count_to_one_or_a_hundred(host: HostProgram, top: float) -> None:
    windows = part("windows")
    window = windows.Progress("align")
    progress = windows.percent(window, "Matching...")
    shown = []
    for share in (0.0, 0.5, 1.0):
        progress(share * top)
        shown.append(window.bar.value())
    assert shown == [0, 50, 100]
    window.reject()
    with pytest.raises(RuntimeError):
        progress(top)


def test_aligning_from_the_menu_asks_where_masks_are_missing(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright, *flipped)
    host.app.answer = False
    assert host.app.choose("Underside/Align for two poses") == ""
    assert "2 of 2 photos have no mask" in host.app.questions[0]
    assert chunk.calls == []
    host.app.folder = str(finished(host, [*upright, *flipped]))
    host.app.choose("Underside/Import finished masks...")
    told = host.app.choose("Underside/Align for two poses")
    assert "2 of 2 photos were aligned." in told
    assert [name for name, _ in chunk.calls][-2:] == ["matchPhotos", "alignCameras"]
    before = len(chunk.calls)
    assert host.app.choose("Underside/Align for two poses") == ""
    assert len(host.app.questions) == 2
    assert host.app.questions[1].startswith("2 of 2 photos are aligned already: aligning again discards")
    assert len(chunk.calls) == before


def test_a_folder_of_photos_becomes_a_masked_chunk(
    host: HostProgram, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_poses(tmp_path, 1)
    host.app.folder = str(host.folder / "photos")
    asked: list[str] = []
    efforts: list[str] = []
    begin = part("menu").begin_folder

    def begun(engine: object, folder: str, wish: Any) -> Any:  # noqa: ANN401
        efforts.append(wish.effort)
        return begin(engine, folder, wish)

    monkeypatch.setattr(part("menu"), "begin_folder", begun)

    def answer(window: Any) -> None:  # noqa: ANN401
        asked.extend(rows(window))
        accept(window)

    person.does(MaskDialog=answer)
    told = host.app.choose("Underside/Import capture as one chunk...")
    assert asked == ["Model", "Effort", "Results in"]
    assert told.startswith("2 photos of 2 pass(es), 2 with a mask.")
    chunk = host.metashape.document.chunk
    assert chunk is not None
    assert all(camera.mask for camera in chunk.cameras)
    assert efforts == ["fast"]


def test_a_folder_of_photos_whose_dialog_is_cancelled_is_not_masked(
    host: HostProgram, person: Person, tmp_path: Path
) -> None:
    two_poses(tmp_path, 1)
    host.app.folder = str(host.folder / "photos")
    assert host.app.choose("Underside/Import capture as one chunk...") == ""
    assert person.seen == ["MaskDialog"]
    assert host.metashape.document.chunks == []
    assert not (host.folder / "projekt.underside").exists()


def test_a_read_only_project_folder_is_one_message(host: HostProgram, person: Person, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    host.chunk(*upright)
    # A file in the way is refused to everybody, also to a user who may write anywhere.
    (host.folder / "projekt.underside").write_text("")
    person.does(MaskDialog=accept)
    told = host.app.choose(MASK)
    assert "cannot be written to" in told
    assert "Choose another folder for the results" in told


def test_a_mistake_of_our_own_is_one_message_too(host: HostProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part("menu"), "check_masks", None)
    monkeypatch.setattr(part("menu"), "_some_views", lambda *_: ([], []))
    host.metashape.document.chunk = host.metashape.document.addChunk()
    told = host.app.choose("Underside/Check masks")
    assert "Internal error" in told
    assert "\n" not in told


def test_without_qt_the_entries_say_what_to_do_instead(
    host: HostProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright, _ = two_poses(tmp_path, 1)
    host.chunk(*upright)
    monkeypatch.setattr(part("windows"), "_NAME", "")
    assert "metashape -r underside_menu.py --mask" in host.app.choose(MASK)
