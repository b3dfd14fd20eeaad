"""Whether a folder that is to be one capture looks like the folder around several."""

from pathlib import PurePosixPath

from underside.capture.model import Capture
from underside.capture.names import is_pass_folder

__all__ = ["looks_like_several"]


def looks_like_several(capture: Capture) -> str:
    """A sentence without its full stop; nothing for what looks like one capture.

    Sub-folders that hold passes of their own, two or more each, are told as captures by a watch: it has them so.
    """
    passes: dict[str, set[str]] = {}
    for shot in capture.shots if capture.whole else ():
        folder = PurePosixPath(shot.name).parent
        # Where rules have told the passes, a person has thought of them.
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
        f"This looks like {len(several)} captures ({', '.join(several)}), of different objects: mask each by "
        f"itself, or all with underside watch {capture.folder} --once"
    )
