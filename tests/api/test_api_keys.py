"""Keys over HTTP: shown once, bounded by their holder, replaced with an overlap, revoked."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from api.event_stream import HEARTBEAT_SECONDS
from domain.api_keys import digest_of
from domain.json_types import JsonObject
from record.comparison import Comparer
from store.api_keys import ApiKeyRow
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from store.transaction import Transaction
from tests.support.api_client import LOCKED, Api, app_over, client_at, client_of, eventually, table
from tests.support.credentials import Credentials
from tests.support.live_api import live
from tests.support.problems import assert_problem

KEYS = "/api/v1/api-keys"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def got(app: FastAPI, key: str, path: str = "/api/v1/teams") -> httpx.Response:
    async with client_of(app, key) as client:
        return await client.get(path)


async def posted(app: FastAPI, key: str, path: str, body: JsonObject) -> httpx.Response:
    async with client_of(app, key) as client:
        return await client.post(path, json=body)


async def test_a_key_is_shown_once_and_kept_as_its_digest(
    api: Api, credentials: Credentials, database: Database
) -> None:
    made = await credentials.team_key(await api.team())
    text = made.pop("key")
    assert text == f"tsr_{made['prefix']}_{text[-64:]}"
    assert int(text[-64:], 16).bit_length() > 200
    shown = (await credentials.admin.get(f"{KEYS}/{made['id']}")).json()
    assert shown == made
    assert (await credentials.admin.get(KEYS)).json()["items"][0] == made

    async def work(tx: Transaction) -> list[object]:
        columns = ApiKeyRow.__table__.c
        row = await tx.sql.execute(
            ApiKeyRow.__table__.select().where(columns.id == UUID(made["id"]))
        )
        return list(row.one())

    kept = await database.read(work)
    assert digest_of(text) in kept
    assert not any(text[-64:] in str(value) for value in kept)
    events = await api.got("/api/v1/events", type="api_key.created")
    assert events["items"][0]["payload"]["key_id"] == made["id"]
    assert text[-64:] not in str(events)


async def test_a_repeated_request_shows_no_key_again(api: Api, credentials: Credentials) -> None:
    team = await api.team()
    body, once = {"name": "ci", "team_id": team["id"]}, {"Idempotency-Key": team["id"]}
    first, second = [await credentials.admin.post(KEYS, json=body, headers=once) for _ in range(2)]
    assert first.json()["key"].startswith("tsr_")
    assert second.json() == {**first.json(), "key": None}
    assert second.headers["idempotent-replayed"] == "true"


async def test_who_acts_is_the_key_the_person_or_the_bot(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    team = await api.team()
    person = await credentials.member(team, "member")
    bot = await credentials.member(team, "owner", kind="bot")
    key = await credentials.team_key(team)
    holders = [
        (key, ("key", key["name"], key["id"])),
        (await credentials.user_key(person), ("person", person["name"], person["id"])),
        (await credentials.user_key(bot), ("bot", bot["name"], bot["id"])),
    ]
    for number, (held, actor) in enumerate(holders):
        body = {"fqn": f"a{number}.{team['name']}", "owner_team_id": team["id"]}
        made = await posted(locked_app, held["key"], "/api/v1/assets", body)
        events = await api.got("/api/v1/events", asset_id=made.json()["id"])
        found = events["items"][0]["actor"]
        assert (found["kind"], found["name"], found["id"]) == actor
        assert found["acting_for"] is None


async def test_a_body_names_a_team_and_never_who_acts(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    mine, theirs = await api.team(), await api.team()
    proposal = await api.proposal(mine, theirs)
    key = await credentials.team_key(mine)
    path = f"/api/v1/proposals/{proposal['id']}/acknowledge"
    body = {"consumer_team_id": theirs["id"], "response": "approved"}
    assert_problem(await posted(locked_app, key["key"], path, body), 403, "forbidden")
    for name in ("user_id", "acting_for", "actor", "acknowledged_by_user_id"):
        sent = {**body, "consumer_team_id": mine["id"], name: theirs["id"]}
        assert_problem(await posted(locked_app, key["key"], path, sent), 422, "invalid_request")
    own = {**body, "consumer_team_id": mine["id"]}
    assert (await posted(locked_app, key["key"], path, own)).status_code == 200


async def test_a_key_of_the_scope_admin_is_no_more_than_its_user(
    locked_app: FastAPI, credentials: Credentials
) -> None:
    user, boss = await credentials.user(), await credentials.user("boss", administrator=True)
    await credentials.user("another", administrator=True)
    body = {"name": "all", "scope": "admin", "user_id": user["id"]}
    response = await credentials.admin.post(KEYS, json=body)
    assert assert_problem(response, 422, "invalid_request")["errors"][0]["path"] == "scope"
    key = await credentials.user_key(boss, "admin")
    new = {"name": "made by the boss"}
    assert (await posted(locked_app, key["key"], "/api/v1/teams", new)).status_code == 201
    await credentials.admin.patch(f"/api/v1/users/{boss['id']}", json={"administrator": False})
    response = await posted(locked_app, key["key"], "/api/v1/teams", {"name": "not any more"})
    assert_problem(response, 403, "forbidden")


async def test_an_owner_makes_keys_for_the_team_but_none_of_an_administrator(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    team = await api.team()
    owner = await credentials.member(team, "owner")
    mine = (await credentials.user_key(owner))["key"]
    admin = await credentials.team_key(team, "admin")
    for path, body in (
        (KEYS, {"name": "all", "scope": "admin", "team_id": team["id"]}),
        (f"{KEYS}/{admin['id']}/rotate", {}),
    ):
        assert_problem(await posted(locked_app, mine, path, body), 403, "forbidden")
    made = await posted(locked_app, mine, KEYS, {"name": "ci", "team_id": team["id"]})
    assert made.status_code == 201
    other = await credentials.user()
    response = await posted(locked_app, mine, KEYS, {"name": "x", "user_id": other["id"]})
    assert_problem(response, 403, "forbidden")
    listed = (await got(locked_app, mine, KEYS)).json()["items"]
    assert {(key["team_id"], key["user_id"]) for key in listed} == {
        (team["id"], None),
        (None, owner["id"]),
    }


@pytest.mark.parametrize("body", [{}, {"team_id": True, "user_id": True}])
async def test_a_key_is_for_a_team_or_for_a_user(
    api: Api, credentials: Credentials, body: JsonObject
) -> None:
    ids = {"team_id": (await api.team())["id"], "user_id": (await credentials.user())["id"]}
    sent = {"name": "ci", **{name: ids[name] for name in body}}
    assert_problem(await credentials.admin.post(KEYS, json=sent), 422, "invalid_request")


async def test_a_rotated_key_works_beside_its_successor_until_the_overlap_is_over(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    old = await credentials.team_key(await api.team())
    rotated = await credentials.admin.post(f"{KEYS}/{old['id']}/rotate", json={"overlap": "1h"})
    new = rotated.json()
    assert (new["name"], new["scope"], new["team_id"]) == tuple(
        old[name] for name in ("name", "scope", "team_id")
    )
    for key in (old, new):
        assert (await got(locked_app, key["key"])).status_code == 200
    shown = (await credentials.admin.get(f"{KEYS}/{old['id']}")).json()
    assert (shown["status"], shown["successor_id"]) == ("retiring", new["id"])
    left = datetime.fromisoformat(shown["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=55) < left <= timedelta(hours=1)
    await credentials.expired(old)
    assert_problem(await got(locked_app, old["key"]), 401, "unauthenticated")
    assert (await got(locked_app, new["key"])).status_code == 200
    again = await credentials.admin.post(f"{KEYS}/{old['id']}/rotate")
    assert_problem(again, 409, "not_ready")


async def test_without_overlap_the_old_key_ends_at_once(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    old = await credentials.team_key(await api.team())
    await credentials.admin.post(f"{KEYS}/{old['id']}/rotate", json={"overlap": "0s"})
    assert_problem(await got(locked_app, old["key"]), 401, "unauthenticated")


async def test_the_successor_lives_as_long_as_the_old_key_was_to_live(
    api: Api, credentials: Credentials
) -> None:
    team, end = await api.team(), datetime.now(UTC) + timedelta(days=30)
    body = {"name": "ci", "team_id": team["id"], "expires_at": end.isoformat()}
    old = await credentials.posted("/api-keys", body)
    new = (await credentials.admin.post(f"{KEYS}/{old['id']}/rotate")).json()
    first, second = (datetime.fromisoformat(key["expires_at"]) for key in (old, new))
    assert timedelta(0) <= second - first < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("", {"expires_at": "2020-01-01T00:00:00Z"}),
        ("/rotate", {"overlap": "31d"}),
        ("/rotate", {"expires_at": "2020-01-01T00:00:00Z"}),
    ],
)
async def test_times_that_cannot_be_meant_are_refused(
    api: Api, credentials: Credentials, path: str, sent: JsonObject
) -> None:
    team = await api.team()
    where, body = KEYS, sent
    if path:
        where += f"/{(await credentials.team_key(team))['id']}{path}"
    else:
        body = {"name": "ci", "team_id": team["id"], **sent}
    response = await credentials.admin.post(where, json=body)
    assert_problem(response, 422, "invalid_request")


async def test_a_key_that_opens_nothing_is_always_the_same_401(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    """Only who has the whole key is told what has become of it."""
    team = await api.team()
    user = await credentials.user()
    gone = await credentials.user_key(user)
    await credentials.deactivated(user)
    revoked = (await credentials.revoked(await credentials.team_key(team)))["key"]
    expired = (await credentials.expired(await credentials.team_key(team)))["key"]
    told = {}
    for name, text in {
        "unknown": f"tsr_{'0' * 12}_{'0' * 64}",
        "wrong": f"{revoked[:-64]}{'0' * 64}",
        "revoked": revoked,
        "expired": expired,
        "deactivated": gone["key"],
    }.items():
        response = await got(locked_app, text)
        problem = assert_problem(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"].startswith("Bearer")
        told[name] = problem.pop("detail")
        assert set(problem) == {"type", "title", "status", "instance", "request_id"}
    assert told["unknown"] == told["wrong"]
    assert "revoked" in told["revoked"]
    assert "expired" in told["expired"]
    assert "deactivated" in told["deactivated"]


async def test_deactivating_a_user_ends_their_keys_and_reactivating_brings_them_back(
    locked_app: FastAPI, credentials: Credentials
) -> None:
    user = await credentials.user()
    key = (await credentials.user_key(user))["key"]
    assert (await got(locked_app, key)).status_code == 200
    await credentials.deactivated(user)
    assert_problem(await got(locked_app, key), 401, "unauthenticated")
    await credentials.admin.post(f"/api/v1/users/{user['id']}/reactivate")
    assert (await got(locked_app, key)).status_code == 200


async def test_a_role_counts_from_the_next_request_on(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    asset = await api.asset()
    team = {"id": asset["owner_team_id"]}
    user = await credentials.member(team, "viewer")
    key = (await credentials.user_key(user))["key"]
    path = f"/api/v1/assets/{asset['id']}/contracts"
    body = {"schema": table("id")}
    assert_problem(await posted(locked_app, key, path, body), 403, "forbidden")
    member = f"/api/v1/teams/{team['id']}/members/{user['id']}"
    await credentials.admin.put(member, json={"role": "member"})
    assert (await posted(locked_app, key, path, body)).status_code == 201
    await credentials.admin.delete(member)
    assert_problem(await posted(locked_app, key, path, body), 403, "forbidden")


async def test_a_stricter_policy_is_a_members_and_a_looser_one_an_owners(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    asset = await api.asset()
    key = (await credentials.team_key({"id": asset["owner_team_id"]}))["key"]
    path = f"/api/v1/assets/{asset['id']}/policy"
    stricter: list[JsonObject] = [{"mode": "full"}, {"timeline": {"deadline": "20d"}}]
    looser: list[JsonObject] = [
        {"mode": "backward"},
        {"observe": True},
        {"timeline": {"deadline": None}},
        {"timeline": {"on_deadline": "approve"}},
    ]
    async with client_of(locked_app, key) as client:
        for body in stricter:
            assert (await client.patch(path, json=body)).status_code == 200
        for body in looser:
            problem = assert_problem(await client.patch(path, json=body), 403, "forbidden")
            assert problem["action"] == "loosen_policy"


async def test_the_last_use_is_noted_beside_the_requests_once_a_minute(
    locked_app: FastAPI, api: Api, credentials: Credentials
) -> None:
    made = await credentials.team_key(await api.team())
    assert made["last_used_at"] is None

    async def used() -> str | None:
        shown = await credentials.admin.get(f"{KEYS}/{made['id']}")
        found: str | None = shown.json()["last_used_at"]
        return found

    await got(locked_app, made["key"])
    first = await eventually(used)
    await asyncio.gather(*(got(locked_app, made["key"]) for _ in range(5)))
    await LOCKED.uses.written()
    assert await used() == first


async def test_a_stream_ends_soon_after_its_key(
    database_url: str, comparer: Comparer, api: Api, credentials: Credentials
) -> None:
    key = await credentials.team_key(await api.team())
    bearer = {"Authorization": f"Bearer {key['key']}"}
    async with (
        Listener(database_url, [EVENTS]) as listener,
        Feed(credentials.database, listener) as feed,
        live(app_over(credentials.database, comparer, feed, authenticator=LOCKED), feed) as address,
        client_at(address, timeout=4 * HEARTBEAT_SECONDS) as client,
        client.stream("GET", "/api/v1/events/stream", headers=bearer) as stream,
    ):
        await credentials.revoked(key)
        lines = [line async for line in stream.aiter_lines() if line.startswith(":")]
    assert lines[-1] == ": your key works no more"
