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
from concurrent.futures import ThreadPoolExecutor

import httpcore

from domain.destination_addresses import is_allowed_host
from notify.addresses import Address, Network, is_allowed

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
LookUp = Callable[[str, int], Sequence[Address]]
NAMES_AT_ONCE = 64
"""So many names are looked up at the same time; a thread each, most of which wait."""


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
        self._resolve = resolve or Resolver()

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


def looked_up(host: str, port: int) -> Sequence[Address]:
    """Return every address of a host, in the resolver's order; raises `OSError` for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty label, or one beyond 63 characters
        raise OSError(f"{host} is not a host name.") from error
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


class Resolver:
    """Looks names up in threads of its own: a name server that hangs delays no other name.

    Whoever asks for a name that is being looked up waits for the same answer. What was answered is
    not kept.
    """

    def __init__(self, look_up: LookUp = looked_up) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(NAMES_AT_ONCE, thread_name_prefix="resolve")
        self._under_way: dict[tuple[str, int], asyncio.Future[Sequence[Address]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        """Return every address of a host; raises `OSError` for none."""
        name = host, port
        found = self._under_way.get(name)
        if found is None:
            loop = asyncio.get_running_loop()
            found = loop.run_in_executor(self._threads, self._look_up, host, port)
            self._under_way[name] = found
            found.add_done_callback(lambda done: self._ended(name, done))
        return await asyncio.shield(found)

    def close(self) -> None:
        """Wait for no answer any more."""
        for each in self._under_way.values():
            each.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ended(self, name: tuple[str, int], done: asyncio.Future[Sequence[Address]]) -> None:
        del self._under_way[name]
        if not done.cancelled():
            done.exception()  # else it is complained of when nobody waits any more
