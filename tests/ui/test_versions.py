"""One version of an asset, and any two compared."""

from datetime import UTC, datetime, timedelta

import httpx

from api.ui.versions import MOST_LINES
from domain.json_types import JsonObject
from tests.support.api_client import Api, table
from tests.ui.stand_in import tell


async def test_a_version_says_who_published_it_when_and_by_which_proposal(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)
    await api.answer(proposal, reader, "approved")
    await api.settle(proposal)
    asset_id = proposal["asset"]["id"]
    old = (await api.got(f"/api/v1/assets/{asset_id}/contracts"))["items"][1]
    sunset = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    path = f"/api/v1/contracts/{old['id']}/retirement"
    assert (await client.post(path, json={"sunset_at": sunset})).is_success
    text = (await client.get(f"/assets/{asset_id}/versions/active")).text
    assert "2.0.0" in text.split("<h1>")[1].split("</h1>")[0]
    assert f'href="/proposals/{proposal["id"]}"' in text
    assert f'href="/assets/{asset_id}/compare?from=1.0.0&amp;to=2.0.0"' in text
    before = (await client.get(f"/assets/{asset_id}/versions/1.0.0")).text
    assert "Deprecated" in before
    assert "with 2.0.0, which is active" in before
    assert "It is retired" in before
    assert "in 39 days" in before
    assert "&#34;email&#34;" in before
    listed = (await client.get(f"/assets/{asset_id}")).text
    assert "in 39 days" in listed.split('class="version-list"')[1].split("</ul>")[0]
    assert (await client.get(f"/assets/{asset_id}/versions/9.9.9")).status_code == 404


async def test_two_versions_are_compared_by_the_policy_of_the_asset(
    api: Api, client: httpx.AsyncClient
) -> None:
    growth, owner = await api.team("growth"), await api.team("owner")
    asset = await api.asset(owner)
    await api.publish(asset, table("id", "email"))
    assert (await api.publish(asset, table("id", "email", "name"))).status_code == 201
    await api.register(asset, growth, ["name"])
    path = f"/assets/{asset['id']}/compare"
    text = (await client.get(path)).text
    assert "From 1.0.0 to 1.1.0" in text
    assert "Breaks in a way that does not gate, so readers are told" in text
    assert "<code>name</code> is added." in text
    back = (await client.get(path, params={"from": "1.1.0", "to": "1.0.0"})).text
    asks = back.split("Breaks, and its readers are asked")[1].split("</section>")[0]
    assert "<code>name</code> is removed." in asks
    assert f"read by <bdi>{growth['name']}</bdi>" in asks
    described = table("id", "email", name={"type": "string", "description": "In full."})
    assert (await api.publish(asset, described)).status_code == 201
    words = (await client.get(path)).text
    assert "From 1.1.0 to" in words
    assert "read by" not in words
    await client.patch(f"/api/v1/teams/{owner['id']}/policy", json={"observe": True})
    told = (await client.get(path, params={"from": "1.1.0", "to": "1.0.0"})).text
    assert "Breaks, and its readers are asked" not in told
    same = (await client.get(path, params={"from": "1.0.0", "to": "1.0.0"})).text
    assert "Both promise the same." in same


async def test_of_very_many_changes_the_first_stand_there_and_all_are_counted(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    described: JsonObject = {"type": "string", "description": "Its key."}
    names = [f"column_{number:03}" for number in range(MOST_LINES + 5)]
    for schema in (table("id"), table(*names, id=described)):
        await api.publish(asset, schema)
    path = f"/assets/{asset['id']}/compare"
    text = (await client.get(path, params={"from": "1.1.0", "to": "1.0.0"})).text
    assert f'<span class="count">{MOST_LINES + 5}</span>' in text
    assert "And 5 more, which <code>tessera contract diff</code> shows." in text
    assert text.count('class="change"') == MOST_LINES + 1
    heads = [text.index(each) for each in ("and its readers are asked", ">Wording ")]
    assert heads == sorted(heads), "what asks for consent comes first"


async def test_one_version_alone_has_nothing_to_be_compared_with(
    api: Api, client: httpx.AsyncClient
) -> None:
    asset = await api.asset()
    path = f"/assets/{asset['id']}/compare"
    assert "none is published yet" in (await client.get(path)).text
    await api.publish(asset, table("id"))
    assert "there is only one" in (await client.get(path)).text
    assert (await client.get(path, params={"from": "1.0.0", "to": "1.0.1"})).status_code == 200
