"""Idempotency keys: one effect, one answer."""

import asyncio

import httpx

from tests.support.api_client import Api, table, unique
from tests.support.problems import assert_problem

TEAMS = "/api/v1/teams"


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def test_the_same_key_gives_the_same_answer_to_the_byte(api: Api) -> None:
    key, body = unique("key"), {"name": unique("checkout")}
    first = await api.client.post(TEAMS, json=body, headers=keyed(key))
    again = await api.client.post(TEAMS, json=body, headers=keyed(key))

    assert (again.status_code, again.content) == (201, first.content)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    key = unique("key")
    await api.client.post(TEAMS, json={"name": unique("one")}, headers=keyed(key))
    other = unique("other")
    response = await api.client.post(TEAMS, json={"name": other}, headers=keyed(key))

    assert_problem(response, 422, "idempotency_key_reused")
    assert (await api.got(TEAMS, name=other))["items"] == []


async def test_a_key_belongs_to_its_route(api: Api) -> None:
    key, owner = unique("key"), await api.team()
    await api.client.post(TEAMS, json={"name": unique("one")}, headers=keyed(key))
    body = {"fqn": unique("orders"), "owner_team_id": owner["id"]}
    response = await api.client.post("/api/v1/assets", json=body, headers=keyed(key))

    assert response.status_code == 201


async def test_a_key_belongs_to_who_sent_it(api: Api, administrator: httpx.AsyncClient) -> None:
    key = unique("key")
    one = await api.client.post(TEAMS, json={"name": unique("a")}, headers=keyed(key))
    other = await administrator.post(TEAMS, json={"name": unique("b")}, headers=keyed(key))

    assert (one.status_code, other.status_code) == (201, 201)


async def test_errors_are_not_kept(api: Api) -> None:
    key, taken = unique("key"), await api.team()
    body = {"name": taken["name"]}
    for _ in range(2):
        response = await api.client.post(TEAMS, json=body, headers=keyed(key))
        assert_problem(response, 409, "conflict")
    response = await api.client.post(TEAMS, json={"name": unique("new")}, headers=keyed(key))
    assert response.status_code == 201


async def test_keys_that_cannot_be_one_are_refused(api: Api) -> None:
    for key in ("", "x" * 256, "two words", "tab\t"):
        response = await api.client.post(TEAMS, json={"name": unique("a")}, headers=keyed(key))
        assert_problem(response, 422, "invalid_request")


async def test_twenty_at_once_take_effect_once(api: Api) -> None:
    asset, key = await api.asset(), unique("key")
    answers = await asyncio.gather(
        *(api.publish(asset, table("id"), headers=keyed(key)) for _ in range(20))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 19
    events = await api.got("/api/v1/events", asset_id=asset["id"], type="contract.published")
    assert len(events["items"]) == 1


async def test_a_publication_is_answered_alike_when_its_asset_is_gone(api: Api) -> None:
    """The answer was lost on its way, and somebody deleted the asset meanwhile."""
    asset, key = await api.asset(), unique("key")
    first = await api.publish(asset, table("id"), headers=keyed(key))
    gone = await api.client.delete(f"/api/v1/assets/{asset['id']}")
    again = await api.publish(asset, table("id"), headers=keyed(key))

    assert (first.status_code, gone.status_code) == (201, 204)
    assert (again.status_code, again.content) == (201, first.content)
    assert_problem(await api.publish(asset, table("id")), 404, "not_found")
    other = await api.publish(asset, table("id", "more"), headers=keyed(key))
    assert_problem(other, 422, "idempotency_key_reused")


async def test_twenty_proposals_at_once_are_one(api: Api) -> None:
    asset, reader = await api.asset(), await api.team()
    await api.publish(asset, table("id", "email"))
    await api.register(asset, reader)
    answers = await asyncio.gather(*(api.publish(asset, table("id")) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["proposal"]["id"] for answer in answers}) == 1


async def test_every_post_takes_a_key(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader, publish="on_demand")
    path = proposal["links"]["self"]
    answer = {"consumer_team_id": reader["id"], "response": "approved"}
    registration = {"asset_id": proposal["asset"]["id"], "consumer_team_id": reader["id"]}
    for post, body in (
        ("/api/v1/registrations", registration),
        (f"{path}/acknowledge", answer),
        (f"{path}/withdraw", {"reason": "x"}),
        (f"{path}/force", {"reason": "x"}),
    ):
        key = unique("key")
        first = await api.client.post(post, json=body, headers=keyed(key))
        again = await api.client.post(post, json=body, headers=keyed(key))
        assert first.status_code == 200, first.text
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
