"""Other sites' pages: only those that are named, only the API, and never with a cookie."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.client_address import ClientAddresses, parse_networks
from api.rate_limits import RateLimits
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.api.test_rate_limits import from_somewhere
from tests.support.api_client import KEY, LOCKED, app_over, client_of, unique

PORTAL = "https://portal.example.com"
OTHER = "https://evil.example.com"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, idempotency-key, prefer",
}


@pytest.fixture
async def portal(
    database: Database, comparer: Comparer, feed: Feed
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that knows the portal."""
    app = app_over(database, comparer, feed, authenticator=LOCKED, cors_origins=(PORTAL,))
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def counting(
    database: Database, comparer: Comparer, feed: Feed
) -> AsyncIterator[httpx.AsyncClient]:
    """The same, of one that counts strictly."""
    trusted = ClientAddresses(parse_networks("127.0.0.1"))
    limits = RateLimits(database, address=10, failures=3, addresses=trusted)
    app = app_over(
        database, comparer, feed, authenticator=LOCKED, cors_origins=(PORTAL,), rate_limits=limits
    )
    async with client_of(app) as client:
        yield client


def said(answer: httpx.Response) -> dict[str, str]:
    return {
        name.removeprefix("access-control-"): value
        for name, value in answer.headers.items()
        if name.startswith("access-control-")
    }


async def test_a_preflight_needs_no_key_and_costs_nothing(counting: httpx.AsyncClient) -> None:
    headers = {"Origin": PORTAL, **PREFLIGHT, **from_somewhere()}
    for _ in range(30):
        answer = await counting.options("/api/v1/teams", headers=headers)
        assert answer.status_code == 200
        assert said(answer)["allow-origin"] == PORTAL
        assert "POST" in said(answer)["allow-methods"]
        assert "Idempotency-Key" in said(answer)["allow-headers"]
        assert "allow-credentials" not in said(answer)
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_page_of_the_portal_uses_the_api_with_its_key(portal: httpx.AsyncClient) -> None:
    headers = {"Origin": PORTAL, "Authorization": f"Bearer {KEY}", "Sec-Fetch-Site": "cross-site"}
    answer = await portal.post("/api/v1/teams", json={"name": unique("a")}, headers=headers)
    assert answer.status_code == 201
    assert said(answer)["allow-origin"] == PORTAL
    exposed = {name.strip() for name in said(answer)["expose-headers"].split(",")}
    assert {"Location", "Retry-After", "X-Request-ID", "RateLimit", "RateLimit-Policy"} <= exposed
    assert "allow-credentials" not in said(answer)
    assert "Origin" in answer.headers["vary"]


async def test_refusals_can_be_read_by_it_too(counting: httpx.AsyncClient) -> None:
    headers = {"Origin": PORTAL, **from_somewhere()}
    found = [await counting.get("/api/v1/teams", headers=headers) for _ in range(15)]
    assert {answer.status_code for answer in found} == {401, 429}
    assert {said(answer)["allow-origin"] for answer in found} == {PORTAL}


@pytest.mark.parametrize("origin", [OTHER, "null", PORTAL + ".evil.example.com", PORTAL.upper()])
async def test_another_site_is_told_nothing(portal: httpx.AsyncClient, origin: str) -> None:
    answer = await portal.options("/api/v1/teams", headers={"Origin": origin, **PREFLIGHT})
    assert answer.status_code == 400
    assert "allow-origin" not in said(answer)
    read = await portal.get(
        "/api/v1/teams", headers={"Origin": origin, "Authorization": f"Bearer {KEY}"}
    )
    assert "allow-origin" not in said(read)
    assert "Origin" in read.headers["vary"]


@pytest.mark.parametrize("path", ["/", "/sign-in", "/docs", "/health/live", "/openapi.json"])
async def test_only_the_api_is_open(portal: httpx.AsyncClient, path: str) -> None:
    assert said(await portal.get(path, headers={"Origin": PORTAL})) == {}
    answer = await portal.options(path, headers={"Origin": PORTAL, **PREFLIGHT})
    assert said(answer) == {}


async def test_a_session_counts_for_no_page_of_another_site(portal: httpx.AsyncClient) -> None:
    signed_in = await portal.post(
        "/sign-in", data={"key": KEY}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert signed_in.status_code == 303
    assert portal.cookies
    answer = await portal.get("/api/v1/teams", headers={"Origin": PORTAL})
    assert answer.status_code == 401


async def test_by_default_nobody_is_named(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.options("/api/v1/teams", headers={"Origin": PORTAL, **PREFLIGHT})
    assert answer.status_code == 405
    assert said(answer) == {}
