"""Names that are made to break a page are only text on it."""

from urllib.parse import urlencode

import pytest
from playwright.async_api import ViewportSize, expect

from domain.json_types import JsonObject
from tests.support.api_client import Api, table, unique
from tests.ui.conftest import Visit
from tests.ui.stand_in import tell

BACKWARDS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const place = (at) => {
      const range = document.createRange();
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + 1);
      return range.getBoundingClientRect();
    };
    const [words, found] = ["is asked.", []];
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(words);
      if (at < 0 || !place(at).width) continue;
      const [first, last] = [place(at), place(at + words.length - 1)];
      found.push(first.top === last.top && first.left > last.left);
    }
    return found;
}"""
"""For each sentence that says this of a name: whether it reads from the right to the left."""
SCRIPT = "<script>document.title='broken'</script>"
NAMES = {
    "markup": SCRIPT.replace("/", ""),
    "quotes": '"\'`}}{{ 7*7 }} onmouseover=alert(1) x="',
    "long": "w" * 90,
    "right-to-left": "\u05e9\u05dc\u05d5\u05dd \u202e txet desrever",
}
FIELD = f"`{SCRIPT}`{{{{7*7}}}}"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("kind", list(NAMES))
async def test_a_hostile_name_is_shown_as_it_is(
    api: Api, visit: Visit, site: str, kind: str, width: int
) -> None:
    proposal, name, fqn = await _proposal(api, NAMES[kind][:80])
    page = visit.page
    await page.set_viewport_size(ViewportSize(width=width, height=900))
    asset = f"/assets/{proposal['asset']['id']}"
    listed = f"/?{urlencode({'team': name})}"
    for path in (f"/proposals/{proposal['id']}", listed, asset):
        await page.goto(site + path)
        await expect(page.get_by_text(name).first).to_be_attached()
        await expect(page.get_by_text(fqn).first).to_be_visible()
        await expect(page).not_to_have_title("broken")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert await page.evaluate("document.scripts.length") == 1
        assert await page.evaluate("document.querySelectorAll('[onmouseover]').length") == 0
    await page.goto(f"{site}/proposals/{proposal['id']}")
    backwards = await page.evaluate(BACKWARDS)
    assert backwards
    assert not any(backwards)
    await page.get_by_label("Note, or the reason").fill(SCRIPT + NAMES[kind])
    await page.get_by_role("button", name="Ready").click()
    await expect(page.locator("#parties blockquote")).to_contain_text(SCRIPT)


async def _proposal(api: Api, name: str) -> tuple[JsonObject, str, str]:
    name = unique(name)
    fqn = name.replace(" ", "_").replace("@", "")
    reader = await api.made("/api/v1/teams", {"name": name})
    owner = await api.team("owner")
    asset = await api.made("/api/v1/assets", {"fqn": fqn, "owner_team_id": owner["id"]})
    await api.publish(asset, table("id", FIELD))
    await api.register(asset, reader)
    response = await api.publish(asset, table("id"))
    proposal: JsonObject = response.json()["proposal"]
    await tell(api.database, proposal)
    return proposal, name, fqn
