"""The work on one shot: its mask, its preview, its cut-out, and the record of them."""

from underside.shotwork.climbing import TriedAhead
from underside.shotwork.done import Done
from underside.shotwork.engine_facts import engine_facts
from underside.shotwork.work import ShotWork

__all__ = ["Done", "ShotWork", "TriedAhead", "engine_facts"]
