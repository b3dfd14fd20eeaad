"""The coverage page: what a proof found, in words, figures and pictures, whole in one file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from underside.files import write_atomically
from underside.manifest import Manifest, ShotRecord, State
from underside.report.contact_sheet import REPORT_NAME
from underside.report.coverage_cloud import Cloud, cloud_of, still_picture
from underside.report.coverage_facts import CoverageFacts, FoundAgainst, PassLine, TieLine
from underside.report.coverage_masks import masks_section
from underside.report.coverage_sphere import PASS_COLOURS, pass_mark, sphere
from underside.report.markup import Html, asset, data_address, file_address, join, markup, page
from underside.report.previews import preview_of
from underside.report.sheet import COVERAGE_NAME, Sheet
from underside.report.wording import GAP, count, round_percent

__all__ = ["write_coverage_page"]

# So many shots of a finding are shown; all are named.
_SHOWN = 8
_OWN_FOLDER = "the capture itself"

_FINDING = """\
<li class="finding"><p class="what">$what.</p><p class="remedy">$remedy.</p>
$shots</li>"""
_SHOT = """\
<li><a href="$card">$picture<bdi>$folder<wbr>$file</bdi></a></li>"""
_NO_DIRECTIONS = "Too few cameras are placed to tell from where the object was seen."
_NO_SCENE = "No shots could be placed together, so there is nothing to show in space."


def write_coverage_page(facts: CoverageFacts, manifest: Manifest, out: Path) -> Path:
    """Write ``coverage.html`` into the manifest's folder; it needs no network and no other file to be read."""
    sheet = Sheet.of(manifest, out.absolute())
    style, script = asset("contact_sheet.css") + asset("coverage.css"), asset("coverage.js")
    contact_sheet = file_address(out / REPORT_NAME, page_folder=out)
    card = {shot.photo: f"{contact_sheet}#{sheet.place(shot)}" for shot in manifest.shots}
    content = page(
        asset("coverage.html"),
        title=sheet.title,
        style=style,
        script=script,
        contact_sheet=contact_sheet,
        made=_made(facts),
        when=f"{datetime.now():%Y-%m-%d, %H:%M}",
        outcome=facts.outcome,
        answer=facts.answer,
        findings=_findings(facts.findings, sheet, card),
        notes=join(markup('<p class="note">$text</p>', text=note) for note in facts.notes),
        figures=join(
            markup("<div><dt>$name</dt><dd>$value</dd></div>", name=name, value=value)
            for name, value in _figures(facts)
        ),
        passes=join(_pass_row(each, number) for number, each in enumerate(facts.passes)),
        ties=_ties(facts.ties),
        directions=_directions(facts),
        scene=_scene(facts),
        masks=masks_section(facts, sheet, card),
    )
    path = out / COVERAGE_NAME
    write_atomically(path, content, durable=False)
    return path


def _made(facts: CoverageFacts) -> str:
    passes = f" in {count(len(facts.passes), 'pass', 'passes')}" if facts.passes else ""
    return count(facts.shots, "shot") + passes


def _findings(findings: Sequence[FoundAgainst], sheet: Sheet, card: dict[str, str]) -> Html:
    if not findings:
        return Html('<p class="lede">Nothing speaks against it.</p>')
    records = {shot.photo: shot for shot in sheet.manifest.shots}
    items = join(
        markup(
            _FINDING,
            what=each.what,
            remedy=each.remedy,
            shots=_shots([records[name] for name in each.shots if name in records], sheet, card),
        )
        for each in findings
    )
    return markup('<ul class="findings">$items</ul>', items=items)


def _shots(shots: Sequence[ShotRecord], sheet: Sheet, card: dict[str, str]) -> Html:
    if not shots:
        return Html("")
    items = join(_shot(shot, sheet, card[shot.photo]) for shot in shots[:_SHOWN])
    more = Html("")
    if len(shots) > _SHOWN:
        more = markup(
            "<details><summary>$count</summary><p><bdi>$names</bdi></p></details>",
            count=count(len(shots) - _SHOWN, "more shot"),
            names=", ".join(shot.photo for shot in shots[_SHOWN:]),
        )
    return markup('<ul class="named">$items</ul>$more', items=items, more=more)


def _shot(shot: ShotRecord, sheet: Sheet, card: str) -> Html:
    folder, slash, file = shot.photo.rpartition("/")
    return markup(_SHOT, card=card, picture=_preview(shot, sheet), folder=folder + slash, file=file)


def _preview(shot: ShotRecord, sheet: Sheet) -> Html:
    preview = preview_of(shot, capture=sheet.capture, out=sheet.out) if shot.state is not State.FAILED else None
    if preview is None:
        return Html("")
    return markup('<img src="$data" alt="" loading="lazy">', data=data_address(preview, "image/jpeg"))


