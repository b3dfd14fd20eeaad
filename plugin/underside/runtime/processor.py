"""What this computer's CPU can do."""

import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

__all__ = ["multiplies_bytes"]

# Instructions that multiply 8-bit numbers into 32-bit sums; without them x86 sums in 16 bits, which overflow.
_X86 = {"avx512_vnni", "avx512vnni", "avx_vnni", "amx_int8"}
_ARM = {"asimddp", "i8mm"}


@cache
def multiplies_bytes() -> bool | None:
    """Whether the CPU multiplies 8-bit numbers fast and without overflow; none where it does not tell."""
    if sys.platform == "linux":
        return _flags_of_linux() & (_X86 | _ARM) != set()
    if sys.platform == "darwin":
        if platform.machine() == "arm64":
            return _sysctl("hw.optional.arm.FEAT_DotProd") == "1"
        return "avx512vnni" in _sysctl("machdep.cpu.leaf7_features").lower().split()
    return None


def _flags_of_linux() -> set[str]:
    lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    return {flag for line in lines if line.startswith(("flags", "Features")) for flag in line.split()}


def _sysctl(name: str) -> str:
    told = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, check=False)
    return told.stdout.strip()
