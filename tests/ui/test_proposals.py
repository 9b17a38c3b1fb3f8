"""The lists of proposals."""

import httpx
from playwright.async_api import expect

from record.comparison import Comparer
from tests.support.api_client import Api, client_at
from tests.ui.conftest import Visit, serving
from tests.ui.stand_in import tell


async def test_an_open_proposal_stands_on_the_first_page_and_leads_to_its_own(
    api: Api, plain_visit: Visit, site: str
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    page = plain_visit.page
    await page.goto(f"{site}/?team={reader['name']}")
    row = page.get_by_role("listitem").filter(has_text=proposal["asset"]["fqn"])
    await expect(row).to_contain_text("email is removed")
    await expect(row).to_contain_text(f"Waits for{reader['name']}")
    await expect(row).to_contain_text("Pending")
    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("2.0.0")


async def test_the_soonest_due_stands_first(api: Api, client: httpx.AsyncClient) -> None:
    reader = await api.team()
    late = await api.proposal(reader, deadline="20d")
    soon = await api.proposal(reader, deadline="3d")
    for proposal in (late, soon):
        await tell(api.database, proposal)
    text = (await client.get("/", params={"team": reader["name"]})).text
    assert text.index(soon["id"]) < text.index(late["id"])


async def test_a_list_can_be_narrowed_to_who_is_asked_or_who_proposes(
    api: Api, plain_visit: Visit, site: str
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    page = plain_visit.page
    await page.goto(site)
    await page.get_by_role("combobox", name="Team").fill(proposal["producer"]["name"])
    await page.get_by_label("that").select_option("proposes")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_role("link", name=proposal["asset"]["fqn"])).to_be_visible()
    await page.get_by_label("that").select_option("is asked")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_text("Nothing waits for")).to_be_visible()


async def test_a_team_that_is_not_there_is_said_and_its_name_is_kept(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/", params={"team": 'no "such" team'})
    assert answer.status_code == 404
    assert "There is no team of this name." in answer.text
    assert 'value="no &#34;such&#34; team"' in answer.text


async def test_a_long_list_goes_on_with_what_is_older(
    api: Api, plain_visit: Visit, site: str
) -> None:
    reader = await api.team()
    older, newer = await api.proposal(reader), await api.proposal(reader)
    page = plain_visit.page
    await page.goto(f"{site}/?team={reader['name']}&limit=5")
    await expect(page.locator(".headline")).to_contain_text("would break, soonest due first.")
    await page.goto(f"{site}/?team={reader['name']}&limit=1")
    await expect(page.locator(".headline")).to_contain_text("newest first; on each page,")
    await expect(page.get_by_role("link", name=newer["asset"]["fqn"])).to_be_visible()
    await expect(page.get_by_role("link", name=older["asset"]["fqn"])).to_have_count(0)
    await page.get_by_role("link", name="Older proposals").click()
    await expect(page.get_by_role("link", name=older["asset"]["fqn"])).to_be_visible()
    await expect(page.get_by_role("link", name=newer["asset"]["fqn"])).to_have_count(0)
    await page.get_by_role("link", name="Newest").click()
    await expect(page.get_by_role("link", name=newer["asset"]["fqn"])).to_be_visible()


async def test_what_ended_stands_below_with_the_reason(api: Api, client: httpx.AsyncClient) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    await api.answer(proposal, reader, "blocked", note="Not before the audit.")
    await api.settle(proposal)
    for path in ("/", "/ended"):
        text = (await client.get(path, params={"team": reader["name"]})).text
        assert proposal["id"] in text
        assert "a party blocks it" in text


async def test_an_empty_server_says_what_to_do_next(
    own_database_url: str, comparer: Comparer
) -> None:
    async with (
        serving(own_database_url, comparer) as site,
        client_at(site.address) as client,
    ):
        text = (await client.get("/")).text
        assert "Nothing waits for anybody" in text
        assert "tessera contract publish" in text
        assert "Nothing has ended yet." in (await client.get("/ended")).text
