"""Masking without a window: ``metashape -r underside_menu.py --mask project.psx``, for farms."""

from __future__ import annotations

import argparse
import os

from underside_metashape.check import lacking_masks
from underside_metashape.host import Chunk, Document, Host, MenuError, StoppedError, in_words, listed, say
from underside_metashape.masking import EFFORTS, MODEL, Tally, Wish, begin, check_end, import_results
from underside_metashape.process import Run
from underside_metashape.record import Engine, find_engine
from underside_metashape.results import read_results
from underside_metashape.views import View, common_folder, results_beside, results_in, views_of

__all__ = ["headless"]

_COULD_NOT_RUN = 2
_SOME_WITHOUT_MASK = 3
_INTERRUPTED = 130


def headless(metashape: Host, words: list[str]) -> int:
    """Do what the words say; the answer is the exit code."""
    wanted = _parser().parse_args(words)
    try:
        return _mask(metashape, wanted)
    except MenuError as error:
        say(f"underside: {error}")
        return _INTERRUPTED if isinstance(error, StoppedError) else _COULD_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="underside_menu.py", description="Mask the photos of a Metashape project.")
    parser.add_argument("--mask", metavar="PROJECT", required=True, help="the project; it is saved with its masks")
    parser.add_argument("--chunk", metavar="LABEL", help="only this chunk; default: all")
    parser.add_argument(
        "--results",
        metavar="FOLDER",
        help="for masks and report, with a sub-folder per chunk if there are several; default: beside the project",
    )
    parser.add_argument("--model", default=MODEL, help="a name that `underside models` lists")
    parser.add_argument("--effort", choices=EFFORTS, default=EFFORTS[0])
    parser.add_argument("--combine", action="store_true", help="combine: what existing masks hide stays hidden")
    parser.add_argument("--groups", action="store_true", help="camera groups are passes; otherwise folders are")
    return parser


def _mask(metashape: Host, wanted: argparse.Namespace) -> int:
    engine = find_engine()
    if not metashape.app.activated:
        raise MenuError("Metashape is not activated here and could not save the project. Activate it first.")
    # The application's own document is there with a window only.
    document = metashape.Document()
    _open(document, wanted.mask)
    chunks = [chunk for chunk in document.chunks if wanted.chunk in (None, chunk.label)]
    if not chunks:
        raise MenuError("There is no chunk {} in {}. Check its label.".format(wanted.chunk or "", wanted.mask))
    lacking: list[str] = []
    failed: list[str] = []
    for chunk in chunks:
        lacks, failure = _try_chunk(metashape, engine, chunk, wanted, several=len(chunks) > 1)
        if failure:
            failed.append(failure)
        else:
            lacking += lacks
            _save(document, wanted.mask)
    if lacking:
        say("Without a usable mask:")
    for line in [*listed(lacking), *failed]:
        say(line)
    return _COULD_NOT_RUN if failed else _SOME_WITHOUT_MASK if lacking else 0


def _try_chunk(
    metashape: Host, engine: Engine, chunk: Chunk, wanted: argparse.Namespace, *, several: bool
) -> tuple[list[str], str]:
    """Which photos lack a mask, and why the chunk could not be masked, if so: it must not harm the others."""
    try:
        return _mask_chunk(metashape, engine, chunk, wanted, several=several), ""
    except StoppedError:
        raise
    except Exception as error:
        return [], f"underside: {chunk.label}: {in_words(error)}"


def _mask_chunk(
    metashape: Host, engine: Engine, chunk: Chunk, wanted: argparse.Namespace, *, several: bool
) -> list[str]:
    """Put masks on a chunk's photos; which of them lack one, and why."""
    views, set_aside = views_of(metashape, chunk)
    for line in set_aside:
        say(line)
    if not views:
        say(f"{chunk.label}: no photos to mask")
        return set_aside
    folder = common_folder(view.path for view in views)
    results = wanted.results or results_beside(wanted.mask, folder)
    if wanted.results and several:
        results = results_in(wanted.results, folder)
    wish = Wish(results, wanted.model, wanted.effort, wanted.combine, wanted.groups)
    tally = _run(engine, views, wish)
    say(f"{chunk.label}: {import_results(metashape, chunk, views, results, combine=wish.combine)}")
    if tally.unproven:
        say(tally.unproven)
    return [*set_aside, *lacking_masks(views, read_results(results))]


def _run(engine: Engine, views: list[View], wish: Wish) -> Tally:
    tally = Tally()
    run = begin(engine, views, wish)
    try:
        try:
            _follow(run, tally)
        except KeyboardInterrupt:
            run.stop()
            _follow(run, tally)
        check_end(run, tally)
    finally:
        run.kill()
    return tally


def _follow(run: Run, tally: Tally) -> None:
    while not run.ended:
        for event in run.events(wait=0.2):
            before = tally.done
            tally.take(event)
            if tally.done > before:
                say(f"{tally.done}/{tally.total} {tally.last}")


def _open(document: Document, path: str) -> None:
    if not os.path.exists(path):
        raise MenuError(f"There is no project {path}. Check the path.")
    try:
        document.open(path)
    except Exception as error:  # which ones Metashape raises is not documented
        raise MenuError(f"{path} cannot be opened ({error}). Check it in Metashape.") from error
    if document.read_only:
        raise MenuError(
            f"{path} is read-only or open elsewhere, so masks could not be saved in it. Close it there, or copy "
            "it and mask the copy."
        )


def _save(document: Document, path: str) -> None:
    try:
        document.save()
    except Exception as error:  # which ones Metashape raises is not documented
        raise MenuError(
            f"{path} cannot be saved ({error}). The masks are kept; make the project writable, and "
            "run the same command again."
        ) from error
