"""The menu's entries: each one thing to do, and every failure one message."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from typing import Callable

from underside_metashape import windows
from underside_metashape.align import align, before_aligning
from underside_metashape.check import check_masks
from underside_metashape.host import Chunk, Document, Host, MenuError, in_words, listed
from underside_metashape.masking import Wish, begin, begin_folder, check_end, import_results
from underside_metashape.newchunk import import_capture
from underside_metashape.record import find_engine
from underside_metashape.results import MANIFEST, Results, needs_mask, plates_among, read_results, report_of
from underside_metashape.views import View, common_folder, results_beside, views_of, whole_passes

__all__ = ["ENTRIES", "add_menu"]

_NAME = "Underside"


def add_menu(metashape: Host) -> None:
    """Add the entries; those of an earlier run of this script go first."""
    for label, action in ENTRIES:
        whole = f"{_NAME}/{label}"
        if hasattr(metashape.app, "removeMenuItem"):
            metashape.app.removeMenuItem(whole)
        metashape.app.addMenuItem(whole, partial(_told, metashape, action))


def _told(metashape: Host, action: Callable[[Host], str]) -> None:
    try:
        message = action(metashape)
    except Exception as error:
        message = in_words(error)
    if message:
        metashape.app.messageBox(message)


# ---- what the entries do


def _mask_photos(metashape: Host) -> str:
    document, chunk = _open_chunk(metashape)
    views, set_aside = _some_views(metashape, chunk)
    engine = find_engine()
    selected = [view for view in views if view.camera.selected]
    results = results_beside(document.path, common_folder(view.path for view in views))
    known, _ = _last_results(metashape, document, views)
    dialog = windows.ask(
        windows.Asked(
            title="mask photos",
            all_count=sum(needs_mask(view, known) for view in views),
            chosen_count=len(selected),
            results=results,
            groups=any(view.group for view in views),
        )
    )
    if dialog is None:
        return ""
    wish = dialog.wish()
    chosen = selected if dialog.selected.isChecked() else views
    seen = whole_passes(views, chosen, by_groups=wish.by_groups)
    wish = _by_folder(wish, results, document.path, seen)
    run = begin(engine, seen, wish)
    tally = windows.watch(run, "mask photos")
    check_end(run, tally)
    _remember(metashape, document, wish.results)
    message = import_results(metashape, chunk, chosen, wish.results, combine=wish.combine, step=_step(metashape))
    told = [message, tally.unproven, *(["Not masked:", *listed(set_aside)] if set_aside else [])]
    return "\n".join(filter(None, told))


def _import_masks(metashape: Host) -> str:
    document, chunk = _open_chunk(metashape)
    views, _ = _some_views(metashape, chunk)
    folder = _ask_folder(metashape, document, f"The folder with finished masks (it has a {MANIFEST})")
    if not folder:
        return ""
    chosen = [view for view in views if view.camera.selected] or views
    combine = False
    if any(view.frame.mask is not None for view in chosen):
        dialog = windows.ask(windows.Asked(title="import finished masks"))
        if dialog is None:
            return ""
        combine = dialog.wish().combine
    message = import_results(metashape, chunk, chosen, folder, combine=combine, step=_step(metashape))
    _remember(metashape, document, folder)
    return message


def _import_capture(metashape: Host) -> str:
    document = metashape.app.document
    folder = _ask_folder(metashape, document, "A folder with finished masks, or a capture's folder of photos")
    if not folder:
        return ""
    results, unproven = folder, ""
    if not os.path.isfile(os.path.join(folder, MANIFEST)):
        engine = find_engine()
        usual = results_beside(document.path, os.path.abspath(folder).replace("\\", "/"))
        dialog = windows.ask(windows.Asked(title="mask a capture", results=usual, existing=False))
        if dialog is None:
            return ""
        wish = dialog.wish()
        run = begin_folder(engine, folder, wish)
        tally = windows.watch(run, "mask a capture")
        check_end(run, tally)
        results, unproven = wish.results, tally.unproven
    _, message = import_capture(metashape, document, results, _step(metashape))
    _remember(metashape, document, results)
    return "\n".join(filter(None, [message, unproven]))


def _align(metashape: Host) -> str:
    _, chunk = _open_chunk(metashape)
    views, _ = _some_views(metashape, chunk)
    doubts = before_aligning(chunk, views)
    if doubts and not metashape.app.getBool("{} Align anyway?".format(" ".join(doubts))):
        return ""
    windows.need_qt()
    window = windows.Progress("align for two poses")
    window.show()
    try:
        return align(chunk, views, windows.percent(window, "Matching and aligning..."))
    except Exception as error:
        if window.stops:
            return "Stopped. The chunk may be partly aligned."
        raise MenuError(f"Metashape could not align the photos: {error}") from error
    finally:
        window.accept()


def _check(metashape: Host) -> str:
    document, chunk = _open_chunk(metashape)
    views, set_aside = _some_views(metashape, chunk)
    results, unread = _last_results(metashape, document, views)
    poor, reasons = check_masks(views, results, _step(metashape))
    needed = sum(needs_mask(view, results) for view in views)
    if poor:
        for view in views:
            view.camera.selected = False
        for view in poor:
            view.camera.selected = True
        told = [f"{len(poor)} of {needed} photos need a look; they are selected now:", *listed(reasons)]
    else:
        told = [f"All {needed} masks are there, of the right size, neither empty nor full."]
    not_checked = [*set_aside, *plates_among(views, results)]
    return "\n".join([*told, *(["Not checked:", *listed(not_checked)] if not_checked else []), *unread])


def _open_report(metashape: Host) -> str:
    document = metashape.app.document
    folder = _remembered(metashape, document)
    if not folder:
        return "There is no report yet. Mask photos, or import finished masks, first."
    report = report_of(folder)
    if not report:
        return f"There is no report for {folder}. Mask photos, or import the output folder of `underside mask`."
    windows.open_file(report)
    return ""


ENTRIES: tuple[tuple[str, Callable[[Host], str]], ...] = (
    ("Mask photos...", _mask_photos),
    ("Import finished masks...", _import_masks),
    ("Import capture as one chunk...", _import_capture),
    ("Align for two poses", _align),
    ("Check masks", _check),
    ("Open report", _open_report),
)


# ---- what they share


def _open_chunk(metashape: Host) -> tuple[Document, Chunk]:
    document = metashape.app.document
    if document.chunk is None:
        raise MenuError("There is no chunk. Add photos first, or use Underside > Import capture as one chunk.")
    return document, document.chunk


def _some_views(metashape: Host, chunk: Chunk) -> tuple[list[View], list[str]]:
    views, set_aside = views_of(metashape, chunk)
    if not views:
        raise MenuError("\n".join(["This chunk has no photos that can be masked.", *listed(set_aside)]))
    return views, set_aside


def _by_folder(wish: Wish, offered: str, project: str, views: list[View]) -> Wish:
    """Results of a part of the photos have a folder of their own: the engine keeps one capture in each."""
    if wish.results != offered:
        return wish
    folder = results_beside(project, common_folder(view.path for view in views))
    return Wish(folder, wish.model, wish.effort, wish.combine, wish.by_groups)


def _last_results(metashape: Host, document: Document, views: list[View]) -> tuple[Results | None, list[str]]:
    """The results that were imported last, or left by a run without a window; else why they cannot be read."""
    try:
        folder = _remembered(metashape, document) or _usual_results(document, views)
        return (read_results(folder) if os.path.isfile(os.path.join(folder, MANIFEST)) else None), []
    except MenuError as error:
        return None, [f"The engine's verdicts were not checked. {error}"]


def _usual_results(document: Document, views: list[View]) -> str:
    return results_beside(document.path, common_folder(view.path for view in views)) if document.path else ""


def _step(metashape: Host) -> Callable[[], None]:
    return lambda: metashape.app.update()


def _ask_folder(metashape: Host, document: Document, hint: str) -> str:
    start = _remembered(metashape, document) or os.path.dirname(document.path)
    return str(metashape.app.getExistingDirectory(hint, start) or "")


def _setting(document: Document) -> str:
    mark = hashlib.sha256(document.path.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"underside/results/{mark}"


def _remember(metashape: Host, document: Document, folder: str) -> None:
    metashape.app.settings.setValue(_setting(document), folder)


def _remembered(metashape: Host, document: Document) -> str | None:
    return metashape.app.settings.value(_setting(document)) or None
