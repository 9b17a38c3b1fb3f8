"""The reports as pages."""

from playwright.async_api import ViewportSize, expect

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
    row = page.get_by_role("row", name=team["name"])
    await expect(row.locator("td").first).to_have_text("1")
    picture = page.get_by_role("img", name="Median time to answer")
    assert await picture.locator("rect.short").count() >= 1
    await page.get_by_role("link", name="By asset").click()
    await expect(page.get_by_role("row", name=proposal["asset"]["fqn"])).to_be_visible()


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
