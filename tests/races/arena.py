"""Several API processes, and everything at the same instant."""

import asyncio
import itertools
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

import httpx
from sqlalchemy import func, select

from domain.assets import Asset
from domain.events import EventType
from domain.json_types import JsonObject
from domain.teams import Team
from store.events import EventRow
from store.transaction import Transaction
from tests.races import books, workflow
from tests.races.books import Books
from tests.races.grounds import Ground, Grounds
from tests.support.facts import Facts

REPETITIONS = 50
"""How often each race runs, at the least; what says otherwise says why."""
LONG_RUN = bool(os.environ.get("TESSERA_KILLS"))
"""Whether it may take an hour: `make faults`."""
SIDE_BY_SIDE = 4
"""How many repetitions run at the same time, each with an asset of its own."""
ROUNDS = 4
"""How often all repetitions are run at most, until every outcome that can be has come up."""
LEADS = (0.0, 0.3, 0.6, 1.0, 1.5)
"""How far one racer, drawn by lot, goes ahead of the others: in units of the time that a racer
takes, which grows with the load of the machine. So each is the first one now and then."""

Racer = Callable[[], Awaitable[httpx.Response]]


@dataclass
class Arena:
    """Requests go to the processes in turn; what is there before a race is made in this process."""

    clients: Sequence[httpx.AsyncClient]
    facts: Facts
    grounds: Grounds
    turns: "itertools.count[int]" = field(default_factory=itertools.count)
    pace: float = 0.05
    """How many seconds a racer takes now."""

    @classmethod
    async def opened(cls, clients: Sequence[httpx.AsyncClient], facts: Facts) -> Self:
        readers = [await facts.team(f"reader-{number}") for number in range(3)]
        return cls(clients, facts, Grounds(facts, await facts.team("owner"), tuple(readers)))

    @property
    def readers(self) -> tuple[Team, ...]:
        return self.grounds.readers

    # --- requests ---------------------------------------------------------------------------------

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        key: str | None = None,
        process: int | None = None,
    ) -> httpx.Response:
        """Whatever is asked and whenever, the answer is never an internal error."""
        turn = next(self.turns) % len(self.clients)
        client = self.clients[turn if process is None else process]
        headers = {"Idempotency-Key": key} if key else None
        response = await client.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert response.status_code < 500 or is_problem(response, "publish_contended"), (
            f"{method} {path}: {response.status_code} {response.text}"
        )
        return response

    async def post(
        self, path: str, body: object, key: str | None = None, process: int | None = None
    ) -> httpx.Response:
        return await self.send("POST", path, body, key, process)

    async def got(self, path: str, process: int | None = None) -> JsonObject:
        response = await self.send("GET", path, process=process)
        assert response.status_code == 200, response.text
        return read(response)

    def publish(self, asset: Asset, schema: JsonObject, **more: object) -> Racer:
        return lambda: self.post(f"/assets/{asset.id}/contracts", {"schema": schema, **more})

    def register(self, asset: Asset, reader: Team, field: str = "email") -> Racer:
        body = {"asset_id": str(asset.id), "consumer_team_id": str(reader.id), "fields": [field]}
        return lambda: self.post("/registrations", body)

    def answer(self, ground: Ground, reader: int, response: str, **more: object) -> Racer:
        body = {"consumer_team_id": str(ground.readers[reader].id), "response": response, **more}
        return lambda: self.post(f"{ground.path}/acknowledge", body)

    def say(self, ground: Ground, word: str, **body: object) -> Racer:
        return lambda: self.post(f"{ground.path}/{word}", body)

    def look(self, ground: Ground) -> Racer:
        """Say nothing: the workflow comes by itself, since it is time."""
        return lambda: self.send("GET", ground.path)

    # --- racing -----------------------------------------------------------------------------------

    async def carry_on(self, proposal_id: UUID, now: datetime | None = None) -> None:
        """Do what the workflow would do now, but for telling anybody."""
        await workflow.carry_on(self.facts, proposal_id, now)

    async def race(
        self, ground: Ground, *racers: Racer, now: datetime | None = None
    ) -> list[httpx.Response]:
        """All at once; whoever is answered wakes the workflow, which settles while others come."""

        def woken(racer: Racer) -> Racer:
            async def run() -> httpx.Response:
                response = await racer()
                if response.is_success:
                    await self.carry_on(ground.proposal.id, now)
                return response

            return run

        return await self.at_once(*(woken(racer) for racer in racers))

    async def at_once(self, *racers: Racer) -> list[httpx.Response]:
        """Let them go at the same instant, or nearly."""
        barrier, first = asyncio.Barrier(len(racers)), random.choice(racers)

        async def run(racer: Racer) -> httpx.Response:
            await barrier.wait()
            if racer is not first:
                await asyncio.sleep(random.choice(LEADS) * self.pace)
            started = time.monotonic()
            response = await racer()
            self.pace += (time.monotonic() - started - self.pace) / 10
            return response

        return list(await asyncio.gather(*(run(racer) for racer in racers)))

    # --- what came of it --------------------------------------------------------------------------

    async def books(self, asset: Asset) -> Books:
        """The asset's record, in which every law holds."""
        return await books.checked(self.facts.database, asset.id)

    async def count(self, kind: EventType) -> int:
        """How many events of this kind there are at all."""

        async def work(tx: Transaction) -> int:
            counted = select(func.count()).where(EventRow.type == kind)
            return await tx.sql.one_value(counted)

        return await self.facts.database.run(work)


def read(response: httpx.Response) -> JsonObject:
    document: JsonObject = response.json()
    return document


def is_problem(response: httpx.Response, code: str) -> bool:
    return bool(read(response).get("type") == f"urn:tessera:problem:{code}")


async def repeat(
    once: Callable[[], Awaitable[str]], *expected: str, times: int = REPETITIONS
) -> None:
    """Run a race again and again: each of the outcomes must come up, and no other."""
    outcomes: Counter[str] = Counter()
    for _ in range(ROUNDS):
        outcomes += await _repeated(once, times)
        assert set(outcomes) <= set(expected), outcomes
        if set(outcomes) == set(expected):
            break
    assert set(outcomes) == set(expected), outcomes
    print(dict(outcomes))  # with `pytest -rP`: who came first, how often


async def _repeated(once: Callable[[], Awaitable[str]], left: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()

    async def runner() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            outcomes[await once()] += 1

    await asyncio.gather(*(runner() for _ in range(SIDE_BY_SIDE)))
    return outcomes
