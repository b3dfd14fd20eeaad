"""A whole capture: every shot masked, the masks judged together, done work skipped, memory bounded."""

from underside.pipeline.in_flight import usual_workers
from underside.pipeline.outcome import Judged, Outcome, Progress
from underside.pipeline.renamed import take_hands_work_along
from underside.pipeline.run import mask_capture

__all__ = ["Judged", "Outcome", "Progress", "mask_capture", "take_hands_work_along", "usual_workers"]
