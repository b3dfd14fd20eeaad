"""The one model in memory: asked by any number of requests, changed when one wants another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from underside.catalogue import Model, load_catalogue
from underside.catalogue.pins import check_file, check_licence
from underside.engine import load_masker
from underside.errors import ModelError, SettingsError
from underside.ladder import Ladder, make_ladder
from underside.serve.fields import REMBG_MODELS
from underside.serve.refusal import Refusal
from underside.settings import Settings

__all__ = ["Shelf"]


class Shelf:
    """Lends the way to masks; the model it holds is let go of before another is loaded."""

    def __init__(self, settings: Settings) -> None:
        """Load the model that the settings name."""
        if settings.effort == "best":
            raise SettingsError(
                "--effort best asks every model on this machine, and the service holds one",
                "Choose --effort normal or fast; underside mask climbs the whole ladder",
            )
        self._settings = settings
        # Whoever wants another model waits in here until nobody uses this one, and those who come later behind.
        self._door = threading.Lock()
        self._changed = threading.Condition()
        self._users = 0
        self._held: str | None = None
        self._ladder: Ladder | None = _loaded(settings)
        segmenter = self._ladder.masker.segmenter
        self._own = {segmenter.name, settings.model if settings.segmenter == "network" else ""}
        self.notes = segmenter.notes

    @contextmanager
    def lent(self, model: str | None, *, asked_in: str) -> Iterator[Ladder]:
        """The way to masks with that model, or with the service's own; nothing is ever fetched for it.

        ``asked_in`` is the part of the request that names the model.
        """
        name = None if model is None or model in self._own else self._known(model, asked_in).name
        with self._door:
            ladder = self._with(name)
            with self._changed:
                self._users += 1
        try:
            yield ladder
        finally:
            # Kept here, it would stay in memory while the next one is loaded.
            del ladder
            with self._changed:
                self._users -= 1
                self._changed.notify_all()

    def _with(self, name: str | None) -> Ladder:
        if self._ladder is not None and name == self._held:
            return self._ladder
        settings = self._settings if name is None else self._of(name)
        with self._changed:
            self._changed.wait_for(lambda: self._users == 0)
        self._ladder, self._held = None, name
        self._ladder = _loaded(settings)
        return self._ladder

    def _of(self, name: str) -> Settings:
        """The service's settings for another model, which must be here and allowed."""
        known = load_catalogue().find(name)
        for weights in known.weights:
            check_file(known, weights)
        check_licence(known, accepted=self._settings.accept_licence)
        if known.refused and not self._settings.allow_non_object:
            raise ModelError(
                f"{known.name} is not a model for objects: {known.refused}",
                "Choose another, or start the service with --allow-non-object",
            )
        return replace(self._settings.for_segmenter("network"), model=known.name, working_size=None)

    def _known(self, name: str, asked_in: str) -> Model:
        # Only names: a request never says which file of this machine is opened.
        try:
            return load_catalogue().find(name)
        except ModelError as error:
            if any(each in name for each in REMBG_MODELS):
                raise Refusal(
                    400,
                    f"This service has no model {name}. `underside models` lists what it can have; for a file of "
                    "your own, start it with --model FILE and leave the field out.",
                ) from error
            raise Refusal(
                422,
                [
                    {
                        "type": "string_pattern_mismatch",
                        "loc": [asked_in, "model"],
                        "msg": f"{error.what}; `underside models` lists all",
                        "input": name,
                    }
                ],
            ) from error


def _loaded(settings: Settings) -> Ladder:
    return make_ladder(load_masker(settings), settings.choices())
