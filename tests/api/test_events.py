"""The log over HTTP: by pages, and as it grows."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from api.event_stream import HEARTBEAT_SECONDS
from api.serving import STOP_WITHIN
from domain.events import Event
from domain.json_types import JsonObject
from record.comparison import Comparer
from store.database import Database
from store.feed import BACKLOG, Feed
from store.listener import Listener
from store.notifier import EVENTS
from store.transaction import Transaction
from tests.support.api_client import Api, app_over, client_at, table
from tests.support.live_api import live
from tests.support.problems import assert_problem
from tests.support.sealing import follows_from_here


@dataclass(frozen=True)
class Seen:
    """One server-sent event."""

    id: str
    type: str
    event: JsonObject


class Stream:
    """Reads a stream as a browser does."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()
        self.comments: list[str] = []

    async def next(self) -> Seen:
        """Return the next event, however busy the machine is."""
        async with asyncio.timeout(60):
            found = await self._read()
            assert found is not None, "the stream has ended"
            return found

    async def until_the_end(self) -> list[Seen]:
        seen = []
        while (found := await self._read()) is not None:
            seen.append(found)
        return seen

    async def _read(self) -> Seen | None:
        parts: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if line.startswith(":"):
                self.comments.append(line)
            elif line:
                parts[name] = value
            elif "data" in parts:
                return Seen(parts["id"], parts["event"], json.loads(parts["data"]))
        return None


@asynccontextmanager
async def streaming(address: str, last: str | None = None, **params: str) -> AsyncIterator[Stream]:
    headers = {} if last is None else {"Last-Event-ID": last}
    async with (
        client_at(address) as client,
        client.stream("GET", "/api/v1/events/stream", params=params, headers=headers) as response,
    ):
        assert response.status_code == 200
        yield Stream(response)