def _figures(facts: CoverageFacts) -> Iterator[tuple[str, str]]:
    yield "Seen of the underside", round_percent(facts.underside)
    yield "Seen of the upper side", round_percent(facts.topside)
    yield "Shots in one model", f"{facts.registered} of {facts.shots}".replace(" ", GAP)
    if facts.registered:
        yield "Reprojection error", f"{facts.error:.2f}{GAP}pixels"
    weakest = next((each for each in facts.ties if each.weakest), None)
    if weakest:
        between = f", {weakest.first or _OWN_FOLDER} and {weakest.second}" if len(facts.ties) > 1 else ""
        yield f"Weakest link between passes{between}", _points_in_pairs(weakest)
    if facts.other_models:
        yield "Shots in other models", ", ".join(map(str, facts.other_models))


def _points_in_pairs(tie: TieLine) -> str:
    return f"{count(tie.points, 'point')} in {count(tie.pairs, 'pair')}"


def _pass_row(each: PassLine, number: int) -> Html:
    return markup(
        '<tr><th scope="row">$mark<bdi>$name</bdi></th><td>$registered of $shots</td><td>$turned</td></tr>',
        mark=pass_mark(number),
        name=each.name or _OWN_FOLDER,
        registered=each.registered,
        shots=each.shots,
        turned=_turned(each, number),
    )


def _turned(each: PassLine, number: int) -> str:
    if each.turned is None:
        return "unknown"
    return "as it stands" if number == 0 else f"{each.turned:.0f}{GAP}degrees"


def _ties(ties: Sequence[TieLine]) -> Html:
    if not ties:
        return Html("")
    rows = join(
        markup(
            '<tr><th scope="row"><bdi>$first</bdi> and <bdi>$second</bdi>$weakest</th>'
            "<td>$points</td><td>$pairs</td><td>$disputed</td></tr>",
            first=each.first or _OWN_FOLDER,
            second=each.second or _OWN_FOLDER,
            weakest=" (weakest link)" if each.weakest and len(ties) > 1 else "",
            points=f"{each.points:,}".replace(",", GAP),
            pairs=each.pairs,
            disputed=each.disputed_pairs,
        )
        for each in ties
    )
    return markup(
        '<div class="wide"><table><thead><tr><th scope="col">Between</th><th scope="col">Points</th>'
        '<th scope="col">Pairs of shots</th><th scope="col">Pairs that disagree</th></tr></thead>'
        "<tbody>$rows</tbody></table></div>",
        rows=rows,
    )


def _directions(facts: CoverageFacts) -> Html:
    if not facts.directions:
        return markup('<p class="lede">$text</p>', text=_NO_DIRECTIONS)
    doubted = sum(not each.trusted for each in facts.directions)
    told = (
        f"Shaded is every direction within {facts.reach:.0f} degrees of a trusted camera. What lies within "
        f"{facts.horizon:.0f} degrees of the horizon, the outer ring, counts for neither side."
    )
    if doubted:
        told += (
            f" {count(doubted, 'camera')} drawn hollow {'is' if doubted == 1 else 'are'} not trusted, and not counted."
        )
    return markup(
        '<p class="lede">$told</p>$legend<div class="discs">$discs</div>',
        told=told,
        legend=_legend(facts),
        discs=sphere(facts),
    )


def _legend(facts: CoverageFacts) -> Html:
    return markup(
        '<ul class="legend">$items</ul>',
        items=join(
            markup("<li>$mark<bdi>$name</bdi></li>", mark=pass_mark(number), name=each.name or _OWN_FOLDER)
            for number, each in enumerate(facts.passes)
        ),
    )


def _scene(facts: CoverageFacts) -> Html:
    if facts.scene is None:
        return markup('<p class="lede">$text</p>', text=_NO_SCENE)
    cloud = cloud_of(facts.scene)
    told = f"{count(len(cloud.points), 'point')} and {count(len(cloud.cameras), 'camera')}"
    return markup(
        asset("coverage_scene.html"),
        told=_cloud_told(cloud),
        legend=_legend(facts),
        still=data_address(still_picture(cloud), "image/jpeg"),
        label=f"The model in space: {told}",
        palette=" ".join(PASS_COLOURS),
        radius=f"{cloud.object_radius:.4f}",
        dot=f"{cloud.dot:.4f}",
        **cloud.packed,
    )


def _cloud_told(cloud: Cloud) -> str:
    told = "Every point was found in several shots. It has the colour of its pass, or is white where several see it."
    if cloud.nearer < 1:
        told += f" Cameras are drawn at {100 * cloud.nearer:.0f}{GAP}% of their distance."
    return told
