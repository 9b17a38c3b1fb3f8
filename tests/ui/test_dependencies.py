"""The page of dependencies: followed without JavaScript, then with it."""

import re
from html import unescape
from typing import cast
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Locator, expect

from api.ui.dependencies import read_page
from api.ui.lineage_choice import Choice
from domain.json_types import JsonObject
from tests.support.api_client import KEY, Api, client_at, table, unique
from tests.support.counting import Counting
from tests.support.credentials import Credentials
from tests.ui.conftest import Site, Visit

HTML = {"Accept": "text/html"}


async def made_of(api: Api, asset: JsonObject, *upstream: JsonObject) -> JsonObject:
    for other in upstream:
        path = f"/api/v1/assets/{asset['id']}/dependencies/{other['id']}"
        response = await api.client.put(path)
        assert response.status_code == 200, response.text
    return asset


async def chain(api: Api, count: int) -> list[JsonObject]:
    """Assets, each made of the one before."""
    owner = await api.team("owner")
    assets: list[JsonObject] = []
    for _ in range(count):
        assets.append(await made_of(api, await api.asset(owner), *assets[-1:]))
    return assets


def address(asset: JsonObject) -> str:
    return f"/assets/{asset['id']}/dependencies"


def drawn(page: str) -> set[str]:
    """The ids of the assets in the picture."""
    return set(re.findall(r'class="box"[^>]* id="asset-([^"]+)"', page))


def ids(*assets: JsonObject) -> set[str]:
    return {str(asset["id"]) for asset in assets}


def link(page: str, says: str) -> str:
    """Where a link of the picture leads, by its title."""
    found = re.search(rf'href="([^"]+)"[^>]*><title>{re.escape(says)}</title>', page)
    assert found, says
    return unescape(found[1])


async def shown(client: httpx.AsyncClient, path: str) -> str:
    response = await client.get(path)
    assert response.status_code == 200, response.text
    return response.text


async def test_what_lies_on_both_sides_is_drawn_and_folded_by_links(
    api: Api, client: httpx.AsyncClient
) -> None:
    first, second, third, fourth, fifth = await chain(api, 5)
    page = await shown(client, address(third))
    assert drawn(page) == ids(first, second, third, fourth, fifth)
    assert "Made of 2 assets, used by 2 assets" in page
    assert page.count("data-line=") == 4
    assert " style=" not in page
    folded = await shown(client, link(page, f"Fold what {fourth['fqn']} is used by"))
    assert drawn(folded) == ids(first, second, third, fourth)
    assert "<strong>1 more</strong> is not shown" in folded
    again = await shown(client, link(folded, f"Show 1 more that {fourth['fqn']} is used by"))
    assert drawn(again) == drawn(page)
    near = await shown(client, f"{address(third)}?depth=1")
    assert drawn(near) == ids(second, third, fourth)
    opened = await shown(client, link(near, f"Show 1 more that {second['fqn']} is made of"))
    assert drawn(opened) == ids(first, second, third, fourth)
    large = await shown(client, f"{address(third)}?zoom=200")
    widths = [int(re.findall(r'<svg [^>]* width="(\d+)"', each)[0]) for each in (page, large)]
    assert widths[1] == 2 * widths[0]


