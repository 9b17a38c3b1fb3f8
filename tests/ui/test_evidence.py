"""A record that breaks, and a way round, beside the change on the page of a proposal."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from record.comparison import Comparer
from tests.support.api_client import Api, table
from tests.ui.conftest import Visit, serving


async def test_the_page_shows_a_record_that_breaks_with_its_field_marked(
    api: Api, plain_visit: Visit, site: str
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{proposal['id']}")
    card = page.locator(".changes.asks .change")
    await expect(card.get_by_text("A record that breaks").first).to_be_visible()
    await expect(card.get_by_text("1.0.0 takes it")).to_have_class("takes")
    await expect(card.get_by_text("2.0.0 refuses it")).to_have_class("refuses")
    record = card.get_by_label("A record that breaks")
    assert "email" in json.loads(await record.inner_text())
    await expect(record.locator("mark")).to_contain_text('"email"')


async def test_a_break_the_other_way_round_is_shown_so(
    api: Api, plain_visit: Visit, site: str
) -> None:
    asset = await api.asset(preset="strict")
    await api.publish(asset, table("id"))
    response = await api.publish(asset, table("id", "email"))
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{response.json()['proposal']['id']}")
    card = page.locator(".changes.asks .change")
    await expect(card.get_by_text("1.0.0 refuses it")).to_be_visible()
    await expect(card.get_by_text("2.0.0 takes it")).to_be_visible()


async def test_changes_stand_in_groups_by_what_becomes_of_them(
    api: Api, plain_visit: Visit, site: str
) -> None:
    asset = await api.asset()
    await api.publish(asset, table("email", id={"type": "string", "maxLength": 9}))
    target = table("nickname", id={"type": "string", "maxLength": 9, "description": "Short."})
    response = await api.publish(asset, target)
    page = plain_visit.page
    await page.goto(f"{site}/proposals/{response.json()['proposal']['id']}")
    await expect(page.locator(".changes.asks .change")).to_have_count(1)
    await page.get_by_text("Other changes").click()
    others = page.locator("#other-changes")
    await expect(others.get_by_role("heading", level=3)).to_have_text(
        ["Breaks in a way that does not gate, so readers are told 1", "Wording 1"]
    )
    await expect(others.locator(".changes.tells .change")).to_contain_text("nickname")
    await expect(others.locator(".changes.wording .change")).to_contain_text("description")


async def test_a_long_record_starts_closed_and_fits_a_narrow_screen(
    api: Api, visit: Visit, site: str
) -> None:
    asset = await api.asset()
    columns = {f"a_rather_long_column_name_{place:02}": {"type": "string"} for place in range(20)}
    schema = {**table("email", **columns), "required": list(columns)}
    await api.publish(asset, schema)
    response = await api.publish(asset, {**table(**columns), "required": list(columns)})
    page = visit.page
    await page.set_viewport_size(ViewportSize(width=390, height=900))
    await page.goto(f"{site}/proposals/{response.json()['proposal']['id']}")
    record = page.get_by_label("A record that breaks")
    await expect(record).to_be_hidden()
    await page.get_by_text("A record that breaks").click()
    await expect(record).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


# --- a search that takes its time -----------------------------------------------------------------


@pytest.fixture
async def comparer_alone() -> AsyncIterator[Comparer]:
    """One with a single child, which nobody else uses."""
    async with Comparer(processes=1, within=150.0) as comparer:
        await comparer.warm()
        yield comparer


BUSY = (
    "all(iter(lambda: __import__('time').sleep(0.05) or not __import__('os').path.exists({!r}), 0))"
)
"""What a child does until a file is there."""


async def test_the_page_does_not_wait_long_and_shows_it_when_it_is_there(
    api: Api, visit: Visit, database_url: str, comparer_alone: Comparer, tmp_path: Path
) -> None:
    proposal = await api.proposal(await api.team("growth"))
    page = visit.page
    async with serving(database_url, comparer_alone) as site:
        free = tmp_path / "free"
        busy = asyncio.ensure_future(
            comparer_alone._run(eval, BUSY.format(str(free)))  # noqa: SLF001
        )
        await page.goto(f"{site.address}/proposals/{proposal['id']}")
        await expect(page.get_by_text("Records that break are being looked for.")).to_be_visible()
        free.touch()
        await expect(page.get_by_label("A record that breaks")).to_be_visible()
        await expect(page.get_by_text("are being looked for.")).to_have_count(0)
        await busy
        await page.goto("about:blank")
