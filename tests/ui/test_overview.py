"""The overview as a page."""

from playwright.async_api import ViewportSize, expect
from sqlalchemy import text

from record.comparison import Comparer
from store.database import Database
from store.rows import new_id
from store.transaction import Transaction
from tests.support.api_client import KEY, LOCKED, Api, client_at
from tests.support.credentials import Credentials
from tests.ui.conftest import Visit, serving
from tests.ui.stand_in import tell


async def test_a_new_proposal_comes_into_the_picture_and_goes_when_it_ends(
    own_database_url: str, comparer: Comparer, visit: Visit
) -> None:
    async with (
        serving(own_database_url, comparer) as site,
        client_at(site.address) as client,
    ):
        api, page = Api(client, site.database), visit.page
        await page.goto(f"{site.address}/overview")
        await expect(page.get_by_text("Nothing is in flight")).to_be_visible()
        await expect(page.get_by_text("Everything arrives")).to_be_visible()
        reader = await api.team("<b>growth" + "w" * 60)
        proposal = await api.proposal(reader)
        await tell(site.database, proposal)
        row = page.locator("li.flight", has_text=proposal["asset"]["fqn"])
        await expect(row).to_contain_text(f"waits for {reader['name']}")
        await expect(row).to_contain_text("due in 13 days")
        assert await row.locator("svg rect.run").count() == 1
        await expect(page.locator("#ages-heading")).to_be_visible()
        await expect(page.locator("#spread")).to_contain_text("< 1 d")
        picture = page.get_by_role("img", name="From opened to due")
        assert "1 bar" in (await picture.locator("desc").text_content() or "")
        team = page.locator("#slow").get_by_role("row", name=reader["name"])
        await expect(team.get_by_role("cell").first).to_have_text("1")
        await page.set_viewport_size(ViewportSize(width=390, height=900))
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await api.answer(proposal, reader, "blocked", note="Not before the audit.")
        await api.settle(proposal)
        await expect(page.get_by_text("Nothing is in flight")).to_be_visible()
        await expect(page.locator("#ages-heading")).to_have_count(0)
        ended = page.get_by_role("img", name="Proposals that ended")
        assert "1 rejected" in (await ended.locator("desc").text_content() or "")


async def test_where_a_destination_leads_is_told_to_its_own_team_alone(
    own_database_url: str, comparer: Comparer
) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        serving(own_database_url, comparer, LOCKED) as site,
        client_at(site.address, headers=headers) as admin,
    ):
        credentials = Credentials(admin, site.database)
        team, other = (
            await Api(admin, site.database).team("a"),
            await Api(admin, site.database).team("b"),
        )
        hook = await admin.put(
            f"/api/v1/teams/{team['id']}/destinations/hook",
            json={"address": "https://hooks.example.com/t"},
        )
        await _failed(site.database, hook.json()["id"], "nobody at 10.0.0.7 answers")
        for whose, sees in ((team, True), (other, False)):
            key = (await credentials.team_key(whose, "read"))["key"]
            own = {"Authorization": f"Bearer {key}"}
            shown = (await admin.get("/overview", headers=own)).text
            assert team["name"] in shown
            assert ("10.0.0.7" in shown) is sees
            assert (f"?team={team['id']}" in shown) is sees


async def _failed(database: Database, destination: str, error: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "INSERT INTO deliveries (id, event_id, destination_id, status, attempts,"
                " last_error) SELECT CAST(:new AS uuid), (SELECT id FROM events LIMIT 1),"
                " CAST(:to AS uuid), 'failed', 1, CAST(:error AS text)"
            ),
            {"new": str(new_id()), "to": destination, "error": error},
        )

    await database.run(work)
