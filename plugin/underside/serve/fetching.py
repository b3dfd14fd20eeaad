"""Fetch a photo from an address that a request names: from allowed hosts only, wherever redirects lead."""

import base64
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from underside import __version__
from underside.errors import SettingsError
from underside.serve.refusal import Refusal

__all__ = ["UrlHosts", "fetch_photo"]

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_CHUNK = 1 << 18
# Addresses of IPv6 that stand for one of IPv4, besides those that Python unwraps: 6to4, Teredo, NAT64.
_WRAPPERS = [ipaddress.ip_network(each) for each in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48")]
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")


@dataclass(frozen=True)
class UrlHosts:
    """The hosts that a person has allowed, each with one port or with the usual two."""

    allowed: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def parse(cls, hosts: Sequence[str]) -> "UrlHosts":
        """Understand HOST, HOST:PORT, [IPV6] and [IPV6]:PORT."""
        return cls(frozenset(_host_and_port(each) for each in hosts))

    def allows(self, host: str, port: int) -> bool:
        """Whether that very host was named, with this port or, for the usual ports, without one."""
        return (host, port) in self.allowed or (port in _PORTS.values() and (host, None) in self.allowed)


@dataclass(frozen=True)
class _Place:
    """One address to ask: all of it checked, its name resolved once and for all."""

    scheme: str
    host: str
    port: int
    path: str
    credentials: str
    """NAME:PASSWORD as the address has them; most have none."""
    addresses: tuple[str, ...]

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def fetch_photo(url: str, hosts: UrlHosts, *, max_bytes: int, patience: float) -> bytes:
    """The bytes at an address; whatever speaks against it is a Refusal."""
    if not hosts.allowed:
        raise Refusal(
            400,
            "This service fetches no photos from addresses. Send the photo with POST, or start the service with "
            "--allow-url-host HOST.",
        )
    until = time.monotonic() + patience
    for _ in range(_MOST_REDIRECTS + 1):
        with _asked(_checked(url, hosts), until) as response:
            if response.status not in _REDIRECTS:
                return _body(response, url, max_bytes)
            target = response.headers.get("Location")
        if not target:
            raise Refusal(400, "Redirect without Location header.")
        try:
            url = urljoin(url, target)
        except ValueError as error:
            raise Refusal(400, f"Invalid URL: {error}.") from error
    raise Refusal(400, "Too many redirects.")


def _checked(url: str, hosts: UrlHosts) -> _Place:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refusal(400, f"Invalid URL: {error}.") from error
    if parts.scheme not in _PORTS:
        raise Refusal(400, "Only http and https URLs are allowed.")
    host = _plain(parts.hostname or "")
    if not host:
        raise Refusal(400, "Invalid URL: missing hostname.")
    port = port or _PORTS[parts.scheme]
    if not hosts.allows(host, port):
        raise Refusal(
            400,
            f"Photos are not fetched from {host}, port {port}. If it is intended, start the service with "
            f"--allow-url-host {_option_for(host, port)}.",
        )
    return _Place(parts.scheme, host, port, _path(parts), _credentials(parts), _addresses(host, port, hosts))


def _addresses(host: str, port: int, hosts: UrlHosts) -> tuple[str, ...]:
    if _is_address(host):
        return (host,)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refusal(400, f"Could not resolve hostname. {host} is unknown.") from error
    addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    for address in addresses:
        # Whoever answers for a name may point it at this network; an address was written by a person.
        if not _is_public(address) and not hosts.allows(_plain(address), port):
            raise Refusal(
                400,
                f"Requests to private/internal addresses are not allowed. {host} is {address}; if that is intended, "
                f"start the service with --allow-url-host {_option_for(address, port)} as well.",
            )
    return addresses


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return _is_public(str(ip.ipv4_mapped))
        if ip not in _GLOBAL_IPV6 or any(ip in each for each in _WRAPPERS):
            return False
    return ip.is_global and not ip.is_multicast


@contextmanager
def _asked(place: _Place, until: float) -> Iterator[HTTPResponse]:
    """The answer to one GET; the connection is cut when the time is up, however slowly bytes come."""
    late = threading.Event()
    try:
        connected = _connected(place, until)
        cutter = connected.dup()

        def cut() -> None:
            late.set()
            with suppress(OSError):
                cutter.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, until - time.monotonic()), cut)
        timer.daemon = True
        timer.start()
        try:
            # With a socket of its own it asks nobody for an address, and knows no proxies.
            connection = HTTPConnection(place.host, place.port)
            connection.sock = _secured(connected, place)
            connection.putrequest("GET", place.path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", place.host_header)
            # Some hosts refuse clients that do not say what they are.
            connection.putheader("User-Agent", f"underside/{__version__}")
            if place.credentials:
                encoded = base64.b64encode(place.credentials.encode()).decode()
                connection.putheader("Authorization", f"Basic {encoded}")
            connection.putheader("Accept", "image/*")
            connection.putheader("Accept-Encoding", "identity")
            connection.endheaders()
            with connection.getresponse() as response:
                yield response
                # A photo that came without its length would seem to be whole.
                if late.is_set():
                    raise TimeoutError
        finally:
            timer.cancel()
            cutter.close()
            if connection.sock:
                connection.sock.close()
            connected.close()
    except (OSError, HTTPException, ValueError) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise Refusal(400, f"{place.host} has not sent the photo in time.") from error
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise Refusal(400, f"{place.host} cannot be reached: {reason}.") from error


def _connected(place: _Place, until: float) -> socket.socket:
    for number, address in enumerate(place.addresses, 1):
        left = max(0.01, until - time.monotonic())
        try:
            return socket.create_connection((address, place.port), timeout=left)
        except OSError:
            if number == len(place.addresses):
                raise
    raise OSError("it has no address")


def _secured(connected: socket.socket, place: _Place) -> socket.socket:
    if place.scheme == "http":
        return connected
    return ssl.create_default_context().wrap_socket(connected, server_hostname=place.host)


def _body(response: HTTPResponse, url: str, max_bytes: int) -> bytes:
    if response.status != 200:
        raise Refusal(400, f"{urlsplit(url).hostname} answers {response.status} {response.reason}.")
    content = bytearray()
    while chunk := response.read(_CHUNK):
        content += chunk
        if len(content) > max_bytes:
            raise Refusal(400, f"Image exceeds maximum size. The limit is {max_bytes / 1e6:g} MB (--max-megabytes).")
    return bytes(content)


def _path(parts: SplitResult) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="%/:=&?~+!$,;'@()*[]")


def _credentials(parts: SplitResult) -> str:
    if parts.username is None and parts.password is None:
        return ""
    return f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"


def _host_and_port(said: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:/@\s]+))(?::(\d{1,5}))?", said.strip())
    host = _plain((match[1] or match[2]) if match else "")
    port = int(match[3]) if match and match[3] else None
    if not host or (port is not None and not 0 < port < 65536):
        raise SettingsError(
            f"{said} is not a host", "Write --allow-url-host as example.org, example.org:8080 or [2001:db8::1]:8080"
        )
    return host, port


def _plain(host: str) -> str:
    """One spelling for each host."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(host))
    with suppress(UnicodeError):
        return host.rstrip(".").encode("idna").decode().lower()
    return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _option_for(host: str, port: int) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port in _PORTS.values() else f"{bracketed}:{port}"
