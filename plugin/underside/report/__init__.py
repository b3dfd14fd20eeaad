"""The pages that show what came of a capture, or of an audit."""

from underside.report.audit_page import write_audit_page
from underside.report.contact_sheet import write_contact_sheet

__all__ = ["write_audit_page", "write_contact_sheet"]
