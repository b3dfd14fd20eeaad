"""What a look costs on a CPU: networks take turns and processor time is counted, as machines are busy otherwise."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

__all__ = ["SIDE", "cpu_milliseconds"]

SIDE = 512
"""Networks that take any size are timed at this."""


def cpu_milliseconds(models: Mapping[str, Path], *, rounds: int = 7) -> dict[str, float]:
    """Median processor time of one look by one thread, for each model."""
    asked = {name: _ready(path) for name, path in models.items()}
    spent: dict[str, list[float]] = {name: [] for name in models}
    for number in range(rounds + 1):
        for name, (session, given) in asked.items():
            start = time.process_time()
            session.run(None, given)
            if number:  # The first look of all makes buffers.
                spent[name].append(time.process_time() - start)
    return {name: round(float(np.median(times)) * 1e3, 1) for name, times in spent.items()}


def _ready(path: Path) -> tuple[Any, dict[str, Any]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    height, width = (side if isinstance(side, int) else SIDE for side in given.shape[2:])
    picture = np.random.default_rng(0).random((1, 3, height, width), np.float32)
    return session, {given.name: picture}
