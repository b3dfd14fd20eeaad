"""What a ring knows of its shots, learnt from a bounded sample of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.looks import Found, Frame, resampled
from underside.photo import Box
from underside.ring.colours import Colours, learn_colours, numbers_of_levels
from underside.ring.evidence import (
    Backdrop,
    corrected,
    slope,
    with_edges,
)
from underside.ring.observation import BEARABLE_NOISE, Observation, as_seen
from underside.ring.rim import rim_of
from underside.ring.room import Room, gain_between, hidden_by, learn_room, levelled
from underside.ring.support import Support
from underside.ring.weighing import Behind, Places, Shape, Sight, all_evidence, halved, weighed
from underside.ring.weights import Weights, weights_for

__all__ = ["RingBuilder", "RingKnowledge"]

# Shots kept while a ring is learnt: 1.9 MB each at working size, and more hardly still the room any further.
_MOST = 16
# Fewer shots than this do not tell the room from the object.
_FEWEST = 4
# A blur of sigma leaves 1 / 3.5 sigma of white noise, and more of what a JPEG keeps.
_BLURRED_AWAY = 6.0
_MOST_BLURRED = 2.5
# The object stands where the shots' mean matte is above this. There a plate shows it if the network finds so much of
# it and so much has the object's colours. Flip-sample and seven tuning captures, November 2026: empty platters .01 to
# .89 and .00 to .12, shots put in as plates .71 to .92 and .57 to .99; on black velvet .88 and .10, not found.
_ALWAYS = 0.7
_FOUND_IN_PLATE, _OBJECT_COLOURED = 0.4, 0.35
# Colours are learnt again so often, from mattes that the colours before corrected.
_LEARNT_AGAIN = 2

Pixels = NDArray[np.uint8]
Layer = NDArray[np.float32]


class RingBuilder:
    """Learns a ring from its shots, never from more than a fixed number: the first that it is given."""

    def __init__(self) -> None:
        self._kept: list[Observation] = []
        self._plates: list[Observation] = []

    def add(self, observation: Observation) -> None:
        """A shot; all shots and plates of a ring have one size."""
        if len(self._kept) < _MOST:
            self._kept.append(observation)

    @property
    def pictures(self) -> list[Pixels]:
        """The pictures of the shots that are kept."""
        return [shot.pixels for shot in self._kept]

    def add_plate(self, plate: Observation) -> None:
        """A photo of the empty platter from where the ring's camera stood."""
        self._plates.append(plate)

    def brightness_of(self, plate: Observation) -> float:
        """By what a plate is brighter than the shots."""
        gains = [gain_between(plate.pixels, shot.pixels, ~hidden_by(shot.matte)) for shot in self._kept]
        return float(np.median([gain.mean() for gain in gains])) if gains else 1.0

    def shows_object(self, plate: Observation) -> bool | None:
        """Whether a plate, with what a network found in it, shows the object; none where colours cannot tell.

        Not by the network alone: it finds something on many an empty platter.
        """
        always = np.mean([shot.matte for shot in self._kept], axis=0) > _ALWAYS
        if not always.any() or plate.matte[always].mean() < _FOUND_IN_PLATE:
            return False
        numbered = [numbers_of_levels(shot.pixels) for shot in self._kept]
        colours = learn_colours(numbered, [shot.matte for shot in self._kept], noisy=False)
        if colours.trust == 0:
            return None
        seen = numbers_of_levels(plate.pixels)[always]
        return float((colours.on_object(seen) > colours.near_object(seen)).mean()) > _OBJECT_COLOURED

    def build(self) -> "RingKnowledge | None":
        """What the shots so far tell; nothing where they are too few."""
        if len(self._kept) < _FEWEST:
            return None
        smoothing = _smoothing([shot.noise for shot in self._kept])
        kept = [_smoothed(shot, smoothing) for shot in self._kept]
        hidden = [hidden_by(shot.matte) for shot in kept]
        room = learn_room([shot.pixels for shot in kept], hidden)
        gains = [gain_between(shot.pixels, room.middle, ~out) for shot, out in zip(kept, hidden, strict=True)]
        numbered = [numbers_of_levels(levelled(shot.pixels, gain)) for shot, gain in zip(kept, gains, strict=True)]
        mattes = np.stack([shot.matte for shot in kept])
        free = ~hidden_by(mattes.max(axis=0))
        ring = RingKnowledge(
            room=room,
            colours=learn_colours(numbered, [shot.matte for shot in kept], noisy=smoothing > 0),
            cover=mattes.mean(axis=0),
            plate=_plate([_smoothed(plate, smoothing).pixels for plate in self._plates], room.middle, free),
            smoothing=smoothing,
        )
        for _ in range(_LEARNT_AGAIN):
            agreed = [ring.agreed(raw) for raw in self._kept]
            ring = replace(ring, colours=learn_colours(numbered, agreed, noisy=smoothing > 0))
        return ring