@pytest.fixture
async def address(database_url: str, database: Database, comparer: Comparer) -> AsyncIterator[str]:
    """A server of its own with a feed of its own, since stopping it ends the feed."""
    await follows_from_here(database)
    async with (
        Listener(database_url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        live(app_over(database, comparer, feed), feed) as address,
    ):
        yield address


async def test_events_say_who_did_what_and_from_where(api: Api) -> None:
    asset = await api.asset()
    response = await api.client.post(
        f"/api/v1/assets/{asset['id']}/contracts",
        json={"schema": table("id")},
        headers={"X-Request-ID": "from-ci-42", "Tessera-Origin": "cli"},
    )
    contract = response.json()["contract"]
    (event,) = (await api.got("/api/v1/events", asset_id=asset["id"], limit="1"))["items"]

    assert event["type"] == "contract.published"
    assert event["summary"] == f"{asset['fqn']} 1.0.0 is published."
    assert event["payload"]["contract_id"] == contract["id"]
    assert (event["origin"], event["request_id"]) == ("cli", "from-ci-42")
    assert event["actor"] == {
        "kind": "anonymous",
        "name": "anonymous",
        "id": None,
        "acting_for": asset["owner_team_id"],
        "key_id": None,
    }
    assert event["team_id"] == asset["owner_team_id"]


async def test_events_are_listed_newest_first_by_pages(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    wanted = {"asset_id": proposal["asset"]["id"]}
    whole = (await api.got("/api/v1/events", **wanted))["items"]
    page = await api.got("/api/v1/events", **wanted, limit="2")
    rest = await api.got("/api/v1/events", **wanted, cursor=page["next"])

    assert [each["type"] for each in whole][-2:] == ["contract.published", "asset.created"]
    assert page["items"] + rest["items"] == whole


async def test_filters_that_cannot_be_meant_are_refused(api: Api) -> None:
    for params in ({"type": "weather.changed"}, {"asset_id": "x"}, {"cursor": "MTIz"}):
        response = await api.client.get("/api/v1/events", params=params)
        assert response.status_code == 422
    for last in ("yesterday", "1", "-5", "99999999999999999999-1", "1-99999999999999999999"):
        response = await api.client.get("/api/v1/events/stream", headers={"Last-Event-ID": last})
        assert_problem(response, 422, "invalid_cursor")


async def test_a_stream_shows_events_as_they_happen(api: Api, address: str) -> None:
    async with streaming(address) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        team = await api.team()
        seen = await stream.next()

    assert seen.type == "team.created"
    assert seen.event["team_id"] == team["id"]
    assert seen.id == seen.event["cursor"]


async def test_a_stream_shows_only_what_is_wanted(
    api: Api, address: str, database: Database
) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    other = await api.proposal(reader)
    await follows_from_here(database)
    async with streaming(address, proposal_id=proposal["id"]) as stream:
        await api.answer(other, reader, "approved")
        await api.answer(proposal, reader, "approved")
        seen = await stream.next()
    async with streaming(address, type="team.created") as stream:
        await api.asset()
        assert (await stream.next()).type == "team.created"

    assert (seen.type, seen.event["proposal_id"]) == ("proposal.acknowledged", proposal["id"])


async def test_who_connects_again_misses_nothing_and_gets_nothing_twice(
    api: Api, address: str
) -> None:
    async with streaming(address, type="team.created") as stream:
        names = [(await api.team())["id"] for _ in range(3)]
        seen = [await stream.next() for _ in range(3)]
    missed = [(await api.team())["id"] for _ in range(3)]
    async with streaming(address, last=seen[1].id, type="team.created") as stream:
        later = [await stream.next() for _ in range(4)]
    async with streaming(address, last_event_id=seen[1].id, type="team.created") as stream:
        assert [await stream.next() for _ in range(4)] == later

    assert [each.event["team_id"] for each in seen] == names
    assert [each.event["team_id"] for each in later] == [names[2], *missed]


async def test_concurrent_writers_leave_no_gap_in_a_stream(api: Api, address: str) -> None:
    async with streaming(address, type="team.created") as stream:
        made = await asyncio.gather(*(api.team() for _ in range(60)))
        seen = [await stream.next() for _ in range(60)]

    assert {each.event["team_id"] for each in seen} == {team["id"] for team in made}
    places = [tuple(map(int, each.id.split("-"))) for each in seen]
    assert places == sorted(places)


async def test_the_first_page_of_a_long_history_is_no_border(api: Api, address: str) -> None:
    async with streaming(address, type="team.created") as stream:
        first = await api.team()
        start = await stream.next()
    made = [team["id"] for team in await asyncio.gather(*(api.team() for _ in range(230)))]
    async with streaming(address, last=start.id, type="team.created") as stream:
        seen = [(await stream.next()).event["team_id"] for _ in range(230)]

    assert first["id"] not in seen
    assert sorted(seen) == sorted(made)


async def test_a_stream_ends_promptly_when_the_server_stops(
    database: Database, comparer: Comparer, database_url: str
) -> None:
    await follows_from_here(database)
    async with Listener(database_url, [EVENTS]) as listener, Feed(database, listener) as feed:
        app = app_over(database, comparer, feed)
        async with live(app, feed) as address, streaming(address) as stream:
            reading = asyncio.create_task(stream.until_the_end())
            await asyncio.sleep(0.1)
            started = time.monotonic()
            feed.end()
            assert await reading == []
            assert time.monotonic() - started < HEARTBEAT_SECONDS / 2
            assert any("the server stops" in comment for comment in stream.comments)


async def test_a_stop_does_not_wait_for_streams_that_are_open(
    database: Database, comparer: Comparer, database_url: str
) -> None:
    async with (
        Listener(database_url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        client_at() as client,
    ):
        async with live(app_over(database, comparer, feed), feed) as address:
            request = client.build_request("GET", f"{address}/api/v1/events/stream")
            response = await client.send(request, stream=True)
            started = time.monotonic()
        assert time.monotonic() - started < STOP_WITHIN
        await response.aclose()


async def test_a_follower_that_takes_nothing_is_dropped_to_resume_by_id(
    api: Api, database: Database, feed: Feed
) -> None:
    await api.team()

    async def work(tx: Transaction) -> tuple[Event, ...]:
        return await tx.events.after(None, 1)

    events = await database.run(work)
    with feed.follow(events[-1].cursor) as follower:
        for _ in range(BACKLOG):
            follower.offer(events)
        assert not follower.ended
        follower.offer(events)
        assert (follower.ended, follower.too_slow) == (True, True)
        assert await follower.take(0) == ()
