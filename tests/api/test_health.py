"""Health over HTTP, with and without a database."""

from collections.abc import AsyncIterator

import httpx
import pytest

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from store.revisions import HEAD
from tests.support.api_client import app_over, client_of
from tests.support.problems import assert_problem

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def test_a_server_with_its_database_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    response = await client.get("/health/ready")
    assert response.json() == {"status": "ready", "revision": HEAD}


@pytest.fixture
async def cut_off(comparer: Comparer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose database is away."""
    async with Database.connect(NOWHERE).closing() as database:
        feed = Feed(database, Listener(NOWHERE, [EVENTS]))
        async with client_of(app_over(database, comparer, feed)) as client:
            yield client


async def test_without_its_database_it_lives_but_is_not_ready(cut_off: httpx.AsyncClient) -> None:
    assert (await cut_off.get("/health/live")).status_code == 200
    assert_problem(await cut_off.get("/health/ready"), 503, "unavailable")


async def test_without_its_database_every_answer_says_so(cut_off: httpx.AsyncClient) -> None:
    for path in ("/api/v1/teams", "/api/v1/events", "/api/v1/events/stream"):
        response = await cut_off.get(path)
        assert_problem(response, 503, "unavailable")
        assert response.headers["retry-after"] == "1"
    response = await cut_off.post("/api/v1/teams", json={"name": "a"})
    assert_problem(response, 503, "unavailable")


async def test_an_empty_database_is_not_ready(empty_database_url: str, comparer: Comparer) -> None:
    async with Database.connect(empty_database_url).closing() as database:
        feed = Feed(database, Listener(empty_database_url, [EVENTS]))
        async with client_of(app_over(database, comparer, feed)) as client:
            problem = assert_problem(await client.get("/health/ready"), 503, "unavailable")

    assert "tessera server migrate" in problem["detail"]
    assert (problem["revision"], problem["expected"]) == (None, HEAD)


async def test_every_answer_has_safe_headers(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/api/v1/teams", "/api/v1/nothing", "/docs"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
