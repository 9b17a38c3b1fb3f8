"""Who sends a request: an address, past the proxies that are trusted and no further.

`X-Forwarded-For` is written by everybody on the way, the sender first. Only what a trusted proxy
wrote is believed, so it is read from the right, as long as who wrote it is trusted.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
_IPV6_PREFIX = 64
"""Whoever has one IPv6 address has a whole network of them."""
_FORWARDED = b"x-forwarded-for"
_LONGEST_WAY = 512
"""Bytes of it that are looked at, from the right: what is before them, somebody made up."""


class ClientAddresses:
    """Knows which proxies are trusted."""

    def __init__(self, trusted: Iterable[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._of = lru_cache(maxsize=4096)(self._found)

    def of(self, scope: Scope) -> str:
        """Return the address that counts as the sender's: IPv6 by its first 64 bits."""
        peer = scope.get("client")
        if peer is None:  # over a Unix socket
            return UNKNOWN
        forwarded = b""
        if self._trusted:
            values = [value for name, value in scope["headers"] if name == _FORWARDED]
            forwarded = b",".join(values)[-_LONGEST_WAY:]
        return self._of(peer[0], forwarded)

    def _found(self, peer: str, forwarded: bytes) -> str:
        sender = _parsed(peer)
        if sender is None:
            return UNKNOWN
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            before = _parsed(_without_port(hop.strip()))
            if before is None or not self._is_trusted(sender):
                break
            sender = before
        return _counted(sender)

    def _is_trusted(self, address: Address) -> bool:
        return any(
            network.version == address.version and address in network for network in self._trusted
        )


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return comma-separated networks and addresses; raises `ValueError` that names a bad one."""
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f"`{text}` is no network, such as 10.0.0.0/8 or 2001:db8::/32") from None


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _without_port(hop: str) -> str:
    """Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, colon, port = hop.partition(":")
    return host if colon and port.isdecimal() and "." in host else hop


def _counted(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
