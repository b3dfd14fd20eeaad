"""What the manifest says of the engine: all that decides a mask's bytes, and the fingerprint of it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from underside import __version__
from underside.ladder import Ladder
from underside.masker import REVISION
from underside.settings import Settings

__all__ = ["engine_facts", "fingerprint"]


def engine_facts(settings: Settings, ladder: Ladder) -> dict[str, Any]:
    """Everything that decides a mask's bytes, with its own fingerprint: the same one, the same bytes."""
    facts: dict[str, Any] = {
        "underside": __version__,
        "revision": REVISION,
        "segmenter": dict(ladder.masker.segmenter.fingerprint),
        "ladder": ladder.fingerprint,
        **settings.deciding_the_mask(),
    }
    return {"fingerprint": fingerprint(facts), **facts}


def fingerprint(facts: Mapping[str, Any]) -> str:
    """A short hash of facts that JSON can hold."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
