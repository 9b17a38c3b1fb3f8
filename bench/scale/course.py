"""The four measurements, in the order in which one needs what the last one left."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle
from uuid import UUID

import aiohttp

from bench.clients import Loop, Sent, closed_loop
from bench.processes import Memory
from bench.scale.ground import Ground
from bench.scale.record import Record, until
from bench.scale.stand import Stand
from domain.timeline import Timeline

CLIENTS = 32
"""Who answers in the burst: so many at once, each the next proposal when the last was taken."""
SPREAD = timedelta(minutes=1)
"""Within this time all reminders fall due."""
REMIND_AFTER = Timeline().remind_after
A_SECOND_ONE_WITHIN = 30.0
"""Seconds for which nobody may be reminded again, when all were reminded once."""


@dataclass(frozen=True, slots=True)
class Stage:
    """So many proposals open and all of them waiting; seconds and CPU seconds since the last."""

    open: int
    opened: int
    seconds: float
    cpu: Mapping[str, float]
    memory: Mapping[str, Memory]


@dataclass(frozen=True, slots=True)
class Burst:
    """Last answers at once: the requests, and the seconds from each answer to its publication."""

    loop: Loop
    settled_after: Sequence[float]
    seconds: float
    cpu: Mapping[str, float]
    most: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reminders:
    """Seconds between due and recorded, and what waking all of them before took."""

    woken: float
    lateness: Sequence[float]
    seconds: float
    cpu: Mapping[str, float]
    most: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many parties of one proposal: seconds of each request; until it was published."""

    parties: int
    seconds: Sequence[float]
    published_after: float
    cpu: Mapping[str, float]
    most: Mapping[str, float]


class Course:
    """Runs the measurements on a stand."""

    def __init__(self, stand: Stand, ground: Ground, record: Record) -> None:
        self._stand = stand
        self._ground = ground
        self._record = record

    async def opening(
        self, proposals: Sequence[UUID], steps: Sequence[int]
    ) -> AsyncIterator[Stage]:
        """Open them in stages; yield what each stage took and what the processes hold then."""
        measured = self._stand.measured
        yield Stage(0, 0, 0.0, {}, measured.memory())
        done = 0
        for step in steps:
            before = measured.cpu()
            began = time.monotonic()
            await self._ground.wake(proposals[done:step])
            await until(partial(self._record.waiting, proposals[:step]), step)
            seconds = time.monotonic() - began
            cpu = self._since(before)
            await asyncio.sleep(2)
            yield Stage(step, step - done, seconds, cpu, measured.memory())
            done = step

    async def burst(self, proposals: Sequence[UUID]) -> Burst:
        """Give the last answer to each of these, and wait until all are published."""
        body = {"consumer_team_id": str(self._ground.last.id), "response": "approved"}
        requests = [
            Sent("POST", f"{api}/api/v1/proposals/{each}/acknowledge", 200, body)
            for api, each in zip(cycle(self._stand.apis), proposals, strict=False)
        ]
        before, began = self._stand.measured.cpu(), time.monotonic()
        async with self._stand.measured.most() as most:
            loop = await closed_loop(requests, CLIENTS)
            await until(lambda: self._record.ended(proposals), len(proposals))
        seconds = time.monotonic() - began
        if await self._record.published(proposals) != len(proposals):
            raise AssertionError("not each of them was published once")
        settled_after = await self._record.settled_after(proposals)
        return Burst(loop, settled_after, seconds, self._since(before), most)

    async def reminders(self, proposals: Sequence[UUID], lead: timedelta) -> Reminders:
        """Have a reminder fall due on each within a minute, `lead` from now."""
        record = self._record
        first = await record.now() + lead
        await record.make_due(proposals, first, SPREAD, REMIND_AFTER)
        await self._ground.wake(proposals)
        woken = await until(lambda: record.reviewed_for(first + SPREAD), len(proposals))
        self._stand.say(f"all woken after {woken:.0f} s of {lead.total_seconds():.0f}")
        if (slack := (first - await record.now()).total_seconds()) < 0:
            raise AssertionError("the first reminder fell due before all were woken")
        await asyncio.sleep(slack)
        before, began = self._stand.measured.cpu(), time.monotonic()
        async with self._stand.measured.most() as most:
            await until(lambda: record.reminded(first), len(proposals))
        seconds, cpu = time.monotonic() - began, self._since(before)
        await asyncio.sleep(A_SECOND_ONE_WITHIN)
        if await record.reminded(first) != len(proposals):
            raise AssertionError("somebody was reminded twice")
        lateness = await record.lateness(first, REMIND_AFTER)
        return Reminders(woken, lateness, seconds, cpu, most)

    async def crowd(self, parties: int, seconds: float) -> Crowd:
        """Have so many teams answer one proposal over HTTP within so many seconds."""
        proposal, teams = await self._ground.crowded(parties)
        await until(lambda: self._record.asked(proposal), parties)
        before = self._stand.measured.cpu()
        dice = random.Random(1)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            self._stand.measured.most() as most,
            aiohttp.ClientSession(connector=connector) as session,
        ):
            took = await asyncio.gather(
                *(self._answer(session, proposal, team, dice.uniform(0, seconds)) for team in teams)
            )
            published_after = await until(lambda: self._record.ended([proposal]), 1)
        if await self._record.answered(proposal) != parties:
            raise AssertionError("not every answer was counted")
        if await self._record.published([proposal]) != 1:
            raise AssertionError("not published once")
        return Crowd(parties, took, published_after, self._since(before), most)

    async def _answer(
        self, session: aiohttp.ClientSession, proposal: UUID, team: UUID, after: float
    ) -> float:
        await asyncio.sleep(after)
        api = random.choice(self._stand.apis)
        began = time.monotonic()
        async with session.post(
            f"{api}/api/v1/proposals/{proposal}/acknowledge",
            json={"consumer_team_id": str(team), "response": "approved"},
        ) as answer:
            if answer.status != 200:
                raise AssertionError(f"{answer.status}: {await answer.text()}")
            await answer.read()
        return time.monotonic() - began

    def _since(self, before: Mapping[str, float]) -> Mapping[str, float]:
        return {name: now - before[name] for name, now in self._stand.measured.cpu().items()}