@dataclass(frozen=True)
class RingKnowledge:
    """The still room behind a ring's shots, the object's colours, and where in the picture it stands."""

    room: Room
    colours: Colours
    cover: Layer
    """Mean matte of the shots: how often each place is object."""
    plate: Pixels | None
    """The empty platter and room, as bright as the room."""
    smoothing: float
    """What the shots were blurred by against their noise, in pixels of the room."""
    support: Support | None = None
    """What holds the object in the pass at hand, if the others show that it is none of it."""
    _behind_all: dict[tuple[Shape, float], Behind] = field(default_factory=dict, init=False, repr=False, compare=False)

    def correct(self, found: Found, frame: Frame, pixels: Pixels) -> Found:
        """A matte with all that the ring knows, on its own grid and box; ``pixels`` as for ``find_object``."""
        matte = weighed(self._sight(found, frame, pixels), found.matte, self._weights)
        smoothed = self.smoothing * frame.width / self.room.middle.shape[1]
        return self.without_support(Found(matte, found.box, rim=rim_of(found) + smoothed), frame, pixels)

    def correct_coarsely(self, found: Found, frame: Frame, pixels: Pixels) -> Found:
        """Correct on half the matte's grid, for a fraction of the work: enough to tell where the object is."""
        coarse = Found(halved(found.matte), found.box)
        evidence = all_evidence(self._sight(coarse, frame, pixels), coarse.matte, pixel=0.5)
        return self.without_support(Found(corrected(evidence, self._weights), found.box), frame, pixels)

    def without_support(self, found: Found, frame: Frame, pixels: Pixels) -> Found:
        """A matte without what holds the object, as far as that is known."""
        return self.support.taken_off(found, frame, pixels) if self.support else found

    def agreed(self, shot: Observation) -> Layer:
        """Where both the network and the ring see the object, as far as half the grid tells."""
        rows, columns = shot.matte.shape
        whole = Found(shot.matte, (0, 0, columns, rows))
        corrected = self.correct_coarsely(whole, Frame(columns, rows), shot.pixels).matte
        return np.minimum(shot.matte, cv2.resize(corrected, (columns, rows), interpolation=cv2.INTER_LINEAR))

    def evidence(self, found: Found, frame: Frame, pixels: Pixels) -> Mapping[str, Layer]:
        """Everything that speaks for or against each pixel of the matte being object, by name."""
        return all_evidence(self._sight(found, frame, pixels), found.matte)

    @cached_property
    def _weights(self) -> Weights:
        return weights_for(self.colours, with_plate=self.plate is not None, noisy=self.smoothing > 0)

    @cached_property
    def _steep(self) -> Layer:
        return np.maximum(slope(self.room.low.astype(np.float32)), slope(self.room.high.astype(np.float32)))

    @cached_property
    def _plate_steep(self) -> Layer | None:
        return None if self.plate is None else slope(self.plate.astype(np.float32))

    def _sight(self, found: Found, frame: Frame, pixels: Pixels) -> Sight:
        across = self.room.middle.shape[1] / frame.width
        finer = found.matte.shape[1] / ((found.box[2] - found.box[0]) * across)
        return Sight(
            pixels=as_seen(found, frame, pixels),
            gain=self._gain(found, frame, pixels),
            colours=self.colours,
            smoothing=self.smoothing * finer,
            behind=partial(self._behind, found.box, frame),
        )

    def _behind(self, box: Box, frame: Frame, places: Places) -> Behind:
        if places.chosen is not None or box != frame.whole:
            return self._behind_part(box, frame, places)
        # What stands behind a whole photo is the same for each shot.
        grid = (places.shape, places.pixel)
        if grid not in self._behind_all:
            self._behind_all[grid] = self._behind_part(box, frame, places)
        return self._behind_all[grid]

    def _behind_part(self, box: Box, frame: Frame, places: Places) -> Behind:
        down, across = self.room.middle.shape[0] / frame.height, self.room.middle.shape[1] / frame.width
        part = (box[0] * across, box[1] * down, (box[2] - box[0]) * across, (box[3] - box[1]) * down)
        finer = places.shape[1] / (part[2] * places.pixel)

        here = partial(places.within, part=part)
        low, noise = _last_apart(here(self.room.low, self.room.noise))
        high, steep = _last_apart(here(self.room.high, self._steep))
        (cover,), (seen,) = here(self.cover), here(self.room.known)
        known = seen > 0.99
        room = Backdrop("room", low, high, with_edges(noise, steep / finer), known)
        if self.plate is None or self._plate_steep is None:
            return Behind(cover, (room,))
        plate, steep = _last_apart(here(self.plate, self._plate_steep))
        edges = with_edges(noise, steep / finer)
        return Behind(cover, (room, Backdrop("plate", plate, plate, edges, np.ones_like(known))))

    def save(self, path: Path | IO[bytes]) -> None:
        """Write it to an ``.npz`` file, for other processes to load."""
        layers = {f"room_{f.name}": getattr(self.room, f.name) for f in fields(Room)}
        layers |= {f"colours_{f.name}": getattr(self.colours, f.name) for f in fields(Colours)}
        if self.plate is not None:
            layers["plate"] = self.plate
        np.savez_compressed(path, allow_pickle=False, cover=self.cover, smoothing=self.smoothing, **layers)

    @staticmethod
    def load(path: Path) -> "RingKnowledge":
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as layers:
            return RingKnowledge(
                room=Room(**{f.name: layers[f"room_{f.name}"] for f in fields(Room)}),
                colours=Colours(layers["colours_object"], layers["colours_around"], float(layers["colours_shared"])),
                cover=layers["cover"],
                plate=layers["plate"] if "plate" in layers.files else None,
                smoothing=float(layers["smoothing"]),
            )

    def _gain(self, found: Found, frame: Frame, pixels: Pixels) -> Layer:
        """The shot's gain, from single pixels of it: a median needs no averages."""
        rows, columns = self.room.middle.shape[:2]
        step = max(1, round((rows * columns / 6_000) ** 0.5))
        y, x = np.arange(step // 2, rows, step), np.arange(step // 2, columns, step)
        shot = pixels[np.ix_(y * pixels.shape[0] // rows, x * pixels.shape[1] // columns)]
        matte = resampled(found.matte, found.box, frame.whole, (len(y), len(x)), outside=0.0)
        free = ~hidden_by(matte) & (self.room.known[y][:, x] > 0)
        return gain_between(shot, self.room.middle[y][:, x], free)


def _last_apart(channels: Layer) -> tuple[Layer, Layer]:
    return channels[:-1], channels[-1]


def _smoothing(noises: Sequence[float]) -> float:
    """How far to blur, in pixels, so that about three levels of noise stay; nothing where there are no more."""
    noise = float(np.median(noises))
    return min(noise / _BLURRED_AWAY, _MOST_BLURRED) if noise > BEARABLE_NOISE else 0.0


def _smoothed(shot: Observation, sigma: float) -> Observation:
    if sigma == 0:
        return shot
    return replace(shot, pixels=cv2.GaussianBlur(shot.pixels, (0, 0), sigma).astype(np.uint8, copy=False))


def _plate(plates: Sequence[Pixels], room: Pixels, free: NDArray[np.bool_]) -> Pixels | None:
    if not plates:
        return None
    even = [levelled(plate, gain_between(plate, room, free)) for plate in plates]
    # Where nothing tells two camera positions apart, the plate of the other one may be among them.
    return min(even, key=lambda plate: float(cv2.absdiff(plate, room)[free].mean()) if free.any() else 0.0)
