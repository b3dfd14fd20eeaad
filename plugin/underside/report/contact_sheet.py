"""The contact sheet: one page, whole in one file, that shows in a minute which shots to look at again."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from underside.files import write_atomically
from underside.manifest import Manifest, ProofRecord, State, verdicts
from underside.report.cards import cards
from underside.report.markup import Html, asset, join, markup, page
from underside.report.sheet import COVERAGE_NAME, Sheet
from underside.report.strip_chart import strip_chart
from underside.report.wording import count, percent, seconds

__all__ = ["REPORT_NAME", "write_contact_sheet"]

REPORT_NAME = "report.html"


def write_contact_sheet(manifest: Manifest, out: Path) -> Path:
    """Write ``report.html`` into the manifest's folder; it needs no network and no other file to be read."""
    path = out / REPORT_NAME
    sheet = Sheet.of(manifest, out.absolute())
    style, script = asset("contact_sheet.css"), asset("contact_sheet.js")
    content = page(
        asset("contact_sheet.html"),
        title=sheet.title,
        style=style,
        script=script,
        made=_made(sheet),
        proof=_proof(sheet),
        facts=_facts(sheet),
        failed=_failed(sheet),
        not_joined=_not_joined(manifest.proof),
        warnings=_warnings(manifest.warnings),
        charts=_charts(sheet),
        cards=cards(sheet),
        plates=_plates(manifest.plates),
        engines=_engines(manifest.engines),
    )
    write_atomically(path, content, durable=False)
    return path


def _made(sheet: Sheet) -> str:
    """What was done, in a sentence; a capture finished with other settings than begun has several ways."""
    shots = f"{count(len(sheet.manifest.shots), 'shot')} in {count(len(sheet.passes), 'pass', 'passes')}"
    used = Counter(shot.fingerprint for shot in sheet.masked).most_common()
    ways = [(_way(sheet.manifest.engines[key]), many) for key, many in used if key in sheet.manifest.engines]
    if len(ways) == 1:
        return f"{shots}, masked with {ways[0][0]}"
    return "; ".join([shots, *(f"{many} masked with {way}" for way, many in ways)])


def _way(engine: Mapping[str, Any]) -> str:
    segmenter = engine.get("segmenter", {})
    parts = [segmenter.get("segmenter") or segmenter.get("model", "a segmenter of another version of Underside")]
    if "effort" in engine:
        parts.append(f"effort {engine['effort']}")
    if "provider" in segmenter:
        parts.append(f"on {segmenter['provider'].removesuffix('ExecutionProvider')}")
    return ", ".join(parts)


def _proof(sheet: Sheet) -> Html:
    if not (sheet.out / COVERAGE_NAME).is_file():
        return Html("")
    return markup('<p><a href="$page">Do the passes join? The proof, and what was seen</a></p>', page=COVERAGE_NAME)


def _facts(sheet: Sheet) -> Html:
    return join(
        markup("<div><dt>$name</dt><dd>$value</dd></div>", name=name, value=value) for name, value in _figures(sheet)
    )


def _figures(sheet: Sheet) -> Iterator[tuple[str, str]]:
    by_hand = sum(shot.state is State.BY_HAND for shot in sheet.masked)
    yield "Masked", str(len(sheet.masked) - by_hand)
    if by_hand:
        yield "By hand", str(by_hand)
    yield "Failed", str(len(sheet.failed))
    yield from ((verdict[0].upper() + verdict[1:], str(number)) for verdict, number in verdicts(sheet.masked).items())
    if sheet.manifest.plates:
        yield "Plates, not masked", str(len(sheet.manifest.plates))
    if sheet.manifest.proof:
        yield "One object", sheet.manifest.proof.answer
        yield "Underside seen", percent(sheet.manifest.proof.underside)
        if sheet.manifest.proof.repaired:
            yield "Put right by the other shots", str(len(sheet.manifest.proof.repaired))
    if sheet.masked:
        yield "Median area", percent(median(shot.area for shot in sheet.masked))
        yield "Median time per shot", seconds(median(shot.seconds for shot in sheet.masked))


def _failed(sheet: Sheet) -> Html:
    if not sheet.failed:
        return Html("")
    return markup(
        '<section class="notice alarm" id="failed"><h2>$count without a mask</h2><ul>$items</ul></section>',
        count=count(len(sheet.failed), "shot"),
        items=join(
            markup(
                '<li id="$place"><a href="$photo"><bdi>$name</bdi></a>$reason</li>',
                place=sheet.place(shot),
                photo=sheet.photo_address(shot),
                name=shot.photo,
                reason=_after_name(shot.reason, shot.photo),
            )
            for shot in sheet.failed
        ),
    )


def _after_name(reason: str, photo: str) -> str:
    """The reason without the photo's name, with which it usually begins."""
    rest = reason.removeprefix(photo)
    return rest if rest != reason else f": {reason}"


def _not_joined(proof: ProofRecord | None) -> Html:
    """What speaks against the passes being one object; nothing where nothing does."""
    if proof is None or not proof.reasons:
        return Html("")
    said = {"no": "The passes do not become one object", "unsafe": "An engine may join the passes wrongly"}
    return markup(
        '<section class="notice alarm" id="not-joined"><h2>$said</h2><ul>$items</ul></section>',
        said=said.get(proof.answer, proof.answer),
        items=join(markup("<li>$text</li>", text=reason) for reason in proof.reasons),
    )


def _warnings(warnings: Sequence[str]) -> Html:
    if not warnings:
        return Html("")
    return markup(
        '<section class="notice" id="warnings"><h2>Please note</h2><ul>$items</ul></section>',
        items=join(markup("<li>$text</li>", text=warning) for warning in warnings),
    )


def _charts(sheet: Sheet) -> Html:
    if not sheet.masked:
        return Html("")
    return markup(
        asset("passes.html"),
        charts=join(
            strip_chart(ring, name=sheet.pass_name(ring[0]), change=sheet.changes, place=sheet.place)
            for ring in sheet.passes.values()
        ),
    )


def _plates(plates: Sequence[str]) -> Html:
    if not plates:
        return Html("")
    return markup(
        "<details><summary>$count, never masked</summary><ul>$items</ul></details>",
        count=count(len(plates), "plate"),
        items=join(markup("<li><bdi>$name</bdi></li>", name=name) for name in plates),
    )


def _engines(engines: Mapping[str, Mapping[str, Any]]) -> Html:
    if not engines:
        return Html("")
    lists = join(
        markup(
            "<dl>$facts</dl>",
            facts=join(
                markup("<dt>$name</dt><dd>$value</dd>", name=name, value=value) for name, value in _flat(engine)
            ),
        )
        for engine in engines.values()
    )
    return markup("<details><summary>How these masks were made</summary>$lists</details>", lists=lists)


def _flat(facts: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}: {inner}", fact) for inner, fact in _flat(value))
        else:
            yield name, value
