"""Networks as segmenters: asked and read as their entries say, on a processor that works."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from tiny_networks import brightness, classifier, colours, four_channels, pooled, two_inputs

from underside.errors import DeviceError, ModelError, SettingsError
from underside.runtime.processor import multiplies_bytes
from underside.runtime.providers import CPU, cuda_obstacle, open_session
from underside.segmenters import network
from underside.segmenters.network import load_segmenter

Picture = NDArray[np.uint8]

PLAIN = "mean = [0, 0, 0]\nstd = [1, 1, 1]\n"


pytestmark = pytest.mark.usefixtures("models")


def grey(value: int, *, height: int = 48, width: int = 64) -> Picture:
    return np.full((height, width, 3), value, np.uint8)


def figure_on_a_platter(*, height: int = 400, width: int = 600) -> Picture:
    shade = np.linspace(90, 150, width).astype(np.uint8)
    picture = np.ascontiguousarray(np.broadcast_to(shade[None, :, None], (height, width, 3)))
    cv2.ellipse(picture, (width // 2, height * 3 // 4), (width // 3, height // 6), 0, 0, 360, (35, 35, 40), -1)
    cv2.ellipse(picture, (width // 2, height // 2), (width // 8, height // 3), 0, 0, 360, (225, 120, 50), -1)
    return picture


def own(path: Path, facts: str) -> Path:
    path.with_suffix(".toml").write_text(facts, encoding="utf-8")
    return path


def test_the_embedded_network_finds_the_figure_and_leaves_the_platter_out() -> None:
    matte = load_segmenter(device="cpu").matte(figure_on_a_platter())
    rows, columns = matte.shape
    assert matte.dtype == np.float32
    assert matte[rows // 2, columns // 2] > 0.9
    assert matte[rows * 3 // 4, columns // 4] < 0.1  # platter
    assert matte[rows // 8, columns // 8] < 0.1  # backdrop


def test_the_grid_keeps_the_aspect_and_about_the_area() -> None:
    segmenter = load_segmenter(device="cpu")
    assert segmenter.grid(6000, 4000) == (640, 416)
    assert segmenter.grid(4000, 6000) == (416, 640)
    assert segmenter.grid(100, 100) == (512, 512)
    assert segmenter.matte(grey(80, height=300, width=200)).shape == (640, 416)


def test_a_larger_working_size_looks_closer() -> None:
    assert load_segmenter(device="cpu", working_size=768).grid(3000, 3000) == (768, 768)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 500), (5, 3)])
def test_the_smallest_pictures_have_a_matte_too(height: int, width: int) -> None:
    matte = load_segmenter(device="cpu").matte(grey(100, height=height, width=width))
    assert np.isfinite(matte).all()


def test_threads_asking_at_once_get_the_bytes_that_one_gets() -> None:
    segmenter = load_segmenter(device="cpu")
    pictures = [figure_on_a_platter(height=200 + 30 * i, width=400) for i in range(4)]
    alone = [segmenter.matte(picture).tobytes() for picture in pictures]
    with ThreadPoolExecutor(4) as threads:
        together = [matte.tobytes() for matte in threads.map(segmenter.matte, pictures)]
    assert together == alone


def test_the_fingerprint_tells_file_processor_and_size_apart(tmp_path: Path) -> None:
    prints = [
        dict(load_segmenter(device="cpu").fingerprint),
        dict(load_segmenter(device="cpu", working_size=640).fingerprint),
        dict(load_segmenter(brightness(tmp_path / "own.onnx"), device="cpu").fingerprint),
    ]
    assert dict(load_segmenter(device="cpu").fingerprint) == prints[0]
    assert prints[0] != prints[1] != prints[2]
    assert prints[0]["provider"] == "CPUExecutionProvider"


def test_the_library_for_networks_is_loaded_only_when_needed() -> None:
    code = "import sys, underside.segmenters.network; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# What networks are asked, and how their answers are read


def test_probabilities_are_never_stretched(tmp_path: Path) -> None:
    # A network that doubts everything finds nothing, instead of noise stretched to full contrast.
    segmenter = load_segmenter(own(brightness(tmp_path / "doubt.onnx", times=0.3), PLAIN), device="cpu")
    picture = grey(0)
    picture[10:20] = 255
    matte = segmenter.matte(picture)
    assert 0.25 < matte.max() < 0.35
    assert not (matte > 0.5).any()


def test_a_dark_picture_is_seen_as_dark(tmp_path: Path) -> None:
    segmenter = load_segmenter(own(brightness(tmp_path / "bright.onnx"), PLAIN), device="cpu")
    assert segmenter.matte(grey(51)).max() == pytest.approx(0.2, abs=1e-3)


def test_a_square_network_sees_the_whole_picture(tmp_path: Path) -> None:
    model = own(brightness(tmp_path / "square.onnx", shape=(1, 3, 64, 64)), PLAIN)
    picture = grey(0, height=50, width=200)
    picture[:, 150:] = 255
    matte = load_segmenter(model, device="cpu").matte(picture)
    assert matte.shape == (64, 64)
    assert matte[:, 50:].min() > 0.95
    assert matte[:, :44].max() < 0.05


def test_mean_and_deviation_are_taken_from_the_toml_beside_the_file(tmp_path: Path) -> None:
    facts = 'mean = [0.1, 0.2, 0.3]\nstd = [0.5, 0.5, 0.5]\nactivation = "none"\nsize = [32, 32]\n'
    segmenter = load_segmenter(own(brightness(tmp_path / "normal.onnx"), facts), device="cpu")
    assert segmenter.grid(500, 300) == (32, 32)
    assert segmenter.matte(grey(102)).max() == pytest.approx((0.4 - 0.2) / 0.5, abs=1e-3)


def test_logits_go_through_the_sigmoid_where_the_entry_says_so(tmp_path: Path) -> None:
    facts = PLAIN + 'activation = "sigmoid"\n'
    model = own(brightness(tmp_path / "logits.onnx", times=20, plus=-10), facts)
    segmenter = load_segmenter(model, device="cpu")
    assert segmenter.matte(grey(255)).min() == pytest.approx(1 / (1 + np.exp(-10)), abs=1e-5)
    assert segmenter.matte(grey(0)).max() == pytest.approx(1 / (1 + np.exp(10)), abs=1e-5)


def test_classes_become_the_share_that_is_not_background(tmp_path: Path) -> None:
    facts = PLAIN + 'activation = "softmax"\nchannel = 0\ninverted = true\nsize = [32, 32]\n'
    segmenter = load_segmenter(own(colours(tmp_path / "classes.onnx"), facts), device="cpu")
    picture = grey(0)
    picture[..., 0] = 255  # the background's class wins
    assert segmenter.matte(picture).max() == pytest.approx(1 - np.e / (np.e + 2), abs=1e-4)


def test_adding_a_network_is_adding_an_entry(models: Path) -> None:
    brightness(models / "mine.onnx", shape=(1, 3, 96, 128), times=8, plus=-4)
    entry = '[mine]\ntitle = "Mine"\nlicence = "MIT"\ncommercial = true\nfile = "mine.onnx"\n'
    (models / "catalogue.toml").write_text(entry + PLAIN + 'size = [128, 96]\nactivation = "sigmoid"\n')
    segmenter = load_segmenter("mine", device="cpu")
    assert segmenter.name == "mine"
    assert segmenter.matte(grey(255)).shape == (96, 128)
    assert segmenter.matte(grey(255)).min() > 0.98
    assert segmenter.notes == ("mine runs on the CPU",)


# A file of one's own without a word about it


def test_a_bare_file_is_tried_and_what_was_assumed_is_said(tmp_path: Path) -> None:
    segmenter = load_segmenter(brightness(tmp_path / "bare.onnx", shape=(1, 3, 64, 96), times=9), device="cpu")
    assert segmenter.grid(1000, 1000) == (96, 64)
    assert segmenter.matte(grey(255)).min() > 0.99
    assert segmenter.matte(grey(0)).max() < 0.01
    assert "96 x 64 pixels" in segmenter.notes[1]
    assert "go through a sigmoid" in segmenter.notes[1]
    assert "bare.toml" in segmenter.notes[1]


def test_a_bare_file_that_answers_with_probabilities_is_left_alone(tmp_path: Path) -> None:
    bare = brightness(tmp_path / "bare.onnx", shape=(1, 3, 64, 64), times=0.1, plus=0.5)
    segmenter = load_segmenter(str(bare), device="cpu")
    assert "taken as probabilities" in segmenter.notes[1]
    assert segmenter.matte(grey(114)).mean() == pytest.approx(0.5, abs=0.01)


def test_channels_may_come_last(tmp_path: Path) -> None:
    model = own(brightness(tmp_path / "last.onnx", shape=(1, 32, 64, 3), axis=3), PLAIN)
    matte = load_segmenter(model, device="cpu").matte(grey(255))
    assert matte.shape == (32, 64)
    assert matte.min() == pytest.approx(1, abs=1e-4)


def test_networks_of_half_precision_are_asked_in_it(tmp_path: Path) -> None:
    model = own(brightness(tmp_path / "half.onnx", shape=(1, 3, 32, 32), half=True), PLAIN)
    matte = load_segmenter(model, device="cpu").matte(grey(51))
    assert matte.dtype == np.float32
    assert matte.max() == pytest.approx(0.2, abs=1e-2)


# What is not a segmenter


def text(path: Path) -> Path:
    path.write_text("This is not a network.")
    return path


def nothing(path: Path) -> Path:
    path.touch()
    return path


def cut_short(path: Path) -> Path:
    whole = Path(__file__).parents[1] / "models" / "turntable_fp16w.onnx"
    path.write_bytes(whole.read_bytes()[:1_000_000])
    return path


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (text, "not a network that onnxruntime can load"),
        (nothing, "not a network that onnxruntime can load"),
        (cut_short, "not a network that onnxruntime can load"),
        (classifier, "answers with 2 dimensions"),
        (pooled, "which is not a picture"),
        (two_inputs, "wants 2 inputs (picture, prompt)"),
        (four_channels, "takes 4 channels"),
        (colours, "answers in 3 channels"),
    ],
)
def test_what_is_no_segmenter_is_one_clear_line(
    tmp_path: Path, make: Callable[[Path], Path], why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelError) as refused:
        load_segmenter(make(tmp_path / "odd.onnx"), device="cpu")
    assert why in refused.value.what
    assert "odd" in refused.value.what
    assert "\n" not in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_answers_that_are_no_probabilities_name_the_cure(tmp_path: Path) -> None:
    model = own(brightness(tmp_path / "raw.onnx", times=9), PLAIN + 'activation = "none"\n')
    segmenter = load_segmenter(model, device="cpu")
    with pytest.raises(ModelError, match='activation = "sigmoid"'):
        segmenter.matte(grey(200))


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    facts = PLAIN + 'activation = "none"\n'
    segmenter = load_segmenter(own(brightness(tmp_path / "nan.onnx", plus=float("nan")), facts), device="cpu")
    with pytest.raises(ModelError, match="something other than numbers"):
        segmenter.matte(grey(200))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ("size = [320, 320]", "takes 64 x 64 pixels, but its entry says 320 x 320"),
        ('input = "image"', "has no input called image, but picture"),
        ('output = "mask"', "has no output called mask, but matte"),
        ('channel = 2\nactivation = "none"', "its entry names number 2"),
        ("sized = 320", "Perhaps size was meant"),
        ('sha256 = "00"', "is not the file that odd.toml describes"),
        ("size =", "is not TOML"),
    ],
)
def test_an_entry_that_does_not_fit_says_where(tmp_path: Path, facts: str, why: str) -> None:
    model = own(brightness(tmp_path / "odd.onnx", shape=(1, 3, 64, 64)), facts)
    with pytest.raises(ModelError) as refused:
        load_segmenter(model, device="cpu").matte(grey(9))
    assert why in str(refused.value)


def test_a_network_of_one_size_refuses_another(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="64 x 64 pixels and no other size"):
        load_segmenter(brightness(tmp_path / "one.onnx", shape=(1, 3, 64, 64)), device="cpu", working_size=512)


def test_a_model_for_people_is_refused_until_insisted_on(models: Path) -> None:
    with pytest.raises(ModelError, match="not a model for objects: it looks for people"):
        load_segmenter("u2net_human_seg", device="cpu")
    # Insisting gets past the refusal, to the file that is not there.
    with pytest.raises(ModelError, match="not on this machine"):
        load_segmenter("u2net_human_seg", device="cpu", allow_non_object=True)


def test_a_non_commercial_model_wants_its_licence_accepted() -> None:
    with pytest.raises(ModelError, match="may not be used commercially"):
        load_segmenter("bria-rmbg", device="cpu")
    with pytest.raises(ModelError, match="not on this machine"):
        load_segmenter("bria-rmbg", device="cpu", accept_licence=True)


# Processors


def variants(models: Path, *, int8_times: float) -> None:
    brightness(models / "fast.onnx", times=int8_times)
    brightness(models / "safe.onnx")
    (models / "catalogue.toml").write_text(
        '[mine]\ntitle = "Mine"\nlicence = "MIT"\ncommercial = true\nactivation = "none"\nsize = [64, 64]\n'
        + PLAIN
        + 'variants = [{ file = "fast.onnx", kind = "int8" }, { file = "safe.onnx" }]\n'
    )


@pytest.mark.parametrize(
    ("cpu_says", "int8_times", "used"),
    [(True, 1.001, "fast"), (False, 1.001, "safe"), (None, 1.001, "fast"), (None, 0.8, "safe")],
)
def test_int8_is_used_where_the_cpu_computes_it_rightly(
    models: Path, monkeypatch: pytest.MonkeyPatch, cpu_says: bool | None, int8_times: float, used: str
) -> None:
    variants(models, int8_times=int8_times)
    monkeypatch.setattr(network, "multiplies_bytes", lambda: cpu_says)
    answer = load_segmenter("mine", device="cpu").matte(grey(204)).mean()
    assert answer == pytest.approx(0.8 * (int8_times if used == "fast" else 1), abs=1e-5)


def test_both_embedded_files_agree() -> None:
    folder = Path(__file__).parents[1] / "models"
    asked = {"image": figure_on_a_platter()[:384, :576].transpose(2, 0, 1)[None] / np.float32(255)}
    int8, half = (
        open_session(folder / f"turntable_{kind}.onnx", CPU).run(None, asked)[0] for kind in ("int8", "fp16w")
    )
    assert multiplies_bytes() is False or np.abs(int8 - half).mean() < 0.005


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(SettingsError, match="no device tpu"):
        load_segmenter(device="tpu")  # type: ignore[arg-type]


def test_asking_for_a_missing_card_names_what_is_missing() -> None:
    if cuda_obstacle() is None:
        pytest.skip("CUDA works here")
    with pytest.raises(DeviceError, match=r"CUDA cannot be used: .+") as refused:
        load_segmenter(device="cuda")
    assert "--device cpu" in refused.value.remedy


FAKE_DRIVER = """
int cuInit(int flags) { return CARDS ? 0 : 100; }
int cuDeviceGetCount(int *count) { *count = CARDS; return 0; }
int cuDriverGetVersion(int *version) { *version = VERSION; return 0; }
int cuTensorMapEncodeTiled() { return 1; }
"""


@pytest.mark.parametrize(
    ("cards", "version", "why"),
    [
        (0, 13000, "libcuda.so.1 finds no graphics card"),
        (1, 9000, "the driver is for CUDA 9"),
        (1, 99000, ""),
    ],
)
def test_a_driver_that_is_not_enough_is_told_without_noise(tmp_path: Path, cards: int, version: int, why: str) -> None:
    if sys.platform != "linux" or "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("needs onnxruntime with CUDA on Linux")
    source = tmp_path / "driver.c"
    source.write_text(FAKE_DRIVER)
    build = ["gcc", "-shared", "-fPIC", f"-DCARDS={cards}", f"-DVERSION={version}", str(source)]
    try:
        subprocess.run([*build, "-o", str(tmp_path / "libcuda.so.1")], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs gcc")
    code = (
        "from underside.segmenters.network import load_segmenter\n"
        "segmenter = load_segmenter()\n"
        "assert segmenter.fingerprint['provider'] == 'CPUExecutionProvider'\n"
        "print(segmenter.notes[0])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith(f"turntable-1 runs on the CPU: {why}")
    assert told.stderr == ""


def on_a_card(what: str, folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """The command where CUDA opens every network, and then fails in that way, or does not."""
    program = Path(__file__).parent / "fake_card.py"
    return subprocess.run(
        [sys.executable, program, what, *map(str, words)], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("kernel", "CUDA cannot run turntable-1: no kernel image is available for execution on the device"),
        (
            "memory",
            "turntable-1 needs more memory than it is allowed: "
            "Failed to allocate memory for requested buffer of size 8388608000",
        ),
        (
            "limit",
            "turntable-1 needs more memory than it is allowed: "
            "Available memory of 0 is smaller than requested bytes of 135383040",
        ),
    ],
)
def test_a_card_that_fails_at_its_first_look_leaves_the_work_to_the_cpu(tmp_path: Path, what: str, why: str) -> None:
    cv2.imwrite(str(tmp_path / "shot.png"), figure_on_a_platter())
    done = on_a_card(what, tmp_path, "mask", "shot.png", "-o", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.splitlines() == [f"turntable-1 runs on the CPU: {why}"]
    assert (tmp_path / "out" / "masks" / "shot.png.png").is_file()
    asked = on_a_card(what, tmp_path, "mask", "shot.png", "-o", "other", "--device", "cuda")
    assert asked.returncode == 2
    (line,) = asked.stderr.splitlines()
    assert line.startswith(f"underside: {why}. ")
    assert not (tmp_path / "other").exists()
    examined = on_a_card(what, tmp_path, "doctor")
    assert examined.returncode == 0
    assert f"   -  {why}. " in examined.stdout


def test_a_card_that_works_is_used(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "shot.png"), figure_on_a_platter())
    done = on_a_card("nothing", tmp_path, "mask", "shot.png", "-o", "out")
    assert done.stderr.splitlines() == ["turntable-1 runs on the graphics card (CUDA)"]
