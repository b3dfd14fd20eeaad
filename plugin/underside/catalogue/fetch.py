"""Fetch a model that was asked for: resumed where it broke off, and checked before anyone can use it."""

import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from urllib.response import addinfourl

from underside import __version__
from underside.catalogue import Model, Weights
from underside.catalogue.pins import (
    check_file,
    check_licence,
    checksum_problem,
    path_of,
    pin,
    put_here,
    remember_licence,
)
from underside.disks import rename, sync
from underside.errors import ModelError, OutputError
from underside.files import sha256_of, write_atomically

__all__ = ["MIRROR", "Progress", "address_of", "fetch"]

MIRROR = "UNDERSIDE_MODELS_MIRROR"
"""The environment variable with the address of a folder that holds the same files under the same names."""

Progress = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes there are, 0 where the server does not say."""

PAUSES = (1.0, 3.0, 9.0)
"""Seconds to wait before asking again after a connection broke while bytes were coming."""

_SILENCE = 30.0
"""Seconds without a byte after which a connection counts as broken."""
_CHUNK = 1 << 18


def address_of(weights: Weights) -> str:
    """Where the file would be fetched from: the mirror where one is set, else the published address."""
    mirror = os.environ.get(MIRROR, "")
    return f"{mirror.rstrip('/')}/{urllib.parse.quote(weights.file)}" if mirror else weights.url


def fetch(model: Model, *, accept_licence: bool = False, progress: Progress = lambda _done, _all: None) -> None:
    """Bring all files of the model into the user's folder; those that are there are only checked."""
    check_licence(model, accepted=accept_licence)
    for weights in model.weights:
        if path_of(model, weights).is_file():
            check_file(model, weights)
        elif weights.fetchable:
            _fetch_file(model, weights, progress)
        else:
            raise ModelError(
                f"No address with a checksum is known for {model.name}, so it is never fetched",
                f"Get it yourself ({model.source}) and {put_here(model)}",
            )
    if not model.commercial:
        remember_licence(model)


def _fetch_file(model: Model, weights: Weights, progress: Progress) -> None:
    path = path_of(model, weights)
    part = _Part(path.with_name(path.name + ".part"), _checked_address(weights))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        resumed = _download(part, progress)
        problem = checksum_problem(weights, part.path)
        if problem and resumed:
            # Two versions of the file may have met in one part: once more, from the start.
            part.discard()
            _download(part, progress)
            problem = checksum_problem(weights, part.path)
        if problem:
            page = _perhaps_a_page(part.path)
            part.discard()
            raise ModelError(
                f"What {part.url} sent is not {model.name}: {problem}{page}; it was deleted",
                f"Try again later or with a mirror ({MIRROR}); or {put_here(model)}",
            )
        part.become(path)
    except _NotComingError as error:
        kept = f"; {part.size / 1e6:.1f} MB are kept, and the next try resumes there" if part.size else ""
        raise ModelError(
            f"Cannot fetch {part.url}: {error}{kept}",
            f"Check the network, the proxy (HTTPS_PROXY) or the mirror ({MIRROR}); or {put_here(model)}",
        ) from error
    except OSError as error:
        raise OutputError(
            f"Cannot write {error.filename or part.path}: {error.strerror or error}",
            "Free some space, or name another folder in UNDERSIDE_MODELS",
        ) from error
    pin(path, weights.sha256 or sha256_of(path))


def _checked_address(weights: Weights) -> str:
    url = address_of(weights)
    if urllib.parse.urlsplit(url).scheme not in ("http", "https", "file"):
        raise ModelError(f"{url} is not an address to fetch from", f"Begin {MIRROR} with https://, http:// or file://")
    return url


def _perhaps_a_page(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512).lstrip().lower()
    return " (it is a web page, perhaps from a proxy that wants a login)" if start.startswith(b"<") else ""


class _NotComingError(Exception):
    """The server, or the way to it, does not give the file."""


@dataclass(frozen=True)
class _Part:
    """What has come so far, and beside it where from and in which version."""

    path: Path
    url: str

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def version(self) -> str | None:
        """What the server called the version that this is a part of; none for a part from elsewhere."""
        try:
            facts = json.loads(self._facts.read_bytes())
            return str(facts["version"]) if facts["url"] == self.url else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, version: str) -> None:
        self.path.write_bytes(b"")
        write_atomically(self._facts, json.dumps({"url": self.url, "version": version}).encode())

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._facts.unlink(missing_ok=True)

    def become(self, path: Path) -> None:
        with self.path.open("rb+") as file:
            sync(file.fileno())
        rename(self.path, path)
        self._facts.unlink(missing_ok=True)

    @property
    def _facts(self) -> Path:
        return self.path.with_name(self.path.name + ".json")


def _download(part: _Part, progress: Progress) -> bool:
    """Go on until the file is whole; whether bytes that were here before are part of it."""
    if part.version is None:
        part.discard()
    before = part.size
    pauses = iter(PAUSES)
    while True:
        try:
            return _ask_once(part, progress)
        except _NotComingError:
            # A server that has sent nothing at all will not do so a second later either.
            if part.size == before or (pause := next(pauses, None)) is None:
                raise
        time.sleep(pause)


def _ask_once(part: _Part, progress: Progress) -> bool:
    """Ask for what is missing; whether the server went on from where the part ended."""
    have = part.size
    headers = {"User-Agent": f"underside/{__version__}"}
    if have:
        headers["Range"] = f"bytes={have}-"
        headers |= {"If-Range": part.version} if part.version else {}
    with _answer(part.url, headers) as answer:
        first, total = _extent(answer.headers)
        nothing_more = answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        if nothing_more and have == total:
            return True
        if nothing_more or first not in (0, have):
            part.discard()
            raise _NotComingError("the server sent a different part from the one requested")
        if first == 0:
            part.begin(_version(answer.headers))
        done = _append(part, answer, total, progress)
    if total and done != total:
        raise _NotComingError(f"the connection broke off after {done / 1e6:.1f} of {total / 1e6:.1f} MB")
    return first > 0


def _append(part: _Part, answer: addinfourl, total: int, progress: Progress) -> int:
    done = part.size
    progress(done, total)
    with part.path.open("ab") as file:
        while chunk := _read(answer):
            file.write(chunk)
            done += len(chunk)
            progress(done, total)
    return done


def _answer(url: str, headers: dict[str, str]) -> addinfourl:
    # A fresh opener, since urllib's own reads the proxy's settings only once.
    opener, request = urllib.request.build_opener(), urllib.request.Request(url, headers=headers)
    try:
        answer: addinfourl = opener.open(request, timeout=_SILENCE)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return error
        with error:
            raise _NotComingError(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _NotComingError(str(error.reason)) from error
    except (OSError, HTTPException) as error:
        raise _NotComingError(str(error) or type(error).__name__) from error
    return answer


def _read(answer: addinfourl) -> bytes:
    try:
        return answer.read(_CHUNK)
    except (OSError, HTTPException) as error:  # not the disk's: nothing is written here
        raise _NotComingError(str(error) or type(error).__name__) from error


def _extent(headers: Message) -> tuple[int, int]:
    """Where the answer begins in the file, and how long the file is; 0 where that is not said."""
    span = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", headers.get("Content-Range", "").strip())
    if span:
        return int(span[1] or 0), int(span[2].replace("*", "0"))
    length = headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else 0


def _version(headers: Message) -> str:
    etag = headers.get("ETag", "")
    # A weak tag does not promise the same bytes.
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")
