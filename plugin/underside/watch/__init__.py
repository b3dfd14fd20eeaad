"""The watched folder: photos that come in are masked, in order, without a person."""

from underside.watch.plan import CapturePlan, Plan
from underside.watch.watching import watch

__all__ = ["CapturePlan", "Plan", "watch"]
