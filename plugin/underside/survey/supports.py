"""What holds the object in each pass, as far as the other passes of the same cameras tell."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from underside.ring import Support, Tints, support_of
from underside.survey.small import Camera, SmallPhoto

__all__ = ["supports_in"]


def supports_in(photos: Sequence[SmallPhoto], pass_of: Mapping[str, str]) -> dict[str, Support]:
    """By pass, from photos that were looked at; passes are told by the photos' names."""
    tints: dict[str, Tints] = defaultdict(Tints)
    cameras: dict[str, set[Camera]] = defaultdict(set)
    for photo in photos:
        of_pass = pass_of[photo.name]
        cameras[of_pass].add(photo.camera)
        tints[of_pass].add(photo.observation.pixels, photo.observation.matte, photo.frame.orientation)
    found: dict[str, Support] = {}
    for name, own in tints.items():
        # Another camera sees other tints in the same thing.
        others = [tints[other] for other in tints if other != name and cameras[other] == cameras[name]]
        if support := support_of(own, others):
            found[name] = support
    return found
