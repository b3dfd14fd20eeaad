"""Whether the passes are truly one object: yes, no, or unsafe, with what was found in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from underside.capture import Pose, pose_of
from underside.flip.proof.links import Tie, Union, doubted_shots, union_of
from underside.flip.proof.mapping import Model
from underside.flip.proof.turntable import Turning, angle_between, turning_of

__all__ = [
    "Answer",
    "Finding",
    "Kind",
    "Outcome",
    "PassFacts",
    "answer_of",
    "pass_facts",
    "scattered",
    "weakest_union",
]

# All tuned in November 2026 on flip-sample and flip-full with true masks, ours, masks that keep the platter, and none:
# true joins had no disputed pair at all, false ones and spoiled ones more than half of them.
_TURNED = 20.0
"""Degrees between the axes of two passes; less means that the object was placed as if it had never been turned."""
_MOST_STILL = 0.3
"""Share of the steps from shot to shot without a turn; with more, the room placed the shots."""
_MOST_DISPUTED = 0.1
"""Share of the pairs of shots that may say otherwise."""
_FEWEST_PAIRS = 4
_FEWEST_POINTS = 100
"""That tie two passes; with fewer, one wrong mask could undo the join."""
_FEW_IN_SHOT = 300
"""Points inside a usual mask; a textured object has 600 and more."""

# "Under" is measured from the first pass: an upright one, or what comes nearest to that.
_FROM_ABOVE = (Pose.UPRIGHT, Pose.UNKNOWN, Pose.SIDE, Pose.FLIPPED)

_MORE_IN_COMMON = (
    "shoot more of the sides that both passes see: a ring at about 60 degrees, or a pass with the object on its side"
)


class Outcome(StrEnum):
    """What a proof ends with."""

    YES = "yes"
    UNSAFE = "unsafe"
    NO = "no"


class Kind(StrEnum):
    """What may speak against a join."""

    ONE_PASS = "one pass"
    SHOTS_MISSING = "shots missing"
    PASS_MISSING = "pass missing"
    SCATTERED = "scattered"
    ROOM_KEPT = "room kept"
    NEVER_TURNED = "never turned"
    STRAYS = "strays"
    DISPUTED = "disputed"
    ALIKE = "alike"
    WEAK_LINK = "weak link"


@dataclass(frozen=True)
class Finding:
    """One thing that speaks against the join."""

    kind: Kind
    weighs: Outcome
    """What the answer is at best."""
    what: str
    remedy: str
    shots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The outcome and what led to it, the gravest first."""

    outcome: Outcome
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class PassFacts:
    """One pass in the largest model."""

    name: str
    shots: int
    here: tuple[str, ...]
    """Shots that the model holds."""
    missing: tuple[str, ...]
    turning: Turning | None
    """How the pass turned; none with too few shots in the model."""
    turned: float | None
    """Degrees between its axis and the first pass's."""

    @property
    def registered(self) -> int:
        """How many shots the model holds."""
        return len(self.here)


def pass_facts(names: Sequence[tuple[str, str]], model: Model) -> list[PassFacts]:
    """Each pass, the upright one first, from all shots' names and passes and the model that holds most of them."""
    found: list[PassFacts] = []
    for pass_name in sorted(dict.fromkeys(of for _, of in names), key=lambda each: _FROM_ABOVE.index(pose_of(each))):
        own = [name for name, of in names if of == pass_name]
        places = [place for place in model.places if place.shot.pass_name == pass_name]
        here = {place.shot.name for place in places}
        turning = turning_of(places) if len(places) >= 3 else None
        first = next((each.turning for each in found if each.turning), turning)
        turned = angle_between(first.axis, turning.axis) if first and turning else None
        missing = tuple(name for name in own if name not in here)
        turned = None if turned is None else round(turned, 1)
        found.append(PassFacts(pass_name, len(own), tuple(sorted(here)), missing, turning, turned))
    return found


