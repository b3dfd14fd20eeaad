"""Learning at toy size: it learns, it can be broken off, and the same seed gives the same weights."""

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch, which networks are trained with, is not installed")

from discs import SIDE, Discs  # noqa: E402

from training.errors import TrainingError  # noqa: E402
from training.learning import trainer  # noqa: E402
from training.learning.checkpoint import load_checkpoint, load_weights  # noqa: E402
from training.learning.learner import Learner  # noqa: E402
from training.learning.logbook import read_log  # noqa: E402
from training.learning.losses import Loss, mask_loss, whole_loss  # noqa: E402
from training.learning.scenes import Scenes  # noqa: E402
from training.learning.settings import Settings  # noqa: E402
from training.learning.trainer import Part, train  # noqa: E402

TOY = Settings(
    network=1, steps=6, batch=2, side=64, scenes=16, first=8, fresh=3, scene_side=SIDE, check=8, check_every=4
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Threads that wait for each other on a busy machine take a hundred times as long."""
    torch.set_num_threads(1)


def run(folder: Path, settings: Settings = TOY, *, minutes: float = 10) -> Part:
    return train(folder, settings, Discs(), Discs(), "cpu", minutes=minutes, begun=time.monotonic())


def weights(folder: Path) -> dict[str, Any]:
    _, state = load_checkpoint(folder / "checkpoint.pt")
    return dict(state["network"] | {f"average.{name}": value for name, value in state["average"].items()})


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_the_loss_falls_within_a_few_dozen_steps() -> None:
    settings = replace(TOY, steps=30, batch=4, first=8, scenes=8, fresh=0.0)
    learner = Learner(settings, "cpu")
    scenes = Scenes(Discs(), settings, "cpu", step=0)
    list(scenes.prepare(0))
    losses = [float(learner.learn(scenes).whole.detach()) for _ in range(30)]
    assert sum(losses[-8:]) < 0.75 * sum(losses[:8])


def test_a_run_in_parts_ends_with_the_weights_of_one_that_was_never_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(tmp_path / "whole")
    assert whole == Part(step=6, finished=True)

    learn, ahead = Learner.learn, 0.0

    def until_the_third_step(self: Learner, scenes: Scenes) -> Loss:
        nonlocal ahead
        loss = learn(self, scenes)
        ahead = 3600 if self.step == 3 else 0
        return loss

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "learn", until_the_third_step)
        patched.setattr(trainer, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead))
        assert run(tmp_path / "parts") == Part(step=3, finished=False)
    assert run(tmp_path / "parts") == Part(step=6, finished=True)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    started = [event["step"] for event in read_log(tmp_path / "parts" / "log.jsonl") if event["event"] == "started"]
    assert started == [0, 3]


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(tmp_path: Path) -> None:
    short = replace(TOY, steps=2)
    for name, settings in (("first", short), ("again", short), ("other", replace(short, seed=2))):
        run(tmp_path / name, settings)
    assert same(weights(tmp_path / "first"), weights(tmp_path / "again"))
    assert not same(weights(tmp_path / "first"), weights(tmp_path / "other"))


def test_a_run_keeps_to_its_minutes_and_leaves_something_to_go_on_from(tmp_path: Path) -> None:
    begun = time.monotonic()
    part = run(tmp_path, replace(TOY, steps=100_000), minutes=0.05)
    assert time.monotonic() - begun < 60
    assert not part.finished
    assert load_checkpoint(tmp_path / "checkpoint.pt")[1]["step"] == part.step


def test_the_log_tells_settings_and_progress_line_by_line(tmp_path: Path) -> None:
    run(tmp_path)
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    events = {event["event"]: event for event in map(json.loads, lines)}
    assert Settings.recorded(events["started"]["settings"]) == TOY
    assert events["step"]["step"] == 6
    assert 0 <= events["check"]["iou"] <= 1
    assert set(events["check"]["kinds"]) == {"usual"}
    assert events["ended"]["finished"]


def test_scenes_before_a_step_are_the_same_after_a_break() -> None:
    settings = replace(TOY, scenes=16, first=8, fresh=8)
    without, after = (Scenes(Discs(), settings, "cpu", step=step) for step in (0, 5))
    for step in range(6):
        list(without.prepare(step))
    list(after.prepare(5))
    assert without.rendered == after.rendered == 48
    for one, other in zip(without.pick(torch.arange(16)), after.pick(torch.arange(16)), strict=True):
        assert torch.equal(one, other)


def test_a_photo_without_an_object_pulls_every_answer_down() -> None:
    nothing = torch.zeros(1, 1, 32, 32)
    logits = torch.full((1, 1, 32, 32), 3.0, requires_grad=True)
    loss = mask_loss(logits, nothing, torch.ones_like(nothing))
    loss.backward()
    assert logits.grad is not None
    assert (logits.grad > 0).all()
    assert loss > 3
    assert mask_loss(torch.full_like(nothing, -12.0), nothing, torch.ones_like(nothing)) < 0.001


def test_a_perfect_answer_costs_next_to_nothing_at_all_sizes() -> None:
    labels = torch.zeros(2, 64, 64, dtype=torch.long)
    labels[0, 16:48, 16:48] = 1
    labels[:, 48:] = 2
    mattes = (labels == 1).float()[:, None]
    levels = [
        20.0 * torch.nn.functional.one_hot(labels[:, step // 2 :: step, step // 2 :: step], 5).permute(0, 3, 1, 2)
        for step in (16, 8, 4)
    ]
    right, wrong = 40 * mattes - 20, 20 - 40 * mattes
    assert whole_loss(right, levels, mattes, labels).whole < 0.01
    assert whole_loss(wrong, levels, mattes, labels).whole > 10
    assert whole_loss(right, [-level for level in levels], mattes, labels).whole > 2


def test_what_is_no_checkpoint_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="There is no checkpoint"):
        load_weights(tmp_path / "checkpoint.pt")
    (tmp_path / "checkpoint.pt").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(TrainingError, match="cannot be read"):
        load_weights(tmp_path / "checkpoint.pt")


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"side": 100}, {"batch": 0}, {"first": 20, "scenes": 10}):
        with pytest.raises(TrainingError):
            replace(TOY, **wrong)
