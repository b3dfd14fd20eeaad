"""The masks that disagree with all others, the worst first, with what is wrong in colour."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from underside.errors import PhotoError
from underside.manifest import State
from underside.report.coverage_facts import CoverageFacts, MaskDoubt
from underside.report.coverage_pictures import doubt_pictures
from underside.report.markup import Html, data_address, join, markup
from underside.report.sheet import Sheet
from underside.report.wording import GAP, count

__all__ = ["masks_section"]

# Pictures of more would make a page that no phone opens; the others are named.
_PICTURED = 72
_ALL_PICTURES = 1_100_000
_LARGEST = 16_000

_SECTION = """\
<section id="masks">
<h2>$head</h2>
<p class="lede">$lede</p>
$rest</section>"""
_KEY = """\
<ul class="key"><li class="lost">Red: cut off, though object in the others</li>\
<li class="kept">Cyan: kept, though not object in the others</li></ul>"""
_DOUBT = """\
<li class="doubt"><div class="name"><h3><a href="$card"><bdi>$name</bdi></a></h3>$badge</div>
<p class="wrong">The mask $told</p>
$figures</li>"""
_FIGURE = """\
<figure><img src="$data" width="$width" height="$height" alt="$alt" decoding="async">\
<figcaption>$caption</figcaption></figure>"""


def masks_section(facts: CoverageFacts, sheet: Sheet, card: dict[str, str]) -> Html:
    """The whole section; ``card`` is where the contact sheet has each shot."""
    if not facts.doubts:
        told = "No mask disagrees with what all the others show of the object."
        if not facts.compared:
            told = "Masks are compared with each other in space only once the passes are truly joined. They are not."
        return markup(_SECTION, head="Masks", lede=told, rest=Html(""))
    pictured, named = facts.doubts[:_PICTURED], facts.doubts[_PICTURED:]
    cards = join(_doubt(each, facts, sheet, card, _largest(pictured)) for each in pictured)
    more = (
        markup("<p>Less so, without pictures: $names.</p>", names=", ".join(map(_named, named))) if named else Html("")
    )
    return markup(
        _SECTION,
        head=f"{count(len(facts.doubts), 'mask')} that disagree" + "s" * (len(facts.doubts) == 1),
        lede=_lede(facts),
        rest=markup('$key<ol class="doubts">$cards</ol>$more', key=Html(_KEY), cards=cards, more=more),
    )


def _lede(facts: CoverageFacts) -> str:
    begin = "All other shots together show another outline, the worst first. Shares are of what either outline holds."
    if not facts.repaired:
        return f"{begin} To put these masks right, run underside prove with --repair."
    done = sum(1 for each in facts.doubts if each.areas)
    rest = "; the others were left as they are" if done < len(facts.doubts) else ""
    return f"{begin} {count(done, 'mask was', 'masks were')} put right{rest}."


def _largest(pictured: Sequence[MaskDoubt]) -> int:
    return min(_LARGEST, _ALL_PICTURES // (2 * len(pictured)))


def _named(doubt: MaskDoubt) -> str:
    return f"{doubt.photo} {doubt.told}"


def _doubt(doubt: MaskDoubt, facts: CoverageFacts, sheet: Sheet, card: dict[str, str], largest: int) -> Html:
    return markup(
        _DOUBT,
        card=card.get(doubt.photo, ""),
        name=doubt.photo,
        badge=_badge(doubt, facts, sheet),
        told=doubt.told,
        figures=markup('<div class="looks">$all</div>', all=join(_figures(doubt, sheet, largest))),
    )


def _badge(doubt: MaskDoubt, facts: CoverageFacts, sheet: Sheet) -> Html:
    record = sheet.manifest.of_photo(doubt.photo)
    if doubt.areas:
        return Html('<span class="badge right">put right</span>')
    if record is not None and record.state is State.BY_HAND:
        return Html('<span class="badge">by hand, left as it is</span>')
    return Html('<span class="badge">left as it is</span>') if facts.repaired else Html("")


def _figures(doubt: MaskDoubt, sheet: Sheet, largest: int) -> Iterator[Html]:
    record = sheet.manifest.of_photo(doubt.photo)
    pictures = None
    if record is not None:
        with suppress(PhotoError, OSError):  # gone since it was asked: the words stay
            pictures = doubt_pictures(doubt, record, sheet.capture, sheet.out, largest=largest)
    if pictures is None:
        yield Html("<p>No pictures: photo or mask cannot be read.</p>")
        return
    before, after = (f", {100 * area:.2f}{GAP}% of the photo" for area in doubt.areas) if doubt.areas else ("", "")
    shown = [
        (pictures.photo, "image/jpeg", "Photo", f"{doubt.photo}, the part with the object"),
        (pictures.error, "image/jpeg", "What is wrong", f"{doubt.photo}: the mask {doubt.told}, in colour"),
        (pictures.before, "image/png", f"Mask{' before' * bool(after)}{before}", f"The mask of {doubt.photo}"),
    ]
    if pictures.after:
        shown.append((pictures.after, "image/png", f"Mask after{after}", f"The mask of {doubt.photo}, put right"))
    width, height = pictures.size
    for content, kind, caption, alt in shown:
        data = data_address(content, kind)
        yield markup(_FIGURE, data=data, width=width, height=height, alt=alt, caption=caption)
