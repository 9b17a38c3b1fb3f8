"""What people do, over HTTP, at one client and at sixteen: time, throughput, CPU of each part."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from bench.clients import Loop, Sent, closed_loop
from bench.processes import Measured
from bench.stand import Stand
from bench.world import COLUMNS, CONSUMERS, World
from store.database import Database
from store.outbox import OutboxRow
from store.transaction import Transaction

CLIENTS = (1, 16)
READS = {1: 600, 16: 4000}
TURNS = 4
"""In which the reads are sent, a quarter of them in each."""
INBOXES = {1: 30, 16: 120}
FEW, MANY = 100, 400
"""Writes from one client, and from sixteen; these twice: with the worker, and while it is away."""
PARTS = ("api", "worker", "postgres", "temporal")
GIVEN_AGAIN = 25.0
"""Seconds after which Temporal has given once more what a worker was given and stood still on: ten
for what waits in the worker's own queue, ten for what it had begun; no row counts that work."""
AT_REST = 0.04
"""Share of a core below which a part counts as at rest: it polls, it has nothing to do."""
COLUMN_NAMES = (
    *("operation", "clients", "requests", "p50 ms", "p99 ms", "per second"),
    *(f"{part} cpu ms" for part in PARTS),
    "settled after s",
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the table. CPU is counted until everything is at rest again."""

    name: str
    clients: int
    loop: Loop
    cpu: Mapping[str, float]
    settled_after: float
    """Seconds from the last answer until worker, Temporal and outbox were at rest."""

    def row(self) -> tuple[str, ...]:
        """Return the line: CPU is milliseconds per request."""
        count = len(self.loop.seconds)
        return (
            self.name,
            f"{self.clients}",
            f"{count}",
            f"{self.loop.at(0.5) * 1000:.1f}",
            f"{self.loop.at(0.99) * 1000:.1f}",
            f"{self.loop.per_second:.0f}",
            *(f"{self.cpu.get(part, 0.0) / count * 1000:.1f}" for part in PARTS),
            f"{self.settled_after:.1f}",
        )


class Course:
    """The operations in the order of a story: what one makes is what the next one needs."""

    def __init__(self, stand: Stand, database: Database, world: World) -> None:
        self._stand = stand
        self._database = database
        self._world = world

    async def operations(self) -> AsyncIterator[Operation]:
        """Yield every operation at each number of clients."""
        async for line in self._reads():
            yield line
        assets = self._world.assets
        compatible, breaking = assets[: FEW + MANY], assets[FEW + MANY :][: FEW + 2 * MANY]
        await self._world.published([*compatible, *breaking])
        wider = [self._world.publishing(each, (*COLUMNS, "more"), 201) for each in compatible]
        async for line in self._writes("publish, compatible", wider):
            yield line
        async for line in self._proposals(breaking):
            yield line

    async def _proposals(self, assets: Sequence[str]) -> AsyncIterator[Operation]:
        await self._world.read_by_all(assets)
        narrower = [self._world.publishing(each, COLUMNS[:-1], 202) for each in assets]
        proposals: list[str] = []
        name = f"publish, breaking for {CONSUMERS}"
        async for line in self._writes(name, narrower[:-MANY]):
            proposals += _proposals_in(line)
            yield line
        alone = await self._alone(name, narrower[-MANY:])
        proposals += _proposals_in(alone)
        yield alone
        inbox = f"{self._world.api}/inbox?team_id={self._world.consumers[0]}"
        for clients in CLIENTS:
            requests = [Sent("GET", inbox, 200)] * INBOXES[clients]
            yield await self._measured(f"inbox of {len(proposals)}", clients, requests)
        *first, last = self._world.consumers
        *some, third, fourth = (
            [self._world.answering(proposal, consumer) for proposal in proposals]
            for consumer in first
        )
        async for line in self._writes("acknowledge", [*itertools.chain(*some), *third]):
            yield line
        yield await self._alone("acknowledge", fourth)
        waited = [
            replace(
                self._world.answering(proposal, last),
                headers={"Prefer": "wait=30"},
                seen=lambda shown: shown["status"] == "published",
            )
            for proposal in proposals
        ]
        async for line in self._writes("last acknowledge until published", waited):
            yield line

    async def _reads(self) -> AsyncIterator[Operation]:
        """Measure the reads and their yardstick in turns, so that a slow moment meets all alike."""
        bare, api = self._stand.bare, self._world.api
        one, page = "/assets/{}", "/assets?limit=50"
        bearer = {"Authorization": f"Bearer {self._world.key}"}
        listing = f"list 50 of {len(self._world.assets)}"
        reads = (
            ("bare get an asset", bare + one, None),
            ("get an asset", api + one, None),
            ("get an asset, with a key", api + one, bearer),
            (f"bare {listing}", bare + page, None),
            (listing, api + page, None),
        )
        turns = [
            await self._read(name, clients, url, headers)
            for clients in CLIENTS
            for _ in range(TURNS)
            for name, url, headers in reads
        ]
        for name, _, _ in reads:
            for clients in CLIENTS:
                yield _joined([e for e in turns if (e.name, e.clients) == (name, clients)])

    async def _read(
        self, name: str, clients: int, url: str, headers: dict[str, str] | None
    ) -> Operation:
        urls = (url.format(asset) for asset in itertools.cycle(self._world.assets))
        requests = [
            Sent("GET", each, 200, headers=headers)
            for each in itertools.islice(urls, READS[clients] // TURNS)
        ]
        await closed_loop(requests[:clients], clients)
        return await self._measured(name, clients, requests)

    async def _writes(self, name: str, requests: Sequence[Sent]) -> AsyncIterator[Operation]:
        """Send the first of them from one client, the rest from sixteen."""
        yield await self._measured(name, 1, requests[:FEW])
        yield await self._measured(name, CLIENTS[-1], requests[FEW:])

    async def _alone(self, name: str, requests: Sequence[Sent]) -> Operation:
        """What the API does by itself, while the worker stands still; it catches up afterwards."""
        line = await self._measured(f"{name}, worker away", CLIENTS[-1], requests, held="worker")
        await asyncio.sleep(GIVEN_AGAIN)  # a proposal that waits for that is at rest too
        return line

    async def _measured(
        self, name: str, clients: int, requests: Sequence[Sent], held: str | None = None
    ) -> Operation:
        await self._until_rest()
        measured, before = self._stand.measured, self._stand.measured.cpu()
        with measured.held(held):
            loop = await closed_loop(requests, clients)
        settled_after = await self._until_rest()
        used = {part: seconds - before[part] for part, seconds in measured.cpu().items()}
        if name.startswith("bare"):
            used["api"] = used["bare"]
        return Operation(name, clients, loop, used, settled_after)

    async def _until_rest(self) -> float:
        """Wait until the outbox is empty and worker and Temporal only poll; how long that took."""
        started = time.perf_counter()
        while not (await self._outbox_is_empty() and await _rests(self._stand.measured)):
            pass
        return time.perf_counter() - started

    async def _outbox_is_empty(self) -> bool:
        async def work(tx: Transaction) -> int:
            return await tx.sql.one_value(select(func.count(OutboxRow.id)))

        return await self._database.run(work) == 0


def _joined(turns: Sequence[Operation]) -> Operation:
    """Return what was measured in turns as one line."""
    loop = Loop(
        tuple(itertools.chain.from_iterable(turn.loop.seconds for turn in turns)),
        sum(turn.loop.elapsed for turn in turns),
        answers=(),
    )
    cpu = {part: sum(turn.cpu[part] for turn in turns) for part in turns[0].cpu}
    settled_after = max(turn.settled_after for turn in turns)
    return replace(turns[0], loop=loop, cpu=cpu, settled_after=settled_after)


def _proposals_in(line: Operation) -> list[str]:
    return [json.loads(answer)["proposal"]["id"] for answer in line.loop.answers]


async def _rests(measured: Measured, seconds: float = 0.5) -> bool:
    before = measured.cpu()
    await asyncio.sleep(seconds)
    after = measured.cpu()
    return all(after[part] - before[part] < AT_REST * seconds for part in ("worker", "temporal"))
