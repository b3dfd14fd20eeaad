"""A first sweep over shots of one or more passes: where their cameras stood, and what each of these places knows."""

from underside.survey.positions import Position
from underside.survey.seen import FirstLook, Seen
from underside.survey.surveyor import Surveyor

__all__ = ["FirstLook", "Position", "Seen", "Surveyor"]
