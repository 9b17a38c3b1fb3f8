"""Which addresses a webhook may be sent to.

An explicit list, since `ipaddress.is_global` calls NAT64, 6to4, deprecated site-local and multicast
addresses global on Python 3.11. Sources: IANA's special-purpose registries (RFC 6890 and updates).
"""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
)
"""Allowed where webhooks stay inside: a development server, or when the settings say so."""

_NEVER = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        # The metadata services of clouds that have a public or a private address for it.
        "100.100.100.200/32",
        "168.63.129.16/32",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
    )
)
_GLOBAL = ipaddress.ip_network("2000::/3")
"""All that IPv6 has given to anybody; the rest is translation, compatibility, or nobody's."""


def is_allowed(address: Address, *, allow_private: bool, networks: Sequence[Network] = ()) -> bool:
    """Whether a webhook may be sent to this address; mapped addresses count as what they map.

    `networks` are allowed beside the public ones.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_allowed(address.ipv4_mapped, allow_private=allow_private, networks=networks)
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return False
    if _in(address, _NEVER):
        return False
    if _in(address, _PRIVATE):
        return allow_private or _in(address, networks)
    return address.version == 4 or address in _GLOBAL


def _in(address: Address, blocks: Sequence[Network]) -> bool:
    return any(address in block for block in blocks if block.version == address.version)


def parsed_networks(text: str) -> tuple[Network, ...]:
    """Read comma-separated networks; raises `ValueError` for what is none, or never allowed."""
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"`{text}` is no network; write `10.0.0.0/8` or `fd00::/8`") from None
    if not _overlaps(network, _PRIVATE) or _is_within(network, _NEVER):
        raise ValueError(f"`{text}` is public already, or webhooks never go there")
    return network


def _overlaps(network: Network, blocks: Sequence[Network]) -> bool:
    return any(network.overlaps(block) for block in blocks if block.version == network.version)


def _is_within(network: Network, blocks: Sequence[Network]) -> bool:
    first, last = int(network.network_address), int(network.broadcast_address)
    return any(
        int(block.network_address) <= first and last <= int(block.broadcast_address)
        for block in blocks
        if block.version == network.version
    )
