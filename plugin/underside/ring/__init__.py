"""What a ring knows: the still room, the object's colours, the silhouettes' agreement; and what one photo knows."""

from underside.ring.agreement import Agreement, Silhouette, agreement, silhouette_of_mask
from underside.ring.knowledge import RingBuilder, RingKnowledge
from underside.ring.lending import lent_matte
from underside.ring.moves import Glance, camera_positions, glance, split_rings, stood_still
from underside.ring.observation import Observation, observe, reduced
from underside.ring.own_colours import by_own_colours
from underside.ring.rim import rim_of
from underside.ring.support import Support, Tints, support_of

__all__ = [
    "Agreement",
    "Glance",
    "Observation",
    "RingBuilder",
    "RingKnowledge",
    "Silhouette",
    "Support",
    "Tints",
    "agreement",
    "by_own_colours",
    "camera_positions",
    "glance",
    "lent_matte",
    "observe",
    "reduced",
    "rim_of",
    "silhouette_of_mask",
    "split_rings",
    "stood_still",
    "support_of",
]
