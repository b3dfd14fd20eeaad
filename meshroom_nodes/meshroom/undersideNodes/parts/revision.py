"""Which engine the nodes are made for; in the nodes' caches by ``REVISION``."""

VERSION = "0.1.0"
"""The version of Underside."""
MASKS = 14
"""The engine's own count of changes to its masks."""
REVISION = 13
"""Goes up whenever one of the above does: Meshroom's caches look at attributes only, not at code."""
