"""Where each photogrammetry program wants its masks: rules, the folders made by them, and their check."""

from underside.layouts.check import check_folder
from underside.layouts.findings import Finding, Kind, Report
from underside.layouts.table import LAYOUTS, Layout, check_layout_names
from underside.layouts.write import LayoutResult, write_layout

__all__ = [
    "LAYOUTS",
    "Finding",
    "Kind",
    "Layout",
    "LayoutResult",
    "Report",
    "check_folder",
    "check_layout_names",
    "write_layout",
]
