"""Tests talk to this machine only: any other address is refused where Python would connect.

An audit hook, since it needs no patching and sees every library; it cannot be removed again, which
is what is wanted.
"""

import ipaddress
import socket
import sys

LOCAL_NAMES = ("localhost", "", None)


class OutsideWorld(RuntimeError):
    """A test tried to reach another machine."""


def forbid_the_outside_world() -> None:
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise OutsideWorld(f"A test tried to reach {address[0]}:{address[1]}.")
    elif event == "socket.getaddrinfo" and _is_foreign_name(arguments[0]):
        # As on a machine without a network, so that what handles this is tested as it is.
        raise socket.gaierror(socket.EAI_NONAME, f"Tests resolve no names ({arguments[0]!r}).")


def _is_local(host: object) -> bool:
    address = _address(host)
    return host in LOCAL_NAMES or (
        address is not None and (address.is_loopback or address.is_unspecified)
    )


def _is_foreign_name(host: object) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return name not in LOCAL_NAMES and _address(name) is None


def _address(host: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = str(host).partition("%")[0]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return _spelt_otherwise(text)


def _spelt_otherwise(text: str) -> ipaddress.IPv4Address | None:
    """As `0x7f.1` or `2130706433`, which resolvers read without asking anybody."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None
