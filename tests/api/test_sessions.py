"""Signing in on the pages with a key: it shows what its holder may do, and ends with the key."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from domain.json_types import JsonObject
from store.database import Database
from tests.support.api_client import Api, client_of
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


@pytest.fixture
async def browser(locked_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(locked_app) as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, key: JsonObject) -> httpx.Response:
    return await browser.post("/sign-in", data={"key": key["key"]})


def steps_in(page: str) -> set[str]:
    return set(re.findall(r'action="/proposals/[^/"]+/(\w+)"', page))


async def test_the_page_offers_what_its_reader_may_do(
    browser: httpx.AsyncClient, api: Api, credentials: Credentials
) -> None:
    reader, other = await api.team("reader"), await api.team("other")
    proposal = await api.proposal(reader, other)
    producer = {"id": proposal["producer"]["id"]}
    offered = {
        "viewer": (await credentials.member(producer, "viewer"), set()),
        "producer": (await credentials.member(producer, "member"), {"withdraw"}),
        "consumer": (await credentials.member(reader, "member"), {"answer"}),
    }
    for name, (user, steps) in offered.items():
        assert (await sign_in(browser, await credentials.user_key(user))).status_code == 303
        page = (await browser.get(f"/proposals/{proposal['id']}")).text
        assert steps_in(page) == steps, name
        assert "Signed in as" in page
        if name == "consumer":  # one of its own teams, so there is nothing to choose from
            assert f'name="team" value="{reader["id"]}"' in page
            assert str(other["id"]) not in page.partition('action="/proposals/')[2]


async def test_a_session_ends_with_its_key(
    browser: httpx.AsyncClient, api: Api, credentials: Credentials
) -> None:
    key = await credentials.team_key(await api.team())
    await sign_in(browser, key)
    assert (await browser.get("/")).status_code == 200
    assert key["key"][-64:] not in str(browser.cookies)
    await credentials.revoked(key)
    assert_problem(await browser.get("/"), 401, "unauthenticated")
    assert (await sign_in(browser, key)).status_code == 401


async def test_a_session_cannot_be_turned_into_that_of_another_key(
    browser: httpx.AsyncClient, api: Api, credentials: Credentials
) -> None:
    team = await api.team()
    mine, theirs = [await credentials.team_key(team) for _ in range(2)]
    await sign_in(browser, mine)
    (name, value), *_ = browser.cookies.items()
    for forged in (theirs["prefix"], "bootstrap", ""):
        browser.cookies.clear()
        browser.cookies.set(name, value.replace(mine["prefix"], forged))
        assert_problem(await browser.get("/"), 401, "unauthenticated")
