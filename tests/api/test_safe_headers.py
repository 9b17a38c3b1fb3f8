"""Every answer has the headers that keep a browser from doing with it what we do not mean."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.safe_headers import SAFE_HEADERS
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.api.test_permissions import ENDLESS, routes_of
from tests.support.api_client import KEY, LOCKED, app_over, client_at, client_of
from tests.support.live_api import live
from tests.support.servers import ROOT

ENCRYPTED = "https://tessera.example.com"
ELSEWHERE = [
    ("GET", "/nothing/here"),
    ("GET", "/static/nothing.css"),
    ("GET", "/static/tessera.css"),
    ("GET", "/static/live.js"),
    ("GET", "/docs/swagger-ui-bundle.js"),
    ("DELETE", "/api/v1/teams"),
    ("GET", "/api/v1/teams?limit=0"),
    ("GET", "/openapi.json"),
]
OWN = {
    "/docs": {"content-security-policy", "cache-control"},
    "/docs/": {"cache-control"},
    "/static/": {"cache-control"},
    "/answer": {"referrer-policy"},  # stricter: not even our own pages are told of a link in a mail
}
"""What some answers say otherwise, by how their path begins."""


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every route, with something at the places of its path."""
    found = sorted(routes_of(app))
    assert len(found) > 60
    return [
        (method, re.sub(r"\{[^}]*\}", str(uuid4()), path))
        for method, path in [*found, *ELSEWHERE]
        if path not in ENDLESS
    ]


def lacking(answer: httpx.Response) -> dict[str, str | None]:
    """The headers that are not there, or not as they should be."""
    path = answer.request.url.path
    own = {name for begins, names in OWN.items() if path.startswith(begins) for name in names}
    wanted = {**SAFE_HEADERS, "Strict-Transport-Security": "max-age=31536000"}
    return {
        name: answer.headers.get(name)
        for name, value in wanted.items()
        if answer.headers.get(name) is None
        or (answer.headers[name] != value and name.lower() not in own)
    }


@pytest.fixture
def encrypted_app(database: Database, comparer: Comparer, own_feed: Feed) -> FastAPI:
    """A server that people reach over TLS."""
    return app_over(database, comparer, own_feed, authenticator=LOCKED, public_url=ENCRYPTED)


@pytest.fixture
async def secure(encrypted_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(encrypted_app, KEY) as client:
        yield client


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("with_key", [True, False])
async def test_every_route_has_them(
    encrypted_app: FastAPI, secure: httpx.AsyncClient, with_key: bool, accept: str
) -> None:
    headers = {"Accept": accept} | ({} if with_key else {"Authorization": ""})
    wrong = {}
    for method, path in routes(encrypted_app):
        answer = await secure.request(method, path, headers=headers)
        if missing := lacking(answer):
            wrong[f"{method} {path}: {answer.status_code}"] = missing
        assert len(answer.headers.get_list("content-security-policy")) == 1
        assert answer.headers["x-request-id"]
    assert wrong == {}


async def test_streams_have_them(encrypted_app: FastAPI, own_feed: Feed) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        live(encrypted_app, own_feed) as address,
        client_at(address, headers=headers) as client,
        client.stream("GET", "/api/v1/events/stream") as stream,
    ):
        assert stream.status_code == 200
        assert lacking(stream) == {}


async def test_an_error_that_nobody_foresaw_has_them(encrypted_app: FastAPI) -> None:
    @encrypted_app.get("/boom")
    async def boom() -> None:
        raise RuntimeError

    async with client_of(encrypted_app) as client:
        answer = await client.get("/boom")
    assert answer.status_code == 500
    assert lacking(answer) == {}


async def test_a_server_without_tls_does_not_ask_for_it(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/health/live")
    assert "strict-transport-security" not in answer.headers


def test_no_page_needs_a_style_or_a_script_of_its_own() -> None:
    """The policy forbids them; what a browser refuses, the tests of the pages would hear."""
    inline = re.compile(
        r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\ssrc=)", re.I
    )
    pages = [*ROOT.glob("api/ui/templates/*.html"), *ROOT.glob("api/docs/*.html")]
    assert len(pages) > 5
    found = {
        path.name: inline.findall(path.read_text(encoding="utf-8"))
        for path in pages
        if inline.search(path.read_text(encoding="utf-8"))
    }
    assert found == {}
