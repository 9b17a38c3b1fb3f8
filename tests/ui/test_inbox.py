"""The start page of who is signed in: what waits, the answers right there, what one waits for."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, expect

from api.ui.sessions import SESSION
from domain.json_types import JsonObject
from tests.support.api_client import KEY, Api, client_at, table
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, watched
from tests.ui.stand_in import tell


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody of a team, signed in."""

    team: JsonObject
    token: str
    browser: httpx.AsyncClient


@pytest.fixture
async def world(locked: str, served: Site) -> AsyncIterator[Api]:
    """What an administrator makes on a server that needs a key."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(locked, headers=headers) as client:
        yield Api(client, served.database)


@pytest.fixture
async def growth(world: Api, locked: str) -> AsyncIterator[Reader]:
    people, team = Credentials(world.client, world.database), await world.team("growth")
    token = await people.session(await people.member(team, "member"))
    async with client_at(locked, cookies={SESSION: token}) as browser:
        yield Reader(team, token, browser)


async def asked(world: Api, *readers: JsonObject, **timeline: object) -> JsonObject:
    proposal = await world.proposal(*readers, **timeline)
    await tell(world.database, proposal)
    return proposal


def form_of(page: str, proposal: JsonObject, response: str) -> dict[str, str]:
    """The hidden fields of one of the forms about a proposal, with one of the answers."""
    place = page.index(f'action="/inbox/{proposal["id"]}/answer"')
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', page[place : place + 900])
    return {**dict(fields), "response": response}


async def party(world: Api, proposal: JsonObject) -> JsonObject:
    found: JsonObject = (await world.got(f"/api/v1/proposals/{proposal['id']}"))["parties"][0]
    return found


async def test_a_new_proposal_comes_in_while_somebody_writes_and_the_text_stays(
    world: Api, growth: Reader, browser: Browser, locked: str
) -> None:
    async with await browser.new_context() as context:
        await context.add_cookies([{"name": SESSION, "value": growth.token, "url": locked}])
        visit = await watched(context)
        page = visit.page
        await page.goto(locked)
        await expect(page.get_by_text("Nothing waits for growth")).to_be_visible()
        first = await asked(world, growth.team)
        item = page.get_by_role("listitem").filter(has_text=first["asset"]["fqn"]).first
        await expect(item).to_contain_text("email is removed")
        await item.get_by_text("Block …").click()
        reason = item.get_by_label("Why, and what")
        await reason.fill("The invoices are wri")
        second = await asked(world, growth.team, deadline="3d")
        await expect(page.locator(".items h3")).to_contain_text(
            [second["asset"]["fqn"], first["asset"]["fqn"]]
        )
        await expect(page.get_by_role("status")).to_contain_text("waits for growth")
        await expect(reason).to_be_focused()
        await page.keyboard.type("tten with it.")
        await item.get_by_role("button", name="Block it").click()
        await expect(page.get_by_text("Your answer is recorded.")).to_be_visible()
        await expect(page.locator(".items h3")).to_have_count(1)
        assert visit.complaints == []
    answer = await party(world, first)
    assert (answer["state"], answer["note"]) == ("blocked", "The invoices are written with it.")


async def test_a_text_that_was_refused_stays_while_a_new_proposal_comes_in(
    world: Api, growth: Reader, browser: Browser, locked: str
) -> None:
    first = await asked(world, growth.team)
    async with await browser.new_context() as context:
        await context.add_cookies([{"name": SESSION, "value": growth.token, "url": locked}])
        visit = await watched(context)
        page = visit.page
        await page.goto(locked)
        item = page.get_by_role("listitem").filter(has_text=first["asset"]["fqn"]).first
        await item.get_by_text("Need time …").click()
        await item.get_by_label("We are done by").evaluate("(each) => { each.required = false }")
        await item.get_by_label("Note").first.fill("After the invoice run.")
        await item.get_by_role("button", name="Ask for this time").click()
        await expect(page.get_by_role("alert")).to_contain_text("Write the date")
        await page.get_by_role("heading", level=1).click()
        second = await asked(world, growth.team, deadline="3d")
        await expect(page.locator(".items h3")).to_contain_text(
            [second["asset"]["fqn"], first["asset"]["fqn"]]
        )
        await expect(item.get_by_label("Note").first).to_have_value("After the invoice run.")
        assert visit.complaints == []


async def test_the_three_answers_are_given_where_it_stands(world: Api, growth: Reader) -> None:
    day = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    for response, more, state in (
        ("approved", {}, ("approved", None, None)),
        ("migrating", {"until": day}, ("migrating", None, f"{day}T23:59:59Z")),
        ("blocked", {"note": "No."}, ("blocked", "No.", None)),
    ):
        proposal = await asked(world, growth.team)
        page = (await growth.browser.get("/")).text
        assert re.search(r'name="until" required min="[0-9-]{10}" max="[0-9-]{10}"', page)
        entered = form_of(page, proposal, response) | more
        for _ in range(2):  # whoever presses twice has answered once
            sent = await growth.browser.post(f"/inbox/{proposal['id']}/answer", data=entered)
            assert sent.status_code == 303, sent.text
        found = await party(world, proposal)
        assert (found["state"], found["note"], found["until"]) == state
        page = (await growth.browser.get(sent.headers["location"])).text
        assert "Your answer is recorded." in page
        assert (f"waits-{proposal['id']}" in page) == (response == "migrating")


@pytest.mark.parametrize(
    ("response", "more", "told"),
    [
        ("blocked", {"note": " "}, "Say why you block"),
        ("migrating", {"until": "2001-01-01", "note": "The <b>old</b> run."}, "lies in the past"),
        ("migrating", {"until": "friday", "note": "The <b>old</b> run."}, "Write the date as"),
    ],
)
async def test_what_is_refused_comes_back_where_it_was_written(
    world: Api, growth: Reader, response: str, more: dict[str, str], told: str
) -> None:
    proposal, other = await asked(world, growth.team), await asked(world, growth.team)
    entered = form_of((await growth.browser.get("/")).text, proposal, response) | more
    answer = await growth.browser.post(f"/inbox/{proposal['id']}/answer", data=entered)
    assert answer.status_code == 422
    item, rest = (
        answer.text.partition(f'id="waits-{each["id"]}')[2].partition("</li>")[0]
        for each in (proposal, other)
    )
    assert told in item
    assert told not in rest
    assert re.search(r"<details[^>]* open>", item)
    assert "<b>old</b>" not in answer.text
    if len(more) > 1:
        assert "The &lt;b&gt;old&lt;/b&gt; run." in item
        assert f'value="{more["until"]}"' in item


async def test_it_says_what_breaks_for_us_alone(world: Api, growth: Reader) -> None:
    asset, other = await world.asset(), await world.team("other")
    await world.publish(asset, table("id", "email", "phone"))
    await world.register(asset, growth.team, ["phone"])
    await world.register(asset, other, ["email"])
    await world.publish(asset, table("id"))
    page = (await growth.browser.get("/")).text
    assert "<code>phone</code> is removed." in page
    assert "<code>email</code> is removed." not in page


async def test_an_answer_that_comes_too_late_leads_to_the_proposal_and_keeps_the_text(
    world: Api, growth: Reader
) -> None:
    proposal = await asked(world, growth.team)
    entered = form_of((await growth.browser.get("/")).text, proposal, "blocked")
    await world.client.post(f"/api/v1/proposals/{proposal['id']}/withdraw", json={})
    await world.settle(proposal)
    answer = await growth.browser.post(
        f"/inbox/{proposal['id']}/answer", data=entered | {"note": "Not like this."}
    )
    assert answer.status_code == 409
    assert "This proposal has ended" in answer.text
    assert f'href="/proposals/{proposal["id"]}">See what it was about' in answer.text
    assert "Not like this.</textarea>" in answer.text


async def test_old_versions_are_left_or_needed_longer(world: Api, growth: Reader) -> None:
    asset = await world.asset()
    first = (await world.publish(asset, table("id"))).json()["contract"]
    await world.made(
        "/api/v1/registrations",
        {
            "asset_id": asset["id"],
            "consumer_team_id": growth.team["id"],
            "pinned_version": "1.0.0",
        },
    )
    await world.publish(asset, table("id", description={"type": "string", "title": "x"}))
    sunset = datetime.now(UTC) + timedelta(days=30)
    path = f"/api/v1/contracts/{first['id']}/retirement"
    ended = await world.client.post(path, json={"sunset_at": sunset.isoformat()})
    assert ended.status_code == 200, ended.text
    page = (await growth.browser.get("/")).text
    assert "Old versions to leave" in page
    assert f"leaves-{first['id']}" in page
    entered = {"team": growth.team["id"], "until": "2001-01-01", "note": "One more <run>."}
    extend = f"/inbox/retirements/{first['id']}/extend"
    refused = await growth.browser.post(extend, data=entered)
    assert refused.status_code == 422
    assert "One more &lt;run&gt;." in refused.text
    day = (sunset + timedelta(days=9)).date().isoformat()
    assert (await growth.browser.post(extend, data=entered | {"until": day})).status_code == 303
    (mover,) = (await world.got(path))["movers"]
    assert (mover["extended_until"], mover["note"]) == (f"{day}T23:59:59Z", "One more <run>.")
    last = page.split(f"leaves-{first['id']}")[1].split(' max="')[1].partition('"')[0]
    assert (await growth.browser.post(extend, data=entered | {"until": last})).status_code == 303
    moved = await growth.browser.post(
        f"/inbox/retirements/{first['id']}/moved", data={"team": growth.team["id"]}
    )
    assert moved.status_code == 303
    nowhere = f"/inbox/retirements/{UUID(int=0)}/moved"
    none = await growth.browser.post(
        nowhere, data={"team": growth.team["id"]}, headers={"Accept": "text/html"}
    )
    assert (none.status_code, "<h1>Not found</h1>" in none.text) == (404, True)
    page = (await growth.browser.get(moved.headers["location"])).text
    assert "your team has moved" in page
    assert "Old versions to leave" not in page


async def test_it_shows_what_ones_own_proposals_wait_for_and_what_ended_lately(
    world: Api, growth: Reader
) -> None:
    asset, slow = await world.asset(growth.team), await world.team("slow")
    await world.publish(asset, table("id", "email"))
    await world.register(asset, slow, ["email"])
    opened = (await world.publish(asset, table("id"))).json()["proposal"]
    await tell(world.database, opened)
    page = (await growth.browser.get("/")).text
    own = page.partition('id="own-heading"')[2]
    assert slow["name"] in own
    assert "is reminded." in own
    await world.answer(opened, slow, "blocked", note="No.")
    await world.settle(opened)
    page = (await growth.browser.get("/")).text
    assert 'id="own-heading"' not in page
    ended = page.partition('id="recent-heading"')[2]
    assert opened["id"] in ended
    assert "A party blocks it" in ended


async def test_a_long_inbox_goes_on_with_what_is_due_later(world: Api, growth: Reader) -> None:
    later = await asked(world, growth.team, deadline="20d")
    sooner = await asked(world, growth.team, deadline="3d")
    page = (await growth.browser.get("/?limit=1")).text
    assert f"waits-{sooner['id']}" in page
    assert f"waits-{later['id']}" not in page
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following is not None
    page = (await growth.browser.get(following[1].replace("&amp;", "&"))).text
    assert f"waits-{later['id']}" in page
    assert f"waits-{sooner['id']}" not in page


async def test_who_may_only_look_is_offered_no_answer(
    world: Api, growth: Reader, locked: str
) -> None:
    people = Credentials(world.client, world.database)
    proposal = await asked(world, growth.team)
    token = await people.session(await people.member(growth.team, "viewer"))
    async with client_at(locked, cookies={SESSION: token}) as browser:
        page = (await browser.get("/")).text
        assert f"waits-{proposal['id']}" in page
        assert f"/inbox/{proposal['id']}/answer" not in page
        answer = await browser.post(
            f"/inbox/{proposal['id']}/answer",
            data={"team": growth.team["id"], "response": "approved"},
        )
        assert answer.status_code == 403
    assert (await party(world, proposal))["state"] == "pending"


async def test_the_start_page_is_the_list_where_nobody_signs_in(
    world: Api, growth: Reader, client: httpx.AsyncClient, locked: str
) -> None:
    assert "<h1>Open proposals</h1>" in (await client.get("/")).text
    assert "<h1>Open proposals</h1>" in (await growth.browser.get("/proposals")).text
    assert "<h1>Inbox</h1>" in (await growth.browser.get("/")).text
    led = await growth.browser.get("/", params={"team": growth.team["name"]})
    assert led.status_code == 303
    assert led.headers["location"] == f"/proposals?team={growth.team['name']}&role=asked"
    assert (await growth.browser.get("/inbox")).headers["location"] == "/"
    people = Credentials(world.client, world.database)
    token = await people.session(await people.user("lonely"))
    async with client_at(locked, cookies={SESSION: token}) as browser:
        assert "You are in no team" in (await browser.get("/")).text
