"""Why a mask cannot be trusted, in words."""

from underside.ring import Agreement
from underside.verdict.signs import Signs

__all__ = ["EMPTY", "reasons"]

EMPTY = "no object was found: the platter seems empty"
# Of good masks of the tuning captures nine in ten stay below each of these (November 2026).
_USUAL = {
    "border": 0.05,
    "cut": 0.1,
    "parts": 0.02,
    "tiny": 0.002,
    "ring outside": 0.06,
    "ring inside": 0.06,
    "where never": 0.03,
    "missing": 0.25,
    "unsure": 0.3,
    "looks": 0.25,
    "left out": 0.15,
    "object-like": 0.1,
    "off edges": 0.1,
    "beside edges": 0.2,
    "faint": 0.2,
}
# A silhouette that cannot be right is worse than any share can be.
_BROKEN = 20.0
# A person reads no more.
_MOST = 3
# Of reasons that say the same about a mask only one is given, the one furthest beyond what is usual.
_SAY_THE_SAME = (
    {"left out", "object-like", "ring outside", "missing"},
    {"ring inside", "where never"},
    {"unsure", "looks"},
    {"off edges", "beside edges", "faint"},
)


def reasons(signs: Signs, agreement: Agreement | None) -> tuple[str, ...]:
    """The worst few, worst first: by how far each is beyond what is usual; one that is not is told where none is."""
    told = _told(signs)
    times = {name: share / _USUAL[name] for name, (share, _) in told.items()}
    if agreement and agreement.reason:
        told["neighbours"] = (0.0, agreement.reason)
        times["neighbours"] = 1 + _BROKEN * (1 - agreement.score)
    worst_first = sorted(times, key=lambda name: -times[name])
    wrong = [name for name in worst_first if times[name] > 1] or worst_first[:1]
    news = [name for i, name in enumerate(wrong) if not _sayings(name) & set(wrong[:i])]
    return tuple(told[name][1] for name in news[:_MOST])


def _sayings(name: str) -> set[str]:
    """What says the same."""
    return next((same for same in _SAY_THE_SAME if name in same), {name})


def _told(signs: Signs) -> dict[str, tuple[float, str]]:
    borders = " and ".join([", ".join(signs.borders[:-1]), *signs.borders[-1:]][len(signs.borders) == 1 :])
    told = {
        "border": (
            signs.on_border,
            f"mask touches the {borders} border{'s' if len(signs.borders) > 1 else ''}",
        ),
        "cut": (signs.cut, "the object runs out of the box of the closer look"),
        "parts": (signs.parts, f"{_share(signs.parts)} of the mask is apart from its largest part"),
        "tiny": (
            _USUAL["tiny"] ** 2 / max(signs.area, 1e-6),
            f"the object is very small: {100 * signs.area:.2g} % of the photo",
        ),
        "unsure": (signs.unsure, f"the segmenter is unsure over {_share(signs.unsure)} of the mask's area"),
        "left out": (signs.left_out, f"{_share(signs.left_out)} as much again may be object outside the mask"),
        "object-like": (
            signs.object_like,
            f"the object's colours go on outside the mask: {_share(signs.object_like)} of its area",
        ),
        "off edges": (signs.off_edges, f"{_share(signs.off_edges)} of the outline lies on no edge of the photo"),
        "beside edges": (
            signs.beside_edges,
            f"{_share(signs.beside_edges)} of the outline lies beside a stronger edge",
        ),
        "faint": (signs.faint, f"object and room look alike along {_share(signs.faint)} of the outline"),
    }
    if signs.looks > 1:
        told["looks"] = (signs.looks_unlike, f"first and closer look differ by {_share(signs.looks_unlike)}")
    if signs.ring_unlike is None:
        return told
    outside, inside = signs.ring_outside or 0.0, signs.ring_inside or 0.0
    never, missing = signs.never or 0.0, signs.missing or 0.0
    return told | {
        "ring outside": (outside, f"something hides the room outside the mask: {_share(outside)} of its area"),
        "ring inside": (inside, f"{_share(inside)} of the mask looks like the room"),
        "where never": (never, f"{_share(never)} of the mask is where no other shot has the object"),
        "missing": (missing, f"{_share(missing)} of where the object always stands is left out"),
    }


def _share(of: float) -> str:
    return f"{100 * of:.0f} %" if of < 2 else f"{of:.0f} times"
