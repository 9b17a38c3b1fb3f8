"""Slack at the door: who is let in, how long it takes, and the installation."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select

from api.resources import Resources
from api.slack_door import SlackApp, SlackDoor
from api.slack_interactions import LOOKS_UP_WITHIN, SLOW, WITHIN, SlackInteractions
from domain.events import EventType
from domain.json_types import JsonObject
from notify.slack_blocks import token
from notify.slack_calls import SlackCalls
from notify.slack_views import need_time_modal
from record.comparison import Comparer
from record.slack_workspace import SlackWorkspace
from store.database import Database
from store.feed import Feed
from store.slack_installations import SlackInstallationRow
from store.transaction import Transaction
from tests.support.api_client import LOCKED, app_over, client_of, unique
from tests.support.conductor import breaking
from tests.support.credentials import Credentials
from tests.support.facts import Facts
from tests.support.problems import assert_problem
from tests.support.slack_server import (
    BOT_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    SIGNING_SECRET,
    WORKSPACE,
    SlackServer,
    interacted,
    sent_by_slack,
)

SESSION = "tessera_session"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer.running() as slack:
        slack.channels.add("C0NOWHERE")
        yield slack


@pytest.fixture
async def calls(slack: SlackServer) -> AsyncIterator[SlackCalls]:
    calls = SlackCalls(slack.url)
    yield calls
    await calls.close()


def speaking(app: FastAPI, calls: SlackCalls, database: Database, token: str | None) -> FastAPI:
    """The app with a door for Slack."""
    resources: Resources = app.state.resources
    workspace = SlackWorkspace(database, calls, token)
    door = SlackDoor(
        interactions=SlackInteractions(database, calls, workspace, resources.public_url),
        calls=calls,
        signing_secret=SIGNING_SECRET,
        app=SlackApp(client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
    )
    object.__setattr__(resources, "slack", door)
    return app


@pytest.fixture
async def http(
    database: Database, comparer: Comparer, feed: Feed, calls: SlackCalls
) -> AsyncIterator[httpx.AsyncClient]:
    app = app_over(database, comparer, feed, authenticator=LOCKED)
    async with client_of(speaking(app, calls, database, BOT_TOKEN)) as client:
        yield client


def click(slack: SlackServer, user: str, value: str, action: str = "tessera.ready") -> JsonObject:
    return {
        "type": "block_actions",
        "user": {"id": user, "team_id": WORKSPACE},
        "trigger_id": slack.trigger(),
        "channel": {"id": "C0NOWHERE"},
        "actions": [{"type": "button", "action_id": action, "value": value}],
    }


async def test_a_server_without_slack_has_no_such_door(stranger: httpx.AsyncClient) -> None:
    for path in ("/slack/interactions", "/slack/commands"):
        assert_problem(await stranger.post(path, content=b"payload={}"), 404, "not_found")


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=[]", b"payload={}", b"\xff", b"a=b"])
async def test_what_slack_signs_and_nobody_understands_is_passed_over(
    http: httpx.AsyncClient, body: bytes
) -> None:
    fields = dict(part.split("=") for part in body.decode("latin-1").split("&") if "=" in part)
    answer = await sent_by_slack(http, "/slack/interactions", fields)
    assert (answer.status_code, answer.text) == (200, "")


async def test_a_body_beyond_the_limit_is_not_read(http: httpx.AsyncClient) -> None:
    answer = await sent_by_slack(http, "/slack/interactions", {"payload": "x" * 300_000})
    assert_problem(answer, 413, "body_too_large")


async def test_neither_a_session_nor_a_key_is_a_signature(
    http: httpx.AsyncClient, slack: SlackServer
) -> None:
    fields = {"payload": json.dumps(click(slack, "U1", "v"))}
    answer = await http.post("/slack/interactions", data=fields, headers={"Authorization": "x"})
    assert_problem(answer, 401, "unauthenticated")
    own = {"Sec-Fetch-Site": "same-origin", "Cookie": f"{SESSION}=abc"}
    answer = await http.post("/slack/commands", data={"user_id": "U1"}, headers=own)
    assert_problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize("value", ["", "x", "0" * 32 + ".1", "../../etc"])
async def test_a_button_that_names_nothing_is_refused_to_who_pressed_it(
    http: httpx.AsyncClient,
    slack: SlackServer,
    database: Database,
    administrator: httpx.AsyncClient,
    value: str,
) -> None:
    user = await Credentials(administrator, database).user(administrator=True)
    ada = slack.person(user["email"])
    answer = await interacted(http, click(slack, ada, value))
    assert (answer.status_code, answer.text) == (200, "")
    assert [each["user"] for each in slack.whispers] == [ada]


async def test_slack_is_answered_in_time_when_slack_itself_is_slow(
    http: httpx.AsyncClient, slack: SlackServer
) -> None:
    ada = slack.person("slow@example.com")
    slack.delays["users.info"] = 60.0
    assert LOOKS_UP_WITHIN < WITHIN < 3.0, "Slack gives up after three seconds"
    started = time.monotonic()
    command = {"user_id": ada, "team_id": WORKSPACE, "text": "my"}
    answers = await asyncio.gather(
        sent_by_slack(http, "/slack/commands", command), interacted(http, click(slack, ada, "v"))
    )
    assert time.monotonic() - started < 30
    assert [each.status_code for each in answers] == [200, 200]
    said = answers[0].json()["text"]
    assert "did not say who you are" in said or said == SLOW


@pytest.mark.parametrize(
    "user",
    [
        {"deleted": True},
        {"is_bot": True},
        {"is_stranger": True},
        {"team_id": "T0OTHERS"},
        {"is_email_confirmed": False},
        {"profile": {}},
    ],
)
async def test_an_address_counts_only_where_our_own_workspace_vouches_for_it(
    http: httpx.AsyncClient,
    slack: SlackServer,
    database: Database,
    administrator: httpx.AsyncClient,
    user: dict[str, Any],
) -> None:
    person = await Credentials(administrator, database).user(administrator=True)
    known = slack.person(person["email"])
    command = {"user_id": known, "team_id": WORKSPACE, "text": "my"}
    answer = await sent_by_slack(http, "/slack/commands", command)
    assert answer.json()["text"] == "Nothing waits for you."
    slack.users[known].update(user)
    answer = await sent_by_slack(http, "/slack/commands", command)
    assert "own Slack workspace" in answer.json()["text"]


async def test_people_of_a_grid_and_no_deactivated_ones_come_in(
    http: httpx.AsyncClient,
    slack: SlackServer,
    database: Database,
    administrator: httpx.AsyncClient,
) -> None:
    credentials = Credentials(administrator, database)
    person = await credentials.user()
    grid = {"teams": ["T0OTHERS", WORKSPACE]}
    ada = slack.person(person["email"], team_id="T0OTHERS", enterprise_user=grid)
    command = {"user_id": ada, "team_id": WORKSPACE, "text": "my"}
    answer = await sent_by_slack(http, "/slack/commands", command)
    assert answer.json()["text"] == "Nothing waits for you."
    await credentials.deactivated(person)
    answer = await sent_by_slack(http, "/slack/commands", command)
    assert "Nobody in Tessera" in answer.json()["text"]


# --- forms ---


async def test_the_last_day_that_a_form_names_is_taken(
    http: httpx.AsyncClient,
    slack: SlackServer,
    database: Database,
    comparer: Comparer,
    administrator: httpx.AsyncClient,
) -> None:
    facts = Facts(database, comparer)
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    detail = await facts.detail(conductor.proposal.id)
    (party,) = detail.parties
    latest = detail.round.latest_until(party.party)
    assert latest is not None
    (asked,) = await facts.log(proposal_id=detail.proposal.id, type=EventType.PROPOSAL_ASKED)
    member = await Credentials(administrator, database).member({"id": str(party.team.id)}, "member")
    form = need_time_modal(token(asked.id, detail.proposal.revision), detail.asset.fqn, latest)
    sent = slack.submission(
        slack.person(member["email"]), form, until={"selected_date": latest.date().isoformat()}
    )
    answer = await interacted(http, sent)
    assert (answer.status_code, answer.text) == (200, "")
    (after,) = (await facts.detail(detail.proposal.id)).parties
    assert after.acknowledgment is not None
    assert after.acknowledgment.until == latest


async def test_what_postgres_does_not_keep_is_searched_for_without_it(
    http: httpx.AsyncClient,
    slack: SlackServer,
    database: Database,
    administrator: httpx.AsyncClient,
) -> None:
    person = await Credentials(administrator, database).user()
    ada = slack.person(person["email"])
    command = {"user_id": ada, "team_id": WORKSPACE, "text": "search no\x00where"}
    answer = await sent_by_slack(http, "/slack/commands", command)
    assert answer.json()["text"] == "No asset has “nowhere”."


# --- installing ---


@pytest.fixture
async def installing(
    database: Database, comparer: Comparer, feed: Feed, calls: SlackCalls
) -> AsyncIterator[FastAPI]:
    app = app_over(database, comparer, feed, authenticator=LOCKED)
    yield speaking(app, calls, database, None)

    async def forget(tx: Transaction) -> None:
        await tx.sql.execute(delete(SlackInstallationRow))

    await database.run(forget)


async def signed_in(app: FastAPI, credentials: Credentials, *, administrator: bool) -> str:
    user = await credentials.user(unique("somebody"), administrator=administrator)
    return await credentials.session(user)


async def test_an_administrator_installs_the_app_and_the_token_is_kept_for_sending(
    installing: FastAPI,
    slack: SlackServer,
    calls: SlackCalls,
    database: Database,
    administrator: httpx.AsyncClient,
) -> None:
    credentials = Credentials(administrator, database)
    session = await signed_in(installing, credentials, administrator=True)
    other = await signed_in(installing, credentials, administrator=True)
    token = f"xoxb-{unique('installed')}"
    slack.codes["the-code"] = token
    async with client_of(installing) as browser:
        browser.cookies.set(SESSION, session)
        gone = await browser.get("/slack/install")
        assert gone.status_code == 303
        page = urlsplit(gone.headers["location"])
        assert f"{page.scheme}://{page.netloc}{page.path}" == slack.url.replace(
            "/api/", "/oauth/v2/authorize"
        )
        asked = {name: values[0] for name, values in parse_qs(page.query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == "http://tessera.test/slack/oauth"
        assert "chat:write" in asked["scope"].split(",")
        back = {"code": "the-code", "state": asked["state"]}
        assert CLIENT_SECRET not in gone.headers["location"]
        for wrong in ("", "1", f"9{asked['state']}", asked["state"][:-1] + "ü"):
            answer = await browser.get("/slack/oauth", params={**back, "state": wrong})
            assert answer.status_code == 403
        async with client_of(installing) as another:
            another.cookies.set(SESSION, other)
            assert (await another.get("/slack/oauth", params=back)).status_code == 403
        done = await browser.get("/slack/oauth", params=back)
        assert (done.status_code, done.headers["location"]) == (
            303,
            "/administration/slack?said=installed",
        )
        again = await browser.get("/slack/oauth", params=back)
        assert again.status_code == 403
        assert "invalid_code" in again.text
    workspace = SlackWorkspace(database, calls, None)
    assert await workspace.token() == token
    assert (await workspace.current()).id == WORKSPACE
    log = await administrator.get("/api/v1/events", params={"type": "slack.installed"})
    assert log.json()["items"][0]["payload"]["after"]["workspace_name"] == "Tessera & Co"
    assert token not in log.text


async def test_the_page_shows_who_connected_what_and_forgets_it(
    installing: FastAPI, slack: SlackServer, database: Database, administrator: httpx.AsyncClient
) -> None:
    credentials = Credentials(administrator, database)
    page = "/administration/slack"
    async with client_of(installing) as browser:
        browser.cookies.set(SESSION, await signed_in(installing, credentials, administrator=True))
        assert "Not connected" in (await browser.get(page)).text
        slack.codes["a-code"] = token = f"xoxb-{unique('shown')}"
        gone = await browser.get("/slack/install")
        (state,) = parse_qs(urlsplit(gone.headers["location"]).query)["state"]
        await browser.get("/slack/oauth", params={"code": "a-code", "state": state})
        shown = (await browser.get(page)).text
        assert "Tessera &amp; Co" in shown
        assert "by <bdi>somebody-" in shown
        assert token not in shown
        form = {"once": "a" * 32}
        for _ in range(2):
            removed = await browser.post(f"{page}/remove", data=form)
            assert (removed.status_code, removed.headers["location"]) == (
                303,
                f"{page}?said=removed",
            )
        assert "Not connected" in (await browser.get(page)).text
        assert token not in slack.tokens
        assert slack.calls.count(("auth.revoke", token)) == 1
        assert (await browser.post(f"{page}/remove", data={})).status_code == 303
    log = await administrator.get("/api/v1/events", params={"type": "slack.removed"})
    (told,) = log.json()["items"]
    assert told["payload"]["before"]["workspace_name"] == "Tessera & Co"
    assert told["payload"]["revoked"] is True
    assert token not in log.text


@pytest.mark.parametrize(
    ("error", "said", "revoked"),
    [("fatal_error", "forgotten", False), ("token_revoked", "removed", True)],
)
async def test_it_is_forgotten_whatever_slack_says_of_its_token(
    installing: FastAPI,
    slack: SlackServer,
    database: Database,
    administrator: httpx.AsyncClient,
    error: str,
    said: str,
    revoked: bool,
) -> None:
    credentials = Credentials(administrator, database)
    page = "/administration/slack"
    async with client_of(installing) as browser:
        browser.cookies.set(SESSION, await signed_in(installing, credentials, administrator=True))
        slack.codes["a-code"] = f"xoxb-{unique('shown')}"
        gone = await browser.get("/slack/install")
        (state,) = parse_qs(urlsplit(gone.headers["location"]).query)["state"]
        await browser.get("/slack/oauth", params={"code": "a-code", "state": state})
        slack.refuse("auth.revoke", error)
        removed = await browser.post(f"{page}/remove", data={})
        assert removed.headers["location"] == f"{page}?said={said}"
        shown = (await browser.get(removed.headers["location"])).text
        assert "Not connected" in shown
        assert ("remove the app there too" in shown) is not revoked
    log = await administrator.get("/api/v1/events", params={"type": "slack.removed", "limit": 1})
    assert log.json()["items"][0]["payload"]["revoked"] is revoked


async def test_others_do_not_install_it(
    installing: FastAPI, database: Database, administrator: httpx.AsyncClient
) -> None:
    credentials = Credentials(administrator, database)
    session = await signed_in(installing, credentials, administrator=False)
    async with client_of(installing) as browser:
        for path in ("/slack/install", "/slack/oauth"):
            assert (await browser.get(path)).status_code == 401
        browser.cookies.set(SESSION, session)
        for path in ("/slack/install", "/slack/oauth"):
            assert (await browser.get(path)).status_code == 403


async def test_two_installations_leave_one(
    installing: FastAPI, slack: SlackServer, database: Database, administrator: httpx.AsyncClient
) -> None:
    credentials = Credentials(administrator, database)
    session = await signed_in(installing, credentials, administrator=True)
    slack.codes |= {"one": "xoxb-one", "two": "xoxb-two"}
    async with client_of(installing) as browser:
        browser.cookies.set(SESSION, session)
        gone = await browser.get("/slack/install")
        (state,) = parse_qs(urlsplit(gone.headers["location"]).query)["state"]
        answers = await asyncio.gather(
            *(
                browser.get("/slack/oauth", params={"code": code, "state": state})
                for code in ("one", "two")
            )
        )
    assert [each.status_code for each in answers] == [303, 303]

    async def count(tx: Transaction) -> int:
        statement = select(func.count()).select_from(SlackInstallationRow)
        return int(await tx.sql.one_value(statement))

    assert await database.read(count) == 1
