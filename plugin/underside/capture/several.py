"""Whether a folder given as one capture looks like a folder of several."""

from pathlib import PurePosixPath

from underside.capture.model import Capture
from underside.capture.names import is_pass_folder

__all__ = ["looks_like_several"]


def looks_like_several(capture: Capture) -> str:
    """A sentence without its full stop; nothing for what looks like one capture.

    Sub-folders that hold passes of their own, two or more each, are captures to a watch, so they are called that.
    """
    passes: dict[str, set[str]] = {}
    for shot in capture.shots if capture.whole else ():
        folder = PurePosixPath(shot.name).parent
        # If rules have separated the passes, a person has thought of them.
        if shot.pass_name != folder.as_posix() or len(folder.parts) < 2:
            continue
        first, second, *_ = folder.parts
        of_its_own = not is_pass_folder(first, of=capture.name, plates=False)
        if of_its_own and is_pass_folder(second, of=first, plates=False):
            passes.setdefault(first, set()).add(second)
    several = [name for name, of_it in passes.items() if len(of_it) > 1]
    if len(several) < 2:
        return ""
    return (
        f"This looks like {len(several)} captures ({', '.join(several)}), of different objects: mask each on "
        f"its own, or all with underside watch {capture.folder} --once"
    )
