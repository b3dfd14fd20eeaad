"""What each program gets beside photos and masks, and what to type or to click there: one entry for each."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from underside.errors import OutputError, SettingsError
from underside.files import json_text, sha256_of
from underside.layouts import IMAGES, LAYOUTS, Layout, Photos
from underside.manifest import MANIFEST_NAME, Manifest, ProofRecord, ShotRecord, load, manifest_text, masks_of
from underside.masks import MASKS
from underside.prepare.sensors import Sensor
from underside.resources import meshroom_nodes_folder

__all__ = ["PROGRAMS", "Draft", "Member", "Program", "find_program"]

_TEMPLATE = "undersideTwoSides.mg"


@dataclass(frozen=True)
class Member:
    """One shot in a set. Paths are relative to the set's folder."""

    shot: ShotRecord
    photo: str
    mask: str
    sensor: int
    made: bool = False
    """Its photo there is another file than the original."""


@dataclass(frozen=True)
class Draft:
    """A set whose photos and masks are known."""

    folder: Path
    members: Sequence[Member]
    sensors: Sequence[Sensor]


Texts = Mapping[str, Callable[[], str]]
"""Small files, by name; they are written once photos and masks are there."""


@dataclass(frozen=True)
class Program:
    """One program that a set can be for."""

    layout: Layout
    """How masks are named, turned and coloured; photos come along in one folder."""
    how_to: str
    """``{folder}`` is the set's folder."""
    more: Callable[[Draft], Texts] = lambda _: {}
    cut_outs: bool = False
    """It looks for features outside the masks: it gets copies whose background is black."""
    stale: str = ""
    """A file that the program makes from the photos and does not remake when they change."""


def find_program(name: str) -> Program:
    """The program of that name."""
    if name not in PROGRAMS:
        raise SettingsError(f"No set can be prepared for {name}", f"Choose from {', '.join(PROGRAMS)}")
    return PROGRAMS[name]


def _for_metashape(draft: Draft) -> Texts:
    """A manifest, so that the menu finds passes and masks, and ``underside prove`` can be asked of the set itself."""

    def manifest() -> str:
        shots = tuple(_record(draft.folder, member) for member in draft.members)
        capture = str(draft.folder / IMAGES)
        return manifest_text(Manifest(capture=capture, engines={}, shots=shots, proof=_proof(draft.folder, shots)))

    return {MANIFEST_NAME: manifest}


def _proof(folder: Path, shots: Sequence[ShotRecord]) -> ProofRecord | None:
    """What ``underside prove`` has found of the set, if it was of these very masks."""
    before: Manifest | None = None
    with suppress(OutputError):  # it is no longer a manifest
        before = load(folder)
    proof = before.proof if before else None
    return proof if proof and proof.of == masks_of(shots) else None


def _record(folder: Path, member: Member) -> ShotRecord:
    photo, mask = folder / member.photo, folder / member.mask
    facts = photo.stat()
    return replace(
        member.shot,
        photo=PurePosixPath(member.photo).name,
        sha256=sha256_of(photo) if member.made else member.shot.sha256,
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        ctime_ns=facts.st_ctime_ns,
        mask=member.mask,
        mask_sha256=sha256_of(mask),
        hand_sha256="",
        hand_photo_sha256="",
        next_sha256="",
        cutout="",
        crop=None,
        companions=(),
    )


def _for_meshroom(draft: Draft) -> Texts:
    """A scene: one view a photo, one group of intrinsics a camera, which CameraInit fills; and our graph with it."""

    def scene() -> str:
        views = [_view(draft.folder, member, number) for number, member in enumerate(draft.members)]
        return json_text({"version": ["1", "2", "8"], "views": views, "intrinsics": []})

    return {"scene.sfm": scene, "project.mg": lambda: json_text(_project(draft))}


def _project(draft: Draft) -> Mapping[str, object]:
    """The template for flipped objects, its masking taken out: the masks lie here already."""
    template = json.loads((meshroom_nodes_folder() / "meshroom" / _TEMPLATE).read_text(encoding="utf-8"))
    nodes = {name: node for name, node in template["graph"].items() if not node["nodeType"].startswith("Underside")}
    for node in nodes.values():
        node["inputs"] = {name: _rewired(value, draft.folder) for name, value in node["inputs"].items()}
    nodes["CameraInit_1"]["inputs"]["viewpoints"] = [
        {"viewId": int(view["viewId"]), "poseId": int(view["viewId"]), "path": view["path"]}
        for view in (_view(draft.folder, member, 0) for member in draft.members)
    ]
    versions = template["header"]["nodesVersions"]
    kinds = {node["nodeType"] for node in nodes.values()}
    header = {**template["header"], "nodesVersions": {kind: versions[kind] for kind in versions if kind in kinds}}
    # It stays a template: a project's nodes would need the hashes that Meshroom gives them.
    return {"header": header, "graph": nodes}


