"""The requests: how many at once, how long and how much; and what they are answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from starlette.datastructures import Headers, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from underside import __version__
from underside.errors import DeviceError, UndersideError
from underside.serve.bodies import (
    Counted,
    Heard,
    bytes_of,
    name_of,
    read_form,
    refuse,
    send_picture,
    too_large,
    until_the_client_leaves,
)
from underside.serve.callers import Callers
from underside.serve.fetching import UrlHosts, fetch_photo
from underside.serve.fields import IN_QUERY_TOO, Wish, read_wish
from underside.serve.refusal import Refusal
from underside.serve.schema import openapi
from underside.serve.shelf import Shelf
from underside.serve.work import picture_for

__all__ = ["Limits", "Service"]

_Result = TypeVar("_Result")

_ADDRESS = "/api/remove"
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
        callers: Callers,
        log: Callable[[str], None],
    ) -> None:
        self._shelf = shelf
        self._limits = limits
        self._hosts = hosts
        self._callers = callers
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
        heard = Heard(receive)

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
                await refuse(refusal, heard, send, within=max(0.0, time_left))
        client = scope.get("client") or ("?",)
        told = f"{client[0]} {scope['method']} {scope['path']} {status} {time.monotonic() - began:.2f} s"
        self._log(f"{told}: {why}" if why else told)

    def _plain_answer(self, scope: Scope) -> Response | None:
        """What needs no photo; none for what does."""
        self._callers.check(Headers(scope=scope))
        path, method = scope["path"], scope["method"]
        if path not in (_ADDRESS, *_PAGES):
            raise Refusal(404, "Not Found")
        allowed = ("GET", "POST") if path == _ADDRESS else ("GET", "HEAD")
        if method not in allowed:
            raise Refusal(405, "Method Not Allowed", allow=", ".join(allowed))
        return None if path == _ADDRESS else _PAGES[path]()

    async def _remove(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._inside >= self._limits.workers + self._limits.queue:
            raise Refusal(429, "The service is busy. Ask again in a moment.", retry_after="1")
        self._inside += 1
        try:
            picture = await self._picture(Request(scope, Counted(receive, self._limits.max_bytes)), receive)
            # A client that reads slowly keeps its place: pictures that nobody takes shall not pile up.
            await self._in_time(send_picture(picture, send), Refusal(408, "The answer was not taken in time."))
        finally:
            self._inside -= 1

    async def _picture(self, request: Request, receive: Receive) -> bytes:
        if request.method == "GET":
            wish = read_wish(request.query_params, where="query", needed="url")
            data = await self._fetched(request.query_params["url"])
            return await self._worked(lambda: data, wish, "The photo", receive)
        announced = request.headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._limits.max_bytes:
            raise too_large(self._limits.max_bytes)
        late = Refusal(408, f"The photo has not arrived within {self._limits.patience:g} s. Send it again.")
        form = await self._in_time(read_form(request), late)
        try:
            in_query = {name: value for name, value in request.query_params.items() if name in IN_QUERY_TOO}
            wish = read_wish({**form, **in_query}, where="body", needed="file")
            file = form["file"]
            if isinstance(file, UploadFile):
                return await self._worked(file.file.read, wish, name_of(file.filename), receive)
            return await self._worked(partial(bytes_of, file), wish, "The photo", receive)
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
        left = asyncio.ensure_future(until_the_client_leaves(receive))
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


def _about() -> Response:
    return PlainTextResponse(
        f"Underside {__version__}: POST a photo as the field file to {_ADDRESS}; see /openapi.json for more.\n"
    )


def _description() -> Response:
    return JSONResponse(openapi())


_PAGES: dict[str, Callable[[], Response]] = {"/": _about, "/api": _about, "/openapi.json": _description}


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
