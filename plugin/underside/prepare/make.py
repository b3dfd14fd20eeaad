"""One folder for one program: all passes of a capture under unique names, with masks by that program's rules."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from underside.counted import some
from underside.errors import PhotoError, SettingsError, UnfitNameError
from underside.layouts import HOW_TO, places
from underside.manifest import MANIFEST_NAME, ShotRecord
from underside.masks import RESULT_FOLDERS, SET_TABLE
from underside.metadata.position import has_position
from underside.outfolder import undisturbed
from underside.photo import RAW_SUFFIXES
from underside.prepare.files import CUT_OUT_FORMATS, PrepareOptions, Sources, bring
from underside.prepare.folder import COPIED, ELSEWHERE, MADE, SetFolder, open_set
from underside.prepare.programs import Draft, Member, Program, find_program
from underside.prepare.regions import check_regions, region_notes
from underside.prepare.sensors import Sensor, sensor_notes, sensors_of
from underside.prepare.shots import choose_shots, chosen_notes

__all__ = ["Prepared", "prepare"]

# Linking waits for the disk, cut-outs for the processor; a 24-megapixel cut-out in flight holds about 200 MB.
_AT_ONCE = 2
# EXIF stands at the beginning of a JPEG.
_HEAD = 1 << 18


@dataclass(frozen=True)
class Prepared:
    """What has become of the set."""

    program: str
    folder: Path
    passes: Mapping[str, int]
    """Shots in the set, of each pass."""
    written: int
    """Files that were new or had changed."""
    removed: int
    how_to: str
    left_out: Mapping[str, str]
    """Why, by photo, as a sentence with its full stop."""
    notes: tuple[str, ...]
    """What a person should know, as sentences without their full stop."""


def prepare(
    out: Path,
    folder: Path,
    name: str,
    options: PrepareOptions | None = None,
    *,
    advance: Callable[[int, int], None] = lambda *_: None,
) -> Prepared:
    """Bring the shots of ``out``, an output folder, into ``folder`` for the program of that name.

    A second run changes only what is new. Neither originals nor anything in ``out`` is ever written to.
    """
    program, options = find_program(name), options or PrepareOptions()
    out, folder = out.absolute(), folder.absolute()
    if not out.is_dir():
        raise SettingsError(f"There is no folder {out}", "Name an output folder of underside mask")
    if (out / SET_TABLE).exists():
        raise SettingsError(f"{out} was itself made by underside prepare", "Name the output folder of underside mask")
    with ExitStack() as stack:
        stack.enter_context(undisturbed(out))
        chosen = choose_shots(out, without_insufficient=options.without_insufficient)
        _refuse_place(folder, out, chosen.capture)
        check_regions(options.keep, chosen.shots)
        kind = {"program": name, "output": str(out), "capture": str(chosen.capture)}
        opened = stack.enter_context(open_set(folder, kind))
        return _fill(opened, Sources(out, chosen, program, options), advance)


def _fill(opened: SetFolder, sources: Sources, advance: Callable[[int, int], None]) -> Prepared:
    program, chosen = sources.program, sources.chosen
    raw = [shot.photo for shot in chosen.shots if program.cut_outs and _is_raw(shot)]
    sensors = sensors_of(chosen.capture, chosen.shots)
    planned = _members(program, [shot for shot in chosen.shots if shot.photo not in raw], sensors)
    opened.plan([path for member in planned for path in (member.photo, member.mask)])
    opened.plan([*program.more(Draft(opened.folder, planned, sensors)), HOW_TO])
    members, ways, refused = _bring_all(sources, planned, opened, advance)
    left_out = {**chosen.left_out, **{photo: _RAW.format(photo) for photo in raw}, **refused}
    if not members:
        raise SettingsError(
            f"No shot could be prepared. {next(iter(left_out.values())).rstrip('.')}", "Fix that and run again"
        )
    changed = not opened.is_new and opened.written > 0
    for each, text in program.more(Draft(opened.folder, members, sensors)).items():
        opened.put_text(each, text(), ours=each == MANIFEST_NAME)
    opened.sweep()
    notes = tuple(_notes(sources, members, sensors, opened, copied=ways[COPIED], changed=changed))
    how_to = program.how_to.replace("{folder}", str(opened.folder))
    opened.put_text(HOW_TO, _how_to_text(program, how_to, notes))
    opened.close(_facts(members, sources.chosen.mask_hashes, sensors, left_out))
    return Prepared(
        program=program.layout.name,
        folder=opened.folder,
        passes=dict(Counter(member.shot.pass_name for member in members)),
        written=opened.written,
        removed=opened.removed,
        how_to=how_to,
        left_out=left_out,
        notes=notes,
    )


_RAW = "{} is camera raw, of which no cut-outs are made. Develop it to TIFF or JPEG and mask that."


def _is_raw(shot: ShotRecord) -> bool:
    return PurePosixPath(shot.photo).suffix.lower() in RAW_SUFFIXES


def _members(program: Program, shots: Sequence[ShotRecord], sensors: Sequence[Sensor]) -> tuple[Member, ...]:
    number = {photo: sensor.number for sensor in sensors for photo in sensor.photos}
    named = [replace(shot, photo=_name_for(program, shot.photo)) for shot in shots]
    return tuple(
        Member(shot, place.photo or "", place.mask, number[shot.photo])
        for shot, place in zip(shots, places(program.layout, named), strict=True)
    )


def _name_for(program: Program, photo: str) -> str:
    # Lists for programs have a photo a line.
    path = PurePosixPath(re.sub(r"[\r\n]", "_", photo))
    is_to_be_jpeg = program.cut_outs and path.suffix.lower() not in CUT_OUT_FORMATS
    return (path.with_suffix(".jpg") if is_to_be_jpeg else path).as_posix()


def _bring_all(
    sources: Sources, planned: Sequence[Member], opened: SetFolder, advance: Callable[[int, int], None]
) -> tuple[list[Member], Counter[str], dict[str, str]]:
    """Those that came, how many came in which way, and why others could not."""
    members, ways, refused = [], Counter[str](), {}

    def attempt(member: Member) -> str | PhotoError | UnfitNameError:
        try:
            return bring(sources, member, opened)
        except (PhotoError, UnfitNameError) as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for count, (member, way) in enumerate(zip(planned, pool.map(attempt, planned), strict=True), start=1):
                if not isinstance(way, str):
                    refused[member.shot.photo] = str(way)
                    opened.give_up(member.photo, member.mask)
                else:
                    members.append(replace(member, made=way == MADE))
                    ways[way] += 1
                advance(count, len(planned))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return members, ways, refused


def _notes(
    sources: Sources,
    members: Sequence[Member],
    sensors: Sequence[Sensor],
    opened: SetFolder,
    *,
    copied: int,
    changed: bool,
) -> Iterator[str]:
    program, options, folder = sources.program, sources.options, opened.folder
    yield from chosen_notes(sources.chosen)
    yield from sensor_notes(sensors)
    yield from region_notes(options.keep, [member.shot for member in members])
    placed = [] if options.without_position else [each.shot.photo for each in members if _has_position(sources, each)]
    if placed:
        yield (
            "Some photos record where they were taken (GPS), which programs may take for the camera's position; "
            f"--without-position makes copies that do not: {some(placed)}"
        )
    renamed = [
        member for member in members if PurePosixPath(member.photo).name != PurePosixPath(member.shot.photo).name
    ]
    if renamed:
        yield (
            f"Renamed, such as {PurePosixPath(renamed[0].photo).name} for {renamed[0].shot.photo} ({len(renamed)} in "
            f"all): {SET_TABLE} has all names"
        )
    if copied and not options.copies:
        number = "all " * (copied == len(members)) + str(copied)
        yield f"Copied, because hard links cannot reach from their disk to that of {folder}: {number} photos"
    if program.layout.check_once:
        yield f"Not confirmed. {program.layout.check_once}"
    if opened.changed_by_others:
        yield (
            "Changed since Underside wrote it, so it stays as it is (delete it to have it made again): "
            f"{some(sorted(opened.changed_by_others))}"
        )
    if changed and program.stale and (folder / program.stale).exists():
        yield f"Photos or masks have changed since {program.stale} was made: delete it and run the commands again"


def _has_position(sources: Sources, member: Member) -> bool:
    with sources.photo(member.shot).open("rb") as file:
        head = file.read(_HEAD)
        return has_position(head if head.startswith(b"\xff\xd8") else head + file.read())


def _how_to_text(program: Program, how_to: str, notes: Sequence[str]) -> str:
    sentences = "\n\n".join(f"{note}." for note in notes)
    return "\n\n".join(
        [
            f"All passes in one folder, for {program.layout.program}",
            how_to,
            *([sentences] if sentences else []),
            "Do not edit files here: photos and masks may be the very same files as your originals (hard links). "
            "To change a mask, change the one in the masks folder beside capture.json and run underside prepare "
            "again, which changes only what is new.\n",
        ]
    )


def _facts(
    members: Sequence[Member], mask_hashes: Mapping[str, str], sensors: Sequence[Sensor], left_out: Mapping[str, str]
) -> dict[str, object]:
    return {
        "shots": [
            {
                "photo": member.shot.photo,
                "pass": member.shot.pass_name,
                "prepared": member.photo,
                "mask": member.mask,
                "mask_of": mask_hashes[member.shot.photo],
                "camera": member.sensor,
                "verdict": member.shot.verdict or str(member.shot.state),
            }
            for member in members
        ],
        "cameras": [asdict(sensor) | {"photos": len(sensor.photos)} for sensor in sensors],
        "left_out": dict(left_out),
    }


def _refuse_place(folder: Path, out: Path, capture: Path) -> None:
    """Not among photos that would be read again, nor among results that runs sweep."""
    real, real_out, real_capture = (Path(os.path.realpath(each)) for each in (folder, out, capture))
    if real == real_out or any(real.is_relative_to(real_out / name) for name in RESULT_FOLDERS):
        raise SettingsError(f"{folder} lies in the masks' own output folder", ELSEWHERE)
    if real.is_relative_to(real_capture) and not real.is_relative_to(real_out):
        raise SettingsError(f"{folder} lies among the photos of the capture", ELSEWHERE)
    if real_out.is_relative_to(real) or real_capture.is_relative_to(real):
        raise SettingsError(f"{folder} holds the photos or the masks themselves", ELSEWHERE)
