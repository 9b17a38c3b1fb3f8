"""Connecting only to an address that was checked; nothing here dials."""

import asyncio
import ipaddress
import threading
from collections.abc import Iterable, Sequence

import httpcore
import pytest

from notify.addresses import Address
from notify.pinned import NAMES_AT_ONCE, ForbiddenAddress, PinnedBackend, Resolver


class Connector(httpcore.AsyncNetworkBackend):
    """Remembers where it was asked to connect; addresses in `dead` take no connection."""

    def __init__(self, *dead: str) -> None:
        self._dead = dead
        self.dialled: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        if host in self._dead:
            raise httpcore.ConnectError(f"nobody listens at {host}")
        return httpcore.AsyncMockStream([])


class Names:
    """A resolver whose answer changes with every question, as an attacker's name server does."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked.append(host)
        return [ipaddress.ip_address(address) for address in self._answers.pop(0)]


def pinned(connector: Connector, names: Names, *, allow_private: bool = False) -> PinnedBackend:
    return PinnedBackend(allow_private=allow_private, connector=connector, resolve=names)


async def test_it_dials_the_address_that_was_checked_and_never_the_name() -> None:
    connector, names = Connector(), Names(["93.184.216.34"], ["127.0.0.1"])
    await pinned(connector, names).connect_tcp("hooks.example", 443)
    assert connector.dialled == ["93.184.216.34"]
    assert names.asked == ["hooks.example"]


async def test_a_name_that_answers_differently_the_second_time_is_checked_again() -> None:
    connector, names = Connector(), Names(["93.184.216.34"], ["169.254.169.254"])
    backend = pinned(connector, names, allow_private=True)
    await backend.connect_tcp("hooks.example", 443)
    with pytest.raises(ForbiddenAddress, match=r"169\.254\.169\.254"):
        await backend.connect_tcp("hooks.example", 443)
    assert connector.dialled == ["93.184.216.34"]


async def test_one_forbidden_address_among_good_ones_refuses_the_host() -> None:
    connector = Connector()
    with pytest.raises(ForbiddenAddress):
        await pinned(connector, Names(["93.184.216.34", "10.0.0.7"])).connect_tcp("h.example", 80)
    assert connector.dialled == []


async def test_an_address_that_takes_no_connection_is_followed_by_the_next() -> None:
    connector = Connector("::1")
    backend = pinned(connector, Names(["::1", "127.0.0.1"]), allow_private=True)
    await backend.connect_tcp("localhost", 9000)
    assert connector.dialled == ["::1", "127.0.0.1"]


async def test_if_no_address_takes_a_connection_the_last_error_is_told() -> None:
    connector = Connector("::1", "127.0.0.1")
    backend = pinned(connector, Names(["::1", "127.0.0.1"]), allow_private=True)
    with pytest.raises(httpcore.ConnectError, match=r"127\.0\.0\.1"):
        await backend.connect_tcp("localhost", 9000)


async def test_a_name_without_an_address_is_an_error_that_says_so() -> None:
    with pytest.raises(OSError, match="no address"):
        await pinned(Connector(), Names([])).connect_tcp("nothing.example", 443)


async def test_a_local_socket_is_never_a_webhook() -> None:
    with pytest.raises(ForbiddenAddress):
        await PinnedBackend(allow_private=True, connector=Connector()).connect_unix_socket("/x")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001"]
)
async def test_every_spelling_of_loopback_is_seen_through(host: str) -> None:
    connector = Connector()
    with pytest.raises(ForbiddenAddress, match=r"127\.0\.0\.1"):
        await PinnedBackend(allow_private=False, connector=connector).connect_tcp(host, 80)
    assert connector.dialled == []


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example"])
async def test_what_is_no_host_name_is_an_ordinary_error(host: str) -> None:
    with pytest.raises(OSError, match="is not a host name"):
        await Resolver()(host, 80)


async def test_a_name_server_that_hangs_delays_no_other_name() -> None:
    answer, asked = threading.Event(), list[str]()

    def look_up(host: str, _port: int) -> Sequence[Address]:
        asked.append(host)
        if host == "hangs.example":
            answer.wait(120)
        return [ipaddress.ip_address("93.184.216.34")]

    resolver = Resolver(look_up)
    hanging = [
        asyncio.create_task(resolver("hangs.example", 443)) for _ in range(2 * NAMES_AT_ONCE)
    ]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(60):
            assert await resolver("quick.example", 443) == [ipaddress.ip_address("93.184.216.34")]
        hanging[0].cancel()  # gives up on its own, and takes the answer from nobody
    finally:
        answer.set()
    found = await asyncio.gather(*hanging, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert {str(each) for each in found[1:]} == {"[IPv4Address('93.184.216.34')]"}
    assert asked == ["hangs.example", "quick.example"]
    await resolver("hangs.example", 443)
    assert asked[2:] == ["hangs.example"]  # what was answered is not kept


async def test_nobody_waits_for_a_name_once_it_is_closed() -> None:
    answer = threading.Event()

    def look_up(_host: str, _port: int) -> Sequence[Address]:
        answer.wait(120)
        return []

    resolver = Resolver(look_up)
    waiting = asyncio.create_task(resolver("hangs.example", 443))
    await asyncio.sleep(0)
    resolver.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    answer.set()
