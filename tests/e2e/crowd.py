"""Random people around one proposal: what each will do is drawn beforehand, from a seed."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from tessera_sdk import AsyncClient, ProblemError
from tessera_sdk.models import Registration, Team

from domain.json_types import JsonObject
from tests.support.api_client import table, unique

T = TypeVar("T")

AT_THE_DOOR = 24
"""How many requests are under way at once, however many people there are."""
REFUSALS = frozenset({404, 409, 422})
"""Who comes too late, or leaves too late, hears so; anything else is a defect."""


class Habit(StrEnum):
    """What a reader does."""

    READY = "ready"
    BLOCKS = "blocks"
    NEEDS_TIME = "needs time"
    CHANGES_MIND = "changes mind"
    SILENT = "silent"
    LEAVES = "leaves"


class Mood(StrEnum):
    """What the producer does."""

    PATIENT = "patient"
    WITHDRAWS = "withdraws"
    FORCES = "has it forced"
    REWORDS = "publishes new words meanwhile"
    ADDS = "publishes an addition meanwhile"
    ADDS_AND_CONFIRMS = "publishes an addition meanwhile, and confirms"


HABITS = {
    Habit.READY: 8,
    Habit.BLOCKS: 1,
    Habit.NEEDS_TIME: 2,
    Habit.CHANGES_MIND: 2,
    Habit.SILENT: 2,
    Habit.LEAVES: 1,
}
MOODS = {
    Mood.PATIENT: 6,
    Mood.WITHDRAWS: 1,
    Mood.FORCES: 1,
    Mood.REWORDS: 1,
    Mood.ADDS: 1,
    Mood.ADDS_AND_CONFIRMS: 1,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One proposal; times are fractions of its deadline."""

    readers: tuple[tuple[Team, Habit, float], ...]
    mood: Mood
    mood_at: float
    newcomer: tuple[Team, float] | None
    on_deadline: str
    on_demand: bool
    publishes: bool

    @classmethod
    def drawn(cls, dice: random.Random, teams: Sequence[Team]) -> "Plan":
        *first, last = dice.sample(list(teams), dice.randint(1, 4))
        habits = dice.choices(list(HABITS), list(HABITS.values()), k=len(first))
        return cls(
            readers=tuple(
                (team, habit, dice.uniform(0, 0.5))
                for team, habit in zip(first, habits, strict=True)
            ),
            mood=dice.choices(list(MOODS), list(MOODS.values()))[0],
            mood_at=dice.uniform(0, 0.5),
            newcomer=(last, dice.uniform(0, 0.5)) if dice.random() < 0.2 else None,
            on_deadline=dice.choice(["expire", "approve", "escalate"]),
            on_demand=dice.random() < 0.3,
            publishes=dice.random() < 0.7,
        )


@dataclass
class Crowd:
    """All people; `accepted` counts what was answered with 2xx, by proposal and kind."""

    clients: Sequence[AsyncClient]
    deadline: float
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_THE_DOOR))
    turn: int = 0

    async def ask(self, call: Callable[[AsyncClient], Awaitable[T]]) -> T:
        async with self.door:
            self.turn += 1
            return await call(self.clients[self.turn % len(self.clients)])

    async def say(
        self, proposal_id: str, kind: str, call: Callable[[AsyncClient], Awaitable[object]]
    ) -> None:
        """Say something that may come too late."""
        try:
            await self.ask(call)
        except ProblemError as refusal:
            if refusal.status not in REFUSALS:
                raise
            self.refused[refusal.code] += 1
        else:
            self.accepted[proposal_id, kind] += 1

    async def play(self, plan: Plan, owner: Team) -> str:
        """Propose and do all that is planned; the proposal's id."""
        asset_id, registrations = await self._begun(plan, owner)
        result = await self.ask(
            lambda client: client.contracts.publish(asset_id, schema=table("id"))
        )
        assert result.proposal is not None
        play = _Play(self, asset_id, result.proposal.id)
        newcomer = [] if plan.newcomer is None else [play.comes(*plan.newcomer)]
        await asyncio.gather(
            play.of_producer(plan),
            *newcomer,
            *(
                play.of_reader(team, habit, at, registration)
                for (team, habit, at), registration in zip(plan.readers, registrations, strict=True)
            ),
        )
        return play.proposal_id

    async def _begun(self, plan: Plan, owner: Team) -> tuple[str, list[Registration]]:
        fqn = unique("crowd.table")
        asset = await self.ask(lambda client: client.assets.create(fqn, owner.id))
        await self.ask(
            lambda client: client.assets.set_policy(asset.id, {"timeline": self._timeline(plan)})
        )
        await self.ask(
            lambda client: client.contracts.publish(asset.id, schema=table("id", "email"))
        )
        registrations = [
            await self.ask(
                lambda client, team=team: client.registrations.create(  # type: ignore[misc]
                    asset.id, team.id, fields=["email"]
                )
            )
            for team, _, _ in plan.readers
        ]
        return asset.id, registrations

    def _timeline(self, plan: Plan) -> JsonObject:
        return {
            "remind_after": self.deadline / 3,
            "remind_every": self.deadline / 3,
            "escalate_after": self.deadline / 2,
            "deadline": self.deadline,
            "last_limit": self.deadline / 3,
            "max_extension": self.deadline / 2,
            "minimum_notice": 0,
            "publish_within": self.deadline / 2,
            "on_deadline": plan.on_deadline,
            "publish": "on_demand" if plan.on_demand else "at_once",
        }


