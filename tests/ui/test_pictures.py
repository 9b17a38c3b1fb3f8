"""The pages as people see them, with a company's week on them.

`TESSERA_PICTURES=docs/images` writes the two that the docs show, `TESSERA_SHOTS=<directory>` all of
them.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.async_api import Browser, ViewportSize

from record.comparison import Comparer
from tests.ui.conftest import serving
from tests.ui.gallery import Gallery

LARGEST = 200_000
WIDTHS = {"wide": 1440, "narrow": 390}
NAMELESS = """
    [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
      .filter((each) => !each.labels?.length && !each.textContent.trim())
      .map((each) => each.outerHTML)
"""


@dataclass(frozen=True, slots=True)
class Furnished:
    address: str
    proposal_id: str

    def paths(self) -> dict[str, str]:
        proposal = f"/proposals/{self.proposal_id}"
        return {
            "list": "/",
            "ended": "/ended",
            "proposal": proposal,
            "proof": f"{proposal}/proof",
            "schema": f"{proposal}/schema",
            "response-times": "/reports/response-times",
            "observed": "/reports/observed",
            "unknown": "/nowhere",
        }


@pytest.fixture(scope="module")
async def furnished(own_database_url: str, comparer: Comparer) -> AsyncIterator[Furnished]:
    async with serving(own_database_url, comparer) as site:
        async with httpx.AsyncClient(base_url=site.address) as client:
            proposal_id = await Gallery(client, site.database, own_database_url).furnish()
        yield Furnished(site.address, proposal_id)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
async def test_every_page_fits_the_screen_and_names_what_it_has(
    furnished: Furnished,
    browser: Browser,
    tmp_path: Path,
    width: str,
    scheme: Literal["light", "dark"],
) -> None:
    shots = Path(os.environ.get("TESSERA_SHOTS", tmp_path))
    size = ViewportSize(width=WIDTHS[width], height=900)
    async with await browser.new_context(viewport=size, color_scheme=scheme) as context:
        page = await context.new_page()
        for name, path in furnished.paths().items():
            await page.goto(furnished.address + path)
            await page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
            assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
            assert await page.evaluate(NAMELESS) == []
            assert await page.locator("h1").count() == 1
            assert await page.get_by_role("main").count() == 1


async def test_the_pictures_of_the_docs_are_of_a_reasonable_size(
    furnished: Furnished, browser: Browser, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("TESSERA_PICTURES", tmp_path))
    size = ViewportSize(width=1280, height=860)
    async with await browser.new_context(viewport=size, color_scheme="light") as context:
        page = await context.new_page()
        for name, path in {
            "proposals-page": "/",
            "proposal-page": f"/proposals/{furnished.proposal_id}",
        }.items():
            await page.goto(furnished.address + path)
            picture = await page.screenshot(path=pictures / f"{name}.png")
            assert 10_000 < len(picture) < LARGEST
