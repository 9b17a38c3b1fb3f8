"""Signing in with a password: links, changes, and what an attack cannot do."""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from domain.json_types import JsonObject
from domain.sign_ins import FROM_ALL_STRANGERS, FROM_ONE_PLACE
from record.comparison import Comparer
from record.password_hashing import Checked, Cost, PasswordHashing
from store.database import Database
from store.feed import Feed
from store.passwords import PasswordLinkRow
from store.transaction import Transaction
from tests.support.api_client import LOCKED, Api, app_over, client_of, unique
from tests.support.credentials import Credentials

SESSION, DEVICE = "tessera_session", "tessera_device"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


@pytest.fixture
async def browser(locked_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(locked_app) as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, user: JsonObject, password: str) -> httpx.Response:
    return await browser.post("/sign-in", data={"email": user["email"], "password": password})


async def events_of(api: httpx.AsyncClient, user: JsonObject, kind: str) -> list[JsonObject]:
    page = (await api.get("/api/v1/events", params={"type": kind, "limit": "200"})).json()
    return [each for each in page["items"] if each["payload"].get("user_id") == user["id"]]


async def test_a_link_sets_a_password_that_signs_in(
    browser: httpx.AsyncClient, administrator: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    link = await credentials.password_link(user)
    page = await browser.get("/set-password", params={"link": link})
    assert page.status_code == 200
    assert user["email"] in page.text

    password = await credentials.with_password(browser, user)
    assert (await browser.get("/")).status_code == 401  # to set it is not to sign in
    response = await sign_in(browser, user, password)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert "Signed in as" in (await browser.get("/")).text
    assert (await browser.get("/api/v1/teams")).status_code == 401

    made, changed, started = [
        await events_of(administrator, user, kind)
        for kind in ("user.password_link_created", "user.password_changed", "session.started")
    ]
    assert (len(made), len(changed), len(started)) == (2, 1, 1)
    assert made[0]["actor"]["name"] == "bootstrap key"
    assert changed[0]["payload"]["before"] == {"password": False}
    for event in (*changed, *started):
        assert (event["actor"]["kind"], event["actor"]["name"]) == ("person", user["name"])
        assert event["origin"] == "page"
    for event in (*made, *changed, *started):
        assert link not in str(event)
        assert password not in str(event)


async def test_a_link_works_once_and_only_the_newest(
    browser: httpx.AsyncClient, credentials: Credentials, database: Database
) -> None:
    user = await credentials.user("ada")
    first, second = [await credentials.password_link(user) for _ in range(2)]
    form = {"password": "a good long sentence", "again": "a good long sentence"}
    assert (await browser.post("/set-password", data={"link": first, **form})).status_code == 410
    wrong = await browser.post("/set-password", data={"link": second, **form, "again": "other"})
    assert wrong.status_code == 422
    short = {"link": second, "password": "short", "again": "short"}
    assert (await browser.post("/set-password", data=short)).status_code == 422
    assert (await browser.post("/set-password", data={"link": second, **form})).status_code == 303
    assert (await browser.post("/set-password", data={"link": second, **form})).status_code == 410
    assert (await browser.get("/set-password", params={"link": second})).status_code == 410

    late = await credentials.password_link(user)

    async def age(tx: Transaction) -> None:
        ids = update(PasswordLinkRow).where(PasswordLinkRow.user_id == UUID(user["id"]))
        await tx.sql.execute(ids.values(expires_at=await tx.now()))

    await database.run(age)
    assert (await browser.post("/set-password", data={"link": late, **form})).status_code == 410


async def test_bots_and_who_is_deactivated_get_no_link(credentials: Credentials) -> None:
    bot = await credentials.user("bot", kind="bot")
    gone = await credentials.user("gone")
    link = await credentials.password_link(gone)
    await credentials.deactivated(gone)
    for user, status in ((bot, 422), (gone, 409)):
        path = f"/api/v1/users/{user['id']}/password-link"
        assert (await credentials.admin.post(path)).status_code == status
    answer = await credentials.admin.post(
        "/set-password", data={"link": link, "password": "long enough it is", "again": ""}
    )
    assert answer.status_code == 410


async def test_a_wrong_password_an_unknown_address_and_a_bot_look_alike(
    browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    await credentials.with_password(browser, user)
    bot = await credentials.posted(
        "/users", {"name": unique("bot"), "kind": "bot", "email": f"{unique('b')}@example.com"}
    )
    gone = await credentials.user("gone")
    right = await credentials.with_password(browser, gone)
    await credentials.deactivated(gone)
    nobody = {"email": f"{unique('nobody')}@example.com"}
    told = []
    for who, password in ((user, "wrong"), (bot, "wrong"), (gone, right), (nobody, "x" * 5000)):
        answer = await sign_in(browser, who, password)
        assert answer.status_code == 401
        assert SESSION not in answer.headers.get("set-cookie", "")
        told.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(set(told)) == 1
    assert "do not fit together" in told[0]


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    locked_app: FastAPI, credentials: Credentials, browser: httpx.AsyncClient
) -> None:
    """In CPU seconds; what else this process does meanwhile only adds, so the least counts."""
    user = await credentials.user("ada")
    await credentials.with_password(browser, user)

    async def cost(email: str, address: str) -> float:
        async with client_of(locked_app, address=address) as other:
            started = time.process_time()
            await other.post("/sign-in", data={"email": email, "password": "not the password"})
            return time.process_time() - started

    nobody = f"{unique('nobody')}@example.com"
    await cost(f"{unique('warm')}@example.com", "10.0.0.1")
    costs = [
        (await cost(user["email"], "10.0.0.2"), await cost(nobody, "10.0.0.2")) for _ in range(8)
    ]
    known, unknown = [min(each) for each in zip(*costs, strict=True)]
    assert 0.6 < unknown / known < 1.6


async def test_who_attacks_locks_himself_and_not_the_person(
    locked_app: FastAPI, browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    password = await credentials.with_password(browser, user)  # this browser is known from now on

    async def attack(address: str, times: int) -> list[int]:
        async with client_of(locked_app, address=address) as attacker:
            return [(await sign_in(attacker, user, "guess")).status_code for _ in range(times)]

    # One address, which never reaches the limit of all: others who are new may still come.
    answers = await attack("10.6.6.6", FROM_ONE_PLACE + 30)
    assert answers == [401] * FROM_ONE_PLACE + [429] * 30
    async with client_of(locked_app, address="10.6.6.6") as attacker:
        right_but_late = await sign_in(attacker, user, password)
        assert right_but_late.status_code == 429
        assert int(right_but_late.headers["retry-after"]) > 0
    async with client_of(locked_app, address="10.7.7.7") as new_browser:
        assert (await sign_in(new_browser, user, password)).status_code == 303

    # Many addresses, at once, while the person comes in from their own browser.
    places = [f"10.8.0.{number}" for number in range(FROM_ALL_STRANGERS // FROM_ONE_PLACE + 1)]
    under_way = asyncio.gather(*(attack(place, FROM_ONE_PLACE) for place in places))
    for _ in range(3):
        assert (await sign_in(browser, user, password)).status_code == 303
    await under_way
    async with client_of(locked_app, address="10.9.9.9") as stranger:
        assert (await sign_in(stranger, user, password)).status_code == 429
    assert (await sign_in(browser, user, password)).status_code == 303

    # The person's own mistakes count for their own browser.
    mistakes = [(await sign_in(browser, user, "typo")).status_code for _ in range(11)]
    assert mistakes == [401] * FROM_ONE_PLACE + [429]


async def test_attempts_at_once_are_all_counted(
    locked_app: FastAPI, browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    await credentials.with_password(browser, user)
    async with client_of(locked_app, address="10.5.5.5") as attacker:
        answers = await asyncio.gather(*(sign_in(attacker, user, "guess") for _ in range(40)))
    looked_at = [each for each in answers if each.status_code != 429]
    assert len(looked_at) == FROM_ONE_PLACE


async def test_another_accounts_device_is_an_unknown_browser(
    locked_app: FastAPI, credentials: Credentials
) -> None:
    ada, eve = await credentials.user("ada"), await credentials.user("eve")
    async with client_of(locked_app, address="10.4.4.4") as mine:
        password = await credentials.with_password(mine, ada)
        device = mine.cookies[DEVICE]
    async with client_of(locked_app, address="10.4.4.5") as other:
        await credentials.with_password(other, eve)
        for _ in range(FROM_ONE_PLACE):
            assert (await sign_in(other, ada, "guess")).status_code == 401
        assert (await sign_in(other, ada, password)).status_code == 429
        async with client_of(locked_app, address="10.4.4.5") as beside:
            # Eve's device is nothing to Ada's account: it was the address that was counted.
            assert (await sign_in(beside, ada, password)).status_code == 429
        other.cookies.set(DEVICE, device)
        assert (await sign_in(other, ada, password)).status_code == 303


async def test_a_changed_password_ends_the_other_sessions(
    locked_app: FastAPI, browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    password = await credentials.with_password(browser, user)
    await sign_in(browser, user, password)
    new = "a wholly new sentence"
    async with client_of(locked_app) as elsewhere:
        await sign_in(elsewhere, user, password)
        form = {"old": "not it", "password": new, "again": new}
        assert (await browser.post("/account/password", data=form)).status_code == 422
        form["old"] = password
        assert (
            await browser.post("/account/password", data={**form, "again": "x"})
        ).status_code == 422
        assert (await elsewhere.get("/account")).status_code == 200
        assert (await browser.post("/account/password", data=form)).status_code == 303
        assert (await browser.get("/account")).status_code == 200
        assert (await elsewhere.get("/account")).status_code == 401
        assert (await sign_in(elsewhere, user, password)).status_code == 401
        assert (await sign_in(elsewhere, user, new)).status_code == 303


async def test_a_thief_of_a_session_cannot_guess_the_password_for_ever(
    browser: httpx.AsyncClient, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    await sign_in(browser, user, await credentials.with_password(browser, user))
    new = "a wholly new sentence"
    form = {"old": "guess", "password": new, "again": new}
    answers = [
        (await browser.post("/account/password", data=form)).status_code
        for _ in range(FROM_ONE_PLACE + 1)
    ]
    assert answers == [422] * FROM_ONE_PLACE + [429]


async def test_a_hash_of_older_parameters_is_replaced_when_its_owner_comes(
    database: Database, comparer: Comparer, feed: Feed, credentials: Credentials
) -> None:
    weak = PasswordHashing(cost=Cost(memory_kib=1024, passes=1))
    user = await credentials.user("ada")

    async def kept(tx: Transaction) -> str:
        found = await tx.passwords.get(UUID(user["id"]))
        assert found is not None
        return found.hashed

    old_app = app_over(database, comparer, feed, authenticator=LOCKED, hashing=weak)
    async with client_of(old_app) as browser:
        password = await credentials.with_password(browser, user)
    assert "m=1024,t=1" in await database.run(kept)
    async with client_of(app_over(database, comparer, feed, authenticator=LOCKED)) as browser:
        assert (await sign_in(browser, user, "wrong")).status_code == 401
        assert "m=1024,t=1" in await database.run(kept)
        assert (await sign_in(browser, user, password)).status_code == 303
        assert (await database.run(kept)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert (await sign_in(browser, user, password)).status_code == 303


@dataclass(kw_only=True)
class HeldHashing(PasswordHashing):
    """Checks nothing before it is let go, so that what came until then stands in its queue."""

    let_go: threading.Event = field(default_factory=threading.Event)

    def _check(self, password: str, kept: str) -> Checked:
        assert self.let_go.wait(30), "nobody let it go: the loop waits for it"
        return super()._check(password, kept)


async def test_a_flood_is_refused_and_holds_nobody_up(
    database: Database, comparer: Comparer, feed: Feed
) -> None:
    """What is beyond the queue is answered at once; the loop goes on serving meanwhile."""
    held = HeldHashing(at_once=1, waiting=3)
    app = app_over(database, comparer, feed, authenticator=LOCKED, hashing=held)
    async with client_of(app) as browser, asyncio.timeout(60):
        flood = [
            asyncio.create_task(
                sign_in(browser, {"email": f"{unique('n')}@example.com"}, "not the password")
            )
            for _ in range(20)
        ]
        try:
            async with asyncio.timeout(25):  # before the threads tire of waiting
                while sum(task.done() for task in flood) < 16:
                    assert (await browser.get("/health/live")).status_code == 200
                    await asyncio.sleep(0.005)
            refused = [task for task in flood if task.done()]
        finally:
            held.let_go.set()
        answers = await asyncio.gather(*flood)
    busy = [answer for answer in answers if answer.status_code == 503]
    assert len(busy) == 16
    assert busy == [task.result() for task in refused]
    assert all(answer.headers["retry-after"] for answer in busy)
    assert [answer.status_code for answer in answers if answer not in busy] == [401] * 4


async def test_the_api_shows_a_link_once_and_only_to_administrators(
    api: Api, credentials: Credentials
) -> None:
    user = await credentials.user("ada")
    path, key = f"/api/v1/users/{user['id']}/password-link", {"Idempotency-Key": unique("k")}
    first = await credentials.admin.post(path, headers=key)
    again = await credentials.admin.post(path, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["link"].startswith("http://tessera.test/set-password?link=")
    assert again.json() == {**first.json(), "link": None}


async def test_a_refused_sign_in_is_a_log_line_without_secrets_and_no_event(
    browser: httpx.AsyncClient,
    credentials: Credentials,
    administrator: httpx.AsyncClient,
    capsys: pytest.CaptureFixture[str],
) -> None:
    user, nobody = await credentials.user("ada"), f"{unique('nobody')}@example.com"
    right = await credentials.with_password(browser, user)
    before = (await administrator.get("/api/v1/events", params={"limit": "1"})).json()["items"]
    capsys.readouterr()
    for email, password in ((user["email"], "a wrong guess"), (nobody, right)):
        assert (await sign_in(browser, {"email": email}, password)).status_code == 401
    assert (await browser.post("/sign-in", data={"key": "tsr_not-a-key"})).status_code == 401
    said = capsys.readouterr().out
    assert said.count("sign-in refused") == 3
    assert f"who={user['id']}" in said
    assert "who=n…@e…" in said
    for secret in ("a wrong guess", right, nobody, user["email"], "not-a-key"):
        assert secret not in said
    after = (await administrator.get("/api/v1/events", params={"limit": "1"})).json()["items"]
    assert after == before
