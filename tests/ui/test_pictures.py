"""The pages as people see them, with a company's week on them.

`TESSERA_PICTURES=docs/images` writes the six that the docs show, `TESSERA_SHOTS=<directory>` all of
them.
"""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from api.ui.sessions import SESSION
from domain.json_types import JsonObject
from record.comparison import Comparer
from tests.support.api_client import Api, client_at
from tests.ui.accessible import violations, violations_by_look
from tests.ui.administered import administer
from tests.ui.conftest import serving
from tests.ui.gallery import CUSTOMERS, Gallery, without
from tests.ui.steady import moved, moved_while_it_came, watch

LARGEST = 200_000
WIDTHS = {"wide": 1440, "narrow": 390}
HEIGHT = 900
SHOTS = os.environ.get("TESSERA_SHOTS")
SIGNED_IN = frozenset({"inbox"})
"""Pages that are another one, or none, where nobody is signed in."""
NAMELESS = """
    [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
      .filter((each) => !each.labels?.length && !each.textContent.trim())
      .map((each) => each.outerHTML)
"""
CRAMPED = """
    [...document.querySelectorAll("td, th")]
      .filter((each) => each.clientWidth && each.clientWidth < 100 && each.innerText.length > 60)
      .map((each) => `${each.clientWidth} pixels are too narrow for ${each.innerText.slice(0, 60)}`)
"""


@dataclass(frozen=True, slots=True)
class Furnished:
    address: str
    proposal_id: str
    asset_id: str
    team_id: str
    administered: JsonObject
    token: str
    """Of the session of somebody for whom something waits."""

    async def sign_in(self, context: BrowserContext) -> None:
        await context.add_cookies([{"name": SESSION, "value": self.token, "url": self.address}])

    def paths(self) -> dict[str, str]:
        proposal, asset = f"/proposals/{self.proposal_id}", f"/assets/{self.asset_id}"
        administration, one = "/administration", self.administered
        return {
            "list": "/proposals",
            "inbox": "/",
            "ended": "/ended",
            "propose": "/propose",
            "propose-new": "/propose/new",
            "demo": "/setup/demo",
            "proposal": proposal,
            "proof": f"{proposal}/proof",
            "schema": f"{proposal}/schema",
            "catalogue": "/assets",
            "asset": asset,
            "asset-history": f"{asset}/history",
            "version": f"{asset}/versions/active",
            "compare": f"{asset}/compare?from=1.1.0&to=1.0.0",
            "revise": f"{proposal}/revise",
            "response-times": "/reports/response-times",
            "observed": "/reports/observed",
            "dependencies": f"{asset}/dependencies",
            "overview": "/overview",
            "teams": "/teams",
            "team": f"/teams/{self.team_id}",
            "keys": f"{administration}/keys",
            "users": f"{administration}/users",
            "user": f"{administration}/users/{one['user']}",
            "destinations": f"{administration}/destinations",
            "destination": f"{administration}/destinations/{one['destination']}",
            "delivery": f"{administration}/deliveries/{one['delivery']}",
            "slack": f"{administration}/slack",
            "log": f"{administration}/log",
            "unknown": "/nowhere",
        }


@pytest.fixture(scope="module")
async def furnished(own_database_url: str, comparer: Comparer) -> AsyncIterator[Furnished]:
    async with serving(own_database_url, comparer) as site:
        async with client_at(site.address) as client:
            gallery = Gallery(client, site.database, own_database_url)
            proposal_id = await gallery.furnish()
            shown = (await client.get(f"/api/v1/proposals/{proposal_id}")).json()
            token = await gallery.signed_in()
            administered = await administer(Api(client, site.database))
        asset_id, team_id = shown["asset"]["id"], gallery.team_id("billing")
        yield Furnished(site.address, proposal_id, asset_id, team_id, administered, token)


@pytest.mark.timeout(600)
async def test_every_page_fits_the_screen_stands_still_and_is_accessible(
    furnished: Furnished, browser: Browser
) -> None:
    """Wide and light, narrow and dark: colours depend on the one, and what fits on the other."""
    size = ViewportSize(width=WIDTHS["wide"], height=HEIGHT)
    async with await browser.new_context(viewport=size, color_scheme="light") as context:
        page = await context.new_page()
        await watch(page)
        found: dict[str, list[str]] = {}
        for name, path in furnished.paths().items():
            await context.clear_cookies()
            if name in SIGNED_IN:
                await furnished.sign_in(context)
            await _show(page, "wide", "light")
            answer = await page.goto(furnished.address + path)
            assert answer is not None
            found[name] = [f"it moves by {each}" for each in await moved(page)]
            assert await page.evaluate(NAMELESS) == []
            assert await page.locator("h1").count() == 1
            if SHOTS:
                await _shoot(page, name)
            found[name] += await violations(page)
            await _fits(page, "wide")
            await _show(page, "narrow", "dark")
            await _fits(page, "narrow")
            found[name] += await page.evaluate(CRAMPED)
            found[name] += await violations_by_look(page)
            for width in WIDTHS:
                await _show(page, width, "dark")
                found[name] += [
                    f"{width}, while it comes, it moves by {each}"
                    for each in await moved_while_it_came(page, await answer.text())
                ]
        assert [f"{name}: {each}" for name, those in found.items() for each in those] == []


async def _show(page: Page, width: str, scheme: Literal["light", "dark"]) -> None:
    await page.set_viewport_size({"width": WIDTHS[width], "height": HEIGHT})
    await page.emulate_media(color_scheme=scheme)


async def _fits(page: Page, width: str) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]


async def _shoot(page: Page, name: str) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for width in WIDTHS:
        for scheme in schemes:
            await _show(page, width, scheme)
            path = Path(SHOTS or ".") / f"{name}-{width}-{scheme}.png"
            await page.screenshot(path=path, full_page=True)
    await _show(page, "wide", "light")


async def test_the_pictures_of_the_docs_are_of_a_reasonable_size(
    furnished: Furnished, browser: Browser, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("TESSERA_PICTURES", tmp_path))
    paths = furnished.paths()
    size = ViewportSize(width=1280, height=860)
    async with await browser.new_context(viewport=size, color_scheme="light") as context:
        await furnished.sign_in(context)
        page = await context.new_page()
        for name in ("inbox", "proposal", "asset", "dependencies", "overview", "propose"):
            path = f"{paths[name]}?asset={furnished.asset_id}" if name == "propose" else paths[name]
            await page.goto(furnished.address + path)
            if name == "propose":
                await page.locator("#schema").fill(
                    json.dumps(without(CUSTOMERS, "email"), indent=2)
                )
                await expect(page.get_by_role("heading", name="Who would be asked")).to_be_visible()
            picture = await page.screenshot(path=pictures / f"{name}-page.png")
            assert 10_000 < len(picture) < LARGEST
