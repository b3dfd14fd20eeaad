"""Where each photogrammetry program wants its masks: rules, the folders made by them, and their check."""

from underside.layouts.check import check_folder
from underside.layouts.findings import Finding, Kind, Report
from underside.layouts.naming import Place, places, refuse_clashes
from underside.layouts.table import HOW_TO, IMAGES, LAYOUTS, Layout, Photos, check_layout_names
from underside.layouts.write import (
    LaidOut,
    LayoutResult,
    encoded_mask,
    is_as_wanted,
    outdated,
    write_layout,
    write_layouts,
)

__all__ = [
    "HOW_TO",
    "IMAGES",
    "LAYOUTS",
    "Finding",
    "Kind",
    "LaidOut",
    "Layout",
    "LayoutResult",
    "Photos",
    "Place",
    "Report",
    "check_folder",
    "check_layout_names",
    "encoded_mask",
    "is_as_wanted",
    "outdated",
    "places",
    "refuse_clashes",
    "write_layout",
    "write_layouts",
]
