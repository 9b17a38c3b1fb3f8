"""What is there before a race: made once through the record, then copied row by row."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from domain.acknowledgments import Response
from domain.assets import Asset
from domain.events import EventType
from domain.json_types import JsonObject
from domain.proposals import Proposal
from domain.teams import Team
from store.transaction import Transaction
from tests.races.workflow import carry_on
from tests.support.copies import Copied, Original
from tests.support.facts import Facts, table

DEADLINE = timedelta(days=14)
MILDER = table("id", email={"type": "integer"})
"""In the place of the table without `email`: its readers are asked something else."""
SILENT = {"remind_after": "30d", "escalate_after": "30d"}
"""A timeline in which nobody is reminded before the deadline."""


@dataclass(frozen=True, slots=True)
class Ground:
    """An asset, and where there is one, its open proposal to drop `email`, and who reads it."""

    asset: Asset
    opened: Proposal | None = None
    readers: tuple[Team, ...] = ()
    registrations: tuple[UUID, ...] = ()
    """One of each reader."""
    asked_at: datetime | None = None

    @property
    def proposal(self) -> Proposal:
        assert self.opened is not None
        return self.opened

    @property
    def path(self) -> str:
        return f"/proposals/{self.proposal.id}"

    @property
    def deadline(self) -> datetime:
        assert self.asked_at is not None
        return self.asked_at + DEADLINE

    def copied(self, copy: Copied) -> "Ground":
        asset = replace(self.asset, id=copy.ids[self.asset.id], fqn=copy.fqn)
        opened = self.opened
        if opened is not None:
            opened = replace(opened, id=copy.ids[opened.id], asset_id=asset.id)
        registrations = tuple(copy.ids[each] for each in self.registrations)
        return replace(self, asset=asset, opened=opened, registrations=registrations)


Make = Callable[[], Awaitable[Ground]]


@dataclass
class Grounds:
    """One of each kind is kept, from which all others of the kind are copied."""

    facts: Facts
    owner: Team
    readers: tuple[Team, ...]
    originals: dict[str, tuple[Ground, Original]] = field(default_factory=dict)
    making: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )
    """By kind: what is made may be made of a copy of another kind."""

    async def copy(self, kind: str, make: Make) -> Ground:
        """Make the first one of a kind through the record, and copy that."""
        async with self.making[kind]:
            if kind not in self.originals:
                made = await make()
                original = await self.facts.database.run(
                    lambda tx: Original.of(tx, made.asset.id, made.asset.fqn)
                )
                self.originals[kind] = (made, original)
        made, original = self.originals[kind]
        return made.copied(await self.facts.database.run(original.copy))

    async def asset(self, *columns: str) -> Asset:
        """An asset, with a first version if it has columns."""

        async def make() -> Ground:
            asset = await self.facts.asset(self.owner)
            if columns:
                await self.facts.publish(asset, table(*columns))
            return Ground(asset)

        return (await self.copy(f"asset {columns}", make)).asset

    async def proposed(
        self,
        readers: int,
        *,
        ready: int = 0,
        version: str | None = None,
        timeline: Mapping[str, object] = MappingProxyType({}),
    ) -> Ground:
        """A proposal that so many teams are to be asked about; the first `ready` have answered."""

        async def make() -> Ground:
            asset = await self.facts.asset(self.owner, **timeline)
            await self.facts.publish(asset, table("id", "email"))
            teams = self.readers[:readers]
            registered = [await self.facts.register(asset, team, ["email"]) for team in teams]
            published = await self.facts.publish(asset, table("id"), version=version)
            assert published.proposal is not None
            for team in teams[:ready]:
                await self.facts.answer(published.proposal, team, Response.APPROVED)
            ids = tuple(each.id for each in registered)
            return Ground(asset, published.proposal, teams, ids)

        return await self.copy(f"proposed {readers, ready, version, *timeline.items()}", make)

    async def on_demand(self, version: str | None = None) -> Ground:
        """An approved proposal that waits for its producer's wish to publish."""

        async def make() -> Ground:
            ground = await self.proposed(0, version=version, timeline={"publish": "on_demand"})
            await carry_on(self.facts, ground.proposal.id)
            return ground

        return await self.copy(f"on demand {version}", make)

    async def asked(self) -> Ground:
        """A proposal whose one reader was asked a while ago."""

        async def make() -> Ground:
            ground = await self.proposed(1, timeline=SILENT)
            before = datetime.now(UTC) - timedelta(minutes=5)
            await carry_on(self.facts, ground.proposal.id, before, tells=True)
            return ground

        return await self.copy("asked", make)

    async def unconfirmed(self) -> Ground:
        """A proposal that would drop what was added meanwhile, and waits for a word on that."""

        async def make() -> Ground:
            ground = await self.proposed(1)
            await self.facts.publish(ground.asset, table("id", "email", "phone"))
            await carry_on(self.facts, ground.proposal.id)
            return ground

        return await self.copy("unconfirmed", make)

    async def on_the_eve(self, **timeline: object) -> Ground:
        """A proposal whose one reader was asked, once and for all, and reached."""

        async def make() -> Ground:
            ground = await self.proposed(1, timeline={**SILENT, **timeline})
            asked_at = datetime.now(UTC)
            await carry_on(self.facts, ground.proposal.id, asked_at, tells=True)
            filters = {"proposal_id": ground.proposal.id, "type": EventType.PROPOSAL_ASKED}
            (ask,) = await self.facts.log(**filters)

            async def arrive(tx: Transaction) -> None:
                await tx.parties.mark_delivered(ask.id, asked_at)

            await self.facts.database.run(arrive)
            return replace(ground, asked_at=asked_at)

        return await self.copy(f"eve {timeline}", make)


def worded(word: str, *columns: str) -> JsonObject:
    """The same columns with another description, which breaks nobody."""
    return table(*columns, id={"type": "string", "description": word})
