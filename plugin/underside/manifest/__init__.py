"""The manifest, ``capture.json``: every shot, what became of it, and what made it so."""

from underside.manifest.file import MANIFEST_NAME, load, load_made, manifest_text, save
from underside.manifest.records import (
    BY_OTHERS,
    CUT_OFF,
    PUT_RIGHT,
    Manifest,
    ProofRecord,
    ShotRecord,
    State,
    Step,
    masks_of,
    verdicts,
)

__all__ = [
    "BY_OTHERS",
    "CUT_OFF",
    "MANIFEST_NAME",
    "PUT_RIGHT",
    "Manifest",
    "ProofRecord",
    "ShotRecord",
    "State",
    "Step",
    "load",
    "load_made",
    "manifest_text",
    "masks_of",
    "save",
    "verdicts",
]
