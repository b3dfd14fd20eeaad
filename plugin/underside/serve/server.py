"""The service as a process: an address of its own, a clean end, patience with no client."""

import asyncio
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from underside.errors import SettingsError
from underside.pipeline import usual_workers
from underside.serve.callers import Callers
from underside.serve.fetching import UrlHosts
from underside.serve.service import Limits, Service
from underside.serve.shelf import Shelf
from underside.settings import Settings

__all__ = ["ServeOptions", "serve"]

# Seconds for a client to say what it wants, and for requests in work to end after the service was asked to stop.
_HEADERS_WITHIN = 15.0
_ENDS_WITHIN = 30


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """Where to listen, to whom, and how much at once."""

    host: str = "127.0.0.1"
    port: int = 7000
    """0: any that is free."""
    workers: int | None = None
    queue: int = 16
    max_megabytes: float = 100
    timeout: float = 60
    url_hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


def serve(
    settings: Settings,
    options: ServeOptions,
    *,
    stop: threading.Event,
    tell: Callable[[str], None],
    log: Callable[[str], None],
) -> None:
    """Answer requests until ``stop`` is set; ``tell`` hears the address, ``log`` each request."""
    hosts = UrlHosts.parse(options.url_hosts)
    limits = Limits(
        workers=options.workers or usual_workers(),
        queue=options.queue,
        max_bytes=int(options.max_megabytes * 1e6),
        max_megapixels=settings.max_megapixels,
        patience=options.timeout,
    )
    _silence()
    with _listening(options.host, options.port) as listener:
        address, port = listener.getsockname()[:2]
        only_local = ipaddress.ip_address(address).is_loopback
        shelf = Shelf(settings)
        callers = Callers(options.origins, only_local=only_local)
        service = Service(shelf, limits, hosts=hosts, callers=callers, log=log)
        for note in shelf.notes:
            log(note)
        if not only_local:
            log(f"Anyone who can reach {address} can use this service: it asks for no password")
        shown = f"[{address}]" if ":" in address else address
        tell(f"Underside answers at http://{shown}:{port}/api/remove")
        try:
            _Server(_config(_for_pages(service, options.origins)), stop).run(sockets=[listener])
        finally:
            service.close()


def _silence() -> None:
    """What a client sends wrongly is told to the client and in our log; each library would tell it again."""
    logging.getLogger("python_multipart").addHandler(logging.NullHandler())


def _for_pages(service: Service, origins: tuple[str, ...]) -> ASGIApp:
    if not origins:
        return service
    return CORSMiddleware(service, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"])


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_ENDS_WITHIN,
    )


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"--host {host} is not an address of this machine", "Leave it out, or try 0.0.0.0"
        ) from error
    # IPv4 first: what programs call localhost is 127.0.0.1 to most of them.
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    try:
        listener = socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        raise SettingsError(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}",
            "Stop what is listening there, perhaps rembg, or choose another with --port and --host",
        ) from error
    with listener:
        yield listener


class _Server(uvicorn.Server):
    """Ends when it is asked to, and leaves the signals to the command."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        return await super().on_tick(counter) or self._stop.is_set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Protocol(H11Protocol):
    """Closes a connection on which a request begins and does not get on: uvicorn would wait for ever."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait_for_a_request()

    def data_received(self, data: bytes) -> None:
        """Take what has come; more is waited for until it makes a request."""
        super().data_received(data)
        self._wait_for_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._wait_no_more()

    def _wait_for_a_request(self) -> None:
        if self._has_a_request():
            self._wait_no_more()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(_HEADERS_WITHIN, self._give_up)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if not self._has_a_request():
            self.transport.close()

    def _has_a_request(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete
