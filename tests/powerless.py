"""What root may do, taken away."""

import ctypes

# Of Linux: <sys/prctl.h> and <linux/capability.h>.
_DROP = 24
_POWERS = (1, 2)  # to pass over permissions, and to search any folder
_VERSION = 0x20080522


def without_power() -> None:
    """Take from root, and from all that it starts, the power to pass over permissions."""
    libc = ctypes.CDLL(None, use_errno=True)
    for power in _POWERS:
        libc.prctl(_DROP, power, 0, 0, 0)
    # That holds from the next program on; this is for a process that stays what it is.
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    held = (ctypes.c_uint32 * 6)()
    libc.capget(header, held)
    for number in range(3):
        for power in _POWERS:
            held[number] &= ~(1 << power) & 0xFFFFFFFF
    libc.capset(header, held)
