"""What may come, how much of it, and how slowly."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api import careful_protocol
from api.body_limit import FORM_BYTES, BodyLimit
from api.careful_protocol import HEAD_BYTES
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.support.api_client import app_over, client_at
from tests.support.live_api import live
from tests.support.problems import assert_problem

MIB = 1024 * 1024


@pytest.fixture
def own_app(database: Database, comparer: Comparer, own_feed: Feed) -> FastAPI:
    return app_over(database, comparer, own_feed)


@pytest.fixture
async def address(own_app: FastAPI, own_feed: Feed) -> AsyncIterator[str]:
    async with live(own_app, own_feed) as address:
        yield address


async def raw(address: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send bytes, and return everything that is answered until the connection ends."""
    parsed = urlsplit(address)
    reader, writer = await asyncio.open_connection(parsed.hostname, parsed.port)
    answer = bytearray()

    async def hear() -> None:
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(65_536):
                answer.extend(some)

    hearing = asyncio.create_task(hear())  # what is answered before the last part was sent too
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    async with asyncio.timeout(60):
        await hearing
    writer.close()
    return bytes(answer)


async def test_a_form_may_be_smaller_than_a_body_of_the_api(client: httpx.AsyncClient) -> None:
    form = {"key": "x" * FORM_BYTES}
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert_problem(await client.post("/sign-in", data=form, headers=headers), 413, "body_too_large")
    large = {"name": "x", "more": "x" * FORM_BYTES}
    assert (await client.post("/api/v1/teams", json=large)).status_code == 422


async def test_the_query_is_a_part_of_the_head(address: str) -> None:
    async with client_at(address) as client:
        answer = await client.get("/api/v1/events", params={"actor": "x" * HEAD_BYTES})
        assert answer.status_code == 431
        near = await client.get("/api/v1/events", params={"actor": "x" * (HEAD_BYTES - 1000)})
        assert near.status_code == 422


@pytest.mark.parametrize("count", [1, 500])
async def test_headers_may_be_so_large_together(address: str, count: int) -> None:
    value = "x" * (HEAD_BYTES // count)
    async with client_at(address) as client:
        headers = {f"X-Header-{number}": value for number in range(count)}
        assert (await client.get("/health/live", headers=headers)).status_code == 431
        assert (await client.get("/health/live")).status_code == 200


async def test_a_head_without_an_end_is_refused_before_it_ends(address: str) -> None:
    begun = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: "
    answer = await raw(address, begun, *([b"x" * 8192] * 4), pause=0.01)
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_what_is_no_request_is_answered_and_ended(address: str) -> None:
    assert (await raw(address, b"\x16\x03\x01 hello\r\n\r\n")).startswith(b"HTTP/1.1 400 ")


async def test_many_requests_on_one_connection_are_each_measured_alone(address: str) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Long: %b\r\n\r\n" % (b"x" * 12_000)
    last = request.replace(b"Host: x", b"Host: x\r\nConnection: close")
    answer = await raw(address, *([request] * 5), last, pause=0.05)
    assert answer.count(b"HTTP/1.1 200 OK") == 6


@pytest.mark.parametrize("begun", [b"", b"GET /health/live HTTP/1.1\r\nHost: "])
async def test_who_says_nothing_or_not_all_is_let_go(
    own_app: FastAPI, own_feed: Feed, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(careful_protocol, "HEAD_WITHIN", 1.0)
    async with live(own_app, own_feed) as address:
        assert await raw(address, begun) == b""


async def test_a_kept_connection_that_begins_and_does_not_end_is_let_go(
    own_app: FastAPI, own_feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(careful_protocol, "HEAD_WITHIN", 1.0)
    async with live(own_app, own_feed) as address:
        whole = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = await raw(address, whole, b"GET /health", pause=0.1)
        assert answer.count(b"HTTP/1.1 200 OK") == 1


async def test_a_request_that_takes_long_is_not_let_go(
    own_app: FastAPI, own_feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the head has a time; a stream lasts."""
    monkeypatch.setattr(careful_protocol, "HEAD_WITHIN", 1.0)
    async with (
        live(own_app, own_feed) as address,
        client_at(address) as client,
        client.stream("GET", "/api/v1/events/stream") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        await asyncio.sleep(1.5)
        made = await client.post("/api/v1/teams", json={"name": f"late-{id(stream)}"})
        assert made.status_code == 201
        async with asyncio.timeout(60):
            async for line in lines:
                if line.startswith("event: team"):
                    break


async def test_a_body_that_does_not_come_is_not_waited_for(
    own_app: FastAPI, own_feed: Feed
) -> None:
    head = (
        b"POST /api/v1/teams HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n"
    )
    async with live(BodyLimit(own_app, largest=MIB, within=0.4), own_feed) as address:
        answer = await raw(address, head, *([b"{"] * 3), pause=0.1)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"urn:tessera:problem:slow_body" in answer
