"""Publishing many contracts: the rules of the single route for each of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from domain.destinations import Channels
from domain.json_types import JsonObject
from domain.parties import NoticeKind
from record import notices, rounds
from store.database import Database
from store.transaction import Transaction
from tests.support.api_client import Api, client_of, table, unique
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem

BULK = "/api/v1/contracts/bulk/publish"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


@asynccontextmanager
async def member_of(
    team: JsonObject, credentials: Credentials, app: FastAPI
) -> AsyncIterator[httpx.AsyncClient]:
    key = await credentials.user_key(await credentials.member(team, "member"))
    async with client_of(app, key["key"]) as client:
        yield client


async def published(
    client: httpx.AsyncClient,
    *contracts: JsonObject,
    key: str | None = None,
    dry_run: bool = False,
) -> JsonObject:
    body = {"contracts": list(contracts), "dry_run": dry_run}
    headers = {} if key is None else {"Idempotency-Key": key}
    response = await client.post(BULK, json=body, headers=headers)
    assert response.status_code == 200, response.text
    view: JsonObject = response.json()
    return view


def outcomes(view: JsonObject) -> list[str]:
    return [each["outcome"] for each in view["items"]]


def named(asset: JsonObject, schema: object, **more: object) -> JsonObject:
    return {"fqn": asset["fqn"], "schema": schema, **more}


async def happened(api: Api, asset: JsonObject) -> list[str]:
    page = await api.got("/api/v1/events", asset_id=asset["id"])
    return [each["type"] for each in reversed(page["items"])]


async def standing(api: Api, team: JsonObject, reader: JsonObject, count: int) -> list[JsonObject]:
    """Assets of a team with a contract, whose `email` somebody reads."""
    assets = [await api.asset(team) for _ in range(count)]
    for asset in assets:
        await api.publish(asset, table("id", "email"))
        await api.register(asset, reader, ["email"])
    return assets


async def test_each_contract_has_its_own_outcome(api: Api) -> None:
    team, reader = await api.team("owner"), await api.team("reader")
    same, wider, broken, wrong = await standing(api, team, reader, 4)
    first = await api.asset(team, environment="staging")
    view = await published(
        api.client,
        named(same, table("id", "email")),
        {"asset_id": wider["id"], "schema": table("id", "email", "name")},
        named(broken, table("id")),
        named(first, table("id"), environment="staging"),
        named(wrong, {"type": "nothing"}),
        named(first, table("id")),
        {"asset_id": str(uuid4()), "schema": table("id")},
        named(wider, table("id")),
    )
    assert outcomes(view) == [
        *("unchanged", "published", "proposed", "published"),
        *("refused", "refused", "refused", "refused"),
    ]
    counted = {name: view[name] for name in ("unchanged", "published", "proposed", "refused")}
    assert counted == {"unchanged": 1, "published": 2, "proposed": 1, "refused": 4}
    problems = [each["problem"]["type"].rpartition(":")[2] for each in view["items"][4:]]
    assert problems == ["invalid_schema", "not_found", "not_found", "invalid_request"]
    assert view["items"][4]["problem"]["instance"] == f"/api/v1/assets/{wrong['id']}"
    proposed = view["items"][2]
    assert [each["team"]["id"] for each in proposed["asked"]] == [reader["id"]]
    proposal = await api.got(f"/api/v1/proposals/{proposed['proposal_id']}")
    assert (proposal["status"], proposal["version"]) == ("pending", proposed["version"])
    contract = await api.got(f"/api/v1/contracts/{view['items'][1]['contract_id']}")
    assert (contract["version"], contract["status"]) == ("1.1.0", "active")
    assert (await happened(api, wrong))[-1] == "registration.created"
    assert (await happened(api, same))[-1] == "registration.created"


async def test_repeated_without_a_key_it_does_only_what_is_missing(api: Api) -> None:
    team, reader = await api.team("owner"), await api.team("reader")
    wider, broken = await standing(api, team, reader, 2)
    contracts = [named(wider, table("id", "email", "name")), named(broken, table("id"))]
    first = await published(api.client, *contracts)
    before = [await happened(api, asset) for asset in (wider, broken)]
    again = await published(api.client, *contracts)
    assert outcomes(first) == ["published", "proposed"]
    assert outcomes(again) == ["unchanged", "proposed"]
    assert again["items"][1]["proposal_id"] == first["items"][1]["proposal_id"]
    assert [await happened(api, asset) for asset in (wider, broken)] == before


async def test_the_same_key_gives_the_same_outcomes_and_tries_again_what_was_refused(
    api: Api,
) -> None:
    team, key, fqn = await api.team("owner"), uuid4().hex, unique("late.asset")
    asset = await api.asset(team)
    contracts = [named(asset, table("id")), {"fqn": fqn, "schema": table("id")}]
    first = await published(api.client, *contracts, key=key)
    assert outcomes(first) == ["published", "refused"]
    await api.publish(asset, table("id", "more"))
    await api.asset(team, fqn=fqn)
    again = await published(api.client, *contracts, key=key)
    assert outcomes(again) == ["published", "published"]
    assert again["items"][0] == first["items"][0]
    other = {"contracts": contracts[:1], "dry_run": False}
    response = await api.client.post(BULK, json=other, headers={"Idempotency-Key": key})
    assert_problem(response, 422, "idempotency_key_reused")


async def test_a_dry_run_says_the_same_and_writes_nothing(api: Api) -> None:
    team, reader = await api.team("owner"), await api.team("reader")
    wider, broken, waiting = await standing(api, team, reader, 3)
    await api.publish(waiting, table("email"))
    assets = (wider, broken, waiting)
    before = [await happened(api, asset) for asset in assets]
    contracts = [
        named(wider, table("id", "email", "name")),
        named(broken, table("id")),
        named(waiting, table("id")),
    ]
    foreseen = await published(api.client, *contracts, dry_run=True)
    assert [await happened(api, asset) for asset in assets] == before
    done = await published(api.client, *contracts)
    assert outcomes(foreseen) == outcomes(done) == ["published", "proposed", "refused"]
    for name in ("version", "asked", "told", "changes"):
        assert [each[name] for each in foreseen["items"]] == [each[name] for each in done["items"]]
    assert foreseen["items"][2]["problem"]["type"] == "urn:tessera:problem:proposal_open"
    assert foreseen["told_at"] is None


async def test_who_may_publish_is_decided_for_each(
    api: Api, credentials: Credentials, locked_app: FastAPI, administrator: httpx.AsyncClient
) -> None:
    admin = Api(administrator, api.database)
    own, foreign = await admin.team("own"), await admin.team("foreign")
    ours, theirs, same = (
        await admin.asset(own),
        await admin.asset(foreign),
        await admin.asset(foreign),
    )
    await admin.publish(same, table("id"))
    async with member_of(own, credentials, locked_app) as client:
        view = await published(client, *(named(each, table("id")) for each in (ours, theirs, same)))
    assert outcomes(view) == ["published", "refused", "refused"]
    for refused in view["items"][1:]:
        assert refused["problem"]["type"] == "urn:tessera:problem:forbidden"


@pytest.mark.parametrize(
    "body",
    [
        {"contracts": []},
        {"contracts": [{"fqn": "a.b", "schema": {}}] * 201},
        {"contracts": [{"schema": {}}]},
        {"contracts": [{"fqn": "a.b"}]},
        {"contracts": [{"fqn": "a.b", "asset_id": str(uuid4()), "schema": {}}]},
    ],
)
async def test_what_names_no_asset_or_too_many_is_refused_as_a_whole(
    api: Api, body: Mapping[str, object]
) -> None:
    assert_problem(await api.client.post(BULK, json=body), 422, "invalid_request")


async def test_whoever_is_asked_about_many_is_told_once_by_whatever_they_have(
    api: Api, database: Database
) -> None:
    team, reader = await api.team("owner"), await api.team("reader")
    await api.client.put(
        f"/api/v1/teams/{reader['id']}/destinations/program",
        json={"address": "https://hooks.example.com/t"},
    )
    assets = await standing(api, team, reader, 3)
    before = datetime.now(UTC)
    view = await published(api.client, *(named(each, table("id")) for each in assets))
    told_at = datetime.fromisoformat(view["told_at"])
    assert timedelta(0) <= told_at - before - Channels().lull < timedelta(minutes=1)
    for item in view["items"]:
        await asked(database, UUID(item["proposal_id"]))
    page = await api.got("/api/v1/deliveries", team_id=reader["id"], type="proposal.asked")
    assert [each["status"] for each in page["items"]] == ["gathered"] * 3
    assert {datetime.fromisoformat(each["next_attempt_at"]) for each in page["items"]} == {told_at}


async def asked(database: Database, proposal_id: UUID) -> None:
    """Do what the workflow does first."""
    now = await database.run(Transaction.now)
    step, detail = await rounds.review(database, proposal_id, now)
    assert detail is not None
    kind = NoticeKind(step.kind.value)
    revision = detail.proposal.revision
    assert await notices.note(database, proposal_id, revision, kind, step.notes, now) == 1


async def test_one_thing_alone_waits_for_nothing(api: Api) -> None:
    team, reader = await api.team("owner"), await api.team("reader")
    same, broken = await standing(api, team, reader, 2)
    view = await published(
        api.client, named(same, table("id", "email")), named(broken, table("id"))
    )
    assert outcomes(view) == ["unchanged", "proposed"]
    assert view["told_at"] is None
