"""Which steps can be taken for a capture, and in what order."""

from dataclasses import replace
from functools import partial

from underside.catalogue import load_catalogue
from underside.catalogue.pins import is_here, licence_is_accepted
from underside.ladder.climb import Ladder
from underside.ladder.rungs import ByColour, FromNeighbours, NetworkAlone, Other, Rung
from underside.masker import Masker
from underside.segmenters import Choices
from underside.segmenters.by_name import make_segmenter
from underside.segmenters.network import NetworkSegmenter

__all__ = ["make_ladder"]

# The network's usual size times this, for a larger look.
_LARGER = 1.5


def make_ladder(masker: Masker, choices: Choices) -> Ladder:
    """All steps that can be taken for a capture; none where the effort, or the segmenter chosen, asks for none.

    Networks that were never taught to leave the platter out are left alone unless every step is asked for: their
    verdict would be poor for each shot, and who names one wants its masks.
    """
    network = masker.segmenter
    if not isinstance(network, NetworkSegmenter) or not (masker.learns or masker.effort == "best"):
        return Ladder(masker)
    rungs: list[Rung] = [ByColour(), FromNeighbours(), NetworkAlone()]
    larger = network.larger(_LARGER)
    if larger is not None:
        rungs.append(Other("a larger look", masker, lambda: larger, closer=True))
    if masker.effort == "best":
        # These seldom win, and take seconds to begin with: plates are held against many shots, networks are loaded.
        if choices.plates:
            rungs.append(Other("the plate", masker, partial(make_segmenter, "plate", choices)))
        rungs += [
            Other(f"the model {name}", masker, partial(make_segmenter, "network", replace(choices, model=name)))
            for name in _other_models(network)
        ]
    return Ladder(masker, rungs)


def _other_models(network: NetworkSegmenter) -> list[str]:
    """Those for objects that are on this machine and may be used."""
    return [
        model.name
        for model in load_catalogue().models.values()
        if model.name != network.name and not model.refused and is_here(model) and licence_is_accepted(model)
    ]
