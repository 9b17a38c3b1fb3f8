"""Where nobody needs a key, the server answers to its own names only."""

import httpx
import pytest

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.support.api_client import app_over
from tests.support.problems import assert_problem


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST", 200),
        ("rebound.example", 421),
        ("localhost.rebound.example:8000", 421),
        ("", 421),
        ("[", 421),
    ],
)
async def test_only_own_names_are_answered(
    database: Database, comparer: Comparer, feed: Feed, host: str, status: int
) -> None:
    names = frozenset({"localhost", "127.0.0.1", "::1"})
    transport = httpx.ASGITransport(app=app_over(database, comparer, feed, own_names=names))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get("/health/live", headers={"Host": host})
    if status == 200:
        assert response.status_code == 200
    else:
        assert_problem(response, 421, "foreign_host")
