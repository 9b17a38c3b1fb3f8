"""The reports as pages."""

from playwright.async_api import Locator, Page, ViewportSize, expect

from api.ui.reports import Choice
from domain.response_times import About, By
from tests.api.test_reports import observing
from tests.support.api_client import Api
from tests.ui.conftest import Visit
from tests.ui.stand_in import tell


async def test_the_page_of_response_times_draws_each_team(
    api: Api, plain_visit: Visit, site: str
) -> None:
    team = await api.team("<b>growth")
    proposal = await api.proposal(team)
    await tell(api.database, proposal)
    await api.answer(proposal, team, "approved")
    page = plain_visit.page
    await page.goto(site)
    await page.get_by_role("link", name="Reports").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("How long teams take to answer")
    bar = page.get_by_role("list", name="Median time to answer").get_by_role("listitem").first
    await expect(bar.locator(".says")).not_to_be_empty()
    assert await bar.locator("rect.short").count() == 1
    row = await _turned_to(page, team["name"])
    await expect(row.locator("td").first).to_have_text("1")
    await page.set_viewport_size(ViewportSize(width=390, height=900))
    for part in ("svg", ".says"):
        box = await bar.locator(part).bounding_box()
        assert box is not None
        assert (box["x"] >= 0, box["x"] + box["width"] <= 390, box["width"] > 50) == (True,) * 3
    await page.get_by_role("link", name="By asset").click()
    await page.wait_for_url("**by=asset**")
    await expect(await _turned_to(page, proposal["asset"]["fqn"])).to_be_visible()


async def _turned_to(page: Page, subject: str) -> Locator:
    """Turn the pages of a report until one has the row of this subject."""
    row = page.get_by_role("row", name=subject)
    while not await row.count():
        async with page.expect_navigation():
            await page.get_by_role("link", name="Next").click()
    return row


async def test_the_page_of_what_was_observed_says_who_would_have_been_asked(
    api: Api, plain_visit: Visit, site: str
) -> None:
    team = await api.team("growth")
    asset = await observing(api, team, times=2)
    page = plain_visit.page
    await page.goto(f"{site}/reports/observed?days=30")
    entry = page.locator(".lines > li", has_text=team["name"])
    await expect(entry).to_contain_text("2 questions, 2 breaking changes")
    await expect(entry).to_contain_text(asset["fqn"])
    await expect(entry).to_contain_text("column_0 is removed")
    await page.set_viewport_size(ViewportSize(width=390, height=900))
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_address_of_a_page_keeps_what_was_chosen() -> None:
    choice = Choice(path="/reports/x", by=By.ASSET, days=30, about=About.PROPOSALS, cursor="one")
    assert choice.after("two") == "/reports/x?by=asset&days=30&about=proposals&cursor=two"
    assert choice.query(days=90) == "/reports/x?by=asset&days=90&about=proposals"
    assert choice.query(about=None) == "/reports/x?by=asset&days=30"


async def test_the_next_page_begins_where_the_one_before_ended(api: Api) -> None:
    first, second = await api.team(), await api.team()
    for team in (first, second):
        await observing(api, team)
    report = await api.got("/api/v1/reports/observed", by="asset", limit="1")
    (line,) = report["items"]
    chosen = {"by": "asset", "cursor": report["next"]}
    page = await api.client.get("/reports/observed", params=chosen)
    assert page.status_code == 200
    assert 'href="/reports/observed?by=asset&amp;days=90">From the beginning' in page.text
    assert line["asset"]["fqn"] not in page.text
    wrong = await api.client.get("/reports/observed", params={"cursor": "wrong"})
    assert wrong.status_code == 422
