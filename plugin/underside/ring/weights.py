"""How much each piece of evidence weighs, by what is known of a ring."""

from collections.abc import Mapping

from underside.ring.colours import Colours

__all__ = ["Weights", "usual_weights", "weights_alone", "weights_for"]

Weights = Mapping[str, float]

# Fitted by benchmarks/ring_gain.py on twelve tuning captures and the sample, November 2026, while colours were trusted
# everywhere.
_USUAL: Weights = {
    "network": 0.759,
    "cover": 0.505,
    "colour": 0.422,
    "colour wide": 0.345,
    "room: less likely": 1.55,
    "room: likely wide": 0.068,
    "room: tint": 0.369,
    "room: brighter": 0.443,
    "room: brighter wide": 0.229,
    "burden": 0.734,
}
_USUAL_WITH_PLATE: Weights = {
    "network": 0.766,
    "cover": 0.386,
    "colour": 0.459,
    "colour wide": 0.042,
    "room: less likely": 0.616,
    "room: tint": 0.29,
    "room: brighter": 0.212,
    "room: brighter wide": 0.062,
    "plate: less likely": 1.269,
    "plate: likely wide": 0.397,
    "plate: tint": 0.258,
    "plate: brighter": 0.279,
    "plate: brighter wide": 0.386,
    "burden": 2.149,
}

# Where the object has colours of its own: three fifths of the way from the weights above to what was fitted on twelve
# tuning captures and the sample, November 2026, with today's trust in colours. The whole way took one
# shot of the sample from .96 to .87.
_APART: Weights = {
    "network": 0.754,
    "cover": 0.41,
    "colour": 0.33,
    "colour wide": 0.772,
    "room: less likely": 1.135,
    "room: likely wide": 0.196,
    "room: tint": 0.227,
    "room: brighter": 0.177,
    "room: brighter wide": 0.092,
    "burden": 1.114,
}
_APART_WITH_PLATE: Weights = {
    "network": 0.721,
    "cover": 0.233,
    "colour": 0.324,
    "colour wide": 0.51,
    "room: less likely": 0.437,
    "room: tint": 0.116,
    "room: brighter": 0.085,
    "room: brighter wide": 0.025,
    "plate: less likely": 0.731,
    "plate: likely wide": 0.458,
    "plate: tint": 0.345,
    "plate: brighter": 0.112,
    "plate: brighter wide": 0.154,
    "burden": 2.398,
}

# Where object and surroundings have the same colours, as white on white, brightness alone tells of the object. Chosen
# on three tuning captures of that kind, November 2026; what was fitted to one before the network was shown bright
# rooms with their lights spread, half of its word and twice the others', made single shots worse by up to .17.
_ALIKE: Weights = {
    "network": 1.0,
    "cover": 0.7,
    "room: brighter": 0.53,
    "room: brighter wide": 0.5,
}
_ALIKE_WITH_PLATE: Weights = {
    "network": 1.0,
    "cover": 0.7,
    "burden": 0.19,
    "room: brighter": 0.37,
    "room: brighter wide": 0.3,
    "plate: brighter": 0.34,
    "plate: brighter wide": 0.24,
}

# Of a photo without a ring there are the network and its own colours. Where the object has colours of its own, what
# was fitted on fourteen tuning captures and the sample, each photo alone, November 2026; elsewhere about a third of
# what that changes: all of it took single shots of the sample down by .04, and gained .001 in the mean of all.
_ALONE: Weights = {
    "network": 0.9,
    "colour": 0.15,
    "colour wide": 0.3,
    "burden": 0.3,
}
_ALONE_APART: Weights = {
    "network": 0.714,
    "colour": 0.218,
    "colour wide": 0.849,
    "burden": 0.851,
}
_ALONE_ALIKE: Weights = {"network": 1.0}


def usual_weights(colours: Colours, *, with_plate: bool) -> Weights:
    """For objects that their colours tell from the room, more or less."""
    usual, apart = (_USUAL_WITH_PLATE, _APART_WITH_PLATE) if with_plate else (_USUAL, _APART)
    return _mixed(usual, apart, colours.apart)


def weights_for(colours: Colours, *, with_plate: bool, noisy: bool) -> Weights:
    """For any object."""
    usual = usual_weights(colours, with_plate=with_plate)
    # Noise drowns brightness too.
    alike = 0.0 if noisy else 1 - colours.trust
    return _mixed(usual, _ALIKE_WITH_PLATE if with_plate else _ALIKE, alike)


def weights_alone(colours: Colours) -> Weights:
    """For a photo without a ring."""
    return _mixed(_mixed(_ALONE, _ALONE_APART, colours.apart), _ALONE_ALIKE, 1 - colours.trust)


def _mixed(ones: Weights, others: Weights, share: float) -> Weights:
    """The weights mixed with so much of the others."""
    names = dict.fromkeys([*ones, *others])
    return {name: (1 - share) * ones.get(name, 0.0) + share * others.get(name, 0.0) for name in names}
