"""The picture of a capture as it was understood: a row a pass, shots in order, gaps and doubles marked."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from underside.files import write_atomically
from underside.photo.orientation import upright_size
from underside.report.markup import Html, asset, data_address, file_address, join, markup, page
from underside.report.wording import count
from underside.sorting import Double, Finding, Gap, Overview, PassView, Ring, Sight

__all__ = ["CAPTURE_PAGE", "capture_facts", "write_capture_page"]

CAPTURE_PAGE = "capture.html"
# More shots than this are drawn smaller, so that a ring of 18 is a row on a usual screen.
_MANY = 10
_KEY = "Select a shot to see its photo. A dashed frame is a gap: a shot may be missing. An outlined shot is a double."


def write_capture_page(seen: Overview, findings: Sequence[Finding], out: Path) -> Path:
    """Write ``capture.html`` into the folder; it needs no network, and no other file but to show a photo in full."""
    style = asset("contact_sheet.css") + asset("capture_page.css")
    rows = [*(_pass(each, out.absolute()) for each in seen.passes), _plates(seen, out.absolute()), _broken(seen)]
    content = page(
        asset("capture_page.html"),
        title=seen.capture.name,
        style=style,
        made=capture_facts(seen),
        findings=_findings(findings),
        key=_KEY,
        passes=join(rows),
    )
    path = out / CAPTURE_PAGE
    write_atomically(path, content, durable=False)
    return path


def capture_facts(seen: Overview) -> str:
    """How much there is, in a line."""
    plates = len(seen.capture.plates)
    return ", ".join(
        [
            f"{count(len(seen.capture.shots), 'shot')} in {count(len(seen.passes), 'pass', 'passes')}",
            count(plates, "plate") if plates else "no plate",
        ]
    )


def _findings(findings: Sequence[Finding]) -> Html:
    if not findings:
        return Html('<p class="lede">Nothing is missing, as far as the photos show.</p>')
    items = join(
        markup("<li$kind>$text.</li>", kind=Html(' class="needed"' if finding.needed else ""), text=finding.text)
        for finding in findings
    )
    return markup('<section class="notice" id="missing"><h2>Please note</h2><ul>$items</ul></section>', items=items)


def _pass(each: PassView, out: Path) -> Html:
    pose = each.of.pose.value if each.of.sure else f"assumed {each.of.pose}"
    facts = [pose] if pose != each.of.name and each.of.pose.value != "unknown" else []
    facts += [count(len(each.of.shots), "shot"), count(len(each.rings), "ring")]
    return markup(
        '<section class="pass-row"><h2><bdi>$name</bdi><span>$facts</span></h2>'
        '<p class="told">$told</p>$rings</section>',
        name=each.of.name or "the only pass",
        facts=" · ".join(facts),
        told=" · ".join(_told(each)),
        rings=join(_ring(ring, number, each, out) for number, ring in enumerate(each.rings, 1)),
    )


def _told(each: PassView) -> Iterator[str]:
    yield ", ".join(each.cameras)
    yield ", ".join(f"{width} x {height}" for width, height in each.sizes)
    if each.orientations not in ((), (1,)):
        yield f"EXIF orientation {', '.join(map(str, each.orientations))}"
    if each.focal_lengths:
        yield ", ".join(f"{length:g} mm" for length in each.focal_lengths)
    if each.span:
        yield f"{each.span[0]:%Y-%m-%d %H:%M:%S} to {each.span[1]:%H:%M:%S}"
    if each.raw_files:
        yield count(each.raw_files, "camera raw file")


def _ring(ring: Ring, number: int, each: PassView, out: Path) -> Html:
    gaps = {gap.after: gap for gap in each.gaps}
    doubles = {double.name: double for double in each.doubles}
    cells = [
        cell
        for sight in ring.shots
        for cell in (
            *([_gap(gaps[sight.shot.name], sight)] if sight.shot.name in gaps else []),
            _shot(sight, doubles.get(sight.shot.name), out),
        )
    ]
    told = {"room": "the camera stood still", "pauses": "found by pauses", "": "not separated"}[ring.told_by]
    head = f"Ring {number} · {count(len(ring.shots), 'shot')} · {told}"
    return markup(
        '<div class="ring"><h3>$head</h3><ul class="$kind">$cells</ul></div>',
        kind="row many" if len(cells) > _MANY else "row",
        head=f"{head} · {ring.camera}" if len(each.cameras) > 1 else head,
        cells=join(cells),
    )


def _shot(sight: Sight, double: Double | None, out: Path) -> Html:
    mark = Html("")
    if double is not None:
        text = f"{'copy of' if double.copy else 'same view as'} {PurePosixPath(double.of).stem}"
        mark = markup('<span class="mark">$text</span>', text=text)
    return markup(
        '<li class="$kind"><a href="$photo" title="$title"><img src="$data" alt="$name" loading="lazy" '
        'width="$width" height="$height"><span class="shot-name">$short</span>$mark</a></li>',
        kind="double" if double else "shot",
        photo=file_address(sight.shot.path, page_folder=out),
        title=f"{sight.shot.name}, {sight.time:%H:%M:%S}" if sight.time else sight.shot.name,
        data=data_address(sight.thumbnail, "image/jpeg"),
        name=sight.shot.name,
        short=PurePosixPath(sight.shot.name).stem,
        mark=mark,
        **_size(sight),
    )


def _size(sight: Sight) -> dict[str, int]:
    width, height = upright_size(sight.width, sight.height, sight.orientation)
    return {"width": width, "height": height}


def _gap(gap: Gap, after: Sight) -> Html:
    return markup('<li class="gap" title="$reason">gap</li>', reason=f"Before {after.shot.name}: {gap.reason}")


def _plates(seen: Overview, out: Path) -> Html:
    if not seen.plates:
        return Html("")
    return markup(
        '<section class="pass-row"><h2>plates<span>$facts</span></h2><div class="ring">'
        '<ul class="row">$cells</ul></div></section>',
        facts=f"{count(len(seen.plates), 'photo')} of the empty platter, never masked",
        cells=join(_shot(sight, None, out) for sight in seen.plates),
    )


def _broken(seen: Overview) -> Html:
    if not seen.unreadable:
        return Html("")
    return markup(
        '<section class="pass-row"><h2>cannot be opened<span>$facts</span></h2><ul>$items</ul></section>',
        facts=count(len(seen.unreadable), "photo"),
        items=join(markup("<li>$problem</li>", problem=sight.problem) for sight in seen.unreadable),
    )
