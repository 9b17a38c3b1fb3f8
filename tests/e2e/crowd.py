"""Random people around proposals, who do what is planned for them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tessera_sdk import AsyncClient, ProblemError
from tessera_sdk.models import PublishResult, Registration, Team

from domain.json_types import JsonObject
from tests.e2e.plans import Fate, Group, Habit, Leaving, Mood, Plan
from tests.e2e.stack import ENDED
from tests.support.api_client import table, unique
from tests.support.later import in_time

T = TypeVar("T")

AT_THE_DOOR = 24
"""How many requests are under way at once, however many people there are."""
REFUSALS = frozenset({404, 409, 422})
"""Who comes too late, or leaves too late, hears so; anything else is a defect."""


@dataclass
class Crowd:
    """All people; `accepted` counts what was answered with 2xx, by proposal and kind."""

    clients: Sequence[AsyncClient]
    persons: Sequence[AsyncClient]
    """Two administrators, each with a key of their own."""
    deadline: float
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    releases: list[str] = field(default_factory=list)
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

    async def play(self, group: Group, owner: Team) -> list[str]:
        """Propose and do all that is planned; the ids of the proposals."""
        plays = await asyncio.gather(*(self._proposed(plan, owner) for plan in group.plans))
        ids = [play.proposal_id for play in plays]
        fate = [] if group.fate is None else [self._release(ids, group.fate, group.fate_at)]
        await asyncio.gather(*fate, *(play.acts() for play in plays))
        return ids

    async def _release(self, ids: Sequence[str], fate: Fate, at: float) -> None:
        try:
            opened = await self.ask(
                lambda client: client.releases.open(unique("release"), proposal_ids=ids)
            )
        except ProblemError as refusal:  # one of them has ended already
            if refusal.status not in REFUSALS:
                raise
            self.refused[refusal.code] += 1
            return
        self.releases.append(opened.id)
        await asyncio.sleep(at * self.deadline)
        if fate is Fate.CANCELLED:
            await self.say(
                opened.id, "release cancelled", lambda client: client.releases.cancel(opened.id)
            )
        elif fate is Fate.ONE_TAKEN_OUT:
            await self.say(
                ids[0],
                "taken out of a release",
                lambda client: client.releases.remove(opened.id, ids[0]),
            )

    async def _proposed(self, plan: Plan, owner: Team) -> "_Play":
        asset_id, registrations = await self._begun(plan, owner)

        def proposed(publish_at: datetime | None = None) -> Awaitable[PublishResult]:
            return self.ask(
                lambda client: client.contracts.publish(
                    asset_id, schema=table("id"), publish_at=publish_at
                )
            )

        fraction = plan.publish_at
        result = await (
            proposed() if fraction is None else in_time(fraction * self.deadline, proposed)
        )
        assert result.proposal is not None
        return _Play(self, plan, asset_id, result.proposal.id, owner, tuple(registrations))

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
            "migration_window": self.deadline / 4 if plan.leavings else 0,
            "force": "two_persons" if plan.mood is Mood.FORCES_BY_TWO else "one_person",
        }


@dataclass(frozen=True)
class _Play:
    """One proposal under way."""

    crowd: Crowd
    plan: Plan
    asset_id: str
    proposal_id: str
    owner: Team
    registrations: tuple[Registration, ...]

    async def acts(self) -> None:
        plan = self.plan
        newcomer = [] if plan.newcomer is None else [self.comes(*plan.newcomer)]
        await asyncio.gather(
            self.of_producer(plan),
            *newcomer,
            *(
                self.of_reader(team, habit, at, registration)
                for (team, habit, at), registration in zip(
                    plan.readers, self.registrations, strict=True
                )
            ),
        )
        if plan.leavings:
            await self.of_old_version(plan)

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
            if habit is Habit.COMMENTS:
                await self._comment(team)
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
        elif mood is Mood.FORCES_BY_TWO:
            await self._force_by_two()
        elif mood in _REVISIONS:
            await self._revise(_REVISIONS[mood])
        elif mood is Mood.CANCELLED:
            await self._say("cancellation_recorded", "cancel", "Not this year.")
        elif mood is Mood.GIVES_TIME:
            await self._give_time()
        else:
            await self._publishes(mood)

    async def _publishes(self, mood: Mood) -> None:
        if mood is Mood.REWORDS:
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

    async def _force_by_two(self) -> None:
        first, second = self.crowd.persons
        for kind, person in (("force_requested", first), ("force_recorded", second)):
            await self.crowd.say(
                self.proposal_id,
                kind,
                lambda _client, person=person: person.proposals.force(  # type: ignore[misc]
                    self.proposal_id, "Agreed by telephone."
                ),
            )
            await self._pause(0.1)

    async def _revise(self, schema: JsonObject) -> None:
        await self.crowd.say(
            self.proposal_id,
            "revision_recorded",
            lambda client: client.proposals.revise(self.proposal_id, schema=schema),
        )

    async def _give_time(self) -> None:
        await self._comment(self.owner)
        by = f"{self.crowd.deadline / 4}s"
        await self._say("extended", "extend", by)
        for team, _, _ in self.plan.readers:
            await self._say("asked again", "ask_again", team.id)

    async def _comment(self, team: Team) -> None:
        await self.crowd.say(
            self.proposal_id,
            "commented",
            lambda client: client.comments.create(self.proposal_id, team.id, "Since when?"),
        )

    async def of_old_version(self, plan: Plan) -> None:
        """Move off what the proposal has replaced, if it has."""
        found = await self._until(lambda status: status in ENDED)
        if found != "published":
            return
        page = await self.crowd.ask(
            lambda client: client.retirements.list(asset_id=self.asset_id, status="open").page()
        )
        for old in page.items:
            assert old.latest_until is not None
            await asyncio.gather(
                *(
                    self._leave(old.contract_id, team, leaving, old.latest_until)
                    for (team, _, _), leaving in zip(plan.readers, plan.leavings, strict=True)
                )
            )
            if plan.keeps_old:
                await self.crowd.say(
                    self.proposal_id,
                    "end of an old version taken back",
                    lambda client, old=old: client.retirements.cancel(  # type: ignore[misc]
                        old.contract_id
                    ),
                )

    async def _leave(self, contract_id: str, team: Team, leaving: Leaving, until: datetime) -> None:
        if leaving is Leaving.MOVES:
            await self.crowd.say(
                self.proposal_id,
                "moved",
                lambda client: client.retirements.moved(contract_id, team.id),
            )
        elif leaving is Leaving.NEEDS_LONGER:
            await self.crowd.say(
                self.proposal_id,
                "old version kept longer",
                lambda client: client.retirements.extend(contract_id, team.id, until),
            )

    async def _publish(self, schema: JsonObject) -> None:
        await self.crowd.say(
            self.proposal_id,
            "published meanwhile",
            lambda client: client.contracts.publish(self.asset_id, schema=schema),
        )

    async def _publishes_when_approved(self) -> None:
        await self._until(lambda status: status != "pending")
        await self._say("publication_requested", "publish")

    async def _until(self, holds: Callable[[str], bool]) -> str:
        for _ in range(200):
            found = await self.crowd.ask(lambda client: client.proposals.get(self.proposal_id))
            if holds(found.status):
                break
            await self._pause(0.1)
        return found.status


_REVISIONS: Mapping[Mood, JsonObject] = {
    Mood.REVISES: table("id", email={"type": "integer"}),
    Mood.TAKES_BACK: table("id", "email", "fax"),
}
