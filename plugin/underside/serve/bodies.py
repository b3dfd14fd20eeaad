"""What comes with a request and goes with its answer: bodies as streams, and forms."""

import asyncio
from contextlib import suppress
from pathlib import PurePath
from tempfile import gettempdir

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Send

from underside.serve.refusal import Refusal

__all__ = ["Counted", "Heard", "bytes_of", "name_of", "read_form", "refuse", "send_picture", "too_large"]
__all__ += ["until_the_client_leaves"]

_SENT_AT_ONCE = 1 << 18
_MOST_FIELDS = 64


class Heard:
    """A request's body as it comes, and whether all of it has."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._all = False

    async def __call__(self) -> Message:
        """The next part of it."""
        message = await self._receive()
        self._all = not message.get("more_body", False)  # a client that has left sends no more either
        return message

    async def rest(self) -> None:
        """Take all of it that is still to come."""
        while not self._all:
            await self()


class Counted:
    """A request's body as it comes, which ends where it becomes too large."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._left = most

    async def __call__(self) -> Message:
        """The next part of it."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise too_large(self._most)
        return message


async def read_form(request: Request) -> FormData:
    """The fields of a request, its photo on disk where it is large."""
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


async def until_the_client_leaves(receive: Receive) -> None:
    """Return once nobody waits for the answer any more."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def refuse(refusal: Refusal, heard: Heard, send: Send, *, within: float) -> None:
    """Say why, then take what is still to come: many clients listen only once they have sent all of the photo."""
    answer = JSONResponse({"detail": refusal.detail}, refusal.status, headers=refusal.headers)
    await send({"type": "http.response.start", "status": refusal.status, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": bytes(answer.body), "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await heard.rest()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_picture(picture: bytes, send: Send) -> None:
    """Answer with a PNG."""
    headers = [(b"content-length", str(len(picture)).encode()), (b"content-type", b"image/png")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for begin in range(0, len(picture), _SENT_AT_ONCE):
        part = picture[begin : begin + _SENT_AT_ONCE]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def name_of(filename: str | None) -> str:
    """What errors call the photo: what the client calls it, without its folders."""
    name = PurePath((filename or "").replace("\\", "/")).name
    return "".join(each for each in name if each.isprintable())[-80:] or "The photo"


def bytes_of(text: object) -> bytes:
    """A photo that came as a text: the form's reader takes what is no UTF-8 for Latin-1."""
    try:
        return str(text).encode("latin-1")
    except UnicodeEncodeError:
        return str(text).encode()


def too_large(most: int) -> Refusal:
    """The refusal of a photo of more bytes."""
    return Refusal(413, f"The photo's file is larger than {most / 1e6:g} MB. --max-megabytes raises the limit.")
