"""The command line where a graphics card opens every network and then fails at it: ``fake_card.py WHAT ...``.

Only the card is made up: networks are opened by onnxruntime itself, and what it says of the card was said by real ones.
"""

import sys
from typing import Any

import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

from underside.__main__ import main
from underside.runtime import providers

_CUDA = "CUDAExecutionProvider"
_NODE = "Non-zero status code returned while running Conv node. Name:'/stem/Conv' Status Message: "
_ARENA = (
    "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal("
    "size_t, bool, onnxruntime::Stream*, bool, onnxruntime::WaitNotificationFn) "
)
_FAILURES = {
    "kernel": Fail(
        f"[ONNXRuntimeError] : 1 : FAIL : {_NODE}CUDA error cudaErrorNoKernelImageForDevice:"
        "no kernel image is available for execution on the device"
    ),
    "memory": RuntimeException(
        f"[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : {_NODE}{_ARENA}"
        "Failed to allocate memory for requested buffer of size 8388608000"
    ),
    "limit": RuntimeException(
        f"[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : {_NODE}{_ARENA}"
        "Available memory of 0 is smaller than requested bytes of 135383040"
    ),
    "nothing": None,
}
_Session = onnxruntime.InferenceSession


class _OnTheCard:
    """A session that takes what a real one takes."""

    def __init__(self, network: onnxruntime.InferenceSession, failure: Exception | None) -> None:
        self._network, self._failure = network, failure
        self.get_inputs, self.get_outputs = network.get_inputs, network.get_outputs

    def get_providers(self) -> list[str]:
        return [_CUDA, "CPUExecutionProvider"]

    def run(self, outputs: list[str], asked: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        answer: list[NDArray[Any]] = self._network.run(outputs, asked)
        if self._failure is not None:
            raise self._failure
        return answer


def _opened(
    path: str,
    options: onnxruntime.SessionOptions,
    *,
    providers: list[tuple[str, dict[str, str]]],
    enable_fallback: int,
) -> onnxruntime.InferenceSession | _OnTheCard:
    assert enable_fallback == 0
    [(name, wanted)] = providers
    if name != _CUDA:
        return _Session(path, options, providers=providers, enable_fallback=0)
    assert wanted.keys() == {"gpu_mem_limit", "arena_extend_strategy", "cudnn_conv_algo_search"}
    return _OnTheCard(_Session(path, options, providers=["CPUExecutionProvider"], enable_fallback=0), _FAILURES[what])


if __name__ == "__main__":
    what = sys.argv.pop(1)
    onnxruntime.InferenceSession = _opened
    providers.cuda_obstacle = lambda: None  # type: ignore[assignment]
    main()
