"""What each setting changes: a sample of a capture masked again and again, one setting changed at a time."""

from underside.audit.comparing import Difference, compare
from underside.audit.trials import Audit, StoppedError, Trial, TrialShot, audit_sample, sample_of
from underside.audit.variants import Variant, usual_variants, variants

__all__ = [
    "Audit",
    "Difference",
    "StoppedError",
    "Trial",
    "TrialShot",
    "Variant",
    "audit_sample",
    "compare",
    "sample_of",
    "usual_variants",
    "variants",
]
