"""The end of an old version in a test: facts, and the workflow's steps carried out by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.acknowledgments import Response
from domain.assets import Asset
from domain.contracts import ContractStatus
from domain.parties import NoticeKind
from domain.retirements import RetirementStatus, RetirementStep
from domain.steps import StepKind
from domain.teams import Team
from domain.timeline import Timeline
from record import registrations, retirements, window_steps, windows
from record.registrations import NewRegistration
from record.settlement import Settled
from record.windows import RetirementDetail
from store.transaction import Transaction
from tests.support.conductor import NOTES, Conductor
from tests.support.facts import CALLER, Facts, table


@dataclass
class Keeper:
    """Carries out the steps of one retirement; `now` is the workflow's clock."""

    facts: Facts
    asset: Asset
    contract_id: UUID
    readers: list[Team]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def detail(self) -> RetirementDetail:
        return await windows.detail(self.facts.database, self.contract_id)

    async def status(self) -> RetirementStatus:
        return (await self.detail()).retirement.status

    async def contract_status(self) -> ContractStatus:
        async def work(tx: Transaction) -> ContractStatus:
            found = await tx.contracts.get(self.contract_id)
            assert found is not None
            return found.status

        return await self.facts.database.run(work)

    async def settle(self, revision: int | None = None) -> Settled:
        now = (await self.detail()).retirement.revision
        return await window_steps.settle(
            self.facts.database, self.contract_id, revision or now, self.now
        )

    async def note(self, step: RetirementStep, revision: int | None = None) -> int:
        now = (await self.detail()).retirement.revision
        kind = NoticeKind(step.kind.value)
        return await window_steps.note(
            self.facts.database, self.contract_id, revision or now, kind, step.notes, self.now
        )

    async def carry_on(self, after: timedelta = timedelta(0)) -> RetirementStep:
        """Carry out every step that is due `after` so long, and return the one that waits."""
        self.now += after
        for _ in range(30):
            step, _ = await windows.review(self.facts.database, self.contract_id, self.now)
            if step.kind.value in NOTES:
                await self.note(step)
            elif step.kind is StepKind.SETTLE:
                await self.settle()
            else:
                return step
        raise AssertionError(f"{step} comes again and again")

    async def moved(self, place: int = 0) -> None:
        await retirements.move(
            self.facts.database, CALLER, self.contract_id, self.readers[place].id, None
        )

    async def extended(self, until: datetime, place: int = 0) -> None:
        await retirements.extend(
            self.facts.database, CALLER, self.contract_id, self.readers[place].id, until, None
        )

    async def names(self) -> list[str]:
        return [each.team.name for each in (await self.detail()).movers]

    async def log(self) -> list[str]:
        return [
            type_
            for type_ in await self.facts.events(asset_id=self.asset.id)
            if type_.startswith("retirement.")
        ]


async def replaced(
    facts: Facts,
    *readers: str,
    window: str = "30d",
    now: datetime | None = None,
    **timeline: str,
) -> Keeper:
    """A version that a breaking one has just replaced, which its readers agreed to."""
    owner = await facts.team("owner")
    asset = await facts.asset(owner, migration_window=window, **timeline)
    first = (await facts.publish(asset, table("id", "email"))).contract
    assert first is not None
    teams = [await facts.team(name) for name in readers]
    for team in teams:
        await facts.register(asset, team, ["email"])
    proposal = await facts.proposed(asset, table("id"))
    conductor = Conductor(facts, proposal, now or datetime.now(UTC))
    await conductor.carry_on()
    for team in teams:
        await facts.answer(conductor.proposal, team, Response.APPROVED)
    await conductor.carry_on()
    assert await facts.active_version(asset) == "2.0.0"
    return Keeper(facts, asset, first.id, teams, conductor.now)


async def old(facts: Facts) -> Keeper:
    """A deprecated version without any end, and a team that is pinned to it."""
    keeper = await replaced(facts, window="0")
    team = await facts.team("pinned")
    new = NewRegistration(
        asset_id=keeper.asset.id, consumer_team_id=team.id, pinned_version="1.0.0"
    )
    await registrations.register(facts.database, CALLER, new)
    keeper.readers.append(team)
    return keeper


async def set_on(keeper: Keeper, at: datetime, reason: str | None = None) -> None:
    await retirements.set_sunset(
        keeper.facts.database, CALLER, keeper.contract_id, at, reason, Timeline()
    )
