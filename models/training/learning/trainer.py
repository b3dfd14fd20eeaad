"""A run, or the part of one that its minutes allow: renders and learns in turns, keeps what it has."""

import math
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from training.batches import Source
from training.errors import TrainingError
from training.learning.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from training.learning.checks import Check
from training.learning.learner import Learner
from training.learning.logbook import LOG, Logbook
from training.learning.losses import Loss
from training.learning.scenes import Scenes
from training.learning.settings import Settings
from training.say import Ticker, say

__all__ = ["Part", "train"]

_LOG_EVERY = 20
"""Steps. A loss is asked for no oftener: a graphics card must wait when it is."""


@dataclass(frozen=True)
class Part:
    """What a call of `train` has come to."""

    step: int
    finished: bool
    """All steps of the run are done."""


def train(
    folder: Path, settings: Settings, source: Source, held_out: Source, device: str, *, minutes: float, begun: float
) -> Part:
    """Go on with the run in ``folder``, or begin it, until ``minutes`` after ``begun`` on the monotonic clock."""
    if device == "cuda":
        torch.backends.cudnn.benchmark = True
    learner, spent, checkpoint = Learner(settings, device), 0.0, folder / CHECKPOINT
    if checkpoint.exists():
        _, state = load_checkpoint(checkpoint)
        learner.restore(state)
        spent = state["seconds"]

    def save() -> None:
        save_checkpoint(checkpoint, settings, learner.state(), seconds=round(spent + time.monotonic() - begun, 1))

    log = Logbook(folder / LOG)
    log.write("started", step=learner.step, minutes=minutes, settings=asdict(settings), machine=_machine(device))
    scenes = Scenes(source, settings, device, step=learner.step)
    run = _Run(learner, scenes, log, save, begun + 60 * minutes)
    with _stop_signals(run):
        run.check = Check(held_out, settings.check, device)
        run.go_on()
        save()
    finished = learner.step >= settings.steps
    seconds = round(spent + time.monotonic() - begun, 1)
    log.write("ended", step=learner.step, scenes=scenes.rendered, finished=finished, seconds=seconds)
    return Part(learner.step, finished)


class _Run:
    """The loop, and what it must know to end in time."""

    def __init__(
        self, learner: Learner, scenes: Scenes, log: Logbook, save: Callable[[], None], deadline: float
    ) -> None:
        self.learner, self.scenes, self.log, self.save, self.deadline = learner, scenes, log, save, deadline
        self.stopped = threading.Event()
        self.check: Check
        self._ticker, self._first, self._start = Ticker(), learner.step, time.monotonic()
        self._checking = 0.0
        """Seconds that the longest check took: one more must fit in at the end."""

    def go_on(self) -> None:
        """Learn until all steps are done, the minutes are over, or someone asks to stop."""
        waiting = Ticker()
        for missing in self._prepared():
            waiting.say(f"{missing} scenes to render before the next step")
        self._first, self._start = self.learner.step, time.monotonic()
        loss, told, checked = None, -1, -1
        while self.learner.step < self.learner.settings.steps and not self._over():
            for _ in self._prepared():
                pass
            if self._over():
                break
            loss = self.learner.learn(self.scenes)
            step = self.learner.step
            if step % _LOG_EVERY == 0 or step % self.learner.settings.check_every == 0:
                self._tell(loss)
                told = step
            if step % self.learner.settings.check_every == 0:
                self._measure()
                self.save()
                checked = step
        if loss and told != self.learner.step:
            self._tell(loss)
        if checked != self.learner.step and not self.stopped.is_set():
            self._measure()

    def _tell(self, loss: Loss) -> None:
        """Nothing is saved before its loss was looked at."""
        step, value = self.learner.step, float(loss.whole.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss is not a number at step {step}",
                "Retry with a lower --rate; the last checkpoint is sound",
            )
        facts = {"loss": round(value, 4), "mask": round(float(loss.mask), 4), "rate": round(self.learner.rate, 6)}
        self.log.write("step", step=step, **facts, scenes=self.scenes.rendered)
        speed = (step - self._first) / (time.monotonic() - self._start)
        left = max(0.0, self.deadline - time.monotonic()) / 60
        steps = self.learner.settings.steps
        self._ticker.say(f"step {step} of {steps}, loss {value:.3f}, {speed:.1f} a second, {left:.1f} min left")

    def _prepared(self) -> Iterator[int]:
        for missing in self.scenes.prepare(self.learner.step):
            yield missing
            if self._over():
                return

    def _over(self) -> bool:
        return self.stopped.is_set() or time.monotonic() + self._checking >= self.deadline

    def _measure(self) -> None:
        start = time.monotonic()
        progress = self.check.measure(self.learner.average)
        self._checking = max(self._checking, time.monotonic() - start)
        self.log.write("check", step=self.learner.step, **asdict(progress))
        say(
            f"step {self.learner.step}: held-out IoU {progress.iou:.3f}, {progress.empty:.0%} of empties not left empty"
        )


@contextmanager
def _stop_signals(run: _Run) -> Iterator[None]:
    """Being asked to stop ends the run after the step in hand, with all it has."""

    def stop(_number: int, _frame: object) -> None:
        say("stopping after this step")
        run.stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _machine(device: str) -> dict[str, Any]:
    card = torch.cuda.get_device_name() if device == "cuda" else platform.processor()
    return {"device": device, "name": card, "torch": str(torch.__version__), "python": platform.python_version()}
