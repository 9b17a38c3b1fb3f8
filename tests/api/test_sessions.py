"""Sessions of the pages: what they show, and everything that ends them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import ColumnElement, Select, func, select, update
from temporalio.testing import ActivityEnvironment

from activities.watch import WatchActivities
from api.auth import Authenticator
from api.ui.sessions import SESSION
from domain.json_types import JsonObject
from domain.sign_ins import WINDOW
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.passwords import PasswordLinkRow
from store.sessions import SessionRow
from store.sign_ins import KnownDeviceRow, SignInAttemptRow
from store.transaction import Transaction
from tests.support.api_client import KEY, LOCKED, Api, app_over, client_of, every_route
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
        "producer": (
            await credentials.member(producer, "member"),
            {"withdraw", "comment", "extend"},
        ),
        "consumer": (
            await credentials.member(reader, "member"),
            {"answer", "comment", "delegate"},
        ),
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


async def test_a_session_of_the_bootstrap_key_ends_with_that_key(
    browser: httpx.AsyncClient, database: Database, comparer: Comparer, feed: Feed
) -> None:
    assert (await browser.post("/sign-in", data={"key": KEY})).status_code == 303
    assert (await browser.get("/account")).status_code == 200
    changed = Authenticator(bootstrap_key=f"{KEY}-new", anonymous_allowed=False)
    async with client_of(app_over(database, comparer, feed, authenticator=changed)) as other:
        other.cookies = browser.cookies
        assert (await other.get("/account")).status_code == 401


async def test_each_sign_in_has_a_token_of_its_own_and_ends_the_one_before(
    browser: httpx.AsyncClient, api: Api, credentials: Credentials
) -> None:
    key = await credentials.team_key(await api.team())
    planted = "0" * 64
    browser.cookies.set(SESSION, planted, domain="tessera.test")
    tokens = []
    for _ in range(2):
        assert (await sign_in(browser, key)).status_code == 303
        tokens.append(browser.cookies[SESSION])
    assert planted not in tokens
    assert len({*tokens}) == 2
    assert (await browser.get("/account")).status_code == 200
    browser.cookies.clear()
    browser.cookies.set(SESSION, tokens[0])
    assert (await browser.get("/account")).status_code == 401


async def test_a_session_ends_when_it_is_not_used_and_when_its_time_is_over(
    browser: httpx.AsyncClient, credentials: Credentials, database: Database
) -> None:
    user = await credentials.user("ada")
    password = await credentials.with_password(browser, user)
    for column, away in (("seen_at", timedelta(hours=12)), ("expires_at", timedelta(days=7))):
        form = {"email": user["email"], "password": password}
        assert (await browser.post("/sign-in", data=form)).status_code == 303
        await LOCKED.uses.written()
        await _aged(database, user, column, away - timedelta(minutes=1))
        assert (await browser.get("/account")).status_code == 200, column
        await LOCKED.uses.written()
        await _aged(database, user, column, away)
        assert (await browser.get("/account")).status_code == 401, column


async def _aged(database: Database, user: JsonObject, column: str, by: timedelta) -> None:
    async def work(tx: Transaction) -> None:
        of_user = update(SessionRow).where(SessionRow.user_id == UUID(user["id"]))
        stamps = {"seen_at": await tx.now(), "expires_at": await tx.now() + timedelta(days=7)}
        await tx.sql.execute(of_user.values({column: stamps[column] - by}))

    await database.run(work)


async def test_when_a_session_was_used_is_noted_once_a_minute(
    browser: httpx.AsyncClient, credentials: Credentials, database: Database
) -> None:
    user = await credentials.user("ada")
    form = {"email": user["email"], "password": await credentials.with_password(browser, user)}
    await browser.post("/sign-in", data=form)

    async def seen() -> str:
        await LOCKED.uses.written()
        page = await credentials.admin.get(f"/api/v1/users/{user['id']}/sessions")
        (session,) = page.json()["items"]
        return str(session["seen_at"])

    begun = await seen()
    await browser.get("/account")
    used = await seen()
    assert used > begun
    await browser.get("/account")
    assert await seen() == used


async def test_sessions_are_listed_and_ended_by_the_user_and_administrators(
    locked_app: FastAPI, browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    key = await credentials.user_key(user)
    password = await credentials.with_password(browser, user)
    browser.headers["User-Agent"] = "Mozilla/5.0 Firefox/130.0\tx" + "y" * 500
    await browser.post("/sign-in", data={"email": user["email"], "password": password})
    own = {"Authorization": f"Bearer {key['key']}"}
    path = f"/api/v1/users/{user['id']}"
    async with client_of(locked_app, address="10.1.2.3") as other:
        await sign_in(other, key)
        page = (await other.get(f"{path}/sessions", headers=own)).json()
        by_key, by_password = page["items"]
        assert (by_key["method"], by_key["address"]) == ("key", "10.1.2.3")
        assert (by_key["key_id"], by_key["user_id"]) == (key["id"], None)
        assert (by_password["method"], by_password["status"]) == ("password", "active")
        assert len(by_password["agent"]) == 300

        revoked = await other.post(f"{path}/sessions/{by_password['id']}/revoke", headers=own)
        assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
        assert (await browser.get("/account")).status_code == 401
        again = await credentials.admin.post(f"{path}/sessions/{by_password['id']}/revoke")
        assert again.json() == revoked.json()
        someone = await credentials.user("someone")
        stranger = f"/api/v1/users/{someone['id']}/sessions/{by_key['id']}/revoke"
        assert_problem(await credentials.admin.post(stranger), 404, "not_found")

        out = await credentials.admin.post(f"{path}/sign-out")
        assert out.json() == {"ended": 1}
        assert (await other.get("/account")).status_code == 401
        assert (await credentials.admin.post(f"{path}/sign-out")).json() == {"ended": 0}


async def test_who_is_deactivated_is_signed_out_and_stays_so(
    browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    form = {"email": user["email"], "password": await credentials.with_password(browser, user)}
    await browser.post("/sign-in", data=form)
    await credentials.deactivated(user)
    assert (await browser.get("/account")).status_code == 401
    assert (await browser.post("/sign-in", data=form)).status_code == 401
    response = await credentials.admin.post(f"/api/v1/users/{user['id']}/reactivate")
    assert response.status_code == 200
    assert (await browser.get("/account")).status_code == 401
    assert (await browser.post("/sign-in", data=form)).status_code == 303


async def test_by_https_the_cookie_is_for_this_host_alone(
    database: Database, comparer: Comparer, feed: Feed
) -> None:
    app = app_over(
        database, comparer, feed, authenticator=LOCKED, public_url="https://tessera.test"
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://tessera.test") as browser:
        answer = await browser.post("/sign-in", data={"key": KEY})
        name, *rest = answer.headers["set-cookie"].split("; ")
        assert name.startswith(f"__Host-{SESSION}=")
        said = {each.partition("=")[0].lower() for each in rest}
        assert said >= {"secure", "httponly", "samesite", "path"}
        assert "domain" not in said
        assert (await browser.get("/account")).status_code == 200
        token = browser.cookies[f"__Host-{SESSION}"]
        browser.cookies.clear()
        browser.cookies.set(SESSION, token)  # which another host of the domain could set
        assert (await browser.get("/account")).status_code == 401


async def test_no_post_of_the_pages_is_taken_from_another_site(
    locked_app: FastAPI, browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    """The cookie would come along with some of them, so this is what holds."""
    user = await credentials.user("ada", administrator=True)
    form = {"email": user["email"], "password": await credentials.with_password(browser, user)}
    await browser.post("/sign-in", data=form)
    posts = [
        route.path
        for route in every_route(locked_app)
        if route.path
        and "POST" in (route.methods or ())
        and not route.path.startswith(("/api/", "/slack/"))  # no cookie counts there
    ]
    assert len(posts) >= 11
    for path in posts:
        address = re.sub(r"{\w+}", str(uuid4()), path)
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.test"},
            {"Origin": "null"},
        ):
            answer = await browser.post(address, headers=headers)
            assert_problem(answer, 403, "cross_site")
    assert (await browser.get("/account")).status_code == 200


async def test_what_is_over_is_deleted_by_the_schedule(
    browser: httpx.AsyncClient, credentials: Credentials, database: Database
) -> None:
    user = await credentials.user("ada")
    form = {"email": user["email"], "password": await credentials.with_password(browser, user)}
    await browser.post("/sign-in", data=form)
    await credentials.password_link(user)

    async def counted(tx: Transaction) -> tuple[int, ...]:
        mine = UUID(user["id"])
        return (
            await tx.sql.one_value(_count(SessionRow.user_id == mine)),
            await tx.sql.one_value(_count(PasswordLinkRow.user_id == mine)),
            await tx.sql.one_value(_count(KnownDeviceRow.user_id == mine)),
            await tx.sql.one_value(_count(SignInAttemptRow.began_at < await tx.now() - WINDOW)),
        )

    async def age(tx: Transaction) -> None:
        past = await tx.now() - timedelta(days=400)
        for column in (SessionRow.expires_at, PasswordLinkRow.expires_at, KnownDeviceRow.used_at):
            row = column.class_
            of_user = update(row).where(row.user_id == UUID(user["id"]))
            await tx.sql.execute(of_user.values({column.key: past}))
        await tx.sql.insert(SignInAttemptRow, [{"key": uuid4().hex, "count": 1, "began_at": past}])

    watch = ActivityEnvironment()
    await watch.run(WatchActivities(database).watch)
    assert (await database.run(counted))[:3] == (1, 1, 1)
    await database.run(age)
    await watch.run(WatchActivities(database).watch)
    assert await database.run(counted) == (0, 0, 0, 0)


def _count(condition: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).where(condition)
