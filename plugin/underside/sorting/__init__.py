"""What a look at the photos tells of a capture: rings, doubles, gaps, and what is missing."""

from underside.sorting.findings import Finding, findings
from underside.sorting.overview import Overview, PassView, overview
from underside.sorting.rings import Double, Gap, Ring, passes_by_place
from underside.sorting.sights import Sight, look

__all__ = ["Double", "Finding", "Gap", "Overview", "PassView", "Ring", "Sight"]
__all__ += ["findings", "look", "overview", "passes_by_place"]
