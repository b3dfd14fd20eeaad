"""What a person is told of masks changed by hand for photos that others have taken the place of."""

from collections.abc import Iterable

from underside.counted import some
from underside.manifest.records import ShotRecord

__all__ = ["OF_ANOTHER_PHOTO", "of_other_photos"]

_FOR_ANOTHER = "for a photo that another one has replaced since"
_UNFIT = "edit it again or delete it if it does not"
OF_ANOTHER_PHOTO = f"It was changed by hand {_FOR_ANOTHER}: see whether it still fits, and {_UNFIT}"
"""Of one mask; ``of_other_photos`` says it of several."""


def of_other_photos(shots: Iterable[ShotRecord]) -> str:
    """Which masks they are; empty where there are none."""
    names = [shot.photo for shot in shots if shot.is_for_another_photo]
    if not names:
        return ""
    return f"Changed by hand {_FOR_ANOTHER}, so see whether the mask still fits, and {_UNFIT}: {some(names)}"
