"""Names that are made to break a page are only text on it."""

from urllib.parse import urlencode

import httpx
import pytest
from playwright.async_api import ViewportSize, expect

from api.ui.rendering import rendered
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
        assert "\u202e" not in await page.title()
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


def test_a_name_of_a_script_that_runs_leftward_turns_no_number_after_it() -> None:
    problem = {"title": "x", "status": 404, "detail": "\u05e9\u05dc 2.0.0 <b>", "request_id": "r"}
    context = {"viewer": None, "path": "/", "live": None, "posted": False, "problem": problem}
    assert "<bdi>\u05e9\u05dc</bdi> 2.0.0 &lt;b&gt;" in rendered("problem.html", context)


async def test_a_long_value_is_cut_and_a_time_says_how_far_away_it_is(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader, asset = await api.team("growth"), await api.asset()
    names = [f"a rather long name {number:03}" for number in range(60)]
    for some in (names, names[:1]):
        published = await api.publish(asset, table("id", state={"type": "string", "enum": some}))
        if some is names:
            await api.register(asset, reader, ["state"])
    proposal: JsonObject = published.json()["proposal"]
    text = (await client.get(f"/proposals/{proposal['id']}")).text
    fields = text.split('id="fields"', maxsplit=1)[1].split("</section>", maxsplit=1)[0]
    assert ("name 010" in fields, "name 059" in fields, " …</code>" in fields) == (
        True,
        False,
        True,
    )
    assert '<span class="away" data-away>(just now)' in text, "which a live page leaves as it is"


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
