"""The pages that show what came of a capture, of its proof, or of an audit."""

from underside.report.audit_page import write_audit_page
from underside.report.contact_sheet import write_contact_sheet
from underside.report.coverage_facts import (
    CoverageFacts,
    Direction,
    FoundAgainst,
    MaskDoubt,
    PassLine,
    Scene,
    TieLine,
)
from underside.report.coverage_page import write_coverage_page

__all__ = [
    "CoverageFacts",
    "Direction",
    "FoundAgainst",
    "MaskDoubt",
    "PassLine",
    "Scene",
    "TieLine",
    "write_audit_page",
    "write_contact_sheet",
    "write_coverage_page",
]
