"""Photos named in a file: for programs whose lists a command line would not hold."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from underside.capture import CaptureRules, common_folder
from underside.errors import SettingsError

__all__ = ["PhotoList", "read_photo_list"]


@dataclass(frozen=True)
class PhotoList:
    """The photos of a list, and the passes that it gives them."""

    photos: tuple[Path, ...]
    passes: Mapping[str, str] = field(default_factory=dict)
    """By the photos' paths in the capture; empty where folders tell the passes."""

    def with_passes(self, rules: CaptureRules) -> CaptureRules:
        """The rules, with the list's word on passes."""
        return replace(rules, passes=replace(rules.passes, photos=self.passes))


def read_photo_list(path: Path) -> PhotoList:
    """One photo a line, in UTF-8: its path, or the name of its pass, a tab, and its path."""
    try:
        # Names that are no Unicode come as the bytes that they are.
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise SettingsError(f"The list {path} cannot be read: {error.strerror}", "Check the path") from error
    lines = [line.rpartition("\t") for line in text.removeprefix("\ufeff").split("\n") if line.strip()]
    if not lines:
        raise SettingsError(f"There are no photos in the list {path}", "Write one path per line")
    photos = tuple(Path(os.path.abspath(photo)) for _, _, photo in lines)  # noqa: PTH100 - links keep their place
    folder = common_folder(photos)
    names = (photo.relative_to(folder).as_posix() for photo in photos)
    passes = {name: told for name, (told, _, _) in zip(names, lines, strict=True) if told}
    return PhotoList(photos, passes)