def _rewired(value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, list):
        return [_rewired(each, folder) for each in value]
    if value == "{UndersideMasking_1.output}":
        return (folder / MASKS).as_posix()
    return "{CameraInit_1.output}" if value == "{UndersideMasking_1.input}" else value


def _view(folder: Path, member: Member, number: int) -> dict[str, Any]:
    # Meshroom's numbers have 32 bits; the highest one means none.
    content = hashlib.sha256(member.photo.encode(errors="surrogateescape")).digest()
    view_id = str(int.from_bytes(content[:4], "big") >> 1 or 1)
    return {
        "viewId": view_id,
        "poseId": view_id,
        "frameId": str(number),
        "intrinsicId": str(member.sensor),
        "path": (folder / member.photo).as_posix(),
        # No width and height: AliceVision reads no EXIF of views that tell everything else already.
        "metadata": {},
    }


def _for_colmap(draft: Draft) -> Texts:
    """The command lines, with one camera for each group of photos that have one lens."""
    database = "colmap {} --database_path database.db"
    extract = f"{database.format('feature_extractor')} --image_path images --ImageReader.mask_path masks"
    extract += " --ImageReader.single_camera 1"
    groups = {f"photos-{each.number}.txt": each for each in draft.sensors if len(draft.sensors) > 1}
    lines = [
        *([f"{extract} --image_list_path {name}" for name in groups] or [extract]),
        database.format("exhaustive_matcher"),
        f"{database.format('mapper')} --image_path images --output_path sparse",
    ]
    unix = ["#!/bin/sh", "set -eu", 'cd "$(dirname "$0")"', "mkdir -p sparse", *lines]
    # COLMAP.bat itself would end this one, were it not called.
    windows = [f"call {line} || exit /b 1" for line in lines]
    windows = ["@echo off", 'cd /d "%~dp0"', "if not exist sparse mkdir sparse", *windows]
    return {
        **{name: partial(_names, draft.members, sensor) for name, sensor in groups.items()},
        "run-colmap.sh": lambda: "\n".join([*unix, ""]),
        "run-colmap.bat": lambda: "\r\n".join([*windows, ""]),
    }


def _names(members: Sequence[Member], sensor: Sensor) -> str:
    return "".join(f"{PurePosixPath(each.photo).name}\n" for each in members if each.sensor == sensor.number)


PROGRAMS: Mapping[str, Program] = {
    "metashape": Program(
        layout=replace(LAYOUTS["metashape"], flat=True, photos=Photos.COME),
        how_to=(
            'With the Underside menu: Underside > Import capture as one chunk, and choose "{folder}"; it makes a group '
            'for each pass and applies the masks. Without: Add Folder "{folder}/images", then File > Import > Import '
            'Masks, Method: From File, template "{folder}/masks/{filename}_mask.png". Then Align Photos with Apply '
            "masks to: Key points, and Reference preselection off. Detect coded targets before the masks are applied."
        ),
        more=_for_metashape,
    ),
    "meshroom": Program(
        layout=replace(LAYOUTS["meshroom"], photos=Photos.COME),
        how_to=(
            'Open "{folder}/project.mg", in which the masks are wired up, and save it under your own name. Or, in your '
            'own pipeline, drag "{folder}/images" into Meshroom (meshroom_batch: -i "{folder}/scene.sfm"); in '
            'FeatureExtraction set Masks Folder to "{folder}/masks" and Mask Extension to png, in PrepareDenseScene '
            "add the same folder to Masks Folders. Project and scene contain absolute paths: prepare again elsewhere "
            "rather than move this folder."
        ),
        more=_for_meshroom,
    ),
    "colmap": Program(
        layout=replace(LAYOUTS["colmap"], flat=True, photos=Photos.COME),
        how_to=(
            'sh "{folder}/run-colmap.sh" (Windows: run-colmap.bat) finds features inside the masks, matches all photos '
            "with all others, and writes the model to sparse. COLMAP uses masks for features only, not in its dense "
            "steps."
        ),
        more=_for_colmap,
        stale="database.db",
    ),
    "realityscan": Program(layout=LAYOUTS["realityscan"], how_to=LAYOUTS["realityscan"].how_to),
    "opendronemap": Program(
        layout=LAYOUTS["opendronemap"],
        how_to=(
            'docker run -ti --rm -v "{folder}":/datasets/code opendronemap/odm --project-path /datasets. OpenDroneMap '
            "takes masks for its dense steps only and looks for features all over the photos: platter and room would "
            "join the passes wrongly. So the photos here are cut-outs, black outside the masks, with all metadata of "
            "the originals; the masks lie beside them for the dense steps."
        ),
        cut_outs=True,
    ),
}
"""By the names of their layouts."""
