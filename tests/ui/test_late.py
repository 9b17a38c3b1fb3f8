"""The pages come when they are asked for: all of them, once, whoever comes first."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from record.comparison import Comparer
from store.feed import Feed
from store.listener import Listener
from tests.support.api_client import app_over, client_of
from tests.support.problems import assert_problem
from tests.ui.conftest import Site

HTML = {"Accept": "text/html"}
PAGES = ("/", "/proposals", "/assets", "/teams", "/overview", "/propose", "/nowhere")


@pytest.fixture
def fresh_app(served: Site, comparer: Comparer, database_url: str) -> FastAPI:
    """An app that nobody has asked for a page yet."""
    return app_over(served.database, comparer, Feed(served.database, Listener(database_url, [])))


@pytest.fixture
async def fresh(fresh_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(fresh_app) as client:
        yield client


def paths_of(app: FastAPI) -> list[str]:
    return [str(getattr(route, "path", "")) for route in app.routes]


async def test_whoever_only_uses_the_api_loads_no_page(
    fresh: httpx.AsyncClient, fresh_app: FastAPI
) -> None:
    before = paths_of(fresh_app)
    assert (await fresh.get("/api/v1/assets")).status_code == 200
    assert_problem(await fresh.get("/api/v1/nowhere"), 404, "not_found")
    assert paths_of(fresh_app) == before
    assert "/proposals" not in before


async def test_pages_that_are_asked_for_at_once_are_loaded_once(
    fresh: httpx.AsyncClient, fresh_app: FastAPI
) -> None:
    asked = [path for path in PAGES for _ in range(3)]
    answers = await asyncio.gather(*(fresh.get(path, headers=HTML) for path in asked))
    found = {path: answer.status_code for path, answer in zip(asked, answers, strict=True)}
    assert {path for path, status in found.items() if status == 404} == {"/nowhere"}
    assert {answer.status_code for answer in answers} <= {200, 303, 404}
    assert paths_of(fresh_app).count("/proposals") == 1


async def test_the_first_request_may_be_one_that_is_refused(fresh_app: FastAPI) -> None:
    """Its page is drawn by what has not been loaded yet."""
    async with client_of(fresh_app) as client:
        answer = await client.request("DELETE", "/health/live", headers=HTML)
    assert answer.status_code == 405
    assert "<h1>Method not allowed</h1>" in answer.text
