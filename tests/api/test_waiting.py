"""`Prefer: wait`: the answer comes when the proposal got somewhere."""

import asyncio
import time

import pytest

from domain.json_types import JsonObject
from tests.support.api_client import Api, eventually, table, unique


async def test_who_waits_is_answered_with_the_state_reached(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    path = f"{proposal['links']['self']}/acknowledge"
    body = {"consumer_team_id": reader["id"], "response": "approved"}
    waiting = asyncio.create_task(
        api.client.post(path, json=body, headers={"Prefer": "respond-async, wait=60"})
    )

    async def nobody_pending() -> bool:
        return not (await api.got(proposal["links"]["self"]))["pending"]

    await eventually(nobody_pending)
    assert not waiting.done()
    started = time.monotonic()
    await api.settle(proposal)
    response = await waiting

    assert time.monotonic() - started < 30
    assert response.headers["preference-applied"] == "wait=60"
    assert response.json()["status"] == "published"
    assert response.json()["contract_id"]


async def test_who_waited_in_vain_sees_it_pending(api: Api) -> None:
    one, other = await api.team(), await api.team()
    proposal = await api.proposal(one, other)
    started = time.monotonic()
    response = await api.client.post(
        f"{proposal['links']['self']}/acknowledge",
        json={"consumer_team_id": one["id"], "response": "approved"},
        headers={"Prefer": "wait=0.3"},
    )

    assert 0.3 <= time.monotonic() - started < 30
    assert response.json()["pending"] == [other["name"]]
    assert response.headers["preference-applied"] == "wait=0.3"


async def test_a_publication_waits_for_its_proposal(api: Api) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id", "email"))
    waiting = asyncio.create_task(api.publish(asset, table("id"), headers={"Prefer": "wait=60"}))

    async def proposals() -> list[JsonObject]:
        found = await api.got("/api/v1/proposals", asset_id=asset["id"])
        return list(found["items"])

    await api.settle((await eventually(proposals))[0])
    response = await waiting
    body = response.json()

    assert response.status_code == 202
    assert (body["action"], body["proposal"]["status"]) == ("proposed", "published")
    assert body["proposal"]["cause"] == "no_parties"
    assert (body["contract"]["version"], body["contract"]["status"]) == ("2.0.0", "active")


async def test_a_publication_that_needs_no_wait_is_answered_at_once(api: Api) -> None:
    started = time.monotonic()
    response = await api.publish(await api.asset(), table("id"), headers={"Prefer": "wait=60"})

    assert time.monotonic() - started < 30
    assert (response.status_code, response.headers["preference-applied"]) == (201, "wait=60")


@pytest.mark.parametrize("prefer", ["wait", "wait=soon", "wait=-1", "respond-async", "wait="])
async def test_a_preference_that_cannot_be_read_was_not_stated(api: Api, prefer: str) -> None:
    proposal = await api.proposal(await api.team())
    response = await api.client.post(
        f"{proposal['links']['self']}/withdraw", headers={"Prefer": prefer}
    )

    assert response.status_code == 200
    assert "preference-applied" not in response.headers


async def test_a_repeated_request_waits_as_well(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    path, key = f"{proposal['links']['self']}/withdraw", {"Idempotency-Key": unique("key")}
    first = await api.client.post(path, headers=key)
    await api.settle(proposal)
    again = await api.client.post(path, headers=key)
    waited = await api.client.post(path, headers={**key, "Prefer": "wait=5"})

    assert first.json()["status"] == "pending"
    assert again.content == first.content
    assert waited.json()["status"] == "withdrawn"
    assert waited.headers["idempotent-replayed"] == "true"