def answer_of(passes: Sequence[PassFacts], models: Sequence[Model], ties: Sequence[Tie], points: int) -> Answer:
    """Weigh all that was found; ``points`` is how many a usual shot has inside its mask."""
    shots, placed = sum(each.shots for each in passes), sum(each.registered for each in passes)
    if placed < shots / 2 and not any(_is_placed(each) for each in passes):
        return Answer(Outcome.NO, (scattered(placed, shots, points),))
    findings = [*_of_registration(passes, models), *_of_turning(passes)]
    if len(passes) > 1:
        findings += _of_ties(passes, ties)
    graveness = list(Outcome)
    findings.sort(key=lambda finding: -graveness.index(finding.weighs))
    return Answer(findings[0].weighs if findings else Outcome.YES, tuple(findings))


def scattered(placed: int, shots: int, points: int) -> Finding:
    """The finding for a capture that falls apart, or is never put together."""
    few = points < _FEW_IN_SHOT
    return Finding(
        Kind.SCATTERED,
        Outcome.NO,
        f"Only {placed} of {shots} shots could be placed together; a usual shot has {points} points inside its mask"
        + (", which is few" if few else ""),
        (
            "Sharper or larger photos, or something with texture fixed to the object, would give more points; "
            "also check that the masks hold the object"
            if few
            else "Turn the platter in steps of 20 degrees or less, and check that the masks hold only the object"
        ),
    )


def _of_registration(passes: Sequence[PassFacts], models: Sequence[Model]) -> Iterator[Finding]:
    if len(passes) == 1:
        yield Finding(
            Kind.ONE_PASS,
            Outcome.NO,
            f"There is only one pass, {_name(passes[0])}: nothing can be seen from below",
            "Turn the object over, shoot a second pass, and mask both as sub-folders of one capture",
        )
    for each in passes:
        if each.registered == each.shots:
            continue
        elsewhere = _elsewhere(each, models)
        if not _is_placed(each) and elsewhere > each.shots / 2:
            yield _of_its_own(each, elsewhere, passes)
            continue
        yield Finding(
            Kind.SHOTS_MISSING if _is_placed(each) else Kind.PASS_MISSING,
            Outcome.UNSAFE if _is_placed(each) else Outcome.NO,
            f"{len(each.missing)} of {each.shots} shots of {_name(each)} are not in the model that holds most shots"
            + (f"; {elsewhere} of them are in a model of their own" if elsewhere else ""),
            f"Look at these shots' masks; if they are right, {_MORE_IN_COMMON}"
            + ("" if _is_placed(each) else ". Make sure that it is the same object"),
            each.missing,
        )


def _of_its_own(facts: PassFacts, elsewhere: int, passes: Sequence[PassFacts]) -> Finding:
    others = " and ".join(_name(each) for each in passes if _is_placed(each))
    return Finding(
        Kind.PASS_MISSING,
        Outcome.NO,
        f"{elsewhere} of {facts.shots} shots of {_name(facts)} make a model of their own, apart from {others}",
        "Make sure that these photos show the same object. If they do, and the masks hold only the object, the passes "
        f"have too little in common: {_MORE_IN_COMMON}",
        facts.missing,
    )


def _is_placed(facts: PassFacts) -> bool:
    return facts.registered > facts.shots / 2


def _elsewhere(facts: PassFacts, models: Sequence[Model]) -> int:
    """How many of its missing shots the largest of the other models holds."""
    missing = set(facts.missing)
    return max((sum(place.shot.name in missing for place in model.places) for model in models[1:]), default=0)


