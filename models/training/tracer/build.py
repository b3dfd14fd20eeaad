"""Builds the tracer with what compilers there are; what is built is kept in a cache beside the source."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from training.errors import TrainingError

__all__ = ["BuildError", "library"]

_SOURCES = Path(__file__).parent
_CACHE = _SOURCES / "cache"
_GCC = ["-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-fPIC", "-shared", "-fopenmp", "-x", "c++"]
# A device's own code where there is a device; else code that any since 2020 translates for itself when it loads it.
_NVCC = ["-O3", "-use_fast_math", "-Xcompiler", "-fPIC", "-shared"]
_ANY_DEVICE = "compute_80"


class BuildError(TrainingError):
    """The tracer cannot be built here; one line says what is missing."""


def library(device: str) -> Path:
    """The tracer for `cpu` or `cuda`, built if its source has changed since."""
    command = _nvcc() if device == "cuda" else _gcc()
    built = _CACHE / f"tracer_{device}_{_fingerprint(command)}.so"
    if not built.exists():
        _CACHE.mkdir(exist_ok=True)
        _compile(command, built)
    return built


def _gcc() -> list[str]:
    compiler = shutil.which("g++")
    if compiler is None:
        raise BuildError("the tracer needs a C++ compiler, and there is no g++ here", "Install g++")
    return [compiler, *_GCC]


def _nvcc() -> list[str]:
    compiler = shutil.which("nvcc") or shutil.which("/usr/local/cuda/bin/nvcc")
    if compiler is None:
        raise BuildError(
            "the tracer for cuda needs nvcc, which is not here", "Install the CUDA toolkit, or use the cpu"
        )
    return [compiler, *_NVCC, f"-arch={'native' if shutil.which('nvidia-smi') else _ANY_DEVICE}"]


def _fingerprint(command: list[str]) -> str:
    digest = hashlib.sha256(" ".join(command).encode())
    for source in sorted([*_SOURCES.glob("*.h"), *_SOURCES.glob("*.cu")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _compile(command: list[str], built: Path) -> None:
    """Several processes may build at once: each writes a file of its own, and the last rename wins."""
    handle, draft = tempfile.mkstemp(dir=built.parent, suffix=".so")
    os.close(handle)
    try:
        source = str(_SOURCES / "tracer.cu")
        done = subprocess.run([*command, source, "-o", draft], capture_output=True, text=True)
        if done.returncode == 0:
            Path(draft).replace(built)
            return
    finally:
        Path(draft).unlink(missing_ok=True)
    complaint = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[:200])
    compiler = Path(command[0]).name
    raise BuildError(f"{compiler} could not build the tracer: {complaint}", f"See that {compiler} is whole and recent")
