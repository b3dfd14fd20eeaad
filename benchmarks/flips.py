"""What the proof answers, and what a repair gains, on captures whose cameras and masks are known.

    python benchmarks/flips.py CAPTURE... [--masks FOLDER] [--kinds KIND...] [--repair] [--given]

A capture holds upright/, flipped/, gt_masks/, gt_platter/ and cameras.json. ``ours`` wants the output folder of
``underside mask`` in --masks; ``network`` is what the network sees in each photo alone; ``truth``, ``platter`` and
``none`` are made from the truth. --given takes the cameras as known, for objects with too little texture to be placed:
the proof is left out, and what a repair gains is shown.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from underside.engine import load_masker
from underside.files import sha256_of
from underside.flip import Answer, Coverage, Outcome, Proof, prove, prove_and_keep, repair
from underside.flip.agreement.agree import agree
from underside.flip.proof.mapping import Lens, Model, Place
from underside.flip.proof.sources import FlipShot, read_sources
from underside.manifest import Manifest, ShotRecord, State, save
from underside.masker import Masker
from underside.masks import mask_name
from underside.photo import open_photo
from underside.png import encode_png
from underside.scoring import Score, score_masks

Floats = NDArray[np.float64]
KINDS = ("ours", "network", "truth", "platter", "none")
# A place is right within these, after the best fit of all to the given cameras.
_DEGREES, _SHARE = 5.0, 0.05


def output(capture: Path, kind: str, masks: Path | None, work: Path) -> Path:
    """A folder with masks of that kind, as ``underside mask`` would leave it."""
    out = work / f"{capture.parent.name}-{capture.name}-{kind}"
    if kind == "ours":
        assert masks is not None, "--masks says where the output folders lie"
        return Path(shutil.copytree(masks, out))
    records = []
    masker = load_masker() if kind == "network" else None
    for photo in sorted([*capture.glob("upright/*.JPG"), *capture.glob("flipped/*.JPG")]):
        name = photo.relative_to(capture).as_posix()
        mask = _seen_by_network(masker, photo) if masker else _read(capture / "gt_masks" / f"{name}.png")
        if kind == "platter":
            mask |= _read(capture / "gt_platter" / f"{name}.png")
        elif kind == "none":
            mask[:] = 255
        path = out / mask_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(mask))
        height, width = mask.shape
        records.append(
            ShotRecord(
                name,
                photo.parent.name,
                State.MASKED,
                sha256=sha256_of(photo),
                width=width,
                height=height,
                mask=mask_name(name),
                mask_sha256=sha256_of(path),
            )
        )
    save(Manifest(str(capture.resolve()), {}, tuple(records)), out)
    return out


def _seen_by_network(masker: Masker, photo: Path) -> NDArray[np.uint8]:
    masked = masker.mask_photo(open_photo(photo))
    return masker.cut(masked.look, masked.alone)


def _read(path: Path) -> NDArray[np.uint8]:
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert mask is not None, path
    return np.where(mask > 127, np.uint8(255), np.uint8(0))


def right_places(proof: Proof, capture: Path) -> list[str]:
    """Shots whose cameras stand where they truly stood, under the one fit that makes most of them right."""
    known = json.loads((capture / "cameras.json").read_text())["images"]
    places = proof.model.places if proof.model else ()
    if len(places) < 3:
        return []
    poses = [np.array(known[place.shot.name]["cam_from_object"]) for place in places]
    true_turns = np.array([pose[:, :3] for pose in poses])
    true = np.array([-pose[:, :3].T @ pose[:, 3] for pose in poses])
    turns, centres = np.array([place.turn for place in places]), np.array([place.centre for place in places])
    distance = float(np.linalg.norm(true, axis=1).mean())
    random = np.random.default_rng(0)
    best = np.zeros(len(places), bool)
    for attempt in range(500):
        chosen = np.arange(len(places)) if not attempt else random.choice(len(places), 3, replace=False)
        for _ in range(3):
            scale, turn, shift = _fit(centres[chosen], true[chosen])
            away = np.linalg.norm(scale * centres @ turn.T + shift - true, axis=1) / distance
            traces = np.einsum("nij,nij->n", turns @ turn.T, true_turns)
            angles = np.degrees(np.arccos(np.clip((traces - 1) / 2, -1, 1)))
            right = (away < _SHARE) & (angles < _DEGREES)
            if right.sum() > best.sum():
                best = right
            if right.sum() < 3:
                break
            chosen = np.flatnonzero(right)
    return [place.shot.name for place, right in zip(places, best, strict=True) if right]


def _fit(of: Floats, to: Floats) -> tuple[float, Floats, Floats]:
    """Scale, turn and shift that bring points onto others."""
    middle_of, middle_to = of.mean(axis=0), to.mean(axis=0)
    u, size, v = np.linalg.svd((to - middle_to).T @ (of - middle_of))
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(u) * np.linalg.det(v))])
    turn = u @ mirror @ v
    scale = float((size * np.diag(mirror)).sum() / max(((of - middle_of) ** 2).sum(), 1e-12))
    return scale, turn, middle_to - scale * turn @ middle_of


def given(out: Path, capture: Path) -> Proof:
    """A proof as it would be if every shot had been placed where it truly stood."""
    known = json.loads((capture / "cameras.json").read_text())
    shots = read_sources(out).shots
    places = tuple(_place(shot, known) for shot in shots)
    low, high = np.array(known["object_bbox_m"])
    points = np.random.default_rng(0).uniform(low, high, (500, 3)).astype(np.float32)
    model = Model(places, points, np.zeros((500, 3), np.uint8), ((),) * 500, 0.0)
    return Proof(
        answer=Answer(Outcome.YES, ()),
        shots=len(shots),
        registered=len(shots),
        models=(len(shots),),
        passes=(),
        error=0.0,
        unions=(),
        weakest=None,
        coverage=Coverage(0.0, 0.0, ()),
        seconds=0.0,
        model=model,
        corrections=tuple(agree(model)),
    )


def _place(shot: FlipShot, known: dict[str, Any]) -> Place:
    image = known["images"][shot.name]
    pose = np.array(image["cam_from_object"])
    # One camera took all of a capture that does not say it of each photo.
    lens = image.get("intrinsics", known["intrinsics"])
    return Place(shot, pose[:, :3], pose[:, 3], Lens(lens["fx"], lens["cx"], lens["cy"]))


def _show(capture: Path, kind: str, proof: Proof) -> None:
    right = right_places(proof, capture)
    kinds = ", ".join(finding.kind for finding in proof.answer.findings)
    flipped = sum(name.startswith("flipped") for name in right)
    print(
        f"{capture.parent.name}/{capture.name} {kind:8} {proof.answer.outcome.value:6} "
        f"in one model {proof.registered}/{proof.shots}  right {len(right) - flipped} + {flipped}  "
        f"underside {proof.coverage.underside:.3f}  {proof.seconds:.0f} s  {kinds}",
        flush=True,
    )


def _show_repair(before: Score, after: Score) -> None:
    then = {shot.photo: shot.measures.iou for shot in before.measured if shot.measures}
    now = {shot.photo: shot.measures.iou for shot in after.measured if shot.measures}
    changes = {photo: now[photo] - then[photo] for photo in then}
    print(
        f"    repaired: mean IoU {np.mean(list(then.values())):.4f} -> {np.mean(list(now.values())):.4f}  "
        f"worst {min(then.values()):.4f} -> {min(now.values()):.4f}  most lost by a shot {-min(changes.values()):.4f}",
        flush=True,
    )


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--masks", type=Path, help="output folder of underside mask, for the one capture named")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["truth", "platter", "none"])
    parser.add_argument("--repair", action="store_true")
    parser.add_argument("--given", action="store_true", help="repair with the cameras of cameras.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        for capture in options.captures:
            for kind in options.kinds:
                out = output(capture, kind, options.masks, Path(work))
                before = score_masks(out, capture)
                if options.given:
                    repair(out, given(out, capture))
                    print(f"{capture.parent.name}/{capture.name} {kind:8} cameras given", flush=True)
                    _show_repair(before, score_masks(out, capture))
                elif options.repair:
                    proven = prove_and_keep(out, mend=True)
                    assert proven is not None, "nobody stops it"
                    _show(capture, kind, proven.proof)
                    for note in proven.proof.notes:
                        print(f"    {note}")
                    _show_repair(before, score_masks(out, capture))
                else:
                    _show(capture, kind, prove(out))


if __name__ == "__main__":
    main()
