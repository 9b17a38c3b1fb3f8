"""Teams that are renamed, deleted, restored and merged, over HTTP."""

import httpx
import pytest
from fastapi import FastAPI

from domain.json_types import JsonObject
from store.database import Database
from tests.support.api_client import Api, client_of, table, unique
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem

TEAMS = "/api/v1/teams"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def deleted(api: Api, team: JsonObject, **params: str) -> None:
    response = await api.client.delete(f"{TEAMS}/{team['id']}", params=params)
    assert response.status_code == 204, response.text


async def works(app: FastAPI, key: JsonObject) -> bool:
    async with client_of(app, key["key"]) as client:
        return (await client.get(TEAMS)).status_code == 200


async def test_a_team_is_renamed(api: Api) -> None:
    team, other, name = await api.team(), await api.team(), unique("renamed")
    path = f"{TEAMS}/{team['id']}"
    renamed = await api.client.patch(path, json={"name": name})
    assert renamed.json() == {**team, "name": name}
    response = await api.client.patch(path, json={"name": other["name"]})
    assert assert_problem(response, 409, "conflict")["existing_id"] == other["id"]
    response = await api.client.patch(path, json={"name": "a/b"})
    assert_problem(response, 422, "invalid_request")


async def test_a_team_that_owns_assets_is_deleted_only_with_an_heir(api: Api) -> None:
    team, heir = await api.team(), await api.team("heir")
    asset = await api.asset(team)
    response = await api.client.delete(f"{TEAMS}/{team['id']}")
    problem = assert_problem(response, 409, "team_owns_assets")
    assert problem["assets"] == 1
    assert [each["fqn"] for each in problem["first"]] == [asset["fqn"]]
    await deleted(api, team, reassign_to=heir["id"])
    assert (await api.got(f"/api/v1/assets/{asset['id']}"))["owner"]["id"] == heir["id"]


async def test_a_deleted_team_is_shown_to_who_asks_for_it(api: Api) -> None:
    team = await api.team()
    await deleted(api, team)
    await deleted(api, team)
    path = f"{TEAMS}/{team['id']}"
    problem = assert_problem(await api.client.get(path), 404, "not_found")
    assert problem["deleted_at"]
    shown = await api.got(path, deleted="include")
    assert shown["deleted_at"].endswith("Z")
    assert shown["merged_into"] is None
    for wanted, found in (("exclude", []), ("include", [shown]), ("only", [shown])):
        page = await api.got(TEAMS, name=team["name"], deleted=wanted)
        assert page["items"] == found, wanted
    again = await api.made(TEAMS, {"name": team["name"]})
    assert [each["id"] for each in (await api.got(TEAMS, name=team["name"]))["items"]] == [
        again["id"]
    ]


async def test_a_restored_team_has_its_members_and_keys_again(
    api: Api, credentials: Credentials, locked_app: FastAPI
) -> None:
    team = await api.team()
    key, member = await credentials.team_key(team), await credentials.member(team, "owner")
    await deleted(api, team)
    assert not await works(locked_app, key)
    response = await api.client.post(f"{TEAMS}/{team['id']}/restore")
    assert response.json() == team
    assert await works(locked_app, key)
    page = await api.got(f"{TEAMS}/{team['id']}/members")
    assert [(each["user_id"], each["role"]) for each in page["items"]] == [(member["id"], "owner")]


async def test_a_team_whose_name_is_taken_comes_back_under_another(api: Api) -> None:
    team = await api.team()
    await deleted(api, team)
    heir = await api.made(TEAMS, {"name": team["name"]})
    path = f"{TEAMS}/{team['id']}/restore"
    response = await api.client.post(path)
    assert assert_problem(response, 409, "conflict")["existing_id"] == heir["id"]
    name = unique("again")
    assert (await api.client.post(path, json={"name": name})).json() == {**team, "name": name}


async def test_a_merged_team_leaves_everything_to_the_other(
    api: Api, credentials: Credentials, locked_app: FastAPI
) -> None:
    team, target = await api.team("source"), await api.team("target")
    asset, key = await api.asset(team), await credentials.team_key(team)
    both = await credentials.member(team, "owner")
    await credentials.admin.put(
        f"{TEAMS}/{target['id']}/members/{both['id']}", json={"role": "viewer"}
    )
    only = await credentials.member(team, "viewer")
    response = await api.client.post(f"{TEAMS}/{team['id']}/merge", json={"into": target["id"]})
    assert response.status_code == 200, response.text
    assert response.json()["merged_into"] == target["id"]
    assert (await api.got(f"/api/v1/assets/{asset['id']}"))["owner"]["id"] == target["id"]
    page = await api.got(f"{TEAMS}/{target['id']}/members")
    roles = {each["user_id"]: each["role"] for each in page["items"]}
    assert roles == {both["id"]: "owner", only["id"]: "viewer"}
    async with client_of(locked_app, key["key"]) as client:
        body = {"schema": table("id")}
        published = await client.post(f"/api/v1/assets/{asset['id']}/contracts", json=body)
        assert published.status_code == 201, published.text
    response = await api.client.post(f"{TEAMS}/{team['id']}/restore")
    assert assert_problem(response, 409, "team_merged")["merged_into"] == target["id"]


async def test_a_team_is_not_merged_into_itself_or_into_nothing(api: Api) -> None:
    team, gone = await api.team(), await api.team()
    await deleted(api, gone)
    path = f"{TEAMS}/{team['id']}/merge"
    response = await api.client.post(path, json={"into": team["id"]})
    assert_problem(response, 422, "invalid_request")
    response = await api.client.post(path, json={"into": gone["id"]})
    assert_problem(response, 404, "not_found")
    response = await api.client.delete(f"{TEAMS}/{team['id']}", params={"reassign_to": team["id"]})
    assert_problem(response, 422, "invalid_request")
