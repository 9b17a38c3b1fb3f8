"""The list of teams, and the page of each with all that is done on it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from api.ui.team_reading import ASSETS_SHOWN
from api.ui.teams import ON_A_PAGE
from domain.json_types import JsonObject
from store.parties import NoticeRow
from store.transaction import Transaction
from tests.support.api_client import KEY, Api, client_at, unique
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, Visit, signed_in
from tests.ui.stand_in import tell


@pytest.fixture
async def administrator(locked: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(locked, headers=headers) as client:
        yield client


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, served: Site) -> Credentials:
    return Credentials(administrator, served.database)


async def _unfold(page: Page, text: str) -> None:
    await page.locator("summary", has_text=text).click()


async def test_a_team_is_made_found_given_people_and_says_when_it_works(
    api: Api, plain_visit: Visit, site: str
) -> None:
    page, name = plain_visit.page, unique("growth <i>")
    user = await api.made("/api/v1/users", {"name": "Ada", "email": f"{unique('a')}@example.com"})
    await page.goto(f"{site}/teams")
    await page.get_by_label("Its name").fill(name)
    await page.get_by_role("button", name="Create the team").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    address = page.url.partition("?")[0]

    await _unfold(page, "Add somebody")
    await page.get_by_label("E-mail address, or the name of a bot").fill(user["email"].upper())
    await page.locator("#add-member").get_by_label("Role").select_option("owner")
    await page.get_by_role("button", name="Add to the team").click()
    await expect(page.locator("#members li", has_text="Ada")).to_contain_text("owner")
    await _unfold(page, "Change Ada")
    await page.locator("#members li").get_by_label("Role").select_option("viewer")
    await page.get_by_role("button", name="Save the role").click()
    await expect(page.locator("#members li", has_text="Ada")).to_contain_text("viewer")

    await _unfold(page, "Change when it works")
    await page.get_by_label("Time zone").fill("Europe/Berlin")
    await page.get_by_label("Friday").uncheck()
    await page.get_by_label("Days off").fill("2026-12-24\n2026-12-31")
    await page.get_by_role("button", name="Save when it works").click()
    await expect(page.locator("#calendar dl")).to_contain_text("Mon, Tue, Wed, Thu")
    await expect(page.locator("#calendar dl")).to_contain_text("Europe/Berlin")
    policy = await api.got(f"/api/v1{urlsplit(address).path}/policy")
    assert policy["calendar"]["days_off"] == ["2026-12-24", "2026-12-31"]
    await _unfold(page, "Change when it works")
    await page.get_by_role("button", name="Work as usual").click()
    await expect(page.locator("#calendar")).to_contain_text("It has not said so itself.")

    await page.get_by_role("link", name="Teams", exact=True).first.click()
    await page.get_by_label("Name", exact=True).fill(name[:12].upper())
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("link", name=name)).to_be_visible()


async def test_what_is_refused_stands_on_the_page_with_what_was_written(
    api: Api, plain_visit: Visit, site: str
) -> None:
    team, taken = await api.team("one"), await api.team("two")
    page = plain_visit.page
    await page.goto(f"{site}/teams/{team['id']}")
    await _unfold(page, "Rename it")
    await page.get_by_label("New name").fill(taken["name"])
    await page.get_by_role("button", name="Rename the team").click()
    await expect(page.get_by_role("alert")).to_contain_text("There is a team")
    await expect(page.get_by_label("New name")).to_have_value(taken["name"])
    await _unfold(page, "Change when it works")
    await page.get_by_label("Time zone").fill("Mars/Olympus")
    await page.get_by_label("Friday").uncheck()
    await page.get_by_role("button", name="Save when it works").click()
    await expect(page.get_by_role("alert")).to_contain_text("There is no time zone")
    await expect(page.get_by_label("Time zone")).to_have_value("Mars/Olympus")
    await expect(page.get_by_label("Friday")).not_to_be_checked()


async def test_a_team_is_deleted_with_what_it_owns_given_away_and_restored(
    api: Api, client: httpx.AsyncClient
) -> None:
    team, other = await api.team("goes"), await api.team("stays")
    asset = await api.asset(team)
    path = f"/teams/{team['id']}"
    refused = await client.post(f"{path}/delete", data={"reassign_to": ""})
    assert (refused.status_code, "owns 1 asset" in refused.text) == (409, True)
    unknown = await client.post(f"{path}/delete", data={"reassign_to": "nobody at all"})
    assert (unknown.status_code, "nobody at all" in unknown.text) == (422, True)
    gone = await client.post(f"{path}/delete", data={"reassign_to": other["name"]})
    assert (gone.status_code, gone.headers["location"]) == (303, f"{path}?said=delete")
    assert (await api.got(f"/api/v1/assets/{asset['id']}"))["owner_team_id"] == other["id"]
    listed = {"q": team["name"]}
    assert f'href="{path}"' not in (await client.get("/teams", params=listed)).text
    deleted = await client.get("/teams", params=listed | {"deleted": "1"})
    assert f'href="{path}"' in deleted.text
    assert f"{path}/restore" in (await client.get(path)).text
    back = await client.post(f"{path}/restore", data={"name": ""})
    assert back.status_code == 303
    assert (await api.got(f"/api/v1{path}"))["deleted_at"] is None


async def test_a_team_is_merged_for_good(api: Api, client: httpx.AsyncClient) -> None:
    team, other = await api.team("goes"), await api.team("stays")
    asset = await api.asset(team)
    path = f"/teams/{team['id']}"
    offered = (await client.get(path)).text
    names = [f'<option value="{each["name"]}"></option>' in offered for each in (team, other)]
    assert names == [False, True]
    none = await client.post(f"{path}/merge", data={"into": ""})
    assert (none.status_code, "Name the team that gets everything" in none.text) == (422, True)
    assert (await client.post(f"{path}/merge", data={"into": other["name"]})).status_code == 303
    assert (await api.got(f"/api/v1/assets/{asset['id']}"))["owner_team_id"] == other["id"]
    text = (await client.get(path)).text
    assert f'Merged into <a href="/teams/{other["id"]}">' in text
    assert f"{path}/restore" not in text
    assert "A merged team cannot be restored" in text
    assert (await client.post(f"{path}/restore", data={})).status_code == 409


async def test_who_answers_and_who_hears_of_silence_is_said_on_the_page(
    api: Api, client: httpx.AsyncClient, served: Site
) -> None:
    team, last = await api.team("asked"), await api.team("last")
    user = await Credentials(client, served.database).member(team, "member")
    path, field = f"/teams/{team['id']}", f"answerer-{user['id']}"
    form = {"who": "named", field: "on", "fallback": last["name"]}
    assert (await client.post(f"{path}/answering", data=form)).status_code == 303
    policy = await api.got(f"/api/v1{path}/policy")
    assert (policy["who_answers"], policy["answerers"]) == ("named", [user["id"]])
    assert policy["fallback"]["team_id"] == last["id"]
    text = (await client.get(path)).text
    assert f'name="{field}" checked' in text
    assert f'value="{last["name"]}"' in text
    assert f'<option value="{user["email"]}">' not in text, "who is in it already"
    form["fallback"] = user["email"].upper()
    assert (await client.post(f"{path}/answering", data=form)).status_code == 303
    told = (await client.get(path)).text.split('name="fallback"')[1].split(">")[0]
    assert f'value="{user["email"]}"' in told
    nobody = await client.post(f"{path}/answering", data={"who": "named", "fallback": ""})
    assert (nobody.status_code, "needs somebody who is named" in nobody.text) == (422, True)
    assert f'name="{field}">' in nobody.text, "what was taken away stays so"
    gone = await client.post(f"/api/v1/users/{user['id']}/deactivate")
    assert gone.status_code == 200
    assert "nobody who still works for it" in (await client.get(path)).text


async def test_who_was_marked_to_answer_stays_marked_when_that_is_refused(
    api: Api, client: httpx.AsyncClient, served: Site
) -> None:
    team = await api.team("asked")
    user = await Credentials(client, served.database).member(team, "member")
    field = f"answerer-{user['id']}"
    form = {"who": "named", field: "on", "fallback": "no such team"}
    refused = await client.post(f"/teams/{team['id']}/answering", data=form)
    assert (refused.status_code, "There is no team" in refused.text) == (422, True)
    assert f'name="{field}" checked' in refused.text


async def test_the_times_of_its_assets_are_said_on_the_page(
    api: Api, client: httpx.AsyncClient
) -> None:
    team = await api.team("slow")
    path = f"/teams/{team['id']}"
    before = (await client.get(path)).text
    assert 'name="timeline.deadline" value="" placeholder="14 days"' in before
    form = {"observe": "asks", "timeline.deadline": "3w", "timeline.days": "working"}
    assert (await client.post(f"{path}/timeline", data=form)).status_code == 303
    policy = await api.got(f"/api/v1{path}/policy")
    assert policy["timeline_overrides"] == {"deadline": "P21D", "days": "working"}
    assert policy["observe"] is False
    text = (await client.get(path)).text
    assert 'name="timeline.deadline" value="21d"' in text
    assert '<option value="working" selected>' in text
    assert '<option value="asks" selected>' in text
    assert "<dd>21 days</dd>" in text
    refused = await client.post(f"{path}/timeline", data={"timeline.remind_after": "soon"})
    assert (refused.status_code, "is not a duration" in refused.text) == (422, True)
    assert 'value="soon" placeholder="2 days" maxlength="40"' in refused.text
    assert "<strong>nobody is asked</strong>" not in text
    assert (await client.post(f"{path}/timeline", data={"observe": "observes"})).status_code == 303
    assert "<strong>nobody is asked</strong>" in (await client.get(path)).text
    back = {"observe": "", "timeline.deadline": "", "timeline.days": ""}
    assert (await client.post(f"{path}/timeline", data=back)).status_code == 303
    policy = await api.got(f"/api/v1{path}/policy")
    assert (policy["timeline_overrides"], policy["observe"]) == ({}, None)


async def test_administration_is_offered_to_administrators_and_its_parts_to_others(
    credentials: Credentials, administrator: httpx.AsyncClient, locked: str, served: Site
) -> None:
    team = await Api(administrator, served.database).team("own")
    member = await credentials.member(team, "member")
    keys, log = (f"/administration/{each}?team={team['id']}" for each in ("keys", "log"))
    async with signed_in(locked, credentials, member) as browser:
        page, account = [
            (await browser.get(each)).text for each in (f"/teams/{team['id']}", "/account")
        ]
        assert (await browser.get(keys)).status_code == 200
        assert (await browser.get(log)).status_code == 200
    for text in (page, account):
        assert 'href="/administration"' not in text
    assert f'href="{keys}"' in page
    assert f'href="{log}"' in page
    for area in ("keys", "log", "users", "destinations"):
        assert f'href="/administration/{area}"' in account
    stranger = await credentials.user("stranger")
    async with signed_in(locked, credentials, stranger) as browser:
        text = (await browser.get(f"/teams/{team['id']}")).text
    assert f'href="{keys}"' not in text
    told = f'href="/administration/destinations?team={team["id"]}"'
    assert (told in page, told in text) == (True, False)
    text = (await administrator.get("/teams", headers={"Accept": "text/html"})).text
    assert 'href="/administration"' in text


async def test_nobody_is_offered_what_they_may_not_do(
    credentials: Credentials, administrator: httpx.AsyncClient, served: Site
) -> None:
    team = await Api(administrator, served.database).team("guarded")
    path = f"/teams/{team['id']}"
    offered = {
        "viewer": [],
        "member": ["/calendar", "/answering", "/timeline"],
        "owner": ["/calendar", "/answering", "/timeline", "/members", "/rename"],
    }
    everything = {*offered["owner"], "/merge", "/delete"}
    for role, steps in offered.items():
        key = await credentials.user_key(await credentials.member(team, role))
        own = {"Authorization": f"Bearer {key['key']}"}
        text = (await administrator.get(path, headers=own)).text
        there = {step for step in everything if f'action="{path}{step}"' in text}
        assert there == set(steps), role
        assert ("Name</h2>" in text, "Name and end</h2>" in text) == (role == "owner", False)
        assert "cannot be restored" not in text
        assert "Create the team" not in (await administrator.get("/teams", headers=own)).text
    text = (await administrator.get(path)).text
    assert {step for step in everything if f'action="{path}{step}"' in text} == everything


async def test_the_page_shows_what_waits_what_is_owned_and_what_is_read(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)
    fqn, own = proposal["asset"]["fqn"], proposal["producer"]["id"]
    text = (await client.get(f"/teams/{reader['id']}")).text
    assert f"/proposals/{proposal['id']}?team={reader['id']}" in text
    assert "email</code> is removed" in text
    stream = text.split('data-live="')[1].split('"')[0]
    assert UUID(proposal["id"]).hex in stream, "others' answers to it are events of theirs"
    assert "0 of 1" in text
    assert "nine of ten" not in text, "of no answer at all"
    text = (await client.get(f"/teams/{own}")).text
    assert f"waits for <bdi>{reader['name']}</bdi>" in text
    assert f'/assets/{proposal["asset"]["id"]}"><bdi>{fqn}' in text


async def test_what_is_deleted_counts_neither_as_owned_nor_as_read(
    api: Api, client: httpx.AsyncClient
) -> None:
    owner, reader = await api.team("checkout"), await api.team("growth")
    standing, deleted = await api.asset(owner), await api.asset(owner)
    for each in (standing, deleted):
        await api.register(each, reader)
    assert (await client.delete(f"/api/v1/assets/{deleted['id']}")).status_code == 204
    page = (await client.get(f"/teams/{reader['id']}")).text
    assert "Owns 0 assets, reads 1, has" in page
    assert '<h2 id="consumed-heading">Reads <span class="count">1</span></h2>' in page
    assert "Owns 1 asset, reads 0, has" in (await client.get(f"/teams/{owner['id']}")).text
    listed = (await client.get("/teams", params={"q": reader["name"]})).text
    assert "<div><dt>reads</dt><dd>1</dd></div>" in listed


async def test_how_quickly_it_answers_is_of_what_it_was_asked_in_ninety_days(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("reader")
    await tell(api.database, await api.proposal(reader))
    for days, says in ((89, "0 of 1"), (2, "It was asked nothing in this time.")):

        async def passes(tx: Transaction, days: int = days) -> None:
            older = NoticeRow.created_at - timedelta(days=days)
            mine = NoticeRow.team_id == UUID(reader["id"])
            await tx.sql.execute(update(NoticeRow).where(mine).values(created_at=older))

        await api.database.run(passes)
        assert says in (await client.get(f"/teams/{reader['id']}")).text


async def test_long_lists_go_on_page_by_page(api: Api, client: httpx.AsyncClient) -> None:
    team = await api.team("rich")
    assets = [await api.asset(team) for _ in range(ASSETS_SHOWN + 1)]
    first = await client.get(f"/teams/{team['id']}")
    assert assets[0]["fqn"] not in first.text
    following = _link(first.text, "More of what it owns")
    assert assets[0]["fqn"] in (await client.get(following)).text
    reader = await api.team("reader")
    for each in assets:
        await api.register(each, reader)
    first = await client.get(f"/teams/{reader['id']}")
    assert assets[0]["fqn"] not in first.text
    following = _link(first.text, "More of what it reads")
    assert assets[0]["fqn"] in (await client.get(following)).text
    shared = unique("many")
    for number in range(ON_A_PAGE + 1):
        await api.made("/api/v1/teams", {"name": f"{shared} {number:02}"})
    listed = await client.get("/teams", params={"q": shared})
    assert f"{shared} 49" in listed.text
    assert f"{shared} 50" not in listed.text
    rest = await client.get(_link(listed.text, "More teams"))
    assert f"{shared} 50" in rest.text
    assert f"{shared} 49" not in rest.text


async def test_people_stand_in_the_order_of_their_names(
    api: Api, client: httpx.AsyncClient
) -> None:
    team = await api.team("crowd")
    for name in ("Zoe", "ada", "Grace"):
        user = await api.made(
            "/api/v1/users", {"name": name, "email": f"{unique('u')}@example.com"}
        )
        path = f"/api/v1/teams/{team['id']}/members/{user['id']}"
        assert (await client.put(path, json={"role": "member"})).status_code == 200
    text = (await client.get(f"/teams/{team['id']}")).text.split('id="members"')[1]
    places = [text.index(f"<bdi>{name}</bdi>") for name in ("ada", "Grace", "Zoe")]
    assert places == sorted(places)


async def test_words_are_looked_for_as_they_are(api: Api, client: httpx.AsyncClient) -> None:
    shared = unique("percent")
    made: list[JsonObject] = [
        await api.made("/api/v1/teams", {"name": f"{shared}{name}"}) for name in ("100%", "100x")
    ]
    text = (await client.get("/teams", params={"q": f"{shared}100%"})).text
    assert made[0]["id"] in text
    assert made[1]["id"] not in text


async def test_a_form_that_is_sent_twice_makes_one_team(
    api: Api, client: httpx.AsyncClient
) -> None:
    form = {"name": unique("once"), "once": "0123456789abcdef" * 2}
    first, second = [await client.post("/teams", data=form) for _ in range(2)]
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    other = await client.post("/teams", data=form | {"once": "f" * 32})
    assert (other.status_code, form["name"] in other.text) == (409, True)


async def test_teams_are_found_while_typing_and_a_new_member_is_seen_at_once(
    api: Api, visit: Visit, site: str
) -> None:
    team, other = await api.team("sought"), await api.team("other")
    page = visit.page
    await page.goto(f"{site}/teams?q={other['name']}")
    await page.get_by_label("Name", exact=True).fill(team["name"][:-2])
    link = page.get_by_role("link", name=team["name"])
    await expect(link).to_be_visible()
    await expect(page.get_by_role("link", name=other["name"])).to_have_count(0)
    assert team["name"][:-2] in page.url
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(team["name"])
    user = await api.made("/api/v1/users", {"name": "Grace", "email": f"{unique('g')}@example.com"})
    added = await api.client.put(
        f"/api/v1/teams/{team['id']}/members/{user['id']}", json={"role": "owner"}
    )
    assert added.status_code == 200
    await expect(page.locator("#members li", has_text="Grace")).to_be_visible()


def _link(text: str, name: str) -> str:
    before = text[: text.index(f">{name}</a>")]
    address = before[before.rindex('href="') + 6 :]
    return address[: address.index('"')].replace("&amp;", "&")
