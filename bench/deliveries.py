"""Many events to twenty webhooks, of which one hangs: are the other nineteen delayed by it?

The same is measured with all of them answering; lines of one run compare. From commit to arrival:
Postgres' stamp of the event, which stands in the body, and this process' clock, on one machine.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bench.stand import Stand, stand
from bench.tables import table
from domain.actors import SERVER
from domain.events import EventType, NewEvent
from domain.teams import Team
from record import destinations, events, teams
from record.destinations import WEBHOOK, Wanted
from store.database import Database
from store.destinations import Owner
from store.notifier import Notifier
from store.transaction import Transaction

ENDPOINTS = 20
EVENTS = int(os.environ.get("TESSERA_EVENTS", "1000"))
_IN_ONE = 10
"""So many events are committed together."""
_COLUMNS = ("arrived", "p50 s", "p99 s", "last s", "a second")


@dataclass
class Endpoint:
    """A receiver that keeps how late each event was; or answers nobody."""

    hangs: bool = False
    url: str = ""
    late: dict[str, float] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length:")[2].partition("\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                if self.hangs:
                    await self.over.wait()
                    return
                at = datetime.fromisoformat(body["timestamp"]).timestamp()
                self.late.setdefault(body["data"]["id"], time.time() - at)
                writer.write(b"HTTP/1.1 204 -\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


async def figures(directory: Path) -> list[str]:
    """Return the table."""
    os.environ["TESSERA_WEBHOOK_ALLOW_PRIVATE"] = "true"  # the stand's worker reads it
    async with stand(directory) as servers, _database(servers) as database:
        rows = [
            await _measured(database, "all answer", hanging=0),
            await _measured(database, "one hangs", hanging=1),
        ]
    return table((f"{EVENTS:,} events to {ENDPOINTS} webhooks", *_COLUMNS), rows)


@asynccontextmanager
async def _database(servers: Stand) -> AsyncIterator[Database]:
    async with (
        Notifier(servers.database_url) as notifier,
        Database.connect(servers.database_url, notifier=notifier).closing() as database,
    ):
        yield database


async def _measured(database: Database, name: str, *, hanging: int) -> tuple[str, ...]:
    """Return the line of one course; of who hangs nothing arrives, and nothing is counted."""
    endpoints = [Endpoint(hangs=number < hanging) for number in range(ENDPOINTS)]
    async with AsyncExitStack() as listening:
        told = [await _listening(listening, database, name, each) for each in endpoints]
        started = time.monotonic()
        for _ in range(EVENTS // _IN_ONE):
            await database.run(lambda tx: _append(tx, told))
        answering = [each for each in endpoints if not each.hangs]
        while any(len(each.late) < EVENTS for each in answering):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        passed = time.monotonic() - started
        for each in endpoints:
            each.over.set()
        for team in told:
            await destinations.remove(database, SERVER, Owner(team.id), WEBHOOK)
    late = sorted(seconds for each in answering for seconds in each.late.values())
    p50, p99 = (late[int(share * (len(late) - 1))] for share in (0.5, 0.99))
    row = (f"{p50:.2f}", f"{p99:.2f}", f"{late[-1]:.2f}", f"{len(late) / passed:.0f}")
    return name, f"{len(late):,}", *row


async def _listening(
    stack: AsyncExitStack, database: Database, name: str, endpoint: Endpoint
) -> Team:
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
    stack.callback(server.close)
    port = server.sockets[0].getsockname()[1]
    endpoint.url = f"http://127.0.0.1:{port}/hook"
    team = await teams.create(database, SERVER, f"{name} {port}")
    wanted = Wanted(address=endpoint.url)
    await destinations.put(database, SERVER, Owner(team.id), WEBHOOK, wanted)
    return team


async def _append(tx: Transaction, told: list[Team]) -> None:
    for _ in range(_IN_ONE):
        await events.append(
            tx,
            NewEvent(
                type=EventType.ASSET_RESTORED,
                caller=SERVER,
                summary="orders.customers in production is restored.",
                payload={"before": {"deleted": True}, "after": {"deleted": False}},
                audience=tuple(team.id for team in told),
                notifies=True,
            ),
        )
