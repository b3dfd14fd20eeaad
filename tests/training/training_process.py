"""The training's command line as a real process."""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["training", "training_without", "training_without_compiler"]

MODELS = Path(__file__).parents[2] / "models"


def training(*words: object) -> subprocess.CompletedProcess[str]:
    """``python -m training``, as the README has it."""
    return _run("-m", "training", *words)


def training_without(package: str, *words: object) -> subprocess.CompletedProcess[str]:
    """The same on a machine that lacks a package."""
    program = f"import runpy, sys; sys.modules['{package}'] = None; runpy.run_module('training', run_name='__main__')"
    return _run("-c", program, *words)


def training_without_compiler(*words: object) -> subprocess.CompletedProcess[str]:
    """The same where no program can be found."""
    return _run("-m", "training", *words, PATH="")


def _run(*words: object, **changes: str) -> subprocess.CompletedProcess[str]:
    # Threads that wait for each other on a busy machine take a hundred times as long.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1", **changes}
    given = [sys.executable, *(str(word) for word in words)]
    return subprocess.run(given, cwd=MODELS, env=environment, capture_output=True, text=True, check=False, timeout=600)
