"""How far a mask can be trusted, and why."""

from underside.verdict.judge import Grade, Verdict, judge
from underside.verdict.signs import Signs, read_signs

__all__ = ["Grade", "Signs", "Verdict", "judge", "read_signs"]
