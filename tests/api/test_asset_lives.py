"""Assets that are changed, given away, deleted and restored, over HTTP."""

import httpx
import pytest
from fastapi import FastAPI

from domain.json_types import JsonObject
from store.database import Database
from tests.support.api_client import Api, client_of, table, unique
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem

ASSETS = "/api/v1/assets"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def test_only_what_is_sent_changes(api: Api) -> None:
    asset = await api.asset(tags=["core"], description=" Who buys. ")
    assert asset["description"] == "Who buys."
    path = f"{ASSETS}/{asset['id']}"
    changed = await api.client.patch(path, json={"kind": "topic", "tags": ["pii"]})
    assert changed.json() == {**asset, "kind": "topic", "tags": ["pii"]}
    assert (await api.client.patch(path, json={"description": ""})).json()["description"] is None
    assert (await api.client.patch(path, json={})).json() == await api.got(path)
    for body in (
        {"kind": "spreadsheet"},
        {"tags": [""]},
        {"fqn": "a.b"},
        {"description": "x" * 4001},
    ):
        assert_problem(await api.client.patch(path, json=body), 422, "invalid_request")


async def test_a_deleted_asset_is_shown_to_who_asks_for_it(api: Api) -> None:
    asset = await api.asset()
    path = f"{ASSETS}/{asset['id']}"
    for _ in range(2):
        assert (await api.client.delete(path)).status_code == 204
    assert assert_problem(await api.client.get(path), 404, "not_found")["deleted_at"]
    shown = await api.got(path, deleted="include")
    assert shown == {**asset, "deleted_at": shown["deleted_at"]}
    for wanted, found in (("exclude", []), ("include", [shown]), ("only", [shown])):
        assert (await api.got(ASSETS, fqn=asset["fqn"], deleted=wanted))["items"] == found
    assert_problem(await api.publish(asset, table("id")), 404, "not_found")


async def test_what_is_made_again_stands_in_the_way_of_a_restoration(api: Api) -> None:
    asset = await api.asset()
    path = f"{ASSETS}/{asset['id']}"
    await api.client.delete(path)
    body = {"fqn": asset["fqn"], "owner_team_id": asset["owner_team_id"]}
    again = await api.made(ASSETS, body)
    response = await api.client.post(f"{path}/restore")
    assert assert_problem(response, 409, "conflict")["existing_id"] == again["id"]
    await api.made(ASSETS, {**body, "environment": "staging"})
    await api.client.delete(f"{ASSETS}/{again['id']}")
    assert (await api.client.post(f"{path}/restore")).json() == asset


async def test_giving_an_asset_away_needs_both_teams(
    api: Api, credentials: Credentials, locked_app: FastAPI
) -> None:
    team, other = await api.team("giver"), await api.team("receiver")
    asset = await api.asset(team)
    path = f"{ASSETS}/{asset['id']}"

    async def gives(user: JsonObject, **more: object) -> httpx.Response:
        key = await credentials.user_key(user)
        async with client_of(locked_app, key["key"]) as client:
            return await client.patch(path, json={"owner_team_id": other["id"], **more})

    async def put(user: JsonObject, into: JsonObject, role: str) -> None:
        members = f"/api/v1/teams/{into['id']}/members/{user['id']}"
        assert (await credentials.admin.put(members, json={"role": role})).status_code == 200

    owner = await credentials.member(team, "owner")
    refused = assert_problem(await gives(owner), 403, "forbidden")
    assert refused["action"] == "receive_asset"
    member = await credentials.member(team, "member")
    await put(member, other, "owner")
    assert assert_problem(await gives(member), 403, "forbidden")["action"] == "assign_asset"
    await put(owner, other, "viewer")
    assert_problem(await gives(owner), 403, "forbidden")
    assert_problem(await gives(owner, description="kept out"), 403, "forbidden")
    assert (await api.got(path)) == asset, "refused as a whole"
    await put(owner, other, "member")
    assert (await gives(owner)).json()["owner"]["id"] == other["id"]


async def test_stewards_are_named_and_have_no_rights(
    api: Api, credentials: Credentials, locked_app: FastAPI
) -> None:
    asset, ada, bob = (
        await api.asset(),
        await credentials.user("ada"),
        await credentials.user("bob"),
    )
    path = f"{ASSETS}/{asset['id']}/stewards"
    for user in (ada, bob, ada):
        put = await api.client.put(f"{path}/{user['id']}")
        assert (put.json()["user"]["name"], put.status_code) == (user["name"], 200)
    assert [each["user_id"] for each in (await api.got(path))["items"]] == [bob["id"], ada["id"]]
    assert [each["id"] for each in (await api.got(ASSETS, steward=ada["id"]))["items"]] == [
        asset["id"]
    ]
    key = await credentials.user_key(ada)
    async with client_of(locked_app, key["key"]) as client:
        response = await client.patch(f"{ASSETS}/{asset['id']}", json={"kind": "topic"})
        assert_problem(response, 403, "forbidden")
    for _ in range(2):
        assert (await api.client.delete(f"{path}/{ada['id']}")).status_code == 204
    assert (await api.got(ASSETS, steward=ada["id"]))["items"] == []
    page = await api.got("/api/v1/events", asset_id=asset["id"])
    kinds = [each["type"].rpartition(".")[2] for each in reversed(page["items"])]
    assert kinds == ["created", "steward_added", "steward_added", "steward_removed"]


async def test_who_is_no_user_is_no_steward(api: Api) -> None:
    asset = await api.asset()
    path = f"{ASSETS}/{asset['id']}/stewards/{asset['owner_team_id']}"
    assert assert_problem(await api.client.put(path), 404, "not_found")["noun"] == "user"


async def test_environments_and_tags_are_counted(api: Api) -> None:
    environment, tag = unique("env"), unique("tag")
    made = [await api.asset(environment=environment, tags=[tag, "core"]) for _ in range(3)]
    await api.client.delete(f"{ASSETS}/{made[0]['id']}")
    environments = (await api.got("/api/v1/environments"))["items"]
    tags = (await api.got("/api/v1/tags"))["items"]
    assert {"name": environment, "assets": 2} in environments
    assert {"name": tag, "assets": 2} in tags
    assert [each["assets"] for each in tags] == sorted((t["assets"] for t in tags), reverse=True)
    assert len((await api.got("/api/v1/tags", limit="1"))["items"]) == 1
    assert [each["id"] for each in (await api.got(ASSETS, tag=tag, kind="table"))["items"]] == [
        made[2]["id"],
        made[1]["id"],
    ]
