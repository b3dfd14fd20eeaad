"""From weights to files: each of them answers as the network does."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from torch import Tensor

torch = pytest.importorskip("torch", reason="torch, which networks are trained with, is not installed")

import onnxruntime  # noqa: E402
from made_up_set import write_set  # noqa: E402
from training_process import training  # noqa: E402

from training.export.onnx_file import folded, write_onnx  # noqa: E402
from training.learning.checkpoint import load_weights  # noqa: E402
from training.learning.settings import Settings  # noqa: E402
from training.network import PLANS, TurntableNet, make_network  # noqa: E402


def lived_in(version: int) -> TurntableNet:
    """With normalisations that have seen pictures, and every branch open, so that a forgotten one would be missed."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2)
    network = make_network(version, seed=3)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            for values in (part.weight.data, part.bias.data, part.running_mean):
                values.copy_(torch.rand(values.shape, generator=generator))
            part.running_var.copy_(0.5 + torch.rand(part.running_var.shape, generator=generator))
    network.head.weight.data *= 3
    network.eval()
    return network


def answer(path: Path, picture: "Tensor") -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["mask"], {"image": picture.numpy()})[0])


@pytest.mark.parametrize("version", PLANS)
def test_the_file_answers_as_the_network_at_any_size(version: int, tmp_path: Path) -> None:
    network = lived_in(version)
    write_onnx(network, tmp_path / "network.onnx")
    for shape in ((1, 3, 64, 96), (2, 3, 32, 32)):
        picture = torch.rand(shape, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            own = network(picture).sigmoid().numpy()
        assert own.std() > 0.01
        assert np.abs(answer(tmp_path / "network.onnx", picture) - own).max() < 1e-4


def test_no_normalisation_is_left_and_the_network_itself_is_as_before() -> None:
    network = lived_in(2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert not [part for part in folded(network).modules() if isinstance(part, torch.nn.BatchNorm2d)]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_run_becomes_three_files_that_agree(tmp_path: Path) -> None:
    network = make_network(2, seed=1)
    state = {"settings": asdict(Settings()), "step": 1, "average": network.state_dict()}
    (tmp_path / "run").mkdir()
    torch.save(state, tmp_path / "run" / "checkpoint.pt")
    write_set(tmp_path / "scenes", facts={"content": "training"})
    done = training("export", tmp_path / "run", "--calibration", tmp_path / "scenes", "--out", tmp_path / "files")
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "files" / "export.json").read_text(encoding="utf-8"))["files"]
    sizes = {name: (tmp_path / "files" / name).stat().st_size for name in facts}
    assert facts["turntable.onnx"]["difference"] < 1e-5
    assert facts["turntable_fp16w.onnx"]["difference"] < 0.001
    assert facts["turntable_int8.onnx"]["difference"] < 0.01
    assert sizes["turntable_int8.onnx"] < sizes["turntable_fp16w.onnx"] < 0.6 * sizes["turntable.onnx"]


def test_the_weights_of_version_1_can_be_exported_again(shared: Path, tmp_path: Path) -> None:
    write_onnx(load_weights(shared / "training" / "turntable_v1.pt"), tmp_path / "turntable.onnx")
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    known = answer(shared / "models" / "turntable.onnx", picture)
    assert np.abs(answer(tmp_path / "turntable.onnx", picture) - known).max() < 1e-4
