"""onnxruntime, kept from telling anybody of this machine."""

import os
from typing import Any

__all__ = ["load_onnxruntime"]


def load_onnxruntime() -> Any:  # noqa: ANN401 - untyped library
    """The library, loaded where it is first needed."""
    # From 1.29 on it names this machine, the network and its hash to its maker, on other systems than Windows as soon
    # as it is imported: what is said to it afterwards comes too late.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime
