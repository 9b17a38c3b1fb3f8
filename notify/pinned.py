"""Connecting only to an address that was checked: the name is resolved once, and never again.

A name that is checked and then resolved a second time by the connection can answer differently the
second time. Here the connection is made to the checked address itself, while the host name stays
what TLS verifies and what the `Host` header says.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

import httpcore

from notify.addresses import Address, is_allowed


class ForbiddenAddress(Exception):
    """The host resolves to an address that webhooks may not be sent to."""


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Resolves, checks every answer, then connects to the first of the checked addresses."""

    def __init__(
        self, *, allow_private: bool, connector: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._allow_private = allow_private
        self._connector = connector or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the host at a checked address; raises `ForbiddenAddress`."""
        addresses = await resolved(host, port)
        for address in addresses:
            if not is_allowed(address, allow_private=self._allow_private):
                raise ForbiddenAddress(f"{host} resolves to {address}, which is not allowed.")
        return await self._connector.connect_tcp(
            str(addresses[0]), port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a webhook is never a local socket."""
        raise ForbiddenAddress("A webhook is not sent to a local socket.")

    async def sleep(self, seconds: float) -> None:
        """Sleep, as httpcore's own retries ask for."""
        await asyncio.sleep(seconds)


async def resolved(host: str, port: int) -> list[Address]:
    """Return every address of a host, in the resolver's order; raises `OSError` for none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
