"""The story without a mouse: every step is reached with Tab, and what has the focus is seen."""

import json

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from domain.json_types import JsonObject
from tests.support.api_client import Api, client_at, table, unique
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, watched

MOST_STEPS = 60
FOCUSED = """() => {
    const at = document.activeElement;
    const says = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    return [says.trim().replace(/\\s+/g, " "), outlineStyle !== "none" && outlineWidth !== "0px"];
}"""


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what begins with these words has the focus."""
    passed = []
    for _ in range(MOST_STEPS):
        says, is_seen = await page.evaluate(FOCUSED)
        if says.startswith(name):
            assert is_seen, f"{says} has the focus, which nobody sees"
            return
        passed.append(says)
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab leads to {passed} and not to {name}")


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, served: Site) -> Credentials:
    return Credentials(administrator, served.database)


async def test_signing_in_answering_and_proposing_take_no_mouse(
    administrator: httpx.AsyncClient,
    credentials: Credentials,
    served: Site,
    locked: str,
    browser: Browser,
) -> None:
    api = Api(administrator, served.database)
    growth, checkout = await api.team("growth"), await api.team("checkout")
    waiting = await api.proposal(growth)
    own: JsonObject = await api.asset(checkout)
    await api.publish(own, table("id", "email"))
    await api.register(own, await api.team("billing"), ["email"])
    user = await credentials.user("ada", email=f"{unique('ada')}@example.com")
    for team in (growth, checkout):
        path = f"/api/v1/teams/{team['id']}/members/{user['id']}"
        assert (await administrator.put(path, json={"role": "member"})).is_success
    async with client_at(locked) as client:
        password = await credentials.with_password(client, user)

    async with await browser.new_context() as context:
        visit = await watched(context)
        page, keyboard = visit.page, visit.page.keyboard
        await page.goto(f"{locked}/")
        await tab_to(page, "E-mail address")
        await keyboard.type(user["email"])
        await tab_to(page, "Password")
        await keyboard.type(password)
        await keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")

        await keyboard.press("Tab")
        await tab_to(page, "Skip to the content")
        await keyboard.press("Enter")
        await tab_to(page, waiting["asset"]["fqn"])
        await tab_to(page, "Ready")
        await keyboard.press("Enter")
        await expect(page.get_by_text("Your answer is recorded.")).to_be_visible()

        await tab_to(page, "Propose a change")
        await keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Propose a change")
        await tab_to(page, "Asset")
        await keyboard.type(own["fqn"])
        await expect(page.get_by_text("1 asset found").first).to_be_visible()
        await tab_to(page, own["fqn"])
        await keyboard.press("Enter")
        await expect(page.get_by_role("textbox", name="Schema")).to_be_visible()
        await tab_to(page, "Schema")
        await keyboard.press("ControlOrMeta+A")
        await keyboard.type(json.dumps(table("id")))
        await expect(page.get_by_role("button", name="Propose 2.0.0 to 1 team")).to_be_visible()
        await tab_to(page, "Propose 2.0.0 to 1 team")
        await keyboard.press("Enter")
        await expect(page.get_by_text("It is proposed.")).to_be_visible()
        assert visit.complaints == []
