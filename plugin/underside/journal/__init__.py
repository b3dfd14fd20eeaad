"""The journal: every photo that the watched folder has seen and what became of it, in SQLite, durable."""

from underside.journal.database import JournalDamagedError, journal_path, set_aside
from underside.journal.journal import Journal, looking_into
from underside.journal.model import NO_SHOTS, Count, Entry, Glimpse, Request, Stage

__all__ = [
    "NO_SHOTS",
    "Count",
    "Entry",
    "Glimpse",
    "Journal",
    "JournalDamagedError",
    "Request",
    "Stage",
    "journal_path",
    "looking_into",
    "set_aside",
]
