"""The networks: the embedded one to the last digit, and what holds for all."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch, which networks are trained with, is not installed")

import onnxruntime  # noqa: E402

from training.network import PLANS, load_version_1, make_network  # noqa: E402


def test_the_weights_of_version_1_give_what_the_embedded_file_gives(shared: Path) -> None:
    torch.set_num_threads(1)
    network = load_version_1(shared / "training" / "turntable_v1.pt")
    pictures = torch.rand(2, 3, 96, 160, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours = network(pictures).sigmoid().numpy()
    session = onnxruntime.InferenceSession(shared / "models" / "turntable.onnx", providers=["CPUExecutionProvider"])
    assert np.abs(session.run(["mask"], {"image": pictures.numpy()})[0] - ours).max() < 1e-5


@pytest.mark.parametrize("version", PLANS)
def test_a_picture_is_answered_pixel_by_pixel_and_labelled_at_three_sizes(version: int) -> None:
    network = make_network(version, seed=1)
    logits, levels = network.with_labels(torch.rand(2, 3, 64, 96))
    assert logits.shape == (2, 1, 64, 96)
    assert [tuple(level.shape) for level in levels] == [(2, 5, 4, 6), (2, 5, 8, 12), (2, 5, 16, 24)]


def test_new_weights_come_from_the_seed_and_leave_other_randomness_alone() -> None:
    torch.manual_seed(7)
    untouched = torch.rand(1)
    torch.manual_seed(7)
    first, again, other = (make_network(2, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(1), untouched)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_a_thin_line_reaches_the_answer_of_version_2_at_full_resolution() -> None:
    """What one pixel says must be able to change the answer there more than elsewhere."""
    network = make_network(2, seed=1).eval()
    picture = torch.zeros(1, 3, 64, 64, requires_grad=True)
    network(picture)[0, 0, 33, 20].backward()
    assert picture.grad is not None
    told = picture.grad[0].abs().sum(0)
    assert told.argmax().item() // 64 in range(30, 37)