@dataclass(frozen=True)
class _Play:
    """One proposal under way."""

    crowd: Crowd
    asset_id: str
    proposal_id: str

    async def _answer(self, team: Team, answer: str, until: datetime | None = None) -> None:
        await self.crowd.say(
            self.proposal_id,
            "acknowledged",
            lambda client: client.proposals.acknowledge(
                self.proposal_id, team.id, answer, until=until
            ),
        )

    async def _pause(self, fraction: float) -> None:
        await asyncio.sleep(fraction * self.crowd.deadline)

    async def of_reader(
        self, team: Team, habit: Habit, at: float, registration: Registration
    ) -> None:
        await self._pause(at)
        if habit is Habit.LEAVES:
            await self.crowd.say(
                self.proposal_id,
                "left",
                lambda client: client.registrations.remove(registration.id),
            )
        elif habit is Habit.NEEDS_TIME:
            until = datetime.now(UTC) + timedelta(seconds=self.crowd.deadline)
            await self._answer(team, "needs time", until)
            await self._pause(at)
            await self._answer(team, "ready")
        elif habit is Habit.BLOCKS:
            await self._answer(team, "blocked")
        elif habit is not Habit.SILENT:
            await self._answer(team, "ready")
            if habit is Habit.CHANGES_MIND:
                await self._answer(team, "blocked")
                await self._answer(team, "ready")

    async def comes(self, team: Team, at: float) -> None:
        await self._pause(at)
        await self.crowd.say(
            self.proposal_id,
            "came",
            lambda client: client.registrations.create(self.asset_id, team.id, fields=["email"]),
        )
        await self._answer(team, "ready")

    async def of_producer(self, plan: Plan) -> None:
        await self._pause(plan.mood_at)
        await self._moody(plan.mood)
        if plan.on_demand and plan.publishes:
            await self._publishes_when_approved()

    async def _moody(self, mood: Mood) -> None:
        if mood is Mood.WITHDRAWS:
            await self._say("withdrawal_recorded", "withdraw")
        elif mood is Mood.FORCES:
            await self._say("force_recorded", "force", "Agreed by telephone.")
        elif mood is Mood.REWORDS:
            await self._publish(table("email", id={"type": "string", "description": "The key."}))
        elif mood is not Mood.PATIENT:
            await self._publish(table("id", "email", "phone"))
            if mood is Mood.ADDS_AND_CONFIRMS:
                await self._pause(0.2)
                await self._say("confirmed", "confirm")

    async def _say(self, kind: str, word: str, *reason: str) -> None:
        await self.crowd.say(
            self.proposal_id,
            kind,
            lambda client: getattr(client.proposals, word)(self.proposal_id, *reason),
        )

    async def _publish(self, schema: JsonObject) -> None:
        await self.crowd.say(
            self.proposal_id,
            "published meanwhile",
            lambda client: client.contracts.publish(self.asset_id, schema=schema),
        )

    async def _publishes_when_approved(self) -> None:
        for _ in range(200):
            found = await self.crowd.ask(lambda client: client.proposals.get(self.proposal_id))
            if found.status != "pending":
                break
            await self._pause(0.1)
        await self._say("publication_requested", "publish")
