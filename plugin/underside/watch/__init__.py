"""The watched folder: photos that come in are masked, in order, without a person."""

from underside.watch.plan import Plan
from underside.watch.watching import watch

__all__ = ["Plan", "watch"]
