"""A command of the user's, run when a capture is complete."""

import hashlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from underside.manifest import Manifest

__all__ = ["content_of", "hand_over"]


def content_of(manifest: Manifest) -> str:
    """A fingerprint of what would be handed over: the same masks need not be handed over twice."""
    masks = [(shot.photo, shot.sha256, shot.mask_sha256, shot.hand_sha256, shot.state) for shot in manifest.shots]
    return hashlib.sha256(repr(masks).encode(errors="backslashreplace")).hexdigest()[:16]


def hand_over(command: Sequence[str], manifest: Path) -> str:
    """Run the command with the manifest's path and wait for its end; what went wrong, as a sentence."""
    try:
        # Its output goes where ours goes for people; standard output may be the line protocol's.
        done = subprocess.run([*command, str(manifest)], stdin=subprocess.DEVNULL, stdout=2, check=False)
    except OSError as error:
        return f"The command {command[0]} cannot be run: {error.strerror}"
    if done.returncode:
        return f"The command {command[0]} ended with {done.returncode} for {manifest}"
    return ""
