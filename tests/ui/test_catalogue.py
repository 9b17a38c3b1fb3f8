"""The catalogue: what is found, narrowed, counted, and said of each asset."""

from uuid import UUID

import httpx
from playwright.async_api import expect

from api.ui.catalogue import ON_A_PAGE
from domain.assets import AssetKind, AssetPolicy
from domain.json_types import JsonObject
from store.transaction import Transaction
from tests.support.api_client import Api, table, unique
from tests.ui.conftest import Visit


async def _asset(api: Api, owner: JsonObject, name: str, **more: object) -> JsonObject:
    body = {"fqn": name, "owner_team_id": owner["id"], **more}
    return await api.made("/api/v1/assets", body)


async def test_words_tag_owner_and_state_narrow_the_list(
    api: Api, client: httpx.AsyncClient
) -> None:
    owner, reader = await api.team("owner"), await api.team("growth")
    tag, word = unique("tag"), unique("word")
    proposed = await _asset(api, owner, f"{word}.orders", tags=[tag])
    bare = await _asset(api, owner, f"{word}.stock", tags=[tag], environment="staging")
    gone = await _asset(api, owner, f"{word}.gone", tags=[tag])
    foreign = await _asset(api, reader, unique("foreign"), environment="staging")
    await api.publish(proposed, table("id", "email"))
    await api.publish(proposed, table("id", "email", "name"))
    await api.register(proposed, reader, ["email"])
    left = await api.team("left")
    await api.register(proposed, left)
    assert (await client.delete(f"/api/v1/teams/{left['id']}")).is_success
    proposal = (await api.publish(proposed, table("id"))).json()["proposal"]
    withdrawn = await api.proposal(reader)
    await client.post(f"/api/v1/proposals/{withdrawn['id']}/withdraw", json={})
    await api.settle(withdrawn)
    await client.delete(f"/api/v1/assets/{gone['id']}")

    async def found(**query: str) -> set[str]:
        text = (await client.get("/assets", params=query)).text
        there = {"proposed": proposed, "bare": bare, "gone": gone, "foreign": foreign}
        return {name for name, each in there.items() if f'href="/assets/{each["id"]}"' in text}

    both = {"proposed", "bare"}
    assert await found(q=word) == both
    assert await found(tag=tag) == both
    assert await found(team=owner["name"]) == both
    assert await found(team=owner["id"]) == both
    assert await found(tag=tag, environment="staging") == {"bare"}
    assert await found(q=word, state="proposed") == {"proposed"}
    assert await found(tag=tag, state="unpublished") == {"bare"}
    assert await found(tag=tag, state="deleted") == {"gone"}
    assert await found(tag=tag, kind="topic") == set()
    text = (await client.get("/assets", params={"q": f"{word}.orders"})).text
    row = text.split('<li class="row asset">')[1]
    assert "1 team" in row
    assert f'href="/proposals/{proposal["id"]}"' in row
    assert "2.0.0 proposed" in row
    assert '<span class="unseen">Active: </span>1.1.0' in row
    text = (await client.get("/assets", params={"q": withdrawn["asset"]["fqn"]})).text
    row = text.split('<li class="row asset">')[1]
    assert withdrawn["asset"]["id"] in row
    assert "/proposals/" not in row.partition("</li>")[0]


async def test_facets_count_lead_there_and_away_again(api: Api, client: httpx.AsyncClient) -> None:
    owner, environment = await api.team("owner"), unique("env")
    for number in range(3):
        await _asset(api, owner, unique(f"facet.{number}"), environment=environment)
    text = (await client.get("/assets", params={"team": owner["name"]})).text
    link = f"/assets?team={owner['name']}&amp;environment={environment}"
    entry = text.split(f'href="{link}"')[1].split("</a>")[0]
    assert '<span class="count">3' in entry
    query = {"team": owner["name"], "environment": environment}
    chosen = (await client.get("/assets", params=query)).text
    entry = chosen.split(f'href="/assets?team={owner["name"]}" aria-current="true"')[1]
    assert environment in entry.split("</a>")[0]
    assert f'name="environment" value="{environment}"' in chosen


async def test_the_next_page_goes_on_where_this_one_ends(
    api: Api, client: httpx.AsyncClient
) -> None:
    owner = await api.team("owner")

    async def work(tx: Transaction) -> None:
        for _ in range(ON_A_PAGE + 1):
            await tx.assets.insert(
                fqn=unique("many"),
                environment="production",
                kind=AssetKind.TABLE,
                tags=(),
                owner_team_id=UUID(owner["id"]),
                policy=AssetPolicy(),
            )

    await api.database.run(work)
    first = (await client.get("/assets", params={"team": owner["name"]})).text
    assert first.count('<li class="row asset">') == ON_A_PAGE
    address = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = (await client.get(address.replace("&amp;", "&"))).text
    assert second.count('<li class="row asset">') == 1
    assert "From the beginning" in second


async def test_a_team_or_a_cursor_that_is_none_is_said(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets", params={"team": "nobody at all"})
    assert (answer.status_code, "There is no team of this name." in answer.text) == (404, True)
    answer = await client.get("/assets", params={"cursor": "zzz"}, headers={"Accept": "text/html"})
    assert answer.status_code == 422


async def test_the_list_follows_who_types(api: Api, visit: Visit, site: str) -> None:
    owner, word = await api.team("owner"), unique("typed")
    for name in ("orders", "stock"):
        await _asset(api, owner, f"{word}.{name}")
    page = visit.page
    await page.goto(f"{site}/assets?team={owner['name']}")
    await expect(page.locator(".row.asset")).to_have_count(2)
    await page.get_by_label("Search").press_sequentially(f"{word}.sto")
    await expect(page.locator(".row.asset")).to_have_count(1)
    await expect(page.locator(".row.asset")).to_contain_text(f"{word}.stock")
    await expect(page.get_by_label("Search")).to_be_focused()
    assert f"q={word}.sto" in page.url
    await expect(page.locator("#found")).to_have_text("1 asset")
