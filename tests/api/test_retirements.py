"""The end of old versions over HTTP."""

from datetime import UTC, datetime, timedelta

from domain.json_types import JsonObject
from tests.support.api_client import Api, table
from tests.support.problems import assert_problem


async def old_version(api: Api) -> tuple[JsonObject, JsonObject, JsonObject]:
    """A deprecated version, its asset, and a team that is pinned to it."""
    asset, team = await api.asset(), await api.team()
    first = await api.publish(asset, table("id"))
    await api.publish(asset, table("id", "email"))
    pinned = await api.client.post(
        "/api/v1/registrations",
        json={
            "asset_id": asset["id"],
            "consumer_team_id": team["id"],
            "pinned_version": "1.0.0",
        },
    )
    assert pinned.status_code == 201, pinned.text
    return first.json()["contract"], asset, team


def ahead(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def test_an_end_is_set_answered_and_cancelled(api: Api) -> None:
    contract, asset, team = await old_version(api)
    path = f"/api/v1/contracts/{contract['id']}/retirement"
    assert_problem(await api.client.get(path), 404, "not_found")
    sunset = ahead(30)
    made = await api.client.post(path, json={"sunset_at": sunset, "reason": "too dear"})
    assert made.status_code == 200, made.text
    shown = made.json()
    assert (shown["status"], shown["version"], shown["reason"]) == ("open", "1.0.0", "too dear")
    assert (shown["pending"], shown["revision"]) == ([team["name"]], 1)
    assert datetime.fromisoformat(shown["sunset_at"]) == datetime.fromisoformat(sunset)
    assert await api.got(path) == shown

    until = ahead(40)
    mover = {"consumer_team_id": team["id"]}
    longer = await api.client.post(f"{path}/extend", json={**mover, "until": until, "note": "sale"})
    assert longer.status_code == 200, longer.text
    (seen,) = longer.json()["movers"]
    assert (seen["note"], seen["moved"], seen["due_at"]) == ("sale", False, seen["extended_until"])

    inbox = await api.got(f"/api/v1/inbox?team_id={team['id']}")
    assert inbox["counts"]["move"] == 1
    (move,) = inbox["moves"]
    assert (move["version"], move["asset"]["fqn"]) == ("1.0.0", asset["fqn"])
    assert (move["contract_id"], move["permitted"]) == (contract["id"], True)

    moved = await api.client.post(f"{path}/moved", json=mover)
    assert (moved.json()["pending"], moved.json()["movers"][0]["moved"]) == ([], True)
    inbox = await api.got(f"/api/v1/inbox?team_id={team['id']}")
    assert (inbox["counts"]["move"], inbox["moves"]) == (0, [])

    gone = await api.client.post(f"{path}/cancel", json={"reason": "a partner needs it"})
    assert (gone.json()["status"], gone.json()["cause"]) == ("cancelled", "cancelled")
    late = await api.client.post(f"{path}/extend", json={**mover, "until": until})
    assert_problem(late, 409, "retirement_ended")


async def test_what_cannot_be_meant_is_refused(api: Api) -> None:
    contract, asset, team = await old_version(api)
    path = f"/api/v1/contracts/{contract['id']}/retirement"
    for wrong in (ahead(-1), ahead(0), ahead(1000)):
        assert_problem(
            await api.client.post(path, json={"sunset_at": wrong}), 422, "invalid_request"
        )
    active = (await api.got(f"/api/v1/assets/{asset['id']}/contracts?status=active"))["items"][0]
    other = f"/api/v1/contracts/{active['id']}/retirement"
    assert_problem(
        await api.client.post(other, json={"sunset_at": ahead(30)}), 409, "not_deprecated"
    )
    await api.client.post(path, json={"sunset_at": ahead(30)})
    stranger = await api.team()
    body = {"consumer_team_id": stranger["id"]}
    assert_problem(await api.client.post(f"{path}/moved", json=body), 409, "not_a_mover")
    mover = {"consumer_team_id": team["id"]}
    for until in (ahead(20), ahead(300)):
        refused = await api.client.post(f"{path}/extend", json={**mover, "until": until})
        assert_problem(refused, 422, "invalid_request")


async def test_they_are_listed_by_asset_team_and_state(api: Api) -> None:
    contract, asset, team = await old_version(api)
    path = f"/api/v1/contracts/{contract['id']}/retirement"
    await api.client.post(path, json={"sunset_at": ahead(30)})
    for query in (f"asset_id={asset['id']}", f"consumer_team_id={team['id']}&status=open"):
        items = (await api.got(f"/api/v1/retirements?{query}"))["items"]
        assert [each["contract_id"] for each in items] == [contract["id"]]
    retired = await api.got(f"/api/v1/retirements?asset_id={asset['id']}&status=retired")
    assert retired["items"] == []


async def test_a_publication_at_a_time_is_a_proposal_that_says_when(api: Api) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id"))
    path = f"/api/v1/assets/{asset['id']}/contracts"
    body = {"schema": table("id", "email"), "publish_at": ahead(3)}
    preview = await api.client.post(path, params={"dry_run": "true"}, json=body)
    assert (preview.status_code, preview.json()["action"]) == (200, "proposed")
    made = await api.client.post(path, json=body)
    assert made.status_code == 202, made.text
    assert made.json()["proposal"]["publish_at"] == preview_time(body)
    assert made.json()["changes"]
    again = await api.client.post(path, json=body | {"publish_at": ahead(4)})
    assert_problem(again, 409, "proposal_open")
    for wrong in (ahead(-1), ahead(400)):
        refused = await api.client.post(
            path, params={"dry_run": "true"}, json=body | {"publish_at": wrong}
        )
        assert_problem(refused, 422, "invalid_request")


def preview_time(body: JsonObject) -> str:
    """As the API writes a time."""
    return str(body["publish_at"]).replace("+00:00", "Z")


async def test_the_page_of_what_replaced_a_version_shows_its_end(api: Api) -> None:
    reader = await api.team("<b>reader")
    proposal = await api.proposal(reader, migration_window="30d")
    assert (await api.answer(proposal, reader, "approved")).status_code == 200
    published = await api.settle(proposal)
    assert published["status"] == "published"
    path = f"/proposals/{proposal['id']}"
    shown = (await api.client.get(path)).text
    assert "1.0.0 is retired" in shown
    assert "&lt;b&gt;reader" in shown.split("Still on it")[1][:100]
    assert "<b>reader" not in shown
    (end,) = (await api.got(f"/api/v1/retirements?consumer_team_id={reader['id']}"))["items"]
    moved = await api.client.post(
        f"/api/v1/contracts/{end['contract_id']}/retirement/moved",
        json={"consumer_team_id": reader["id"]},
    )
    assert moved.status_code == 200, moved.text
    assert "Everybody who is known has moved off it." in (await api.client.get(path)).text
