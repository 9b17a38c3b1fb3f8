"""The story end to end, in two browsers at once over a whole server: API, worker, Temporal."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from temporalio.client import Client

from api.ui.sessions import SESSION
from domain.json_types import JsonObject
from store.database import Database
from tests.e2e.stack import Stack, running
from tests.support.api_client import KEY, Api, client_at, table
from tests.support.credentials import Credentials
from tests.ui.conftest import Visit, watched
from workflows.execution import DATA_CONVERTER

SETTLES_WITHIN = 60_000
"""Milliseconds: a whole server, two browsers and whatever else the machine does."""


@pytest.fixture
async def stack(
    own_database_url: str, temporal_address: str, tmp_path: Path
) -> AsyncIterator[Stack]:
    temporal = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
    more = {"BOOTSTRAP_API_KEY": KEY}
    async with running(own_database_url, temporal_address, temporal, tmp_path, more) as stack:
        yield stack


async def _signed_in(browser: Browser, stack: Stack, session: str) -> Visit:
    context = await browser.new_context()
    await context.add_cookies([{"name": SESSION, "value": session, "url": stack.address}])
    visit = await watched(context)
    visit.page.set_default_timeout(SETTLES_WITHIN)
    return visit


@pytest.mark.timeout(900)
async def test_a_producer_proposes_by_form_a_consumer_answers_and_both_see_it_settle(
    stack: Stack, own_database_url: str, browser: Browser
) -> None:
    async with (
        Database.connect(own_database_url).closing() as database,
        client_at(stack.address, headers={"Authorization": f"Bearer {KEY}"}) as admin,
    ):
        api, credentials = Api(admin, database), Credentials(admin, database)
        owner, reader = await api.team("storefront"), await api.team("marketing")
        asset = await api.asset(owner)
        await api.publish(asset, table("id", "email"))
        await api.register(asset, reader, ["email"])
        sessions = [
            await credentials.session(await credentials.member(team, "member"))
            for team in (owner, reader)
        ]
    producing, consuming = [await _signed_in(browser, stack, each) for each in sessions]
    inbox = consuming.page
    await inbox.goto(stack.address)
    await inbox.evaluate("window.marked = true")  # a reloaded page would have forgotten this
    await _propose_without_email(producing.page, stack, asset)
    await expect(inbox.get_by_text(asset["fqn"]).first).to_be_visible(timeout=SETTLES_WITHIN)
    assert await inbox.evaluate("window.marked === true")
    await inbox.get_by_role("button", name="Ready").click()
    badge = producing.page.locator("#headline .badge")
    await expect(badge).to_have_text("Published", timeout=SETTLES_WITHIN)
    assert await producing.page.evaluate("window.marked === true")
    for visit in (producing, consuming):
        assert visit.complaints == []
        await visit.page.context.close()


async def _propose_without_email(page: Page, stack: Stack, asset: JsonObject) -> None:
    """From the search for the asset to the page of the proposal, which stays open."""
    await page.goto(f"{stack.address}/propose")
    await page.get_by_role("searchbox", name="Asset").fill(asset["fqn"])
    await page.get_by_role("link", name=asset["fqn"]).click()
    await page.get_by_role("textbox", name="Schema").fill(json.dumps(table("id")))
    await page.get_by_role("button", name="Propose 2.0.0 to 1 team").click()
    await expect(page.get_by_text("It is proposed.")).to_be_visible(timeout=SETTLES_WITHIN)
    await expect(page.locator("#headline .badge")).to_have_text("Pending", timeout=SETTLES_WITHIN)
    await page.evaluate("window.marked = true")
