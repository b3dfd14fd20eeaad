"""The proof as a step of every run that masks a whole capture: asked where there is something new to ask."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from underside.errors import PhotoError, SettingsError
from underside.flip.proof.colmap import ProofExtraMissingError, colmap_is_here
from underside.flip.proving import forget_repairs, is_proven, is_worth_proving, prove_and_keep
from underside.manifest import Manifest, ProofRecord, ShotRecord, load
from underside.resources import pip_install

__all__ = ["Joined", "begin_anew", "join"]


@dataclass(frozen=True)
class Joined:
    """Whether the passes are one object, as far as that could be asked."""

    before: Manifest
    manifest: Manifest
    """The manifest with the masks that were put right."""
    mend: bool
    """Masks were to be put right."""
    kept: bool = False
    """An earlier run has asked."""
    why_not: str = ""
    """Why it could not be asked, as a sentence."""
    extra_is_missing: bool = False

    @property
    def proof(self) -> ProofRecord | None:
        """The answer; none where there was nothing to ask, or where it could not be asked."""
        return self.manifest.proof

    @property
    def put_right(self) -> Iterator[tuple[ShotRecord, ShotRecord]]:
        """The shots whose masks were just rewritten, before and after."""
        for before, after in zip(self.before.shots, self.manifest.shots, strict=True):
            if before.mask_sha256 != after.mask_sha256:
                yield before, after


def begin_anew(out: Path) -> bool:
    """Before the masks are joined for good: whether some must be made again, as an earlier proof is of no more use."""
    manifest = load(out)
    if manifest is None or is_proven(manifest, mend=True):
        return False
    return is_worth_proving(manifest.shots) and colmap_is_here() and forget_repairs(out)


def join(
    out: Path,
    *,
    mend: bool,
    anew: bool = False,
    tell: Callable[[str], None],
    stop: threading.Event,
    moot: Callable[[], bool] | None = None,
) -> Joined | None:
    """Ask whether the passes are one object, with all masks made; with ``mend``, put masks right by the answer.

    ``anew`` asks even where an earlier run has. Nothing where it was given up. What keeps the question from being
    asked is not a failure: the masks are there.
    """
    manifest = load(out)
    assert manifest is not None
    if not is_worth_proving(manifest.shots):
        return Joined(manifest, manifest, mend)
    if is_proven(manifest, mend=mend) and not anew:
        return Joined(manifest, manifest, mend, kept=True)
    try:
        if not colmap_is_here():
            return Joined(manifest, manifest, mend, why_not=_extra_missing(), extra_is_missing=True)
        proven = prove_and_keep(out, mend=mend, tell=tell, stop=stop, moot=moot)
    except ProofExtraMissingError:
        return Joined(manifest, manifest, mend, why_not=_extra_missing(), extra_is_missing=True)
    except (SettingsError, PhotoError) as error:
        return Joined(manifest, manifest, mend, why_not=f"The passes could not be proven: {error}")
    return Joined(manifest, proven.manifest, mend) if proven is not None else None


def _extra_missing() -> str:
    return f"To prove that the passes are one object: {pip_install('proof')}."
