"""The audit's page: what each setting changes, in figures and side by side, whole in one file."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from underside.audit import Audit, Trial, TrialShot
from underside.errors import PhotoError
from underside.files import write_atomically
from underside.masks import read_mask
from underside.photo import Photo, decode, open_photo, to_srgb, turn_upright
from underside.preview import draw_preview
from underside.report.audit_pictures import Pictures, difference_pictures
from underside.report.markup import Html, asset, data_address, join, markup, page
from underside.report.wording import count, percent, seconds
from underside.settings import SETTINGS, Settings, option_of, spoken

__all__ = ["AUDIT_NAME", "write_audit_page"]

AUDIT_NAME = "audit.html"

Pixels = NDArray[np.uint8]
Drawn = Mapping[tuple[str, str], Pictures]
"""The pictures of each variant, by its name and the shot's."""

_SHOT = """\
<div class="shot"><h3><bdi>$name</bdi></h3><div class="looks">
$looks
</div></div>"""
_LOOK = """\
<figure>$pictures<figcaption><strong>$name</strong>$figures</figcaption></figure>"""


def write_audit_page(audit: Audit, out: Path) -> Path:
    """Write ``audit.html`` into the folder; the masks of the audit must still be there, the page needs none."""
    path = out / AUDIT_NAME
    style = asset("contact_sheet.css") + asset("audit.css")
    drawn = _drawn(audit)
    content = page(
        asset("audit.html"),
        title=audit.capture.folder.name or str(audit.capture.folder),
        style=style,
        made=_made(audit),
        facts=_facts(audit),
        problems=_problems(audit),
        truth_head=Html("" if audit.reference.truth_iou is None else '<th scope="col">IoU with the truth</th>'),
        rows=_rows(audit),
        settings=join(_setting(audit, name, trials, drawn) for name, trials in audit.by_setting.items()),
        reference=join(
            markup("<dt>$name</dt><dd>$value</dd>", name=name, value=value) for name, value in _chosen(audit.settings)
        ),
    )
    write_atomically(path, content, durable=False)
    return path


def _drawn(audit: Audit) -> Drawn:
    """Photo by photo, so that each is decoded once and only one is held."""
    drawn: dict[tuple[str, str], Pictures] = {}
    for name, reference in audit.reference.shots.items():
        try:
            photo = open_photo(reference.photo, max_megapixels=audit.settings.max_megapixels)
            pixels = turn_upright(to_srgb(decode(photo), photo.icc), photo.orientation)
        except PhotoError:  # gone since it was masked: the figures stay
            continue
        before = _upright(reference, photo)
        drawn["", name] = Pictures(draw_preview(pixels, before), None)
        for trial in audit.trials:
            if trial.variant and name in trial.shots:
                after = _upright(trial.shots[name], photo)
                drawn[trial.variant.name, name] = difference_pictures(pixels, before, after)
    return drawn


def _upright(shot: TrialShot, photo: Photo) -> Pixels:
    return turn_upright(read_mask(shot.mask, width=photo.width, height=photo.height), photo.orientation)


def _made(audit: Audit) -> str:
    shots = f"{len(audit.reference.shots)} of {count(len(audit.capture.shots), 'shot')}"
    ways = count(len(audit.trials), "variant")
    settings = audit.settings
    finder = settings.model if settings.segmenter == "network" else settings.segmenter
    return f"{shots}, masked with {finder}, effort {settings.effort}, as the reference, and in {ways}"


def _facts(audit: Audit) -> Html:
    figures = {
        "Sampled": str(len(audit.reference.shots)),
        "Settings": str(len(audit.by_setting)),
        "Variants": str(len(audit.trials)),
        "Time per shot, reference": seconds(audit.reference.seconds),
    }
    if audit.reference.truth_iou is not None:
        figures["IoU with the truth, reference"] = f"{audit.reference.truth_iou:.4f}"
    return join(
        markup("<div><dt>$name</dt><dd>$value</dd></div>", name=name, value=value) for name, value in figures.items()
    )


def _problems(audit: Audit) -> Html:
    if not audit.problems:
        return Html("")
    return markup(
        '<section class="notice alarm" id="problems"><h2>$count not done</h2><ul>$items</ul></section>',
        count=count(len(audit.problems), "thing"),
        items=join(markup("<li>$text</li>", text=problem) for problem in audit.problems),
    )


