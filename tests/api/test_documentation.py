"""The page at /docs in a real browser: it works offline and the CSP has nothing to complain of."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from tests.support.api_client import app_over
from tests.support.live_api import live


@pytest.fixture
async def address(database_url: str, database: Database, comparer: Comparer) -> AsyncIterator[str]:
    feed = Feed(database, Listener(database_url, [EVENTS]))
    async with live(app_over(database, comparer, feed), feed) as address:
        yield address


@pytest.fixture
async def browser(browser_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


class Watched:
    """A page of which is noted what it asks for and complains of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requested: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


async def test_the_description_can_be_read_and_tried_out(browser: Browser, address: str) -> None:
    watched = Watched(await browser.new_page())
    page = watched.page
    page.set_default_timeout(90_000)  # milliseconds: a hundred operations are drawn at once
    await page.goto(f"{address}/docs")
    await page.get_by_text("Create a team").click()
    await page.get_by_role("button", name="Try it out").click()
    await page.locator("textarea").fill('{"name": "made by trying out"}')
    await page.get_by_role("button", name="Execute").click()
    await page.locator(".live-responses-table .response-col_status", has_text="201").wait_for()

    assert watched.complaints == []
    assert {url.removeprefix(address) for url in watched.requested} == {
        "/docs",
        "/docs/start.js",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/openapi.json",
        "/api/v1/teams",
    }
