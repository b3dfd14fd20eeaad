"""Shows a network all photos of a set, and keeps what each of them is worth."""

from collections.abc import Callable
from dataclasses import dataclass, field

from training.errors import TrainingError
from training.evaluation.calibration import Reliability
from training.evaluation.looks import Looker, mask_of
from training.evaluation.photos import Photo, PhotoSet
from training.evaluation.scores import Score, Traits, score, traits

__all__ = ["Judged", "Judgement", "judge"]


@dataclass(frozen=True)
class Judged:
    """A photo, what it is like, and what became of it."""

    photo: Photo
    traits: Traits
    score: Score

    @property
    def empty(self) -> bool:
        """There is no object in it: IoU says nothing, what is kept says all."""
        return self.traits.size == "none"


@dataclass
class Judgement:
    """Of one network on one set."""

    photos: list[Judged] = field(default_factory=list)
    reliability: Reliability = field(default_factory=Reliability)

    @property
    def with_object(self) -> list[Judged]:
        """Those that IoU is a measure for."""
        return [each for each in self.photos if not each.empty]

    @property
    def empty(self) -> list[Judged]:
        """The others."""
        return [each for each in self.photos if each.empty]


def judge(lookers: dict[str, Looker], photos: PhotoSet, tell: Callable[[str], None]) -> dict[str, Judgement]:
    """All networks on the same photos."""
    judgements = {name: Judgement() for name in lookers}
    for number, photo in enumerate(photos.photos, 1):
        picture, truth, platter = photo.pixels(), photo.object(), photo.free_platter()
        if truth.shape != picture.shape[:2]:
            raise TrainingError(f"{photo.truth} is not as large as its photo", "Make the truth again")
        like = traits(photo.kind, picture, truth, platter)
        for name, looker in lookers.items():
            matte = looker.matte(picture)
            judgement = judgements[name]
            judgement.photos.append(Judged(photo, like, score(mask_of(matte), truth, platter)))
            judgement.reliability.add(matte, truth)
        tell(f"{photos.name}: {number} of {len(photos.photos)} photos judged")
    return judgements
