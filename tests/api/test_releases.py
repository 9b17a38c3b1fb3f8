"""Releases over HTTP: opened over proposals and contracts, shown, changed, ended."""

from uuid import uuid4

import httpx

from domain.json_types import JsonObject
from tests.support.api_client import Api, table
from tests.support.problems import assert_problem

RELEASES = "/api/v1/releases"


async def opened(api: Api, *proposals: JsonObject, **more: object) -> JsonObject:
    ids = [each["id"] for each in proposals]
    return await api.made(RELEASES, {"name": "together", "proposal_ids": ids, **more})


async def said(api: Api, release: JsonObject, what: str, **body: object) -> httpx.Response:
    return await api.client.post(f"{RELEASES}/{release['id']}/{what}", json=body)


async def test_a_release_shows_its_proposals_and_they_show_it(api: Api) -> None:
    reader = await api.team("reader")
    first, second = await api.proposal(reader), await api.proposal(reader)
    release = await opened(api, first, second)
    assert (release["status"], release["awaited"]) == ("open", 2)
    assert [each["proposal_id"] for each in release["proposals"]] == [first["id"], second["id"]]
    assert await api.got(f"{RELEASES}/{release['id']}") == release
    listed = await api.got(RELEASES, status="open", limit="200")
    assert release in listed["items"]
    shown = await api.got(f"/api/v1/proposals/{first['id']}")
    assert shown["release_id"] == release["id"]


async def test_contracts_are_proposed_with_it_or_nothing_is(api: Api) -> None:
    broken, wider = await api.asset(), await api.asset()
    for asset in (broken, wider):
        await api.publish(asset, table("id", "email"))
    contracts = [
        {"asset_id": broken["id"], "schema": table("id")},
        {"fqn": wider["fqn"], "schema": table("id", "email", "name")},
    ]
    unknown = {"fqn": uuid4().hex, "schema": table("id")}
    body = {"name": "together", "contracts": [*contracts, unknown]}
    assert_problem(await api.client.post(RELEASES, json=body), 404, "not_found")
    assert (await api.got("/api/v1/proposals", asset_id=broken["id"]))["items"] == []
    release = await opened(api, contracts=contracts)
    found = {each["asset"]["id"]: each for each in release["proposals"]}
    assert {each: found[each]["version"] for each in found} == {
        broken["id"]: "2.0.0",
        wider["id"]: "1.1.0",
    }


async def test_it_is_answered_alike_when_an_asset_of_its_contracts_is_gone(api: Api) -> None:
    asset, key = await api.asset(), {"Idempotency-Key": uuid4().hex}
    await api.publish(asset, table("id", "email"))
    body = {"name": "late", "contracts": [{"asset_id": asset["id"], "schema": table("id")}]}
    first = await api.client.post(RELEASES, json=body, headers=key)
    gone = await api.client.delete(f"/api/v1/assets/{asset['id']}")
    again = await api.client.post(RELEASES, json=body, headers=key)
    assert (first.status_code, gone.status_code) == (201, 204)
    assert (again.status_code, again.content) == (201, first.content)


async def test_members_come_and_go_and_it_is_cancelled(api: Api) -> None:
    reader = await api.team("reader")
    first, second = await api.proposal(reader), await api.proposal(reader)
    release = await opened(api, first)
    added = await said(api, release, "proposals", proposal_ids=[second["id"]])
    assert [each["proposal_id"] for each in added.json()["proposals"]] == [
        first["id"],
        second["id"],
    ]
    other = await api.client.post(RELEASES, json={"name": "b", "proposal_ids": [first["id"]]})
    assert_problem(other, 409, "in_release")
    path = f"{RELEASES}/{release['id']}/proposals"
    removed = await api.client.delete(f"{path}/{first['id']}")
    assert [each["proposal_id"] for each in removed.json()["proposals"]] == [second["id"]]
    assert_problem(await api.client.delete(f"{path}/{first['id']}"), 404, "not_found")
    assert_problem(await api.client.delete(f"{path}/{second['id']}"), 422, "invalid_request")
    cancelled = (await said(api, release, "cancel", reason="Not yet.")).json()
    assert (cancelled["status"], cancelled["cancelled"]["reason"]) == ("cancelled", "Not yet.")
    assert_problem(await said(api, release, "cancel"), 409, "release_ended")
    ended = await api.settle(second)
    assert (ended["status"], ended["cause"]) == ("withdrawn", "release_cancelled")


async def test_the_page_of_a_release_leads_to_its_proposals(api: Api) -> None:
    release = await opened(api, await api.proposal(await api.team("reader")))
    page = await api.client.get(f"/releases/{release['id']}")
    assert page.status_code == 200
    assert "It waits for 1 proposal" in page.text
    assert '<a href="/proposals">Open proposals</a>' in page.text
    (member,) = release["proposals"]
    assert f'href="/proposals/{member["proposal_id"]}"' in page.text
    proposal = await api.client.get(f"/proposals/{member['proposal_id']}")
    assert f'href="/releases/{release["id"]}"' in proposal.text
    assert (await api.client.get("/releases/none")).status_code == 404
