"""Other ways to the same mask, where the verdict is poor; the best is kept, never a worse one."""

from underside.ladder.climb import Agreed, Ahead, Climbed, Ladder
from underside.ladder.make import make_ladder

__all__ = ["Agreed", "Ahead", "Climbed", "Ladder", "make_ladder"]
