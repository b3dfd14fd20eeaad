"""The windows: what to mask and how, and how far it is."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any, Callable

from underside_metashape.host import MenuError
from underside_metashape.masking import EFFORTS, MODEL, Tally, Wish
from underside_metashape.process import Run

__all__ = ["Asked", "MaskDialog", "Progress", "ask", "open_file", "percent", "watch"]

_EVERY_MS = 100


def _qt() -> str:
    """Metashape's own Qt for Python: PySide2 up to now."""
    for name in sorted(("PySide2", "PySide6"), key=lambda name: name not in sys.modules):
        try:
            importlib.import_module(name + ".QtWidgets")
        except ImportError:
            continue
        return name
    return ""


_NAME = _qt()
QtCore: Any = importlib.import_module(_NAME + ".QtCore") if _NAME else None
QtGui: Any = importlib.import_module(_NAME + ".QtGui") if _NAME else None
QtWidgets: Any = importlib.import_module(_NAME + ".QtWidgets") if _NAME else None
Window = Any
_Dialog: Any = QtWidgets.QDialog if _NAME else object


@dataclass(frozen=True)
class Asked:
    """What the dialog asks for, and what it shows before a person has chosen."""

    title: str
    all_count: int = 0
    """Photos that can be masked; 0 if the choice is not offered."""
    chosen_count: int = 0
    """Selected photos; none where the choice is not offered."""
    results: str = ""
    """Where the masks will be; empty if none are made."""
    groups: bool = False
    """Whether there are camera groups."""
    existing: bool = True
    """Whether the photos may have masks already."""


class MaskDialog(_Dialog):  # type: ignore[misc]
    """Which photos, which model, and what becomes of masks that are there."""

    def __init__(self, asked: Asked, parent: Window = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Underside: " + asked.title)
        self.selected = QtWidgets.QRadioButton(f"{asked.chosen_count} selected photos")
        self.selected.setToolTip("Their whole passes are looked at, because a pass shows more than one photo does.")
        self.all = QtWidgets.QRadioButton(f"All {asked.all_count} photos")
        self.selected.setEnabled(asked.chosen_count > 0)
        (self.selected if asked.chosen_count else self.all).setChecked(True)
        self.model = QtWidgets.QComboBox()
        self.model.setEditable(True)
        self.model.addItem(MODEL)
        self.model.setToolTip(
            "Any model that `underside models` lists as installed; `underside models fetch` gets more."
        )
        self.effort = QtWidgets.QComboBox()
        self.effort.addItems(list(EFFORTS))
        self.existing = QtWidgets.QComboBox()
        self.existing.addItems(["Replace them", "Combine: what they hide stays hidden"])
        self.passes = QtWidgets.QComboBox()
        self.passes.addItems(["Folders of the photos", "Camera groups"] if asked.groups else ["Folders of the photos"])
        self.results = QtWidgets.QLineEdit(asked.results)
        browse = QtWidgets.QPushButton("Choose...")
        browse.clicked.connect(self._browse)
        place = QtWidgets.QHBoxLayout()
        place.addWidget(self.results)
        place.addWidget(browse)
        form = QtWidgets.QFormLayout(self)
        if asked.all_count:
            form.addRow("Mask", self.selected)
            form.addRow("", self.all)
        if asked.results:
            form.addRow("Model", self.model)
            form.addRow("Effort", self.effort)
        if asked.existing:
            form.addRow("Existing masks", self.existing)
        if asked.all_count:
            form.addRow("A pass is", self.passes)
        if asked.results:
            form.addRow("Results in", place)
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.Ok | QtWidgets.QDialogButtonBox.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def wish(self) -> Wish:
        """What was chosen."""
        return Wish(
            results=self.results.text().strip(),
            model=self.model.currentText().strip() or MODEL,
            effort=self.effort.currentText(),
            combine=self.existing.currentIndex() == 1,
            by_groups=self.passes.currentIndex() == 1,
        )

    def _browse(self) -> None:
        folder = QtWidgets.QFileDialog.getExistingDirectory(self, "Folder for the results", self.results.text())
        if folder:
            self.results.setText(folder)


class Progress(_Dialog):  # type: ignore[misc]
    """A bar with a Stop button; closing the window means Stop too, and never leaves the work behind."""

    def __init__(self, title: str, parent: Window = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Underside: " + title)
        self.setModal(True)
        self.stops = 0
        self.label = QtWidgets.QLabel()
        self.bar = QtWidgets.QProgressBar()
        self.bar.setRange(0, 0)
        self.button = QtWidgets.QPushButton("Stop")
        self.button.clicked.connect(self.reject)
        column = QtWidgets.QVBoxLayout(self)
        for part in (self.label, self.bar, self.button):
            column.addWidget(part)

    def reject(self) -> None:
        """Count a wish to stop; the window goes once the work has ended."""
        self.stops += 1
        self.label.setText("Finishing what has been started; press Stop again to end at once.")

    def show_share(self, done: float, total: float, text: str) -> None:
        """Move the bar; without a total it shows only that something is being done."""
        self.bar.setRange(0, int(total))
        self.bar.setValue(int(done))
        if not self.stops:
            self.label.setText(text)


def ask(asked: Asked) -> MaskDialog | None:
    """Show the dialog; nothing where it was left by Cancel."""
    need_qt()
    dialog = MaskDialog(asked, _parent())
    return dialog if _exec(dialog) else None


def need_qt() -> None:
    """Say so where there is no Qt for Python."""
    if not _NAME:
        raise MenuError(
            "This Metashape has no Qt for Python (PySide2). Without windows: metashape -r underside_menu.py --mask "
            "project.psx"
        )


def watch(run: Run, title: str) -> Tally:
    """Show how far the engine is until it has ended; the window's thread alone reads its events."""
    need_qt()
    window = Progress(title, _parent())
    tally = Tally()
    asked_to_stop = [0]

    def look() -> None:
        for event in run.events():
            tally.take(event)
        window.show_share(*tally.stage)
        if window.stops > asked_to_stop[0]:
            asked_to_stop[0] = window.stops
            run.stop()
            if window.stops > 1:
                run.kill()
        if run.ended:
            timer.stop()
            window.accept()

    timer = QtCore.QTimer(window)
    timer.timeout.connect(look)
    timer.start(_EVERY_MS)
    try:
        _exec(window)
    finally:
        timer.stop()
        run.kill()
    return tally


def percent(window: Progress, text: str) -> Callable[[float], None]:
    """For Metashape's own long calls: its progress in the window, and Stop as an exception out of the call."""

    def progress(value: float) -> None:
        # Some versions count to 1, others to 100.
        share = value if value <= 1 else value / 100
        window.show_share(100 * share, 100, text)
        QtWidgets.QApplication.processEvents()
        if window.stops:
            raise RuntimeError("Stopped")

    return progress


def open_file(path: str) -> None:
    """In the program that the system has for it."""
    need_qt()
    QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(path))


def _parent() -> Window:
    return QtWidgets.QApplication.activeWindow()


def _exec(dialog: Window) -> bool:
    # PySide2 knows exec_ only where Python 2 could have been meant; PySide6 wants exec.
    return bool((getattr(dialog, "exec", None) or dialog.exec_)())
