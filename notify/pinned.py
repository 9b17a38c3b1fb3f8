"""Connecting only to an address that was checked: the name is resolved once, and never again.

A name that is checked and then resolved a second time by the connection can answer differently the
second time. Here the connection is made to the checked address itself, while the host name stays
what TLS verifies and what the `Host` header says.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore

from domain.destination_addresses import is_allowed_host
from notify.addresses import Address, Network, is_allowed

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


class ForbiddenAddress(Exception):
    """The host resolves to an address that webhooks may not be sent to."""


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Resolves once, checks every answer, then connects to the checked addresses in their order."""

    def __init__(
        self,
        *,
        allow_private: bool,
        networks: Sequence[Network] = (),
        hosts: Sequence[str] = (),
        connector: httpcore.AsyncNetworkBackend | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._networks = networks
        self._hosts = hosts
        self._connector = connector or httpcore.AnyIOBackend()
        self._resolve = resolve or resolved

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the host at a checked address; raises `ForbiddenAddress`.

        `localhost` is often both `::1` and `127.0.0.1` while its server listens on one of them, so
        an address that takes no connection is followed by the next.
        """
        *others, last = await self._checked(host, port)
        for address in others:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._connector.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
        return await self._connector.connect_tcp(
            str(last), port, timeout, local_address, socket_options
        )

    async def _checked(self, host: str, port: int) -> Sequence[Address]:
        if not is_allowed_host(host.lower().removesuffix("."), self._hosts):
            raise ForbiddenAddress(f"{host} is none of WEBHOOK_ALLOWED_DOMAINS.")
        addresses = await self._resolve(host, port)
        if not addresses:
            raise OSError(f"{host} has no address.")
        for address in addresses:
            if not is_allowed(address, allow_private=self._allow_private, networks=self._networks):
                raise ForbiddenAddress(f"{host} resolves to {address}, which is not allowed.")
        return addresses

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
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty label, or one beyond 63 characters
        raise OSError(f"{host} is not a host name.") from error
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
