"""From files to photos that can be masked: seen, settled, whole, or tried again until they are set aside."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from underside.errors import SettingsError
from underside.journal import Entry, Glimpse, Journal, Stage
from underside.masks import mask_name
from underside.settings import Settings
from underside.watch.doubts import Doubts
from underside.watch.folder import Found, WatchedFolder
from underside.watch.happenings import Failed, Listener, Note, Seen
from underside.watch.jobs import Crew
from underside.watch.left_out import LeftOut
from underside.watch.places import folder_of, name_in_capture, name_is_taken, place
from underside.watch.plan import Plan
from underside.watch.settling import Settling
from underside.watch.whole import Broken, Whole, check_whole

__all__ = ["Intake", "kin_of", "mask_stamp"]

TRIES = 3
# How long to wait after the first and the second, in settle times: a slow copy needs seconds, a colleague minutes.
_WAITS = (5.0, 30.0)


class Intake:
    """Keeps the journal in step with the folder."""

    def __init__(
        self,
        plan: Plan,
        journal: Journal,
        folder: WatchedFolder,
        crew: Crew,
        *,
        tell: Listener,
        in_work: Callable[[str], bool],
        stirred: Callable[[str, str, float], None],
        ready: Callable[[Entry, str], None],
    ) -> None:
        """``in_work`` says whether a capture is being worked on; ``stirred`` hears of a capture and a pass in which
        something happens, and when; ``ready`` of a whole photo and its hash."""
        self._plan = plan
        self._journal = journal
        self._folder = folder
        self._crew = crew
        self._tell = tell
        self._in_work = in_work
        self._stirred = stirred
        self._ready = ready
        self._settling = Settling(plan.settle)
        self._checking: set[str] = set()
        self._doubts = Doubts(folder, crew, self._content_read)
        self.rewriting: str | None = None
        """The capture whose masks are being put right just now: changes there are not a person's."""
        self._again_at: dict[str, float] = {}
        """Photos that failed."""
        self._left_out = LeftOut(journal)
        self.unread: set[str] = set()
        """Folders of captures that could not be looked into: their photos count as gone, until they are back."""
        self._plates = True

    # --- what lies in the folder ----------------------------------------------------------------------------

    def begin(self) -> None:
        """Take up what an earlier watch left half done."""
        now = time.monotonic()
        for stage in (Stage.SETTLING, Stage.FAILED):
            for entry in self._journal.at_stage(stage):
                self._journal.change(entry.photo, stage=Stage.SETTLING)
                self._settling.changed(_as_seen(entry), now - self._plan.settle)

    def look_through(self, below: str = "", *, first: bool = False) -> None:
        """Compare the whole folder with the journal; ``first``: what is old has been there for long."""
        seen: set[str] = set()
        unread: dict[str, str] = {}
        for listing in self._folder.walk(below):
            seen.add(listing.folder)
            if listing.unread and not listing.folder:  # the watched folder itself, for a moment
                return
            if listing.unread:
                unread[listing.folder] = listing.unread
            known = self._journal.in_folder(listing.folder)
            for found in sorted(listing.photos, key=lambda found: found.mtime_ns):
                self._compare(found, known.pop(found.photo, None), first=first)
            for photo, glimpse in known.items():
                self._miss(photo, glimpse)
        if not self._folder.is_there():  # a share that has gone meanwhile
            return
        self._tell_of_unread(below, unread)
        for folder in self._journal.folders() - seen:
            if below in ("", folder) or folder.startswith(f"{below}/"):
                for photo, glimpse in self._journal.in_folder(folder).items():
                    self._miss(photo, glimpse)
        self.look_at_left_out()

    def look_at(self, photo: str) -> None:
        """Compare one file with the journal."""
        known = self._journal.glimpse(photo)
        found = self._folder.look_at(photo) if self._folder.takes(photo) else None
        if found is not None:
            self._compare(found, known, first=False)
        elif self._folder.is_there():
            self._left_out.drop(photo)
            if known is not None:
                self._miss(photo, known)

    def _tell_of_unread(self, below: str, unread: Mapping[str, str]) -> None:
        """Once; a folder that is none of a known capture may be anything, such as a disk's lost+found."""
        captures = self._journal.captures()
        of_captures = {folder: reason for folder, reason in unread.items() if folder.split("/")[0] in captures}
        for folder in of_captures.keys() - self.unread:
            self._tell(Note(f"{folder} cannot be read ({of_captures[folder]}): its capture waits until it can be"))
        elsewhere = {folder for folder in self.unread if below and not _lies_in(folder, below)}
        self.unread = {*elsewhere, *of_captures}

    def is_whole(self, capture: str) -> bool:
        """Whether all folders of a capture could be looked into."""
        return not any(_lies_in(folder, capture) for folder in self.unread)

    def _compare(self, found: Found, known: Glimpse | None, *, first: bool) -> None:
        now = time.monotonic()
        age = max(0.0, time.time() - found.mtime_ns / 1e9) if first else 0.0
        if known is not None:
            capture, pass_name = known.capture, known.pass_name
        if known is None:
            capture, pass_name = place(
                found, self._plan.root.name, self._journal, plates=self._takes_plates(), is_folder=self._folder.holds
            )
            if name_is_taken(found.photo, capture, self._journal, in_work=self._in_work):
                self._leave_out(found.photo, capture)
                return
            folder = PurePosixPath(found.photo).parent.as_posix()
            entry = Entry(
                photo=found.photo,
                folder="" if folder == "." else folder,
                kin=kin_of(found.photo),
                capture=capture,
                pass_name=pass_name,
                size=found.size,
                mtime_ns=found.mtime_ns,
                ctime_ns=found.ctime_ns,
                seen_at=time.time(),
            )
            self._left_out.drop(found.photo)
            self._journal.add(entry)
            self._tell(Seen(found.photo))
        elif _is_changed(found, known) or _went_along(known):
            self._begin_anew(found)
        elif known.gone:
            # Back again, as after a share was away.
            self._journal.change(found.photo, gone_at=0.0)
            if known.stage not in (Stage.SETTLING, Stage.FAILED):
                self._look_at_stamp(found, known)
                self._stirred(capture, pass_name, now)
                return
        else:
            self._look_at_stamp(found, known)
            self._look_at_mask(found.photo, known)
            return
        self._settling.changed(found, now - min(age, self._plan.settle))
        self._stirred(capture, pass_name, now - age)

    def _begin_anew(self, found: Found) -> None:
        self._journal.change(
            found.photo,
            stage=Stage.SETTLING,
            size=found.size,
            mtime_ns=found.mtime_ns,
            ctime_ns=found.ctime_ns,
            attempts=0,
            reason="",
            gone_at=0.0,
        )
        self._again_at.pop(found.photo, None)

    def _look_at_stamp(self, found: Found, known: Glimpse) -> None:
        """Another file may lie in the photo's place that has its size and its time."""
        if not known.ctime_ns:  # of an earlier Underside: whole archives are not read again for that
            self._journal.change(found.photo, ctime_ns=found.ctime_ns)
        elif known.ctime_ns != found.ctime_ns:
            self._doubts.add(found)

    def _content_read(self, found: Found, sha256: str) -> None:
        entry = self._journal.entry(found.photo)
        if entry is None or entry.gone_at or self._folder.look_at(found.photo) != found:
            self.look_at(found.photo)
        elif entry.sha256 == sha256:
            self._journal.change(found.photo, ctime_ns=found.ctime_ns)
        elif entry.stage is not Stage.SETTLING:
            now = time.monotonic()
            self._begin_anew(found)
            self._settling.changed(found, now)
            self._stirred(entry.capture, entry.pass_name, now)

    def _takes_plates(self) -> bool:
        """Whether folders in the watched folder may hold plates; the last known answer if that cannot be read now."""
        with suppress(SettingsError):
            self._plates = not self._plan.of_capture(self._plan.root, "").no_plates
        return self._plates

    def _leave_out(self, photo: str, capture: str) -> None:
        """Not even the journal has a place for it, until something is called otherwise; told once."""
        if photo not in self._left_out.reasons:
            both = f"the folder {capture}, and what lies in {self._plan.root.name} itself, cannot both be the capture"
            reason = f"{photo} is left out: {both} {capture}. Rename the folder {capture}."
            self._left_out.add(photo, reason)
            self._tell(Failed(capture, photo, reason, attempts=1, final=True))

    def look_at_left_out(self) -> None:
        """They may have gone, or there is a place for them by now."""
        for photo in list(self._left_out.reasons):
            self.look_at(photo)

    @property
    def left_out(self) -> int:
        """How many photos are there that belong nowhere."""
        return len(self._left_out.reasons)

    def _look_at_mask(self, photo: str, known: Glimpse) -> None:
        """A mask that is away is made again; one that was changed by hand is taken up."""
        if known.stage not in (Stage.DONE, Stage.BY_HAND) or not known.mask_stamp or known.capture == self.rewriting:
            return
        stamp = mask_stamp(self._plan.out, known.capture, photo)
        if stamp != known.mask_stamp:
            self._journal.change(photo, stage=Stage.MASKED if stamp else Stage.READY, mask_stamp=stamp)
            self._stirred(known.capture, known.pass_name, time.monotonic() - self._plan.quiet)

    def _miss(self, photo: str, known: Glimpse) -> None:
        if known.gone:
            return
        self._journal.change(photo, gone_at=time.time())
        self._settling.forget(photo)
        self._again_at.pop(photo, None)
        self._stirred(known.capture, known.pass_name, time.monotonic())

    # --- what is whole --------------------------------------------------------------------------------------

    def settle(self) -> None:
        """See what has stood still for long enough, or failed long enough ago."""
        self._left_out.keep()
        self._doubts.go_on()
        now = time.monotonic()
        for photo in [photo for photo, at in self._again_at.items() if at <= now]:
            del self._again_at[photo]
            found = self._folder.look_at(photo)
            if found is not None:
                self._settling.changed(found, now - self._plan.settle)
        due = self._settling.due(now)
        while self._crew.has_room and (found := next(due, None)):
            if found.photo in self._checking:
                continue
            still = self._folder.look_at(found.photo)
            if still is None:
                self.look_at(found.photo)
            elif still != found:
                self.look_at(found.photo)
                self._settling.changed(still, now)
            else:
                self._check(found)

    def next_due(self) -> float:
        """When ``settle`` has something to do."""
        doubts = 0.0 if self._doubts.is_waiting else float("inf")
        return min(self._settling.next_due(), *self._again_at.values(), doubts)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is settling, being checked, in doubt or waiting to be tried again."""
        return not (self._settling or self._checking or self._doubts or self._again_at)

    def _check(self, found: Found) -> None:
        entry = self._journal.entry(found.photo)
        if entry is None:
            return
        self._settling.forget(found.photo)
        self._checking.add(found.photo)
        path = self._folder.path(found.photo)
        limit = self._most_megapixels(entry)
        self._crew.start(
            lambda: check_whole(path, found, max_megapixels=limit, thoroughly=entry.attempts > 0),
            self._checked,
            lambda error: self._checked(Broken(found, str(error))),
        )

    def _checked(self, result: Whole | Broken) -> None:
        found = result.found
        self._checking.discard(found.photo)
        entry = self._journal.entry(found.photo)
        now_there = self._folder.look_at(found.photo)
        if entry is None or now_there != found or entry.gone_at:
            self.look_at(found.photo)
            if now_there is not None and entry is not None and not entry.gone_at:
                self._settling.changed(now_there, time.monotonic())
            return
        if isinstance(result, Broken):
            self.failed(entry, result.reason)
            return
        self._ready(entry, result.sha256)

    def failed(self, entry: Entry, reason: str) -> None:
        """A photo could not be used: it is tried again later, or set aside."""
        attempts = entry.attempts + 1
        final = attempts >= TRIES
        stage = Stage.SET_ASIDE if final else Stage.FAILED
        self._journal.change(entry.photo, stage=stage, attempts=attempts, reason=reason)
        if not final:
            self._again_at[entry.photo] = time.monotonic() + _WAITS[attempts - 1] * self._plan.settle
        self._tell(Failed(entry.capture, entry.photo, reason, attempts, final))
        ago = self._plan.quiet if final else 0.0
        self._stirred(entry.capture, entry.pass_name, time.monotonic() - ago)

    def again(self, entry: Entry) -> None:
        """Start again with a photo."""
        self._journal.change(entry.photo, stage=Stage.SETTLING, attempts=0, reason="")
        self._again_at.pop(entry.photo, None)
        self._settling.changed(_as_seen(entry), time.monotonic() - self._plan.settle)
        self._stirred(entry.capture, entry.pass_name, time.monotonic())

    def _most_megapixels(self, entry: Entry) -> float:
        with suppress(SettingsError):  # a file that somebody is writing just now
            at = self._folder.path(folder_of(entry.photo, entry.capture))
            return self._plan.of_capture(at, entry.settings).settings.max_megapixels
        return Settings().max_megapixels


def _lies_in(folder: str, other: str) -> bool:
    return folder == other or folder.startswith(f"{other}/")


def _as_seen(entry: Entry) -> Found:
    return Found(entry.photo, entry.size, entry.mtime_ns, entry.ctime_ns)


def _is_changed(found: Found, known: Glimpse) -> bool:
    """Whether a photo has to stand still again; by its whole stamp only where it has not done so yet."""
    same = (known.size, known.mtime_ns) == (found.size, found.mtime_ns)
    return not same or (known.stage == Stage.SETTLING and known.ctime_ns != found.ctime_ns)


def _went_along(known: Glimpse) -> bool:
    """Whether the mask of a photo that was elsewhere meanwhile is still there, and has to come back with it."""
    return bool(known.gone) and known.stage in (Stage.MASKED, Stage.DONE, Stage.BY_HAND) and not known.mask_stamp


def kin_of(photo: str) -> str:
    """What the names of a raw file, its JPEG and its mask have in common."""
    stem = PurePosixPath(photo).name.lower().split(".")[0]
    for ending in ("_mask", "-mask"):
        stem = stem.removesuffix(ending)
    return stem


def mask_stamp(out: Path, capture: str, photo: str) -> str:
    """Size and time of a mask's file; empty where there is none."""
    try:
        facts = (out / capture / mask_name(name_in_capture(photo, capture))).stat()
    except OSError:
        return ""
    return f"{facts.st_size} {facts.st_mtime_ns}"
