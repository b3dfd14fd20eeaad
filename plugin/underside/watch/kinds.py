"""What a whole photo is: a shot, a plate, or a file that belongs to a shot beside it."""

from contextlib import suppress
from pathlib import PurePosixPath

from underside.capture import is_plate_by_name, read_capture
from underside.errors import UndersideError
from underside.journal import Entry, Journal, Stage
from underside.photo import RAW_SUFFIXES
from underside.watch.folder import WatchedFolder
from underside.watch.places import folder_of, name_in_capture
from underside.watch.plan import Plan

__all__ = ["Kinds"]


class Kinds:
    """Told by a photo's name, its capture's settings, and the files beside it."""

    def __init__(self, plan: Plan, journal: Journal, folder: WatchedFolder) -> None:
        self._plan = plan
        self._journal = journal
        self._folder = folder

    def of(self, entry: Entry) -> tuple[Stage, tuple[str, ...]]:
        """What a whole photo is, by itself and its kin: READY for a shot, with the names of its raw files."""
        kin = [self._folder.path(each.photo) for each in self._journal.kin(entry)]
        path = self._folder.path(entry.photo)
        with suppress(UndersideError):
            chosen = self._plan.of_capture(self._folder.path(folder_of(entry.photo, entry.capture)), "")
            name = name_in_capture(entry.photo, entry.capture)
            if not chosen.no_plates and is_plate_by_name(name, chosen.passes):
                return Stage.PLATE, ()
            small = read_capture([path, *(each for each in kin if each != path)], output=self._plan.out, plates=False)
            shot = next((shot for shot in small.shots if shot.path.name == path.name), None)
            if shot is None:
                left_out = path.name in small.left_out
                return (Stage.LEFT_OUT if left_out else Stage.COMPANION), ()
            base = PurePosixPath(name).parent
            return Stage.READY, tuple((base / companion).as_posix() for companion in shot.companions)
        return Stage.READY, ()

    @staticmethod
    def waits_for_kin(entry: Entry) -> bool:
        """A raw file whose developed file may still come."""
        return PurePosixPath(entry.photo).suffix.lower() in RAW_SUFFIXES
