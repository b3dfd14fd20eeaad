"""One run of the engine over views, told in a node's log line by line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from .engine import Event, find_engine
from .results import INSUFFICIENT, Results, Shot, plates_of_rings, read_results
from .scene import View, pass_names, read_views, share_of
from .trouble import NodeError, writing

__all__ = [
    "insufficient_among",
    "lack_in_words",
    "logged",
    "mask",
    "name_insufficient",
    "refuse_incomplete",
    "run_engine",
    "settings_of",
    "shots_among",
    "views_of",
]


@contextlib.contextmanager
def logged(chunk: Any) -> Iterator[None]:
    """A chunk's log, from the first line to what went wrong."""
    chunk.logManager.start(chunk.node.verboseLevel.value)
    try:
        yield
    except NodeError as error:
        chunk.logger.error(str(error))
        raise
    finally:
        chunk.logManager.end()


def views_of(chunk: Any) -> tuple[list[View], Sequence[View]]:
    """All views of the scene, and those of the chunk."""
    views = read_views(chunk.node.input.evalValue)
    mine = share_of(views, chunk.range)
    chunk.logger.info(f"{len(mine)} of {len(views)} views belong to this chunk")
    return views, mine


def shots_among(views: Sequence[View], node: Any) -> list[View]:
    """Those that do not show the empty platter."""
    plates = plates_of_rings(node.rings.evalValue)
    return [view for view in views if os.path.normcase(view.photo) not in plates]


def lack_in_words(shot: Shot, view: View) -> str:
    """Why nothing came of a view, as a sentence."""
    if shot.is_empty:
        return f"{view.name}: no object was found."
    # What the engine says of a photo that it could not mask names it.
    told = shot.told if view.name in shot.told else f"{view.name}: {shot.told}"
    return f"{told.rstrip('.')}."


def refuse_incomplete(told: Sequence[str], views: Sequence[View], *, lack: str, way: str) -> NoReturn:
    """Fail for the views that nothing came of; ``way`` is the attribute that has other ways."""
    raise NodeError(
        # Meshroom keeps results by attributes and views: only the same ones find what is done.
        f"{len(told)} of {len(views)} views have no {lack}: {' '.join(told)} Fix these photos where they are and "
        f"compute again: the others are kept. Or remove them, or choose another way in {way}: then all views are made "
        "again."
    )


def insufficient_among(views: Sequence[View], results: Results) -> list[str]:
    """The names of the views whose masks cannot be trusted."""
    return [view.name for view in views if results.of(view.photo).is_insufficient]


def name_insufficient(chunk: Any, names: Sequence[str]) -> None:
    """End a chunk's log with the views that a person should look at: nobody reads all its lines."""
    if names:
        chunk.logger.warning(f"Look at these insufficient masks ({len(names)}): {', '.join(names)}")


def settings_of(node: Any) -> list[str]:
    """What the nodes' common attributes say, as options."""
    return ["--model", node.model.value, "--effort", node.effort.value, "--device", node.device.value]


def mask(
    chunk: Any, views: Sequence[View], folder: str, *, all_views: Sequence[View], options: Sequence[str]
) -> Results:
    """Mask some views into a folder of the engine's own; what an earlier run has finished is kept."""
    rings = chunk.node.rings.evalValue
    # Alone, each photo is a shot: what else is in its chunk must not change its mask.
    known = ["--rings", rings] if rings else ["--no-rings", "--no-plates"]
    # What an underside.toml near the photos says of layouts is for people.
    words = ["mask", *known, *settings_of(chunk.node), "--layout", "none", *options]
    run_engine(chunk, words, views, folder, pass_names(all_views, chunk.node.passes.value))
    return read_results(folder)


def run_engine(chunk: Any, words: Sequence[str], views: Sequence[View], folder: str, passes: Mapping[str, str]) -> None:
    """Let the engine go over the views' photos, and log how it goes."""
    engine = find_engine()
    listed = os.path.join(folder, "photos.txt")
    with writing(listed):
        os.makedirs(folder, exist_ok=True)
        with open(listed, "w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            file.writelines(f"{_line(photo, passes)}\n" for photo in dict.fromkeys(view.photo for view in views))
    log = _Log(chunk.logger)
    with contextlib.closing(engine.run(*words, "--list", listed, "-o", folder, "--events")) as events:
        for event in events:
            log(event)


def _line(photo: str, passes: Mapping[str, str]) -> str:
    if any(each in photo for each in "\t\r\n"):
        raise NodeError(f"{photo!r} has a tab or a line break in its path. Rename it.")
    return f"{passes[photo]}\t{photo}" if photo in passes else photo


class _Log:
    """Lines, not a bar: a bar spoils the log of Meshroom 2025."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._done = self._total = 0
        self._known: dict[str, Callable[[Event], None]] = {
            "started": self._started,
            "shot": self._shot,
            "failed": self._failed,
            "judged": self._judged,
            "finished": self._finished,
        }

    def __call__(self, event: Event) -> None:
        tell = self._known.get(str(event.get("event")))
        if tell is not None:
            tell(event)

    def _started(self, event: Event) -> None:
        self._total = event["total"]
        for note in event.get("notes", ()):
            self._logger.info(note)

    def _shot(self, event: Event) -> None:
        self._done += 1
        told = "; ".join([event.get("verdict") or event["state"], *event.get("reasons", ())])
        self._tell_verdict(event, f"[{self._done}/{self._total}] {event['photo']}: {told}")

    def _failed(self, event: Event) -> None:
        self._done += 1
        self._logger.warning(f"[{self._done}/{self._total}] {event['reason']}")

    def _judged(self, event: Event) -> None:
        told = "; ".join([event["verdict"], *event.get("reasons", ())])
        self._tell_verdict(event, f"{event['photo']}: {told}, after another look")

    def _tell_verdict(self, event: Event, line: str) -> None:
        (self._logger.warning if event.get("verdict") == INSUFFICIENT else self._logger.info)(line)

    def _finished(self, event: Event) -> None:
        for warning in event.get("warnings", ()):
            self._logger.warning(warning)
        if "positions" in event:
            told = f"{event['shots']} shots looked at; camera positions with a ring: {event['positions']}"
        else:
            told = ", ".join(f"{count} {verdict}" for verdict, count in event["verdicts"].items()) or "nothing masked"
        self._logger.info(f"Finished in {event['seconds']:.1f} s: {told}")
