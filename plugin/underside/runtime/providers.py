"""Processors that really work: a session of onnxruntime on the graphics card or on the CPU."""

import contextlib
import ctypes
import io
import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from underside.errors import DeviceError, ModelError, SettingsError
from underside.resources import pip_install
from underside.runtime.library import load_onnxruntime

__all__ = [
    "CPU",
    "Device",
    "Obstacle",
    "Provider",
    "choose_provider",
    "cuda_obstacle",
    "in_short",
    "is_the_cards_failure",
    "open_session",
]

Device = Literal["auto", "cpu", "cuda"]
"""``auto``: CUDA where it works, the CPU otherwise."""

_CUDA = "CUDAExecutionProvider"
# LOAD_WITH_ALTERED_SEARCH_PATH, as onnxruntime itself loads it; Python alone would not look in PATH.
_WINDOWS_SEARCHES_PATH = 8


@dataclass(frozen=True)
class Provider:
    """Where the arithmetic is done."""

    name: str
    options: tuple[tuple[str, str], ...] = ()
    why: str = ""
    """Why it is not the one that was hoped for."""

    @property
    def is_gpu(self) -> bool:
        """Whether it is a graphics card."""
        return self.name == _CUDA

    @property
    def described(self) -> str:
        """In words, such as "the CPU: libcublasLt.so.13 is missing"."""
        where = "the graphics card (CUDA)" if self.is_gpu else "the CPU"
        return f"{where}: {self.why}" if self.why else where


CPU = Provider("CPUExecutionProvider")


@dataclass(frozen=True)
class Obstacle:
    """Why CUDA cannot be used, and what would help."""

    what: str
    remedy: str
    has_driver: bool = True
    """A machine without NVIDIA's driver was not meant to use CUDA; one with it was."""


def choose_provider(device: Device, *, gpu_memory_gb: float = 2.0) -> Provider:
    """CUDA where it is asked for or works by itself, else the CPU."""
    if device not in get_args(Device):  # a program may ask for it too
        raise SettingsError(f"There is no device {device}", f"Choose one of {', '.join(get_args(Device))}")
    if device == "cpu":
        return CPU
    obstacle = cuda_obstacle()
    if obstacle is None:
        # Trying out algorithms by the clock, the default, may give other bytes the next time.
        options = {
            "gpu_mem_limit": str(int(gpu_memory_gb * 1e9)),
            "arena_extend_strategy": "kSameAsRequested",
            "cudnn_conv_algo_search": "HEURISTIC",
        }
        return Provider(_CUDA, tuple(options.items()))
    if device == "cuda":
        raise DeviceError(f"CUDA cannot be used: {obstacle.what}", obstacle.remedy)
    return Provider(CPU.name, why=obstacle.what if obstacle.has_driver else "")


def open_session(path: Path, provider: Provider) -> Any:  # noqa: ANN401 - untyped library
    """Load a network: a session that may be asked from several threads at once.

    One thread for each question, so that the same question has the same answer however many are asked;
    several shots at once keep the other cores busy.
    """
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Each look has another size; a plan of the memory kept for each of them is only memory lost.
    options.enable_mem_pattern = False
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = [(provider.name, dict(provider.options))]
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=wanted, enable_fallback=0)
    except Exception as error:
        raise _explained(error, path, provider) from error
    if session.get_providers()[0] != provider.name:
        raise DeviceError("onnxruntime fell back to the CPU by itself", "Use --device cpu, or run `underside doctor`")
    return session


@cache
def cuda_obstacle() -> Obstacle | None:
    """What keeps CUDA from working; none where nothing does. Cheap, and silent: nothing is printed."""
    onnxruntime = load_onnxruntime()
    if _CUDA not in onnxruntime.get_available_providers():
        return Obstacle(
            "the installed onnxruntime has no CUDA support",
            "Install underside[cuda] on Linux or Windows (x86-64), or use --device cpu",
            has_driver=False,
        )
    return _driver_obstacle(onnxruntime) or _library_obstacle(onnxruntime)


def _driver_obstacle(onnxruntime: Any) -> Obstacle | None:  # noqa: ANN401 - untyped library
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return Obstacle(
            f"{name}, which comes with NVIDIA's driver, is missing",
            "Install the driver, or use --device cpu",
            has_driver=False,
        )
    count, version = ctypes.c_int(), ctypes.c_int()
    error = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    if error or not count.value:
        return Obstacle(
            f"{name} finds no graphics card" + (f" (error {error})" if error else ""),
            "Check nvidia-smi and, in a container, that it can see the card; or use --device cpu",
        )
    driver.cuDriverGetVersion(ctypes.byref(version))
    needed = str(getattr(onnxruntime, "cuda_version", "") or "0").partition(".")[0]
    if version.value // 1000 < int(needed):
        return Obstacle(
            f"the driver is for CUDA {version.value // 1000} and onnxruntime for CUDA {needed}",
            "Update NVIDIA's driver, or use --device cpu",
        )
    return None


def _library_obstacle(onnxruntime: Any) -> Obstacle | None:  # noqa: ANN401 - untyped library
    # It finds the libraries that pip installed, and prints about each one that it does not.
    with contextlib.redirect_stdout(io.StringIO()):
        onnxruntime.preload_dlls()
    folder = Path(onnxruntime.__file__).parent / "capi"
    ending = ("", ".dll") if sys.platform == "win32" else ("lib", ".so")
    try:
        for name, mode in (("shared", getattr(os, "RTLD_GLOBAL", 0)), ("cuda", 0)):
            library = folder / f"{ending[0]}onnxruntime_providers_{name}{ending[1]}"
            ctypes.CDLL(str(library), mode=mode, winmode=_WINDOWS_SEARCHES_PATH)
    except OSError as error:
        # Like "libcublasLt.so.13: cannot open shared object file: No such file or directory".
        missing = str(error).partition(":")[0] if "cannot open shared object" in str(error) else str(error)
        return Obstacle(
            f"{missing} is missing" if missing != str(error) else missing,
            f"Install CUDA's libraries with {pip_install('cuda')}, or use --device cpu",
        )
    return None


def _explained(error: Exception, path: Path, provider: Provider) -> ModelError | DeviceError:
    """Say whether the file or the processor is to blame for a session that does not open."""
    if is_the_cards_failure(error, provider.name):
        return DeviceError(f"CUDA cannot load {path.name}: {in_short(error)}", "Use --device cpu")
    return ModelError(
        f"{path} is not a network that onnxruntime can load: {in_short(error)}",
        "Get the file again; it may be cut short, or not be an ONNX file",
    )


def is_the_cards_failure(error: Exception, provider: str) -> bool:
    """Whether the graphics card is to blame, rather than the network or what it was asked."""
    return provider == _CUDA and type(error).__name__ in ("EPFail", "Fail", "RuntimeException", "RuntimeError")


def in_short(error: Exception) -> str:
    """What onnxruntime says, without its codes, its source files and its C++ names."""
    told = " ".join(str(error).split())
    if failure := re.search(r"CU\w+ (?:failure \d+: |error \w+:)([^;]+)", told):
        return failure[1].strip()
    if thrown := re.search(r"\.(?:cc|h|cu):\d+ .*?\w\(.*?\) (.+)", told):
        told = thrown[1]
    return re.sub(r"^.*?\b[A-Z_]{4,} : |Load model from .*? failed:", "", told).strip(". ")[:200]
