"""One card a shot: its preview, its figures, and the way to its files."""

from underside.manifest import ShotRecord, State
from underside.photo.orientation import upright_size
from underside.report.changes import Change
from underside.report.markup import Html, asset, data_address, join, markup
from underside.report.previews import preview_of
from underside.report.sheet import Sheet
from underside.report.wording import count, percent, round_percent, seconds, signed_percent

__all__ = ["cards"]


def cards(sheet: Sheet) -> Html:
    """The section of all masked shots."""
    if not sheet.masked:
        return Html('<section id="shots"><h2>No shot was masked</h2></section>')
    card = asset("card.html")
    return markup(asset("shots.html"), cards=join(_card(card, sheet, shot) for shot in sheet.masked))


def _card(template: str, sheet: Sheet, shot: ShotRecord) -> Html:
    width, height = upright_size(shot.width, shot.height, shot.orientation)
    return markup(
        template,
        place=sheet.place(shot),
        number=sheet.numbers[shot.photo],
        name=shot.photo,
        short_name=shot.photo.removeprefix(f"{shot.pass_name}/"),
        pass_name=sheet.pass_name(shot),
        orientation=shot.orientation,
        width=width,
        height=height,
        picture=_picture(sheet, shot, width, height),
        badge=_badge(shot),
        reasons=_reasons(shot),
        steps=_steps(shot),
        area=percent(shot.area),
        change=_change(sheet.changes.get(shot.photo)),
        seconds=seconds(shot.seconds),
        notes=join(markup('<p class="note">$note</p>', note=note) for note in shot.notes),
        photo=sheet.photo_address(shot),
        mask=sheet.result_address(shot.mask),
        cutout=_cutout(sheet, shot),
    )


def _badge(shot: ShotRecord) -> Html:
    if shot.state is State.BY_HAND:
        return Html('<span class="badge">by hand</span>')
    if not shot.verdict:
        return Html("")
    if shot.is_put_right:
        return Html('<span class="badge">put right</span>')  # of which verdict, the note says
    kind = shot.verdict.replace(" ", "-")
    return markup('<span class="badge $kind">$verdict</span>', kind=kind, verdict=shot.verdict)


def _reasons(shot: ShotRecord) -> Html:
    if not shot.reasons:
        return Html("")
    return markup(
        '<ul class="reasons">$items</ul>', items=join(markup("<li>$why</li>", why=why) for why in shot.reasons)
    )


def _steps(shot: ShotRecord) -> Html:
    if not shot.steps:
        return Html("")
    taken = next((step.name for step in reversed(shot.steps) if step.taken), "")
    told = f"{count(len(shot.steps), 'other way', 'other ways')} tried, " + (
        f"taken: {taken}" if taken else "none better"
    )
    return markup('<p class="note">$told</p>', told=told)


def _picture(sheet: Sheet, shot: ShotRecord, width: int, height: int) -> Html:
    preview = preview_of(shot, capture=sheet.capture, out=sheet.out)
    if preview is None:
        return Html('<span class="none">No preview: photo or mask cannot be read</span>')
    return markup(
        '<img src="$data" width="$width" height="$height" alt="$alt" decoding="async" loading="lazy">',
        data=data_address(preview, "image/jpeg"),
        width=width,
        height=height,
        alt=f"{shot.photo} with its mask outlined",
    )


def _change(change: Change | None) -> Html:
    if change is None:
        return Html("")
    area = markup("$area area", area=signed_percent(change.area))
    box = markup("$box box", box=round_percent(change.box))
    if abs(change.area) >= change.box:
        area = markup('<span class="most">$area</span>', area=area)
    else:
        box = markup('<span class="most">$box</span>', box=box)
    return markup("<dt>Change</dt><dd>$area, $box</dd>", area=area, box=box)


def _cutout(sheet: Sheet, shot: ShotRecord) -> Html:
    if not shot.cutout:
        return Html("")
    kind = "Cropped cut-out" if shot.crop else "Cut-out"
    return markup(' <a href="$file">$kind</a>', file=sheet.result_address(shot.cutout), kind=kind)
