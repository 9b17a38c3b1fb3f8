"""A page changes while it is looked at, and never under the hands of who writes."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.api_client import Api
from tests.ui.conftest import Visit, watched
from tests.ui.stand_in import tell


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
    for page in (visit.page, onlooker.page):
        await page.goto(f"{site}/proposals/{proposal['id']}")
    await _mark(onlooker.page)
    await visit.page.get_by_role("button", name="Ready").click()
    await expect(onlooker.page.locator("#parties .badge")).to_have_text("Ready")
    await expect(onlooker.page.get_by_role("status")).to_contain_text("answers ready")
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


async def _mark(page: Page) -> None:
    """A reloaded page would have forgotten this."""
    await page.evaluate("window.marked = true")


async def _is_marked(page: Page) -> bool:
    return bool(await page.evaluate("window.marked === true"))