def _rows(audit: Audit) -> Html:
    rows = [_row(audit, audit.reference, name=Html("Reference"), first=False)]
    for setting, trials in audit.by_setting.items():
        for trial in trials:
            assert trial.variant is not None
            name = markup('<a href="#$place">$name</a>', place=_place(setting), name=trial.variant.name)
            rows.append(_row(audit, trial, name=name, first=trial is trials[0]))
    return join(rows)


def _row(audit: Audit, trial: Trial, *, name: Html, first: bool) -> Html:
    mean = trial.mean
    if mean is None:
        columns = 5 if audit.reference.truth_iou is None else 6
        cells = markup('<td class="same" colspan="$columns">could not be done</td>', columns=columns)
    else:
        times = trial.seconds / audit.reference.seconds if trial.variant and audit.reference.seconds else None
        figures = (f"{mean.iou:.4f}", f"{mean.ssim:.4f}", percent(mean.gained), percent(mean.lost))
        same = Html(' class="same"' if not mean.changed else "")
        cells = join(markup("<td$same>$text</td>", same=same, text=text) for text in figures)
        cells = join((cells, _time_cell(trial.seconds, times)))
        if audit.reference.truth_iou is not None:
            cells = join((cells, markup("<td>$text</td>", text=_truth(trial.truth_iou))))
    start = Html(' class="first"' if first else "")
    return markup('<tr$start><th scope="row">$name</th>$cells</tr>', start=start, name=name, cells=cells)


def _time_cell(taken: float, times: float | None) -> Html:
    shown = f"{times:.2f} ×" if times is not None else ""
    return markup('<td>$taken <span class="times">$times</span></td>', taken=seconds(taken), times=shown)


def _setting(audit: Audit, name: str, trials: tuple[Trial, ...], drawn: Drawn) -> Html:
    field = SETTINGS[name.replace("-", "_")]
    return markup(
        asset("audit_setting.html"),
        place=_place(name),
        name=name,
        help=f"{option_of(field).help} The reference has {_written(getattr(audit.settings, field.name))}.",
        shots=join(
            markup(_SHOT, name=shot, looks=join(_looks(audit, shot, trials, drawn))) for shot in audit.reference.shots
        ),
    )


def _looks(audit: Audit, shot: str, trials: tuple[Trial, ...], drawn: Drawn) -> Iterator[Html]:
    yield _look(drawn.get(("", shot)), "Reference", audit.reference.shots[shot])
    for trial in trials:
        if trial.variant and shot in trial.shots:
            name = trial.variant.name
            yield _look(drawn.get((name, shot)), name, trial.shots[shot])


def _look(pictures: Pictures | None, name: str, shot: TrialShot) -> Html:
    shown = [pictures.whole, *([pictures.detail] if pictures.detail else [])] if pictures else []
    alts = (f"{shot.photo.name}, {name}", f"{shot.photo.name}, {name}: where it changes most")
    images = [
        markup('<img src="$data" alt="$alt" loading="lazy">', data=data_address(content, "image/jpeg"), alt=alt)
        for content, alt in zip(shown, alts, strict=False)
    ]
    return markup(_LOOK, pictures=join(images), name=name, figures=" · ".join(_figures(name, shot)))


def _figures(name: str, shot: TrialShot) -> Iterator[str]:
    if name != "Reference":
        difference = shot.difference
        yield f"IoU {difference.iou:.4f}" if difference.changed else "the same mask"
    yield seconds(shot.seconds)
    if shot.truth_iou is not None:
        yield f"truth {shot.truth_iou:.4f}"


def _chosen(settings: Settings) -> Iterator[tuple[str, str]]:
    finder: dict[str, object] = {"segmenter": settings.segmenter}
    if settings.segmenter == "network":
        finder |= {"model": settings.model, "working_size": settings.working_size}
    own = (name for name, each in SETTINGS.items() if option_of(each).only_for == settings.segmenter)
    finder |= {name: value for name in own if (value := getattr(settings, name)) is not None}
    for name, value in (finder | settings.deciding_the_mask()).items():
        yield spoken(name), _written(value)


def _written(value: object) -> str:
    return "the model’s own" if value is None else str(value)


def _truth(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _place(setting: str) -> str:
    return f"setting-{setting}"
