"""The requests: who may ask, how many at once, how long and how much; and what they are answered."""

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from tempfile import gettempdir
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from underside import __version__
from underside.errors import DeviceError, UndersideError
from underside.serve.fetching import UrlHosts, fetch_photo
from underside.serve.fields import IN_QUERY_TOO, Wish, read_wish
from underside.serve.refusal import Refusal
from underside.serve.schema import openapi
from underside.serve.shelf import Shelf
from underside.serve.work import picture_for

__all__ = ["Limits", "Service"]

_Result = TypeVar("_Result")

_ADDRESS = "/api/remove"
_SENT_AT_ONCE = 1 << 18
_MOST_FIELDS = 64
# Threads that wait for other hosts; they cost no processor.
_FETCHERS = 4


@dataclass(frozen=True)
class Limits:
    """How much a client may ask for."""

    workers: int
    """Requests that are worked on at once."""
    queue: int
    """Requests that may wait besides, their photos on disk."""
    max_bytes: int
    max_megapixels: float
    patience: float
    """Seconds for a photo to come, for a request to wait for its turn, for an answer to be taken."""


class Service:
    """An ASGI application; the model answers in threads of its own."""

    def __init__(
        self,
        shelf: Shelf,
        limits: Limits,
        *,
        hosts: UrlHosts,
        origins: tuple[str, ...],
        only_local: bool,
        log: Callable[[str], None],
    ) -> None:
        """``only_local``: it listens to this machine alone, and knows the names that it may be called by."""
        self._shelf = shelf
        self._limits = limits
        self._hosts = hosts
        self._origins = origins
        self._only_local = only_local
        self._log = log
        self._inside = 0
        self._workers = ThreadPoolExecutor(limits.workers, "worker")
        self._fetchers = ThreadPoolExecutor(_FETCHERS, "fetcher")

    def close(self) -> None:
        """Let the requests in work end, and forget those that wait."""
        for pool in (self._fetchers, self._workers):
            pool.shutdown(cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and say in the log what it came to."""
        began = time.monotonic()
        status, why, begun = 200, "", False
        heard = _Heard(receive)

        async def tell(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            response = self._plain_answer(scope)
            if response is None:
                await self._remove(scope, heard, tell)
            else:
                await response(scope, heard, tell)
        except ClientDisconnect:
            status, why = 499, "the client has disconnected"
        except Exception as error:
            refusal = _refusal_for(error)
            status, why = refusal.status, refusal.in_short
            if not begun:  # otherwise the connection is closed, the picture being incomplete
                time_left = began + self._limits.patience - time.monotonic()
                await _refuse(refusal, heard, send, within=max(0.0, time_left))
        client = scope.get("client") or ("?",)
        told = f"{client[0]} {scope['method']} {scope['path']} {status} {time.monotonic() - began:.2f} s"
        self._log(f"{told}: {why}" if why else told)

    def _plain_answer(self, scope: Scope) -> Response | None:
        """What needs no photo; none for what does."""
        self._check_caller(Headers(scope=scope))
        path, method = scope["path"], scope["method"]
        if path not in (_ADDRESS, *_PAGES):
            raise Refusal(404, "Not Found")
        allowed = ("GET", "POST") if path == _ADDRESS else ("GET", "HEAD")
        if method not in allowed:
            raise Refusal(405, "Method Not Allowed", allow=", ".join(allowed))
        return None if path == _ADDRESS else _PAGES[path]()

    def _check_caller(self, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._only_local and not _is_local(host):
            # A page of another site whose name was made to point here would read the answers as its own.
            raise Refusal(421, f"This service answers to localhost, not to {host[:80]}. Start it with another --host.")
        allowed = origin is None or "*" in self._origins or origin in self._origins
        if not allowed and (origin or "").partition("://")[2] != host:
            raise Refusal(
                403, f"Pages of {(origin or '')[:80]} may not send requests. --allow-origin names those that may."
            )

    async def _remove(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._inside >= self._limits.workers + self._limits.queue:
            raise Refusal(429, "The service is busy. Ask again in a moment.", retry_after="1")
        self._inside += 1
        try:
            picture = await self._picture(Request(scope, _Counted(receive, self._limits.max_bytes)), receive)
            # A client that reads slowly keeps its place: pictures that nobody takes shall not pile up.
            await self._in_time(_send_picture(picture, send), Refusal(408, "The answer was not taken in time."))
        finally:
            self._inside -= 1

    async def _picture(self, request: Request, receive: Receive) -> bytes:
        if request.method == "GET":
            wish = read_wish(request.query_params, where="query", needed="url")
            data = await self._fetched(request.query_params["url"])
            return await self._worked(lambda: data, wish, "The photo", receive)
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._limits.max_bytes:
            raise _too_large(self._limits.max_bytes)
        late = Refusal(408, f"The photo has not arrived within {self._limits.patience:g} s. Send it again.")
        form = await self._in_time(_read_form(request), late)
        try:
            in_query = {name: value for name, value in request.query_params.items() if name in IN_QUERY_TOO}
            wish = read_wish({**form, **in_query}, where="body", needed="file")
            file = form["file"]
            if isinstance(file, UploadFile):
                return await self._worked(file.file.read, wish, _name_of(file.filename), receive)
            return await self._worked(partial(_bytes_of, file), wish, "The photo", receive)
        finally:
            await form.close()

    async def _fetched(self, url: str) -> bytes:
        limits = self._limits
        ask = partial(fetch_photo, url, self._hosts, max_bytes=limits.max_bytes, patience=limits.patience)
        return await asyncio.get_running_loop().run_in_executor(self._fetchers, ask)

    async def _worked(self, read: Callable[[], bytes], wish: Wish, name: str, receive: Receive) -> bytes:
        """Wait for a worker; a client that leaves, or has waited too long, gives its turn away."""

        def work() -> bytes:
            return picture_for(read(), wish, self._shelf, name=name, max_megapixels=self._limits.max_megapixels)

        job = self._workers.submit(work)
        done = asyncio.wrap_future(job)
        left = asyncio.ensure_future(_until_the_client_leaves(receive))
        try:
            patience = self._limits.patience
            either: list[asyncio.Future[Any]] = [done, left]
            await asyncio.wait(either, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            # What is being worked on cannot be stopped; it keeps its place to the end.
            if not done.done() and job.cancel():
                if left.done():
                    raise ClientDisconnect
                raise Refusal(503, f"No worker was free for {patience:g} s. Ask again.", retry_after="5")
            return await done
        finally:
            left.cancel()

    async def _in_time(self, doing: Awaitable[_Result], late: Refusal) -> _Result:
        try:
            async with asyncio.timeout(self._limits.patience):
                return await doing
        except TimeoutError:
            raise late from None


class _Heard:
    """A request's body as it comes, and whether all of it has."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._all = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._all = not message.get("more_body", False)  # a client that has left sends no more either
        return message

    async def rest(self) -> None:
        while not self._all:
            await self()


class _Counted:
    """A request's body as it comes, which ends where it becomes too large."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise _too_large(self._most)
        return message


async def _read_form(request: Request) -> FormData:
    try:
        return await request.form(max_files=_MOST_FIELDS, max_fields=_MOST_FIELDS)
    except MultiPartException as error:
        raise Refusal(
            400, f"The form cannot be read: {error.message.rstrip('.')}. Send the photo as a file."
        ) from error
    except OSError as error:  # only what comes is kept in memory at first, and then on disk
        raise Refusal(
            503,
            f"The photo cannot be stored until its turn: {error.strerror or error}. On the service's machine, "
            f"free some space in {gettempdir()}, or name another folder in TMPDIR and restart it.",
        ) from error


async def _until_the_client_leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(refusal: Refusal, heard: _Heard, send: Send, *, within: float) -> None:
    """Say why, then take what is still to come: many clients listen only once they have sent all of the photo."""
    answer = JSONResponse({"detail": refusal.detail}, refusal.status, headers=refusal.headers)
    await send({"type": "http.response.start", "status": refusal.status, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": bytes(answer.body), "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await heard.rest()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_picture(picture: bytes, send: Send) -> None:
    headers = [(b"content-length", str(len(picture)).encode()), (b"content-type", b"image/png")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for begin in range(0, len(picture), _SENT_AT_ONCE):
        part = picture[begin : begin + _SENT_AT_ONCE]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _about() -> Response:
    return PlainTextResponse(
        f"Underside {__version__}: POST a photo as the field file to {_ADDRESS}; see /openapi.json for more.\n"
    )


def _description() -> Response:
    return JSONResponse(openapi())


_PAGES: dict[str, Callable[[], Response]] = {"/": _about, "/api": _about, "/openapi.json": _description}


_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".home.arpa")


def _is_local(host: str) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".") if host.isascii() else "."
    except ValueError:  # an address of IPv6 that never ends
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        # Names that nobody can register: one without a dot, and those reserved for private networks.
        return "." not in name or name.endswith(_PRIVATE_NAMES)
    return True


def _name_of(filename: str | None) -> str:
    """What errors call the photo: what the client calls it, without its folders."""
    name = PurePath((filename or "").replace("\\", "/")).name
    return "".join(each for each in name if each.isprintable())[-80:] or "The photo"


def _bytes_of(text: object) -> bytes:
    """A photo that came as a text: the form's reader takes what is no UTF-8 for Latin-1."""
    try:
        return str(text).encode("latin-1")
    except UnicodeEncodeError:
        return str(text).encode()


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"The photo's file is larger than {most / 1e6:g} MB. --max-megabytes raises the limit.")


def _refusal_for(error: Exception) -> Refusal:
    match error:
        case Refusal():
            return error
        case DeviceError():
            return Refusal(503, str(error))
        case UndersideError():
            return Refusal(400, str(error))
        case _:
            return Refusal(500, f"Internal error: {type(error).__name__}: {error}. Please report it.")
