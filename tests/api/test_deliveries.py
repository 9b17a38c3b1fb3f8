"""What was sent where, over HTTP: read, found, and sent again."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from domain.actors import SERVER
from domain.json_types import JsonObject
from record import replays
from store.database import Database
from store.outbox import OutboxItem
from store.transaction import Transaction
from tests.support.api_client import Api, client_of
from tests.support.credentials import Credentials
from tests.support.failing import TAKEN, carried, refused
from tests.support.problems import assert_problem

URL = "https://hooks.example.com/tessera"
LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def hooked(api: Api, team: JsonObject, name: str = "webhook") -> JsonObject:
    response = await api.client.put(
        f"/api/v1/teams/{team['id']}/destinations/{name}", json={"address": URL}
    )
    made: JsonObject = response.json()
    return made


async def pinged(api: Api, destination: JsonObject) -> JsonObject:
    response = await api.client.post(f"/api/v1/destinations/{destination['id']}/ping")
    assert response.status_code == 202, response.text
    delivery: JsonObject = response.json()
    return delivery


async def failed(api: Api, destination: JsonObject) -> JsonObject:
    delivery = await pinged(api, destination)
    await carried(api.database, UUID(delivery["id"]), refused())
    return delivery


async def listed(api: Api, **wanted: str) -> list[str]:
    return [each["id"] for each in (await api.got("/api/v1/deliveries", **wanted))["items"]]


async def test_a_delivery_shows_its_attempts_and_when_the_next_one_is(api: Api) -> None:
    hook = await hooked(api, await api.team())
    made = await pinged(api, hook)
    await carried(api.database, UUID(made["id"]), refused(503), timedelta(minutes=5))
    shown = await api.got(f"/api/v1/deliveries/{made['id']}")
    assert (shown["status"], shown["attempts"]) == ("pending", 1)
    assert shown["last_error"] == "answered 503"
    assert shown["next_attempt_at"] > shown["created_at"]
    (attempt,) = shown["made"]
    assert (attempt["status"], attempt["status_code"]) == ("failed", 503)
    assert attempt["milliseconds"] == 12
    assert attempt["request"] == {"headers": {"webhook-id": "1"}, "body": "{}"}
    assert attempt["response"] == {"headers": {}, "body": "no"}


async def test_deliveries_are_found_by_all_that_is_said_of_them(api: Api) -> None:
    team = await api.team()
    one, other = await hooked(api, team), await hooked(api, team, "other")
    lost, first, second = await failed(api, one), await pinged(api, one), await pinged(api, other)
    of_team = {"team_id": str(team["id"])}
    newest_first = [each["id"] for each in (second, first, lost)]
    assert await listed(api, **of_team) == newest_first
    assert await listed(api, destination_id=one["id"]) == newest_first[1:]
    assert await listed(api, **of_team, status="failed") == [lost["id"]]
    assert await listed(api, **of_team, type="destination.pinged") == newest_first
    assert await listed(api, **of_team, type="proposal.asked") == []
    assert await listed(api, **of_team, since=second["created_at"]) == newest_first[:1]
    assert await listed(api, **of_team, until=second["created_at"]) == newest_first[1:]
    page = await api.got("/api/v1/deliveries", **of_team, limit="2")
    rest = await api.got("/api/v1/deliveries", **of_team, limit="2", cursor=page["next"])
    assert [each["id"] for each in (*page["items"], *rest["items"])] == newest_first
    assert rest["next"] is None


async def test_one_sees_what_was_sent_to_ones_teams_and_nothing_else(
    locked_app: FastAPI, credentials: Credentials, administrator: httpx.AsyncClient, api: Api
) -> None:
    administered = Api(administrator, api.database)
    mine, theirs = await administered.team(), await administered.team()
    own = await pinged(administered, await hooked(administered, mine))
    foreign = await pinged(administered, await hooked(administered, theirs))
    key = await credentials.team_key(mine, "read")
    async with client_of(locked_app, key["key"]) as client:
        api = Api(client, administered.database)
        assert await listed(api) == [own["id"]]
        assert await listed(api, team_id=str(theirs["id"])) == []
        response = await client.get(f"/api/v1/deliveries/{foreign['id']}")
        assert_problem(response, 403, "forbidden")
        response = await client.post(f"/api/v1/deliveries/{own['id']}/replay")
        assert_problem(response, 403, "forbidden")  # a key that reads


async def test_a_replay_is_a_delivery_of_its_own_and_one_under_way_is_not_doubled(
    api: Api,
) -> None:
    lost = await failed(api, await hooked(api, await api.team()))
    path = f"/api/v1/deliveries/{lost['id']}/replay"
    again = (await api.client.post(path)).json()
    assert again["id"] != lost["id"]
    assert (again["ordinal"], again["status"]) == (1, "pending")
    assert again["event"] == lost["event"]
    for _ in range(2):
        assert (await api.client.post(path)).json()["id"] == again["id"]
    assert str(again["id"]) in await parts(api, lost["event"]["id"])
    await carried(api.database, UUID(again["id"]), TAKEN)
    third = (await api.client.post(path)).json()
    assert third["ordinal"] == 2
    assert (await api.got(f"/api/v1/deliveries/{lost['id']}"))["status"] == "failed"


async def parts(api: Api, event_id: str) -> list[object]:
    """The workflows that are to carry deliveries of an event."""

    async def work(tx: Transaction) -> tuple[OutboxItem, ...]:
        return await tx.outbox.claim(10_000, timedelta(0))

    items = await api.database.run(work)
    return [item.payload["part"] for item in items if str(item.subject_id) == event_id]


async def test_all_that_failed_since_a_time_is_sent_again_once(api: Api) -> None:
    hook = await hooked(api, await api.team())
    early, late = await failed(api, hook), await failed(api, hook)
    await carried(api.database, UUID((await pinged(api, hook))["id"]), TAKEN)
    path = f"/api/v1/destinations/{hook['id']}/replay"

    async def replayed(since: str) -> JsonObject:
        response = await api.client.post(path, json={"since": since})
        assert response.status_code == 202, response.text
        made: JsonObject = response.json()
        return made

    assert await replayed(late["created_at"]) == {"replayed": 1, "remaining": 0}
    assert await replayed(LONG_AGO) == {"replayed": 1, "remaining": 0}
    assert await replayed(LONG_AGO) == {"replayed": 0, "remaining": 0}
    pending = (await api.got("/api/v1/deliveries", destination_id=hook["id"], status="pending"))[
        "items"
    ]
    events = {each["event"]["id"] for each in pending}
    assert events == {early["event"]["id"], late["event"]["id"]}
    told = await api.got(
        "/api/v1/events", team_id=hook["team_id"], type="destination.deliveries_replayed"
    )
    assert len(told["items"]) == 2


async def test_what_was_given_up_since_a_time_may_have_been_made_long_before(api: Api) -> None:
    hook = await hooked(api, await api.team())
    made = await pinged(api, hook)
    since = datetime.now(UTC) + timedelta(milliseconds=50)
    await asyncio.sleep(0.1)
    await carried(api.database, UUID(made["id"]), refused())
    path, body = f"/api/v1/destinations/{hook['id']}/replay", {"since": since.isoformat()}
    assert (await api.client.post(path, json=body)).json() == {"replayed": 1, "remaining": 0}


async def test_one_request_sends_so_many_again_and_says_what_is_left(api: Api) -> None:
    hook = await hooked(api, await api.team())
    for _ in range(3):
        await failed(api, hook)
    for replayed, remaining in ((2, 1), (1, 0)):
        made = await replays.replay_failed(
            api.database, SERVER, UUID(hook["id"]), datetime(2020, 1, 1, tzinfo=UTC), limit=2
        )
        assert (made.replayed, made.remaining) == (replayed, remaining)


async def test_nothing_is_sent_again_where_nothing_is_sent(api: Api) -> None:
    team = await api.team()
    hook = await hooked(api, team)
    lost = await failed(api, hook)
    gone = await pinged(api, hook)
    await carried(api.database, UUID(gone["id"]), refused(410))
    for path, body in (
        (f"/api/v1/deliveries/{lost['id']}/replay", None),
        (f"/api/v1/destinations/{hook['id']}/replay", {"since": LONG_AGO}),
    ):
        response = await api.client.post(path, json=body)
        assert "disabled" in assert_problem(response, 409, "not_ready")["detail"]
    await hooked(api, team)  # setting it again enables it
    assert (await api.client.post(f"/api/v1/deliveries/{lost['id']}/replay")).status_code == 202
    await api.client.delete(f"/api/v1/teams/{team['id']}/destinations/webhook")
    response = await api.client.post(f"/api/v1/deliveries/{lost['id']}/replay")
    assert_problem(response, 404, "not_found")
    assert (await api.got(f"/api/v1/deliveries/{lost['id']}"))["status"] == "failed"
