"""The pages that show what came of a capture."""

from underside.report.contact_sheet import write_contact_sheet

__all__ = ["write_contact_sheet"]
