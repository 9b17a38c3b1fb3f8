"""What administrators look at: users, keys, destinations that work and one that does not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.deliveries import Sent
from domain.destinations import Channels, DestinationKind
from domain.json_types import JsonObject
from record import deliveries, destinations, seals
from record.deliveries import FAILURES_UNTIL_DISABLED
from store.database import Database
from store.transaction import Transaction
from tests.support.api_client import Api

CHANNELS = Channels(kinds=frozenset(DestinationKind))
PEOPLE = ("Ada Lovelace", "Grace Hopper", "Katherine Johnson", "Edsger Dijkstra")
TAKEN = Sent(status_code=204, error=None, duration=timedelta(milliseconds=38))
REFUSED = Sent(
    status_code=503,
    error="answered 503: the receiver is being moved to another cluster",
    duration=timedelta(milliseconds=1210),
    request={"headers": {"content-type": "application/json"}, "body": '{"type":"…"}'},
    response={"headers": {"server": "envoy"}, "body": "upstream connect error"},
)


async def administer(api: Api) -> JsonObject:
    """Fill the pages; gives the user, the destination and the delivery that are worth a look."""
    teams = (await api.got("/api/v1/teams", limit="3"))["items"]
    user = await _users(api, teams)
    for each in teams:
        path, name = "/api/v1/api-keys", f"{each['name']}'s pipeline"
        await api.made(path, {"name": name, "team_id": each["id"], "scope": "write"})
    destination = await _destination(api, f"/api/v1/teams/{teams[0]['id']}/destinations/ops")
    broken = await _destination(api, f"/api/v1/teams/{teams[1]['id']}/destinations/on-call")
    await _destination(api, "/api/v1/server/destinations/audit", events=["contract.*"])
    delivery_id = await _pinged(api, destination, TAKEN)
    for _ in range(FAILURES_UNTIL_DISABLED):
        delivery_id = await _pinged(api, broken, REFUSED)
    await seals.seal_next(api.database)
    await _pinged(api, destination, TAKEN)
    return {"user": user["id"], "destination": broken["id"], "delivery": delivery_id}


async def _users(api: Api, teams: list[JsonObject]) -> JsonObject:
    for name in PEOPLE:
        email = f"{name.lower().replace(' ', '.')}@example.com"
        body = {"name": name, "email": email, "administrator": name == PEOPLE[0]}
        user = await api.made("/api/v1/users", body)
        path = f"/api/v1/teams/{teams[0]['id']}/members/{user['id']}"
        assert (await api.client.put(path, json={"role": "owner"})).status_code == 200
    bot = await api.made("/api/v1/users", {"name": "nightly-dbt", "kind": "bot"})
    body = {"name": "the nightly run", "user_id": bot["id"], "scope": "read"}
    await api.made("/api/v1/api-keys", body)
    return user


async def _destination(api: Api, path: str, **subscription: object) -> JsonObject:
    address = f"https://hooks.example.com/tessera/{path.rpartition('/')[2]}"
    body = {"address": address, "subscription": subscription}
    response = await api.client.put(path, json=body)
    assert response.status_code == 200, response.text
    put: JsonObject = response.json()
    return put


async def _pinged(api: Api, destination: JsonObject, sent: Sent) -> str:
    """A ping and what came of it; the one that the receiver did not take is given up."""
    response = await api.client.post(f"/api/v1/destinations/{destination['id']}/ping")
    assert response.status_code == 202, response.text
    delivery_id = str(response.json()["id"])
    await carried(api.database, UUID(delivery_id), sent)
    return delivery_id


async def carried(database: Database, delivery_id: UUID, sent: Sent) -> None:
    """Make one attempt, as the worker does, and the last one."""
    await deliveries.begin(database, delivery_id)
    now = datetime.now(UTC)
    await deliveries.finish(database, delivery_id, 1, sent, now, pause=None)


async def disabled(database: Database, destination_id: UUID, why: str) -> None:
    """Disable a destination, as ten deliveries that were given up do."""

    async def work(tx: Transaction) -> None:
        await destinations.disable(tx, destination_id, why)

    await database.run(work)
