"""The same to many assets: the rules of the single route for each of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from domain.json_types import JsonObject
from store.database import Database
from tests.support.api_client import Api, client_of, unique
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem

ASSETS = "/api/v1/assets"
BULK = f"{ASSETS}/bulk"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


@asynccontextmanager
async def owner_of(
    team: JsonObject, credentials: Credentials, app: FastAPI
) -> AsyncIterator[httpx.AsyncClient]:
    key = await credentials.user_key(await credentials.member(team, "owner"))
    async with client_of(app, key["key"]) as client:
        yield client


async def done(client: httpx.AsyncClient, what: str, **body: object) -> JsonObject:
    response = await client.post(f"{BULK}/{what}", json=body)
    assert response.status_code == 200, response.text
    view: JsonObject = response.json()
    return view


def outcomes(view: JsonObject) -> list[str]:
    return [each["outcome"] for each in view["items"]]


def ids(*assets: JsonObject) -> list[str]:
    return [str(asset["id"]) for asset in assets]


async def happened(api: Api, asset: JsonObject) -> list[str]:
    page = await api.got("/api/v1/events", asset_id=asset["id"])
    return [each["type"] for each in reversed(page["items"])]


async def test_each_asset_has_its_outcome_and_its_event(api: Api) -> None:
    team = await api.team()
    first, second = await api.asset(team, tags=["old", "core"]), await api.asset(team, tags=["new"])
    gone = await api.asset(team)
    await api.client.delete(f"{ASSETS}/{gone['id']}")
    unknown = str(uuid4())
    body = {"asset_ids": [*ids(second, gone, first), unknown], "add": ["new"], "remove": ["old"]}
    view = await done(api.client, "tags", **body)

    assert [each["asset_id"] for each in view["items"]] == body["asset_ids"]
    assert outcomes(view) == ["unchanged", "refused", "changed", "refused"]
    assert (view["changed"], view["unchanged"], view["refused"]) == (1, 1, 2)
    for refused in (view["items"][1], view["items"][3]):
        assert refused["problem"]["type"] == "urn:tessera:problem:not_found"
        assert refused["problem"]["instance"] == f"{ASSETS}/{refused['asset_id']}"
    assert (await api.got(f"{ASSETS}/{first['id']}"))["tags"] == ["core", "new"]
    assert await happened(api, first) == ["asset.created", "asset.changed"]
    assert await happened(api, second) == ["asset.created"]


async def test_a_dry_run_says_the_same_and_does_nothing(api: Api) -> None:
    asset, other = await api.asset(), await api.team()
    for what, body in (
        ("assign", {"owner_team_id": other["id"]}),
        ("tags", {"add": ["pii"]}),
        ("delete", {}),
    ):
        view = await done(api.client, what, asset_ids=ids(asset), dry_run=True, **body)
        assert (view["dry_run"], outcomes(view)) == (True, ["changed"]), what
        assert await api.got(f"{ASSETS}/{asset['id']}") == asset
        assert outcomes(await done(api.client, what, asset_ids=ids(asset), **body)) == ["changed"]
        if what != "delete":
            again = await done(api.client, what, asset_ids=ids(asset), **body)
            assert outcomes(again) == ["unchanged"]
        asset = await api.got(f"{ASSETS}/{asset['id']}", deleted="include")
    assert outcomes(await done(api.client, "delete", asset_ids=ids(asset))) == ["unchanged"]


@pytest.mark.parametrize("role", ["viewer", "member", "owner"])
async def test_no_bulk_route_reaches_what_the_single_one_does_not(
    api: Api, credentials: Credentials, locked_app: FastAPI, role: str
) -> None:
    """Whoever is something in another team stays away from an asset; foreign ones in between
    one's own ones are refused alone.
    """
    own_team, foreign_team = await api.team("own"), await api.team("foreign")
    own, foreign = await api.asset(own_team), await api.asset(foreign_team)
    user = await credentials.member(own_team, role)
    target = await api.team("target")
    path = f"/api/v1/teams/{target['id']}/members/{user['id']}"
    await credentials.admin.put(path, json={"role": "member"})
    key = await credentials.user_key(user)
    requests: Mapping[str, JsonObject] = {
        "assign": {"owner_team_id": target["id"]},
        "tags": {"add": ["mine"]},
        "delete": {},
    }
    may = {"viewer": set(), "member": {"tags"}, "owner": {"assign", "tags", "delete"}}[role]
    async with client_of(locked_app, key["key"]) as client:
        for what, body in requests.items():
            for which in (
                {"asset_ids": ids(foreign, own)},
                {"filter": {"q": foreign["fqn"]}},
                {"filter": {"owner_team_id": foreign_team["id"]}},
            ):
                view = await done(client, what, **which, **body, dry_run=what == "assign")
                for each in view["items"]:
                    if each["asset_id"] == own["id"]:
                        assert (each["outcome"] != "refused") == (what in may), (what, each)
                        continue
                    assert each["outcome"] == "refused", what
                    assert each["problem"]["type"] == "urn:tessera:problem:forbidden"
    assert await api.got(f"{ASSETS}/{foreign['id']}") == foreign
    assert await happened(api, foreign) == ["asset.created"]


async def test_assigning_to_a_team_that_one_is_not_in_is_refused_for_each(
    api: Api, credentials: Credentials, locked_app: FastAPI
) -> None:
    team, other = await api.team("giver"), await api.team("other")
    assets = [await api.asset(team) for _ in range(2)]
    async with owner_of(team, credentials, locked_app) as client:
        body = {"asset_ids": ids(*assets), "owner_team_id": other["id"]}
        view = await done(client, "assign", **body)
        assert outcomes(view) == ["refused", "refused"]
        assert {each["problem"]["action"] for each in view["items"]} == {"receive_asset"}
        body["owner_team_id"] = str(uuid4())
        assert_problem(await client.post(f"{BULK}/assign", json=body), 404, "not_found")


async def test_a_filter_means_what_the_listing_shows(api: Api) -> None:
    team, environment = await api.team(), unique("env")
    inside = [await api.asset(team, environment=environment, tags=["a"]) for _ in range(3)]
    outside = await api.asset(team, environment=environment, kind="topic", tags=["a"])
    wanted = {"environment": environment, "kind": "table", "tag": "a"}
    view = await done(api.client, "tags", filter=wanted, remove=["a"])
    assert {each["asset_id"] for each in view["items"]} == set(ids(*inside))
    assert (await api.got(f"{ASSETS}/{outside['id']}"))["tags"] == ["a"]
    assert outcomes(await done(api.client, "tags", filter=wanted, remove=["a"])) == []
    view = await done(api.client, "delete", filter={"q": inside[0]["fqn"]})
    assert ids(inside[0])[0] in {each["asset_id"] for each in view["items"]}


async def test_repeating_with_the_key_does_it_once(api: Api) -> None:
    asset = await api.asset()
    body = {"asset_ids": ids(asset), "add": ["pii"]}
    headers = {"Idempotency-Key": unique("bulk")}
    first, second = [
        await api.client.post(f"{BULK}/tags", json=body, headers=headers) for _ in range(2)
    ]
    assert (first.text, second.headers["idempotent-replayed"]) == (second.text, "true")
    assert outcomes(second.json()) == ["changed"]
    assert await happened(api, asset) == ["asset.created", "asset.changed"]


async def test_a_tag_too_many_refuses_its_asset_alone(api: Api) -> None:
    full, free = await api.asset(tags=[f"t{n}" for n in range(50)]), await api.asset()
    view = await done(api.client, "tags", asset_ids=ids(full, free), add=["one more"])
    assert outcomes(view) == ["refused", "changed"]
    assert view["items"][0]["problem"]["errors"][0]["path"] == "tags"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"asset_ids": []},
        {"asset_ids": [str(uuid4())] * 1001},
        {"asset_ids": [str(uuid4())], "filter": {"tag": "a"}},
        {"filter": {}},
        {"filter": {"colour": "red"}},
    ],
)
async def test_what_names_no_assets_is_refused(api: Api, body: JsonObject) -> None:
    assert_problem(await api.client.post(f"{BULK}/delete", json=body), 422, "invalid_request")
