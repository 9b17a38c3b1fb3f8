"""The proof of a proposal as a page, and on paper."""

import asyncio
import json
import re
from pathlib import Path
from uuid import UUID

from playwright.async_api import Browser, expect

from tests.support.api_client import Api
from tests.ui.conftest import Visit
from tests.ui.stand_in import tell


async def test_the_page_says_who_was_asked_what_and_who_answered(
    api: Api, plain_visit: Visit, site: str
) -> None:
    growth, billing = await api.team("growth"), await api.team("billing")
    proposal = await api.proposal(growth, billing)
    await tell(api.database, proposal)
    await api.answer(proposal, growth, "blocked", note="We <b>need</b> it.")
    await api.answer(proposal, growth, "approved")
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    await page.get_by_role("link", name="Proof of who was asked").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Proof")
    row = page.locator("tr", has_text=growth["name"]).first
    await expect(row).to_contain_text("reads email")
    await expect(row).to_contain_text("Ready")
    await expect(page.locator("tr", has_text=billing["name"]).first).to_contain_text("none")
    await expect(page.get_by_label("A record that breaks")).to_contain_text('"email"')
    answers = page.get_by_role("region", name="Every answer").locator("tbody tr")
    await expect(answers).to_have_count(2)
    await expect(answers.first).to_contain_text("We <b>need</b> it.")
    await expect(answers.first).to_contain_text("was changed later")
    log = page.get_by_role("region", name="The log of it").locator("tbody tr")
    hashes = await log.locator(".hash").all_inner_texts()
    assert len(hashes) == 5, "opened, asked twice, answered twice"
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes)


async def test_the_file_beside_the_page_is_the_proof_of_the_api(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}/proof")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="The same as a file").click()
    path = await (await download.value).path()
    saved = json.loads(await asyncio.to_thread(path.read_text))
    answered = await api.got(f"/api/v1/proposals/{proposal['id']}/proof")
    assert {**saved, "read_at": None} == {**answered, "read_at": None}
    assert UUID(saved["proposal"]["id"]) == UUID(proposal["id"])


async def test_it_prints_on_few_sheets_with_everything_on_them(
    api: Api, site: str, browser: Browser, tmp_path: Path
) -> None:
    teams = [await api.team(f"reader-{number}") for number in range(6)]
    proposal = await api.proposal(*teams)
    await tell(api.database, proposal)
    async with await browser.new_context() as context:
        page = await context.new_page()
        await page.goto(f"{site}/proposals/{proposal['id']}/proof")
        await page.emulate_media(media="print")
        await expect(page.get_by_role("navigation")).to_be_hidden()
        for heading in await page.locator("main h2").all():
            await expect(heading).to_be_visible()
        for region in await page.locator(".scroll").all():
            inside, outside = await region.evaluate("each => [each.scrollWidth, each.clientWidth]")
            assert inside <= outside, "nothing is cut off at the edge of the sheet"
        pdf = await page.pdf(path=tmp_path / "proof.pdf", prefer_css_page_size=True)
    sheets = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 1 <= sheets <= 6
