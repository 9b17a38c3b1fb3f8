"""What a key may do to keys: none makes itself live longer, or shows what is not for its holder."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from domain.json_types import JsonObject
from store.database import Database
from tests.support.api_client import Api, client_of
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem

KEYS = "/api/v1/api-keys"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def posted(app: FastAPI, key: JsonObject, path: str, **body: object) -> httpx.Response:
    async with client_of(app, key["key"]) as client:
        return await client.post(f"{KEYS}{path}", json=body)


async def listed(app: FastAPI, key: JsonObject, **params: str) -> set[str]:
    async with client_of(app, key["key"]) as client:
        response = await client.get(KEYS, params=params)
    assert response.status_code == 200, response.text
    return {each["id"] for each in response.json()["items"]}


async def test_a_list_of_keys_holds_those_of_ones_teams_and_ones_own(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    mine, theirs = await api.team(), await api.team()
    key, admin = [await credentials.team_key(mine, scope) for scope in ("read", "admin")]
    foreign = await credentials.team_key(theirs, "admin")
    viewer = await credentials.member(mine, "viewer")
    own = await credentials.user_key(viewer)
    others = await credentials.user_key(await credentials.member(mine, "member"))

    assert await listed(locked_app, key) == {key["id"], admin["id"]}
    assert await listed(locked_app, key, team_id=theirs["id"]) == set()
    assert await listed(locked_app, key, user_id=viewer["id"]) == set()
    assert await listed(locked_app, own) == {key["id"], admin["id"], own["id"]}
    for hidden in (foreign, others):
        async with client_of(locked_app, own["key"]) as client:
            assert_problem(await client.get(f"{KEYS}/{hidden['id']}"), 403, "forbidden")


async def test_no_key_makes_another_for_its_own_user(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    """It would go on to work when the one it was made with is revoked."""
    team = await api.team()
    for role, kind in (("viewer", "bot"), ("owner", "person")):
        user = await credentials.member(team, role, kind=kind)
        key = await credentials.user_key(user)
        response = await posted(locked_app, key, "", name="bred", user_id=user["id"])
        assert_problem(response, 403, "forbidden")


async def test_a_key_replaces_itself_and_no_other_and_lives_no_longer(
    locked_app: FastAPI, credentials: Credentials
) -> None:
    user = await credentials.user()
    end = datetime.now(UTC) + timedelta(minutes=5)
    body = {"name": "ci", "user_id": user["id"], "expires_at": end.isoformat()}
    key, sibling = [await credentials.posted("/api-keys", body) for _ in range(2)]

    assert_problem(await posted(locked_app, key, f"/{sibling['id']}/rotate"), 403, "forbidden")
    later = {"expires_at": (end + timedelta(days=1)).isoformat()}
    response = await posted(locked_app, key, f"/{key['id']}/rotate", **later)
    assert assert_problem(response, 403, "forbidden")["action"] == "create_keys"
    response = await posted(locked_app, key, f"/{key['id']}/rotate", overlap="1d")
    new = response.json()
    assert new["expires_at"] == key["expires_at"]
    async with client_of(locked_app, new["key"]) as client:
        old = (await client.get(f"{KEYS}/{key['id']}")).json()
    assert old["expires_at"] == key["expires_at"], "an overlap prolongs no key"


async def test_an_owner_gives_a_successor_the_life_that_the_key_had(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    team = await api.team()
    owner = await credentials.user_key(await credentials.member(team, "owner"))
    end = datetime.now(UTC) + timedelta(minutes=5)
    body = {"name": "ci", "team_id": team["id"], "expires_at": end.isoformat()}
    key = await credentials.posted("/api-keys", body)
    new = (await posted(locked_app, owner, f"/{key['id']}/rotate")).json()
    assert new["expires_at"] > key["expires_at"]


async def test_one_revokes_ones_own_keys(locked_app: FastAPI, credentials: Credentials) -> None:
    user = await credentials.user()
    key, lost = [await credentials.user_key(user) for _ in range(2)]
    foreign = await credentials.user_key(await credentials.user())

    assert (await posted(locked_app, key, f"/{lost['id']}/revoke")).status_code == 200
    async with client_of(locked_app, lost["key"]) as client:
        assert_problem(await client.get(KEYS), 401, "unauthenticated")
    assert_problem(await posted(locked_app, key, f"/{foreign['id']}/revoke"), 403, "forbidden")


async def test_a_successor_stands_in_the_log_like_every_new_key(
    api: Api, credentials: Credentials
) -> None:
    old = await credentials.team_key(await api.team())
    new = (await credentials.admin.post(f"{KEYS}/{old['id']}/rotate")).json()
    events = (await api.got("/api/v1/events", team_id=old["team_id"]))["items"]
    created, rotated = events[:2]
    assert (created["type"], rotated["type"]) == ("api_key.created", "api_key.rotated")
    assert created["payload"]["key_id"] == new["id"]
    assert created["payload"]["after"]["prefix"] == new["prefix"]


async def test_the_log_says_with_which_of_their_keys_somebody_came(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    team = await api.team()
    user = await credentials.member(team, "member")
    for key in [await credentials.user_key(user) for _ in range(2)]:
        async with client_of(locked_app, key["key"]) as client:
            body = {"fqn": f"{key['prefix']}.table", "owner_team_id": team["id"]}
            made = (await client.post("/api/v1/assets", json=body)).json()
        (event,) = (await api.got("/api/v1/events", asset_id=made["id"]))["items"]
        actor = event["actor"]
        assert (actor["id"], actor["key_id"]) == (user["id"], key["id"])


async def test_a_webhooks_address_is_for_the_team_alone(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    mine, theirs = await api.team(), await api.team()
    path = f"/api/v1/teams/{mine['id']}/destinations/webhook"
    await credentials.admin.put(path, json={"address": "https://hooks.example.com/T/B/SECRET"})
    for team, status in ((mine, 200), (theirs, 403)):
        key = await credentials.team_key(team, "read")
        async with client_of(locked_app, key["key"]) as client:
            response = await client.get(path)
        assert response.status_code == status
        assert ("SECRET" in response.text) == (status == 200)
