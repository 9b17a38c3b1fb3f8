"""Limits over HTTP: who pays for what, what is said, and what is never counted."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import text

from api.client_address import ClientAddresses, parse_networks
from api.leases import PATIENCE_SECONDS
from api.rate_limits import RateLimits
from api.refusals import RateLimited
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.transaction import Transaction
from tests.support.api_client import KEY, LOCKED, OPEN, app_over, client_at, client_of
from tests.support.credentials import Credentials
from tests.support.live_api import live
from tests.support.problems import assert_problem

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
WRONG = "Bearer tsr_0123456789ab_" + "0" * 64
TEAMS = "/api/v1/teams?limit=1"

Limited = Callable[..., FastAPI]


@pytest.fixture
def limited(database: Database, comparer: Comparer, own_feed: Feed) -> Limited:
    """An app with limits of its own; addresses are taken from `X-Forwarded-For`.

    Its requests wait for Postgres as long as that takes, unless a test has no patience: those that
    go on uncounted are beyond every limit.
    """

    def made(
        open_to_all: bool = False,
        through: Database = database,
        patience: float = 60.0,
        **limits: int,
    ) -> FastAPI:
        trusted = ClientAddresses(parse_networks("127.0.0.1"))
        return app_over(
            database,
            comparer,
            own_feed,
            authenticator=OPEN if open_to_all else LOCKED,
            rate_limits=RateLimits(through, addresses=trusted, patience=patience, **limits),
        )

    return made


def from_somewhere() -> dict[str, str]:
    """Headers of an address that no other test has."""
    number = uuid4().int
    return {"X-Forwarded-For": f"203.{number % 200}.{number // 200 % 200}.{number // 40_000 % 200}"}


@pytest.fixture
async def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def bearer(credentials: Credentials) -> dict[str, str]:
    team = await credentials.posted("/teams", {"name": uuid4().hex})
    return {"Authorization": f"Bearer {(await credentials.team_key(team))['key']}"}


async def statuses(
    client: httpx.AsyncClient, count: int, headers: dict[str, str], path: str = TEAMS
) -> list[int]:
    return [(await client.get(path, headers=headers)).status_code for _ in range(count)]


async def test_a_credential_has_so_many_a_minute_and_is_told(
    limited: Limited, credentials: Credentials
) -> None:
    headers = await bearer(credentials)
    async with client_of(limited(credential=60)) as client:
        first = await client.get(TEAMS, headers=headers)
        assert first.headers["ratelimit-policy"] == '"credential";q=60;w=60'
        assert first.headers["ratelimit"].startswith('"credential";r=54;t=')
        began = time.monotonic()
        answers = [await client.get(TEAMS, headers=headers) for _ in range(70)]
        gained = math.ceil(time.monotonic() - began)
        found = [answer.status_code for answer in answers]
        assert set(found) == {200, 429}
        assert 50 <= found.count(200) <= 56 + gained
        refused = next(answer for answer in answers if answer.status_code == 429)
        problem = assert_problem(refused, 429, "rate_limited")
        assert refused.headers["retry-after"] == f"{problem['retry_after']}"
        assert refused.headers["ratelimit"] == '"credential";r=0;t=60'


async def test_the_ways_in_are_counted_by_address(limited: Limited) -> None:
    async with client_of(limited(address=10)) as client:
        for path in ("/sign-in", "/set-password?link=none"):
            assert 429 in await statuses(client, 12, {}, path), path


async def test_who_comes_back_when_told_is_served(
    limited: Limited, credentials: Credentials
) -> None:
    headers = await bearer(credentials)
    async with client_of(limited(credential=120)) as client:
        while (answer := await client.get(TEAMS, headers=headers)).status_code == 200:
            pass
        for _ in range(3):
            await asyncio.sleep(int(answer.headers["retry-after"]))
            assert (await client.get(TEAMS, headers=headers)).status_code == 200
            while (answer := await client.get(TEAMS, headers=headers)).status_code == 200:
                pass


async def test_each_holder_has_a_bucket_of_their_own_over_all_of_their_keys(
    limited: Limited, credentials: Credentials
) -> None:
    one, other = await bearer(credentials), await bearer(credentials)
    user = await credentials.user()
    keys = [(await credentials.user_key(user))["key"] for _ in range(2)]
    async with client_of(limited(credential=10)) as client:
        assert 429 in await statuses(client, 12, one)
        assert (await client.get(TEAMS, headers=other)).status_code == 200
        first, second = ({"Authorization": f"Bearer {key}"} for key in keys)
        assert 429 in await statuses(client, 12, first)
        assert (await client.get(TEAMS, headers=second)).status_code == 429


async def test_without_a_key_the_address_counts(limited: Limited) -> None:
    here, there = from_somewhere(), from_somewhere()
    async with client_of(limited(open_to_all=True, address=10)) as client:
        assert 429 in await statuses(client, 12, here)
        served = await client.get(TEAMS, headers=there)
        assert served.status_code == 200
        assert served.headers["ratelimit-policy"] == '"address";q=10;w=60'
    async with client_of(limited(address=10)) as client:
        assert (await client.get(TEAMS, headers=here)).status_code == 429
        assert (await client.get(TEAMS, headers=there)).status_code == 401


async def test_a_wrong_key_pays_and_a_working_one_does_not_pay_for_others(
    limited: Limited, credentials: Credentials
) -> None:
    here = from_somewhere()
    working = here | await bearer(credentials)
    async with client_of(limited(credential=600, failures=5)) as client:
        wrong = here | {"Authorization": WRONG}
        assert (await statuses(client, 8, wrong)).count(401) in (4, 5)
        assert_problem(await client.get(TEAMS, headers=wrong), 429, "rate_limited")
        no_key_at_all = here | {"Authorization": "Bearer guessed"}
        assert (await client.get(TEAMS, headers=no_key_at_all)).status_code == 429
        assert set(await statuses(client, 20, working)) == {200}
        assert set(await statuses(client, 20, here | {"Authorization": f"Bearer {KEY}"})) == {200}
        elsewhere = from_somewhere() | {"Authorization": WRONG}
        assert (await client.get(TEAMS, headers=elsewhere)).status_code == 401


async def test_a_revoked_key_pays_too(limited: Limited, credentials: Credentials) -> None:
    team = await credentials.posted("/teams", {"name": uuid4().hex})
    key = await credentials.revoked(await credentials.team_key(team))
    headers = from_somewhere() | {"Authorization": f"Bearer {key['key']}"}
    async with client_of(limited(failures=3)) as client:
        assert (await statuses(client, 6, headers))[-1] == 429


async def test_signing_in_with_wrong_keys_is_limited_by_address(limited: Limited) -> None:
    here = from_somewhere() | {"Sec-Fetch-Site": "same-origin"}
    async with client_of(limited(failures=5)) as client:

        async def sign_in(key: str) -> httpx.Response:
            return await client.post("/sign-in", data={"key": key}, headers=here)

        found = [(await sign_in("wrong")).status_code for _ in range(8)]
        assert found[0] == 401
        refused = await sign_in("wrong")
        assert_problem(refused, 429, "rate_limited")
        assert (await sign_in(KEY)).status_code == 303
        as_page = await client.post(
            "/sign-in", data={"key": "wrong"}, headers=here | {"Accept": "text/html"}
        )
        assert (as_page.status_code, as_page.headers["content-type"]) == (
            429,
            "text/html; charset=utf-8",
        )
        assert "Too many requests" in as_page.text
        assert as_page.headers["retry-after"]


async def test_guesses_of_passwords_are_limited_by_address_and_right_ones_cost_nothing(
    limited: Limited, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    here = from_somewhere()
    async with client_of(limited(failures=5)) as client:
        client.headers.update(here)
        right = {"email": user["email"], "password": await credentials.with_password(client, user)}
        for _ in range(8):
            assert (await client.post("/sign-in", data=right)).status_code == 303
        guesses = [
            await client.post("/sign-in", data={"email": f"{uuid4()}@example.com", "password": "x"})
            for _ in range(8)
        ]
        assert guesses[0].status_code == 401
        assert_problem(guesses[-1], 429, "rate_limited")
        assert (await client.post("/sign-in", data=right)).status_code == 303, "their own browser"
        client.cookies.clear()  # any other browser at the same address
        assert_problem(await client.post("/sign-in", data=right), 429, "rate_limited")
        client.headers.update(from_somewhere())
        assert (await client.post("/sign-in", data=right)).status_code == 303


async def test_an_attempt_can_be_counted_before_it_is_looked_at(database: Database) -> None:
    """For passwords: what is right costs nothing, and what is wrong is counted even so."""
    attempts = RateLimits(database, failures=5, patience=60.0).attempts
    address = f"198.51.{uuid4().int % 250}.{uuid4().int % 250}"
    request = Request({"type": "http", "client": (address, 1), "headers": [], "state": {}})
    for _ in range(20):
        await attempts.begin(request)
        attempts.succeeded(request)
    refused = 0
    for _ in range(8):
        try:
            await attempts.begin(request)
        except RateLimited:
            refused += 1
    assert refused in (3, 4)


async def test_health_files_and_preflights_are_never_counted(limited: Limited) -> None:
    here = from_somewhere()
    async with client_of(limited(open_to_all=True, address=10, failures=1)) as client:
        for path in ("/health/live", "/docs", "/openapi.json", "/static/live.js"):
            found = await statuses(client, 15, here, path)
            assert 429 not in found, path
        assert (await client.get(TEAMS, headers=here)).status_code == 200


async def test_without_limits_nothing_is_said(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get(TEAMS, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("ratelimit")]


async def test_a_stream_counts_once(limited: Limited, own_feed: Feed) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        live(limited(credential=600), own_feed) as address,
        client_at(address) as client,
        client.stream("GET", "/api/v1/events/stream", headers=headers) as stream,
    ):
        before = stream.headers["ratelimit"]
        await asyncio.sleep(0.3)
        after = (await client.get(TEAMS, headers=headers)).headers["ratelimit"]
        assert rest_of(before) - rest_of(after) == 1


def rest_of(header: str) -> int:
    return int(header.partition("r=")[2].partition(";")[0])


# --- Postgres -----------------------------------------------------------------------------------


@pytest.fixture
async def away() -> AsyncIterator[Database]:
    async with Database.connect(NOWHERE).closing() as database:
        yield database


async def test_while_postgres_does_not_count_requests_go_on_at_the_limit(
    limited: Limited, away: Database
) -> None:
    """The limiter's own way to Postgres is cut; each process then counts for itself."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_of(
        limited(through=away, patience=PATIENCE_SECONDS, credential=600)
    ) as client:
        assert set(await statuses(client, 8, headers)) == {200}


async def test_a_slow_postgres_is_not_waited_for(
    limited: Limited, fresh_database_url: str, database: Database
) -> None:
    """Somebody holds the table: one statement waits, and requests do not."""
    async with (
        Database.connect(fresh_database_url, pool_size=3).closing() as slow,
        client_of(limited(through=slow, patience=PATIENCE_SECONDS, credential=6000)) as client,
    ):
        headers = {"Authorization": f"Bearer {KEY}"}
        held, done = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            async def work(tx: Transaction) -> None:
                await tx.sql.execute(text("LOCK TABLE rate_buckets IN ACCESS EXCLUSIVE MODE"))
                held.set()
                await done.wait()

            await slow.run(work)

        holding = asyncio.create_task(hold())
        await held.wait()
        async with asyncio.timeout(60):  # the table is held until all are answered
            found = await asyncio.gather(
                *(client.get(TEAMS, headers=headers) for _ in range(20)),
            )
        assert {answer.status_code for answer in found} == {200}
        done.set()
        await holding
