"""Several API processes, hands that do a workflow's work, and everything at the same instant."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

import httpx
from sqlalchemy import func, select

from domain.assets import Asset
from domain.events import EventType
from domain.json_types import JsonObject
from domain.parties import NoticeKind
from domain.proposals import Proposal
from domain.schemas import field_tree
from domain.steps import Step, StepKind
from domain.teams import Team
from record import notices, rebase, rounds, settlement
from record.rounds import ProposalDetail
from record.settlement import Settled
from store.events import EventRow
from store.transaction import Transaction
from tests.support.copies import Copied, Original
from tests.support.facts import Facts, table

REPETITIONS = 50
OF_A_VARIANT = 20
"""How often a race runs that differs little from one that runs fifty times."""
SIDE_BY_SIDE = 4
"""How many repetitions run at the same time, each with an asset of its own."""
ROUNDS = 4
"""How often all repetitions are run at most, until every outcome that can be has come up."""
LEADS = (0.0, 0.3, 0.6, 1.0, 1.5)
"""How far one racer, drawn by lot, goes ahead of the others: in units of the time that a racer
takes, which grows with the load of the machine. So each is the first one now and then."""
NOTES = frozenset(StepKind(kind.value) for kind in NoticeKind)

Racer = Callable[[], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True)
class Ground:
    """An asset with an open proposal to drop `email`, and who reads it."""

    asset: Asset
    opened: Proposal | None
    readers: tuple[Team, ...]

    @property
    def proposal(self) -> Proposal:
        assert self.opened is not None
        return self.opened

    @property
    def path(self) -> str:
        return f"/proposals/{self.proposal.id}"

    def copied(self, copy: Copied) -> "Ground":
        asset = replace(self.asset, id=copy.ids[self.asset.id], fqn=copy.fqn)
        if self.opened is None:
            return Ground(asset, None, self.readers)
        opened = replace(self.opened, id=copy.ids[self.opened.id], asset_id=asset.id)
        return Ground(asset, opened, self.readers)


@dataclass
class Arena:
    """Requests go to the processes in turn; what is there before a race is made in this process."""

    clients: Sequence[httpx.AsyncClient]
    facts: Facts
    owner: Team
    readers: tuple[Team, ...]
    turns: "itertools.count[int]" = field(default_factory=itertools.count)
    originals: dict[tuple[str, ...], tuple[Ground, Original]] = field(default_factory=dict)
    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    pace: float = 0.05
    """How many seconds a racer takes now."""

    @classmethod
    async def opened(cls, clients: Sequence[httpx.AsyncClient], facts: Facts) -> Self:
        readers = [await facts.team(f"reader-{number}") for number in range(3)]
        return cls(clients, facts, await facts.team("owner"), tuple(readers))

    # --- requests ---------------------------------------------------------------------------------

    async def send(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> httpx.Response:
        """Whatever is asked and whenever, the answer is never an internal error."""
        client = self.clients[next(self.turns) % len(self.clients)]
        headers = {"Idempotency-Key": key} if key else None
        response = await client.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert response.status_code < 500 or is_problem(response, "publish_contended"), (
            f"{method} {path}: {response.status_code} {response.text}"
        )
        return response

    async def post(self, path: str, body: object = None, key: str | None = None) -> httpx.Response:
        return await self.send("POST", path, body, key)

    async def got(self, path: str) -> JsonObject:
        response = await self.send("GET", path)
        assert response.status_code == 200, response.text
        return read(response)

    def publish(self, asset: Asset, schema: JsonObject) -> Racer:
        return lambda: self.post(f"/assets/{asset.id}/contracts", {"schema": schema})

    def register(self, asset: Asset, reader: Team) -> Racer:
        body = {"asset_id": str(asset.id), "consumer_team_id": str(reader.id), "fields": ["email"]}
        return lambda: self.post("/registrations", body)

    def answer(self, ground: Ground, reader: int, response: str, **more: object) -> Racer:
        body = {"consumer_team_id": str(ground.readers[reader].id), "response": response, **more}
        return lambda: self.post(f"{ground.path}/acknowledge", body)

    def say(self, ground: Ground, word: str, **body: object) -> Racer:
        return lambda: self.post(f"{ground.path}/{word}", body)

    def look(self, ground: Ground) -> Racer:
        """Say nothing: the workflow comes by itself, since it is time."""
        return lambda: self.send("GET", ground.path)

    # --- what is there before the race ------------------------------------------------------------

    async def asset(self, *columns: str, **timeline: object) -> Asset:
        """An asset, with a first version if it has columns."""

        async def make() -> Ground:
            asset = await self.facts.asset(self.owner, **timeline)
            if columns:
                await self.facts.publish(asset, table(*columns))
            return Ground(asset, None, ())

        return (await self._copy((*columns, str(timeline)), make)).asset

    async def ground(self, readers: int, **timeline: object) -> Ground:
        """A proposal that so many teams are to be asked about."""

        async def make() -> Ground:
            asset = await self.facts.asset(self.owner, **timeline)
            await self.facts.publish(asset, table("id", "email"))
            teams = self.readers[:readers]
            for team in teams:
                await self.facts.register(asset, team, ["email"])
            return Ground(asset, await self.facts.proposed(asset, table("id")), teams)

        return await self._copy((str(readers), str(timeline)), make)

    async def _copy(self, name: tuple[str, ...], make: Callable[[], Awaitable[Ground]]) -> Ground:
        """Make it through the record the first time, then copy that."""
        async with self.making:
            if name not in self.originals:
                made = await make()
                original = await self.facts.database.run(
                    lambda tx: Original.of(tx, made.asset.id, made.asset.fqn)
                )
                self.originals[name] = (made, original)
        made, original = self.originals[name]
        return made.copied(await self.facts.database.run(original.copy))

    # --- the workflow -----------------------------------------------------------------------------

    async def carry_on(
        self, proposal_id: UUID, now: datetime | None = None, *, tells: bool = False
    ) -> None:
        """Do what the workflow would do now, until it settles or waits.

        Nobody is asked or reminded unless `tells`: what is decided comes before all telling.
        """
        now = now or datetime.now(UTC)
        for _ in range(50):
            step, detail = await rounds.review(self.facts.database, proposal_id, now)
            waits = step.kind in (StepKind.WAIT, StepKind.ENDED)
            if detail is None or waits or (step.kind in NOTES and not tells):
                return
            settled = await self._carry_out(step, detail, now)
            if settled is Settled.DONE:
                return
            if settled is Settled.AGAIN:
                await asyncio.sleep(0.005)
        raise AssertionError(f"{step} comes again and again")

    async def _carry_out(self, step: Step, detail: ProposalDetail, now: datetime) -> Settled | None:
        database, proposal = self.facts.database, detail.proposal
        if step.kind in NOTES:
            kind = NoticeKind(step.kind.value)
            await notices.note(database, proposal.id, proposal.revision, kind, step.notes, now)
        elif step.kind is StepKind.REBASE:
            await rebase.rebase(database, self.facts.comparer, proposal.id, now)
        else:
            return await settlement.settle(
                database,
                proposal.id,
                proposal.revision,
                proposal.content_hash,
                field_tree(proposal.content.schema),
                now,
            )
        return None

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


async def _repeated(once: Callable[[], Awaitable[str]], times: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    left = times

    async def runner() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            outcomes[await once()] += 1

    await asyncio.gather(*(runner() for _ in range(SIDE_BY_SIDE)))
    return outcomes
