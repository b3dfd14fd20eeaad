"""Who may ask: programs of this machine, and pages of sites that were named."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from underside.serve.refusal import Refusal

__all__ = ["Callers"]

_PRIVATE_NAMES = (".localhost", ".local", ".internal", ".home.arpa")


@dataclass(frozen=True)
class Callers:
    """Those whose requests are answered."""

    origins: tuple[str, ...]
    """Sites whose pages may send requests, besides the service's own; ``*`` for all."""
    only_local: bool
    """The service listens to this machine alone, and knows the names that it may be called by."""

    def check(self, headers: Headers) -> None:
        """Refuse a request of anybody else."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.only_local and not _is_local(host):
            # A page of another site whose name was made to point here would read the answers as its own.
            raise Refusal(421, f"This service answers to localhost, not to {host[:80]}. Start it with another --host.")
        allowed = origin is None or "*" in self.origins or origin in self.origins
        if not allowed and (origin or "").partition("://")[2] != host:
            raise Refusal(
                403, f"Pages of {(origin or '')[:80]} may not send requests. --allow-origin names those that may."
            )


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