async def test_an_open_proposal_is_seen_on_its_box_and_leads_from_its_list(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    asset = await made_of(api, await api.asset(), proposal["asset"])
    page = await shown(client, address(asset))
    fqn = proposal["asset"]["fqn"]
    assert re.search(rf"<title>{re.escape(fqn)} in production, [^<]+; a proposal is open<", page)
    assert page.count('class="flag" x=') == 2
    assert f'href="/proposals/{proposal["id"]}"' in page


async def test_a_circle_is_drawn_and_what_is_deleted_is_not(
    api: Api, client: httpx.AsyncClient
) -> None:
    one, two, three = await chain(api, 3)
    await made_of(api, one, two)
    page = await shown(client, address(two))
    assert drawn(page) == ids(one, two, three)
    assert len(re.findall(r'returning" marker-start[^>]*>\s*<path', page)) == 1
    assert "A dashed line leads back" in page
    await client.delete(f"/api/v1/assets/{one['id']}")
    assert drawn(await shown(client, address(two))) == ids(two, three)


async def test_any_number_of_assets_is_read_by_four_statements(api: Api, served: Site) -> None:
    for count in (2, 12):
        asset = (await chain(api, count))[count // 2]
        counting = Counting(served.database)
        choice = Choice(middle=UUID(asset["id"]))
        page = await counting.run(lambda tx, choice=choice: read_page(tx, choice, ""))  # type: ignore[misc]
        assert len(page.excerpt.assets) == count
        assert counting.statements == 4


async def test_forms_say_what_it_is_made_of_and_what_not(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset, other = await api.asset(), await api.asset()
    page = await shown(client, f"{address(asset)}?find={other['fqn']}")
    assert f'aria-label="It is made of {other["fqn"]} in production"' in page
    form = {"upstream": other["id"], "once": cast("str", re.findall("[0-9a-f]{32}", page)[0])}
    for _ in range(2):  # a form that is sent again takes effect once
        response = await client.post(f"{address(asset)}/add", data=form)
        assert response.status_code == 303
    page = await shown(client, response.headers["location"])
    assert "It is recorded what it is made of." in page
    assert drawn(page) == ids(asset, other)
    response = await client.post(f"{address(asset)}/remove", data={"upstream": other["id"]})
    assert drawn(await shown(client, response.headers["location"])) == set()


async def test_what_is_refused_comes_back_on_the_page_with_what_was_looked_for(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    for upstream, status, says in (
        (asset["id"], 422, "An asset is not made of itself."),
        ("", 422, "Choose the other asset."),
        ("no id", 422, "This is not an id."),
        (str(UUID(int=7)), 404, "There is no asset"),
    ):
        form = {"upstream": upstream, "find": "orders"}
        response = await client.post(f"{address(asset)}/add", data=form, headers=HTML)
        assert response.status_code == status
        assert says in response.text
        assert 'value="orders"' in response.text
    nowhere = await client.post(f"/assets/{UUID(int=7)}/dependencies/add", headers=HTML)
    assert nowhere.status_code == 404
    assert (await client.get("/assets/none/dependencies", headers=HTML)).status_code == 404


async def test_who_may_not_change_the_asset_is_offered_nothing(locked: str, served: Site) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(locked, headers=headers) as administrator:
        api, credentials = (
            Api(administrator, served.database),
            Credentials(administrator, served.database),
        )
        asset, stranger = await api.asset(), await api.team("stranger")
        key = (await credentials.team_key(stranger))["key"]
        assert "Say what it is made of" in await shown(administrator, address(asset))
    async with client_at(locked, headers={"Authorization": f"Bearer {key}"}) as client:
        assert "Say what it is made of" not in await shown(client, address(asset))
        form = {"upstream": str(UUID(int=7))}
        assert (await client.post(f"{address(asset)}/add", data=form)).status_code in (403, 404)


async def test_a_box_shows_its_way_and_keys_go_along_the_lines(
    api: Api, visit: Visit, site: str
) -> None:
    first, second, third, fourth = await chain(api, 4)
    aside = await made_of(api, await api.asset(), second)
    page = visit.page
    await page.goto(site + address(second))

    def box(asset: JsonObject) -> Locator:
        return page.locator(f"#asset-{asset['id']}")

    await box(third).focus()
    await expect(page.locator(".lit .box.on")).to_have_count(4)
    await expect(box(aside)).not_to_have_class(re.compile("on"))
    await page.keyboard.press("ArrowRight")
    await expect(box(fourth)).to_be_focused()
    for _ in range(3):
        await page.keyboard.press("ArrowLeft")
    await expect(box(first)).to_be_focused()
    upper, lower = await page.locator(
        f"[data-layer='{await box(third).get_attribute('data-layer')}']"
    ).all()
    await upper.focus()
    await page.keyboard.press("ArrowDown")
    await expect(lower).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(upper).to_be_focused()


async def test_buttons_change_the_size_without_another_page(
    api: Api, visit: Visit, site: str
) -> None:
    page = visit.page
    await page.goto(site + address((await chain(api, 6))[3]))
    picture, room = page.locator("svg.lineage"), page.locator(".room")
    width = await wide(picture)
    assert width > await wide(room)
    await page.get_by_role("link", name="Larger").click()
    assert await wide(picture) == pytest.approx(1.25 * width)
    await expect(page.locator("[data-percent]")).to_have_text("125 %")
    await page.get_by_role("link", name="Fit").click()
    assert await wide(picture) <= await wide(room)
    assert "zoom" not in page.url


async def wide(locator: Locator) -> float:
    box = await locator.bounding_box()
    assert box is not None
    return box["width"]


async def test_assets_are_found_while_somebody_types(api: Api, visit: Visit, site: str) -> None:
    asset, other = await api.asset(), await api.asset(fqn=unique("ledger.bookings"))
    await api.publish(other, table("id"))
    page = visit.page
    await page.goto(site + address(asset))
    await page.get_by_label("Another asset").press_sequentially(other["fqn"])
    await page.get_by_role("button", name=f"It is made of {other['fqn']}").click()
    await expect(page.get_by_role("status").first).to_contain_text("recorded what it is made of")
    await expect(page.locator(".box")).to_have_count(2)
    await page.get_by_text("It is not made of one any more").click()
    await page.get_by_role("button", name=f"It is not made of {other['fqn']}").click()
    await expect(page.get_by_text("Nobody has said what it is made of")).to_be_visible()
