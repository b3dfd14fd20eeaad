"""``underside doctor``: what works on this machine, found by trying it."""

import importlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import click
import numpy as np

from underside import __version__
from underside.catalogue import Model, load_catalogue
from underside.catalogue.pins import check_file, is_here
from underside.commands.parts.terminal import tell
from underside.errors import ExitCode, UndersideError
from underside.resources import pip_install
from underside.runtime.providers import Device
from underside.segmenters.network import load_segmenter

__all__ = ["doctor"]

_EXTRAS = {
    "heic": ("HEIC and AVIF photos", "pillow_heif"),
    "raw": ("camera raw photos", "rawpy"),
    "proof": ("underside prove", "pycolmap"),
    "serve": ("underside serve", "starlette"),
}
_RUNTIMES = {"onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino"}


@dataclass(frozen=True)
class _Finding:
    state: str
    """``ok``, ``-`` (can be lived with) or ``bad``."""
    what: str


@click.command()
def doctor() -> int:
    """Check what works on this machine: processors, models, formats, and the programs found.

    Nothing is downloaded. Exit code 2 if masks cannot be made.
    """
    system = f"{platform.system()} {platform.machine()}"
    tell(f"Underside {__version__}, Python {platform.python_version()}, {system}, {os.cpu_count()} cores")
    findings = []
    for finding in _examine():
        tell(f"{finding.state:>4}  {finding.what}")
        findings.append(finding)
    return ExitCode.COULD_NOT_RUN if any(found.state == "bad" for found in findings) else ExitCode.DONE


def _examine() -> Iterator[_Finding]:
    yield from _runtimes()
    yield _processor("cpu", otherwise="bad")
    yield _processor("cuda", otherwise="-")
    yield from _models()
    yield from _extras()
    yield from _programs()


def _runtimes() -> Iterator[_Finding]:
    here = {dist.name: dist.version for dist in distributions() if dist.name in _RUNTIMES}
    names = ", ".join(f"{name} {version}" for name, version in sorted(here.items()))
    if len(here) > 1:
        yield _Finding("bad", f"{names}: they overwrite each other. Uninstall all, then install Underside again")
    else:
        yield _Finding("ok", names or "onnxruntime")


def _processor(device: Device, *, otherwise: str) -> _Finding:
    """Let the embedded network answer there: what is listed as available need not work."""
    try:
        segmenter = load_segmenter(device=device)
        picture = np.zeros((416, 640, 3), np.uint8)
        segmenter.matte(picture)
        began = time.perf_counter()
        segmenter.matte(picture)
        took = (time.perf_counter() - began) * 1000
        return _Finding("ok", f"{segmenter.notes[0]}: {took:.0f} ms per look")
    except UndersideError as error:
        return _Finding(otherwise, str(error))


def _models() -> Iterator[_Finding]:
    try:
        for model in load_catalogue().models.values():
            if is_here(model):
                yield _model(model)
    except UndersideError as error:
        yield _Finding("bad", str(error))


def _model(model: Model) -> _Finding:
    try:
        for weights in model.weights:
            check_file(model, weights)
    except UndersideError as error:
        return _Finding("bad", str(error))
    return _Finding("ok", f"model {model.name}, {'built in' if model.embedded else 'checked'}")


def _extras() -> Iterator[_Finding]:
    for extra, (what, module) in _EXTRAS.items():
        try:
            importlib.import_module(module)
        except ImportError:
            yield _Finding("-", f"{what}: {pip_install(extra)}")
        else:
            yield _Finding("ok", what)


def _programs() -> Iterator[_Finding]:
    for name, place in (("Meshroom", _meshroom()), ("Metashape", _metashape())):
        yield _Finding("ok", f"{name}: {place}") if place else _Finding("-", f"{name}: not found")


def _meshroom() -> Path | None:
    root = os.environ.get("MESHROOM_ROOT")
    if root and Path(root).is_dir():
        return Path(root)
    found = shutil.which("meshroom_batch") or shutil.which("meshroom")
    return Path(found) if found else None


def _metashape() -> Path | None:
    usual = {
        "win32": ["C:/Program Files/Agisoft/Metashape Pro", "C:/Program Files/Agisoft/Metashape"],
        "darwin": ["/Applications/MetashapePro.app", "/Applications/Metashape.app"],
    }.get(sys.platform, ["/opt/metashape-pro", "/opt/metashape", "~/metashape-pro", "~/metashape"])
    # Unlike Path.expanduser, content with a user who has no home.
    folders = (Path(os.path.expanduser(place)) for place in usual)  # noqa: PTH111
    found = shutil.which("metashape")
    return Path(found) if found else next((folder for folder in folders if folder.is_dir()), None)
