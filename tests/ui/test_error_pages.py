"""What is refused outside the API is a page for browsers, and a problem for everybody else."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from tests.support.api_client import Api, app_over, client_of, every_route
from tests.support.problems import assert_problem

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def broken_app(comparer: Comparer) -> FastAPI:
    """An app whose database does not answer, and with a route that fails."""
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    database = Database.connect(url)
    app = app_over(database, comparer, Feed(database, Listener(url, [])), max_body_bytes=1000)

    async def fail() -> None:
        raise RuntimeError("a secret of the inside")

    app.add_api_route("/fails", fail)
    return app


@pytest.fixture
async def broken(broken_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(broken_app) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/proposals/nothing", "/proposals/00000000-0000-0000-0000-000000000000"],
)
async def test_what_is_not_there_is_a_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Not found</h1>" in answer.text
    assert '<a href="/proposals">Open proposals</a>' in answer.text, "/ is the inbox of who has one"
    assert answer.headers["x-request-id"] in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert_problem(await client.get(path), 404, "not_found")


async def test_the_api_answers_browsers_with_problems_too(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/api/v1/nowhere", headers=HTML), 404, "not_found")


async def test_an_answer_to_no_proposal_is_a_page(client: httpx.AsyncClient) -> None:
    path = "/proposals/00000000-0000-0000-0000-000000000000/answer"
    team = "00000000-0000-0000-0000-000000000001"
    answer = await client.post(path, data={"team": team, "response": "approved"}, headers=HTML)
    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text


async def test_a_database_that_does_not_answer_is_a_page(broken: httpx.AsyncClient) -> None:
    answer = await broken.get("/", headers=HTML)
    assert answer.status_code == 503
    assert "<h1>Not available</h1>" in answer.text


async def test_a_form_that_meets_it_can_be_sent_again(broken: httpx.AsyncClient) -> None:
    path = "/proposals/00000000-0000-0000-0000-000000000000/withdraw"
    answer = await broken.post(path, data={"reason": "x"}, headers=HTML)
    assert answer.status_code == 503
    assert "your browser sends what you entered again" in answer.text


async def test_an_error_that_nobody_foresaw_is_a_page_that_tells_nothing(
    broken: httpx.AsyncClient,
) -> None:
    answer = await broken.get("/fails", headers=HTML)
    assert answer.status_code == 500
    assert "<h1>Internal error</h1>" in answer.text
    assert "secret" not in answer.text


async def test_a_form_that_is_too_long_is_a_page(broken: httpx.AsyncClient) -> None:
    path = "/proposals/00000000-0000-0000-0000-000000000000/withdraw"
    answer = await broken.post(path, data={"reason": "x" * 2000}, headers=HTML)
    assert answer.status_code == 413
    assert "<h1>The body is too large</h1>" in answer.text


async def test_a_query_that_cannot_be_kept_is_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/?team=%00", headers=HTML)
    assert answer.status_code == 422
    assert "<h1>Invalid request</h1>" in answer.text


async def test_the_address_of_a_form_leads_to_the_page_that_it_is_on(
    client: httpx.AsyncClient, broken_app: FastAPI
) -> None:
    """Whoever signs in to send a form again, or reloads a page that refused one, asks for it."""
    forms = {
        route.path
        for route in every_route(broken_app)
        if route.path and "POST" in (route.methods or ())
        if not route.path.startswith("/api/")
    }
    assert len(forms) > 60
    lost = {}
    for path in forms:
        answer = await client.get(re.sub("{[^}]*}", str(UUID(int=0)), path), headers=HTML)
        if answer.status_code == 405:
            lost[path] = answer.status_code
    assert lost == {}


async def test_a_form_leads_to_the_nearest_page_and_keeps_nothing(
    api: Api, client: httpx.AsyncClient
) -> None:
    path = f"/teams/{(await api.team())['id']}"
    answer = await client.get(f"{path}/rename?x=1", headers=HTML)
    assert (answer.status_code, answer.headers["location"], answer.text) == (303, path, "")
    assert (await client.get("/sign-out", headers=HTML)).headers["location"] == "/"
    assert_problem(await client.get(f"{path}/rename"), 405, "method_not_allowed")
