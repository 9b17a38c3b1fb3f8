"""Registrations over HTTP."""

from uuid import uuid4

import pytest

from domain.json_types import JsonObject
from tests.support.api_client import Api, table
from tests.support.problems import assert_problem


async def test_a_registration_says_what_is_read_and_where(api: Api) -> None:
    asset, team = await api.asset(), await api.team()
    await api.publish(asset, table("id", "email"))
    response = await api.client.post(
        "/api/v1/registrations",
        json={
            "asset_id": asset["id"],
            "consumer_team_id": team["id"],
            "fields": ["email", "email"],
            "pinned_version": "1.0.0",
            "used_by": {"name": "newsletter", "link": "https://wiki.example.com/n"},
        },
    )

    assert response.status_code == 201
    registration = response.json()
    assert registration == {
        "id": registration["id"],
        "asset_id": asset["id"],
        "asset": {"id": asset["id"], "fqn": asset["fqn"], "environment": "production"},
        "consumer_team_id": team["id"],
        "consumer": {"id": team["id"], "name": team["name"]},
        "fields": ["email"],
        "pinned_version": "1.0.0",
        "used_by": [{"name": "newsletter", "link": "https://wiki.example.com/n"}],
        "created_at": registration["created_at"],
        "updated_at": registration["updated_at"],
    }
    assert await api.got(f"/api/v1/registrations/{registration['id']}") == registration


async def test_registering_again_unites_both(api: Api) -> None:
    asset, team = await api.asset(), await api.team()
    await api.publish(asset, table("id", "email"))
    first = await api.register(asset, team, ["email"])
    response = await api.client.post(
        "/api/v1/registrations",
        json={
            "asset_id": asset["id"],
            "consumer_team_id": team["id"],
            "fields": ["id"],
            "used_by": [{"name": "report"}],
        },
    )

    assert response.status_code == 200
    united = response.json()
    assert (united["id"], united["fields"]) == (first["id"], ["email", "id"])
    assert united["used_by"] == [{"name": "report", "link": None}]


async def test_no_fields_named_means_all_of_them(api: Api) -> None:
    asset, team = await api.asset(), await api.team()
    registration = await api.register(asset, team)

    assert registration["fields"] is None


async def test_a_change_tells_null_from_left_out(api: Api) -> None:
    asset, team = await api.asset(), await api.team()
    await api.publish(asset, table("id", "email"))
    registration = await api.register(asset, team, ["email"])
    path = f"/api/v1/registrations/{registration['id']}"

    pinned = (await api.client.patch(path, json={"pinned_version": "1.0.0"})).json()
    assert (pinned["fields"], pinned["pinned_version"]) == (["email"], "1.0.0")
    everything = (await api.client.patch(path, json={"fields": None})).json()
    assert (everything["fields"], everything["pinned_version"]) == (None, "1.0.0")
    free = (await api.client.patch(path, json={"pinned_version": None})).json()
    assert (free["fields"], free["pinned_version"]) == (None, None)


async def test_a_registration_is_removed(api: Api) -> None:
    registration = await api.register(await api.asset(), await api.team())
    path = f"/api/v1/registrations/{registration['id']}"

    assert (await api.client.delete(path)).status_code == 204
    assert_problem(await api.client.get(path), 404, "not_found")
    assert_problem(await api.client.delete(path), 404, "not_found")
    assert_problem(await api.client.patch(path, json={}), 404, "not_found")


async def test_registrations_are_listed_by_asset_and_by_team(api: Api) -> None:
    asset, team = await api.asset(), await api.team()
    registration = await api.register(asset, team)
    await api.register(asset, await api.team())

    by_asset = await api.got("/api/v1/registrations", asset_id=asset["id"])
    by_team = await api.got("/api/v1/registrations", consumer_team_id=team["id"])
    assert len(by_asset["items"]) == 2
    assert by_team["items"] == [registration]


async def test_fields_that_the_contract_lacks_are_named(api: Api) -> None:
    asset, team = await api.asset(), await api.team()
    await api.publish(asset, table("id"))
    response = await api.client.post(
        "/api/v1/registrations",
        json={"asset_id": asset["id"], "consumer_team_id": team["id"], "fields": ["id", "mail"]},
    )

    assert "`mail`" in assert_problem(response, 422, "unknown_fields")["detail"]


@pytest.mark.parametrize(
    "more",
    [
        {"fields": []},
        {"fields": [""]},
        {"fields": ["a..b"]},
        {"fields": ['"']},
        {"fields": "email"},
        {"pinned_version": "9.9.9"},
        {"used_by": {"name": ""}},
        {"used_by": {"name": "x", "link": "javascript:alert(1)"}},
        {"used_by": {"name": "x", "colour": "red"}},
        {"used_by": "newsletter"},
    ],
)
async def test_what_cannot_be_meant_is_refused(api: Api, more: JsonObject) -> None:
    asset, team = await api.asset(), await api.team()
    body = {"asset_id": asset["id"], "consumer_team_id": team["id"], **more}
    response = await api.client.post("/api/v1/registrations", json=body)

    assert_problem(response, 422, "invalid_request")
    listed = await api.got("/api/v1/registrations", asset_id=asset["id"])
    assert listed["items"] == []


async def test_a_path_that_is_none_never_stands_in_the_way_of_a_publication(api: Api) -> None:
    asset, team = await api.asset(), await api.team()
    body = {"asset_id": asset["id"], "consumer_team_id": team["id"], "fields": ["a..b"]}
    await api.client.post("/api/v1/registrations", json=body)

    assert (await api.publish(asset, table("id", "email"))).status_code == 201
    assert (await api.publish(asset, table("id"))).status_code == 202


@pytest.mark.parametrize("member", ["asset_id", "consumer_team_id"])
async def test_unknown_assets_and_teams_are_not_found(api: Api, member: str) -> None:
    asset, team = await api.asset(), await api.team()
    body = {"asset_id": asset["id"], "consumer_team_id": team["id"], member: str(uuid4())}

    assert_problem(await api.client.post("/api/v1/registrations", json=body), 404, "not_found")