def _of_turning(passes: Sequence[PassFacts]) -> Iterator[Finding]:
    for each in passes:
        if _is_still(each):
            yield Finding(
                Kind.ROOM_KEPT,
                Outcome.NO,
                f"The cameras of {_name(each)} stand in one place, as if the platter had never moved: "
                "the shots were placed by the room",
                "The masks keep background; mask again, and check the contact sheet",
                each.here,
            )
    for one, other in combinations([each for each in passes if each.turning and not _is_still(each)], 2):
        assert one.turning
        assert other.turning
        turned = angle_between(one.turning.axis, other.turning.axis)
        if turned < _TURNED:
            yield Finding(
                Kind.NEVER_TURNED,
                Outcome.NO,
                f"{_name(other)} is placed as if the object had not been turned over since {_name(one)}: "
                f"both platters lie in one plane ({turned:.0f} degrees between their axes)",
                "The masks keep the platter or what stands on it; if the object truly stands the same way in both, "
                "they are one pass: put them into one folder",
                other.here,
            )
    for each in passes:
        if each.turning and each.turning.strays:
            strays = each.turning.strays
            yield Finding(
                Kind.STRAYS,
                Outcome.UNSAFE if len(strays) <= each.registered / 2 else Outcome.NO,
                f"{len(strays)} of {each.registered} shots of {_name(each)} do not lie on the circles "
                "of its other shots",
                "Their masks keep platter or background, or lose much of the object",
                strays,
            )


def _is_still(facts: PassFacts) -> bool:
    return facts.turning is not None and facts.turning.still > _MOST_STILL


def _of_ties(passes: Sequence[PassFacts], ties: Sequence[Tie]) -> Iterator[Finding]:
    # A pass that is not in the model at all has been reported already.
    placed = [each for each in passes if _is_placed(each)]
    unions = [union_of(one.name, other.name, ties) for one, other in combinations(placed, 2)]
    alike = _alike(ties)
    if alike:
        yield alike
    disputed = sum(union.disputed_pairs for union in unions)
    pairs = disputed + sum(union.pairs for union in unions)
    if disputed and disputed > _MOST_DISPUTED * pairs:
        shots = doubted_shots(ties)
        yield Finding(
            Kind.DISPUTED,
            Outcome.UNSAFE,
            f"{disputed} of {pairs} pairs of shots across the passes share points that put them in other places: "
            "there is more than one way to join the passes",
            "The masks keep something that did not turn with the object, such as the platter; or the object looks "
            "the same from several sides, and then only something put beside it in every pass can decide",
            shots,
        )
    weakest = weakest_union(unions)
    if weakest is not None and (weakest.pairs < _FEWEST_PAIRS or weakest.points < _FEWEST_POINTS):
        yield Finding(
            Kind.WEAK_LINK,
            Outcome.UNSAFE,
            f"{weakest.first or 'the capture itself'} and {weakest.second} are held together by {weakest.points} "
            f"points in {weakest.pairs} pairs of shots",
            "Shoot a ring at about 60 degrees in each pass, or a pass with the object on its side",
        )


def _alike(ties: Sequence[Tie]) -> Finding | None:
    """The finding for an object with several similar sides: shots of one pass fit in several places of their ring."""
    within = [tie for tie in ties if not tie.across]
    disputed = [tie for tie in within if tie.disputed]
    if len(disputed) <= _MOST_DISPUTED * len(within):
        return None
    shots = sorted({place.shot.name for tie in disputed for place in (tie.first, tie.second)})
    return Finding(
        Kind.ALIKE,
        Outcome.UNSAFE,
        f"{len(disputed)} of {len(within)} pairs of shots of one pass share points that put them in other places: "
        "the object looks the same from several sides, or the masks keep what did not turn with it. The proof "
        "is ambiguous",
        "Check that the masks hold only the object; if they do, fix something small to the object that no other "
        "side of it shows, such as a sticker, and shoot again",
        tuple(shots),
    )


def weakest_union(unions: Sequence[Union]) -> Union | None:
    """The weakest that is needed: of all ways to tie every pass to the others, the best one's worst tie."""
    joined: list[set[str]] = [{name} for name in {n for union in unions for n in (union.first, union.second)}]
    last = None
    for union in sorted(unions, key=lambda union: -union.points):
        one = next(group for group in joined if union.first in group)
        other = next(group for group in joined if union.second in group)
        if one is not other:
            joined = [group for group in joined if group is not one and group is not other] + [one | other]
            last = union
    return last


def _name(facts: PassFacts) -> str:
    return f"the pass {facts.name}" if facts.name else "the capture's own folder"
