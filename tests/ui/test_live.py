"""A page changes while it is looked at, and never under the hands of who writes."""

from collections.abc import AsyncIterator
from html import unescape
from time import monotonic

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from api.ui.sessions import SESSION
from tests.support.api_client import Api
from tests.support.credentials import Credentials
from tests.support.sealing import follows_from_here
from tests.ui.conftest import Visit, signed_in, watched
from tests.ui.stand_in import tell
from tests.ui.steady import PAINTED, moved, watch


@pytest.fixture
async def onlooker(browser: Browser) -> AsyncIterator[Visit]:
    """A second person with a browser of their own."""
    async with await browser.new_context() as context:
        visit = await watched(context)
        yield visit
        assert visit.complaints == []


async def test_an_answer_is_seen_in_another_browser_without_reload(
    api: Api, visit: Visit, onlooker: Visit, site: str
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)
    await watch(onlooker.page)
    for page in (visit.page, onlooker.page):
        await page.goto(f"{site}/proposals/{proposal['id']}")
    await _mark(onlooker.page)
    await visit.page.get_by_role("button", name="Ready").click()
    await expect(onlooker.page.locator("#parties .badge")).to_have_text("Ready")
    await expect(onlooker.page.get_by_role("status")).to_contain_text("answers ready")
    assert await moved(onlooker.page) == []
    await api.settle(proposal)
    await expect(onlooker.page.locator("#headline .badge")).to_have_text("Published")
    await expect(onlooker.page.get_by_role("button", name="Ready")).to_have_count(0)
    assert await _is_marked(onlooker.page)


async def test_a_new_proposal_comes_into_an_open_list(api: Api, visit: Visit, site: str) -> None:
    reader = await api.team("growth")
    page = visit.page
    await page.goto(f"{site}/?team={reader['name']}")
    await expect(page.get_by_text("Nothing waits for")).to_be_visible()
    await _mark(page)
    proposal = await api.proposal(reader)
    await expect(page.get_by_role("link", name=proposal["asset"]["fqn"])).to_be_visible()
    assert await _is_marked(page)


async def test_a_team_its_asset_and_its_dependencies_follow_the_log(
    api: Api, visit: Visit, onlooker: Visit, site: str
) -> None:
    reader, upstream = await api.team("growth"), await api.asset()
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)
    asset = proposal["asset"]
    path = f"/api/v1/assets/{asset['id']}"
    team, page = visit.page, onlooker.page
    await team.goto(f"{site}/teams/{proposal['producer']['id']}")
    await page.goto(f"{site}/assets/{asset['id']}")
    for each in (team, page):
        await _mark(each)
    await expect(team.locator("#matters")).to_contain_text(f"waits for {reader['name']}")
    await api.answer(proposal, reader, "approved")
    await expect(team.locator("#matters")).to_contain_text("waits for nobody")
    await api.settle(proposal)
    await expect(team.locator("#matters")).to_contain_text("Nothing waits for this team")
    await expect(page.locator("#published .number").first).to_have_text("2.0.0")
    await expect(page.locator("#headline")).to_contain_text("2.0.0")
    assert await _is_marked(team)
    assert await _is_marked(page)

    await page.goto(f"{site}/assets/{asset['id']}/dependencies")
    await _mark(page)
    await api.client.put(f"{path}/dependencies/{upstream['id']}")
    await expect(page.locator("[data-box]")).to_have_count(2)
    await page.get_by_role("link", name="Larger").click()
    await expect(page.locator("[data-percent]")).to_have_text("125 %")
    await page.get_by_role("heading", level=1).click()
    other = await api.asset()
    await api.client.put(f"/api/v1/assets/{other['id']}/dependencies/{asset['id']}")
    await expect(page.locator("[data-box]")).to_have_count(3)
    await expect(page.locator("[data-percent]")).to_have_text("125 %")
    assert await _is_marked(page)


async def test_what_is_being_written_stays_while_the_rest_changes(
    api: Api, visit: Visit, site: str
) -> None:
    growth, billing = await api.team("growth"), await api.team("billing")
    proposal = await api.proposal(growth, billing)
    await tell(api.database, proposal)
    page = visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    note = page.get_by_label("Note, or the reason")
    await page.get_by_label("Team").select_option(growth["id"])
    await note.fill("I am still wri")
    await api.answer(proposal, billing, "blocked", note="No.")
    await expect(page.locator("#parties")).to_contain_text("Blocked")
    await api.settle(proposal)
    await expect(page.locator("#headline .badge")).to_have_text("Rejected")
    await expect(note).to_be_focused()
    await page.keyboard.type("ting")
    await expect(note).to_have_value("I am still writing")
    await page.get_by_role("button", name="Ready").click()
    await expect(page.get_by_label("What you wrote")).to_have_value("I am still writing")


async def test_a_text_that_was_refused_stays_while_the_rest_changes(
    api: Api, visit: Visit, site: str
) -> None:
    growth, billing = await api.team("growth"), await api.team("billing")
    proposal = await api.proposal(growth, billing)
    await tell(api.database, proposal)
    page = visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}?team={growth['id']}")
    await page.get_by_label("Note, or the reason").fill("We need a while.")
    await page.get_by_role("button", name="Need time").click()
    await expect(page.get_by_role("alert")).to_contain_text("Write the date")
    await page.get_by_role("heading", level=1).click()
    await api.answer(proposal, billing, "approved")
    await expect(page.locator("#parties .badge.approved")).to_be_visible()
    await expect(page.get_by_label("Note, or the reason")).to_have_value("We need a while.")
    await expect(page.get_by_label("Team")).to_have_value(growth["id"])


