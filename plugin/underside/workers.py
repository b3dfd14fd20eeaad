"""How many shots to have in flight on this machine."""

import os

__all__ = ["usual_workers"]

# A shot in flight holds its pixels, its mask and the file: about 150 MB at 24 megapixels. More than eight
# at once no longer go faster, because reading and writing then share one disk.
_MOST = 8


def usual_workers() -> int:
    """As many as there are processors for us, within reason."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        processors = os.cpu_count() or 1
    return max(1, min(processors, _MOST))