async def test_what_was_marked_stays_marked_while_the_rest_changes(
    api: Api, visit: Visit, site: str
) -> None:
    team, last = await api.team("asked"), await api.team("last")
    page, path = visit.page, f"/api/v1/teams/{team['id']}/policy"
    await page.goto(f"{site}/teams/{team['id']}")
    await page.get_by_text("Change who answers …").click()
    await page.get_by_label("its owners", exact=True).check()
    await page.get_by_text("Change when it works …").click()
    await page.get_by_label("Friday").uncheck()
    await page.get_by_role("heading", level=1).click()
    changed = {
        "fallback": {"team_id": last["id"]},
        "calendar": {"time_zone": "Europe/Berlin"},
        "timeline": {"deadline": "3w"},
    }
    assert (await api.client.patch(path, json=changed)).status_code == 200
    await expect(page.locator("#timeline dl")).to_contain_text("21 days")
    await expect(page.get_by_label("its owners", exact=True)).to_be_checked()
    await expect(page.get_by_label("Friday")).not_to_be_checked()


async def test_the_forms_of_a_team_go_with_it(api: Api, visit: Visit, site: str) -> None:
    team, page = await api.team("goes"), visit.page
    await page.goto(f"{site}/teams/{team['id']}")
    await expect(page.get_by_text("Change when it works …")).to_be_visible()
    assert (await api.client.delete(f"/api/v1/teams/{team['id']}")).is_success
    await expect(page.locator("#headline")).to_contain_text("deleted")
    await expect(page.get_by_text("Change when it works …")).to_have_count(0)
    await expect(page.get_by_role("button", name="Restore")).to_be_visible()


async def test_a_page_stays_what_it_is_where_the_session_has_ended(
    api: Api, client: httpx.AsyncClient, browser: Browser, locked: str
) -> None:
    team, people = await api.team("sought"), Credentials(client, api.database)
    token = await people.session(await people.member(team, "member"))
    async with await browser.new_context() as context:
        await context.add_cookies([{"name": SESSION, "value": token, "url": locked}])
        page = (await watched(context)).page
        await page.goto(f"{locked}/teams?q={team['name']}")
        await context.clear_cookies()
        async with page.expect_response("**/teams?q=sought") as answer:
            await page.get_by_label("Name", exact=True).fill("sought")
        await (await answer.value).finished()
        await page.evaluate(PAINTED)
        await expect(page).to_have_title("Teams · Tessera")
        await expect(page.get_by_role("link", name=team["name"])).to_be_visible()


async def test_what_was_folded_open_stays_open(api: Api, visit: Visit, site: str) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    page = visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await page.get_by_text("Withdraw it …").click()
    await page.get_by_role("heading", level=1).click()
    await tell(api.database, proposal)
    await expect(page.locator("#timeline")).to_contain_text("is asked.")
    await expect(page.get_by_role("button", name="Withdraw it")).to_be_visible()


async def test_much_that_happens_at_once_reads_the_page_again_once_a_second(
    api: Api, visit: Visit, site: str
) -> None:
    reader = await api.team("growth")
    page, path = visit.page, f"/proposals?team={reader['name']}"
    reads: list[str] = []
    page.on("request", lambda each: reads.append(each.url) if site + path in each.url else None)
    async with page.expect_request("**/live?*"):
        await page.goto(site + path)
    begun = monotonic()
    for _ in range(12):
        proposal = await api.proposal(reader)
    await expect(page.get_by_role("link", name=proposal["asset"]["fqn"])).to_be_visible()
    assert 1 < len(reads) <= monotonic() - begun + 2, "the first of them opened the page"


async def test_an_inbox_hears_only_what_concerns_its_teams(
    api: Api, client: httpx.AsyncClient, locked: str
) -> None:
    credentials = Credentials(client, api.database)
    growth, other, steps = await api.team("growth"), await api.team("other"), []
    user = await credentials.user("ada")
    path = f"/api/v1/teams/{growth['id']}/members/{user['id']}"
    assert (await client.put(path, json={"role": "member"})).status_code == 200
    await follows_from_here(api.database)
    async with signed_in(locked, credentials, user) as browser:
        stream = unescape((await browser.get("/")).text.split('data-live="')[1].split('"')[0])
        await tell(api.database, await api.proposal(other))
        opened = await api.proposal(growth)
        await tell(api.database, opened)
        remark = {"text": "Why?", "team_id": growth["id"]}
        await api.made(f"/api/v1/proposals/{opened['id']}/comments", remark)
        await api.register(await api.asset(), growth)
        async with browser.stream("GET", stream) as heard:
            async for line in heard.aiter_lines():
                if line.startswith("event: "):
                    steps.append(line.removeprefix("event: "))
                if len(steps) == 4:
                    break
    registered = "registration.created"
    assert steps == [registered, "proposal.opened", "proposal.asked", registered]


async def _mark(page: Page) -> None:
    """A reloaded page would have forgotten this."""
    await page.evaluate("window.marked = true")


async def _is_marked(page: Page) -> bool:
    return bool(await page.evaluate("window.marked === true"))
