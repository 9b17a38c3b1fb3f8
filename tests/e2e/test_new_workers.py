"""A new build of the worker is deployed while many proposals are open: none of them notices.

Both builds are processes of their own, the new one from changed code. `TESSERA_DEPLOYED=100` opens
that many proposals.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.history.v1 import History
from temporalio.client import Client

from domain.acknowledgments import Response
from domain.events import EventType
from domain.proposals import Cause, Proposal, ProposalStatus
from domain.teams import Team
from record import decisions, proposals, rounds
from record.comparison import Comparer
from record.rounds import ProposalDetail
from store.database import Database
from store.transaction import Transaction
from tests.e2e.stack import Process
from tests.support.builds import PATCH, next_build, worker_of
from tests.support.facts import CALLER, Facts, table
from tests.support.figures import FIGURES
from tests.support.servers import ROOT, Run, create_database, drop_database, migrated_template
from workflows.deployments import builds, promote
from workflows.execution import DATA_CONVERTER

OPEN = int(os.environ.get("TESSERA_DEPLOYED", "12"))
AT_ONCE = 8
PATIENCE = 60 + 2 * OPEN
ONE, TWO = "2026.1", "2026.2"

Ended = tuple[ProposalStatus, Cause]


async def ready(world: "World", proposal: Proposal) -> Ended:
    await world.facts.answer(proposal, world.reader, Response.APPROVED)
    return ProposalStatus.PUBLISHED, Cause.ALL_APPROVED


async def blocks(world: "World", proposal: Proposal) -> Ended:
    await world.facts.answer(proposal, world.reader, Response.BLOCKED)
    return ProposalStatus.REJECTED, Cause.BLOCKED


async def withdraws(world: "World", proposal: Proposal) -> Ended:
    await proposals.withdraw(world.facts.database, CALLER, proposal.id, None)
    return ProposalStatus.WITHDRAWN, Cause.WITHDRAWN


async def forces(world: "World", proposal: Proposal) -> Ended:
    await proposals.force(world.facts.database, CALLER, proposal.id, "the data must go, by law")
    return ProposalStatus.PUBLISHED, Cause.FORCED


ACTS = (ready, blocks, withdraws, forces)


@dataclass
class World:
    """A database, and the workers that look after it."""

    facts: Facts
    temporal: Client
    deployment: str
    environment: Mapping[str, str]
    directory: Path
    stack: AsyncExitStack
    reader: Team
    owner: Team
    ends: dict[UUID, Ended] = field(default_factory=dict)
    said: float = 0.0

    async def worker(self, checkout: Path, build: Mapping[str, str]) -> Process:
        name = f"{checkout.name}-{len(list(self.directory.glob('*.log')))}.log"
        process = worker_of(checkout, self.environment, self.directory / name, build)
        await process.start()
        self.stack.push_async_callback(process.stop)
        return process

    def versioned(self, build_id: str, versioning: str) -> Mapping[str, str]:
        return {
            "TESSERA_WORKER_DEPLOYMENT": self.deployment,
            "TESSERA_WORKER_BUILD_ID": build_id,
            "TESSERA_WORKER_VERSIONING": versioning,
        }

    async def promote(self, build_id: str) -> None:
        await promote(self.temporal, self.deployment, build_id, timedelta(seconds=60))

    async def opened(self, count: int) -> list[Proposal]:
        """Propose to drop what the reader reads, on so many assets, and wait until it is asked."""
        door = asyncio.Semaphore(AT_ONCE)

        async def one() -> Proposal:
            async with door:
                asset = await self.facts.asset(self.owner)
                await self.facts.publish(asset, table("id", "email"))
                await self.facts.register(asset, self.reader, ["email"])
                return await self.facts.proposed(asset, table("id"))

        made = await asyncio.gather(*(one() for _ in range(count)))
        await self.until(made, lambda found: found.parties[0].party.asked_at is not None)
        return made

    async def ended(self, made: Sequence[Proposal]) -> None:
        """Let something be said about each, and wait until it has ended as that says."""
        begin = time.monotonic()
        for place, proposal in enumerate(made):
            self.ends[proposal.id] = await ACTS[place % len(ACTS)](self, proposal)
        await self.until(made, lambda found: not found.proposal.status.is_open)
        self.said += time.monotonic() - begin

    async def until(
        self, made: Sequence[Proposal], holds: Callable[[ProposalDetail], bool]
    ) -> None:
        left = {proposal.id for proposal in made}
        async with asyncio.timeout(PATIENCE):
            while left:
                left = {each.proposal.id for each in await self.details(left) if not holds(each)}
                await asyncio.sleep(0.1)

    async def details(self, ids: set[UUID]) -> tuple[ProposalDetail, ...]:
        async def work(tx: Transaction) -> tuple[ProposalDetail, ...]:
            return await rounds.load(tx, ids)

        return await self.facts.database.read(work)

    async def history(self, proposal_id: UUID) -> History:
        handle = self.temporal.get_workflow_handle(f"proposal-{proposal_id}")
        await asyncio.wait_for(handle.result(), PATIENCE)
        return History(events=(await handle.fetch_history()).events)


@pytest.fixture
async def world(
    postgres_admin_url: str, temporal_address: str, tmp_path: Path
) -> AsyncIterator[World]:
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    name = f"tessera_builds_{uuid4().hex}"
    url = create_database(postgres_admin_url, name, template)
    async with (
        AsyncExitStack() as stack,
        Database.connect(url).closing() as database,
        Comparer(1) as comparer,
    ):
        facts = Facts(database, comparer)
        temporal = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
        yield World(
            facts,
            temporal,
            deployment=f"tessera-{uuid4().hex[:8]}",
            environment={
                "DATABASE_URL": url,
                "TEMPORAL_ADDRESS": temporal_address,
                "TEMPORAL_TASK_QUEUE": f"builds-{uuid4()}",
                "ENVIRONMENT": "development",
                "TESSERA_LOG_FORMAT": "json",
            },
            directory=tmp_path,
            stack=stack,
            reader=await facts.team("reader"),
            owner=await facts.team("owner"),
        )
        # inside: the workers go before what they work on
        await stack.aclose()
    drop_database(postgres_admin_url, name)


def parts(made: Sequence[Proposal], count: int) -> list[Sequence[Proposal]]:
    return [made[start::count] for start in range(count)]


async def without_versions(world: World) -> tuple[list[Proposal], list[Proposal]]:
    """Rolling: for a while both take whatever comes, then only the new one is there.

    And versions are switched on while the last ones are still open.
    """
    old = await world.worker(ROOT, {})
    made = await world.opened(OPEN)
    before, between, after = parts(made, 3)
    await world.ended(before)
    checkout = next_build(world.directory)
    next_ = await world.worker(checkout, {})
    await world.ended(between)
    assert await old.stop() == 0
    await world.ended(after[:1])
    new = await world.opened(2)
    await world.worker(checkout, world.versioned(TWO, "auto_upgrade"))
    await world.promote(TWO)
    assert await next_.stop() == 0
    await world.ended([*after[1:], *new])
    assert await moved_by(world, [*after[1:], *new]) == {TWO}
    return made, new


async def upgraded(world: World) -> tuple[list[Proposal], list[Proposal]]:
    """Nothing comes to the new build until it is current; then everything does."""
    old = await world.worker(ROOT, world.versioned(ONE, "auto_upgrade"))
    await world.promote(ONE)
    made = await world.opened(OPEN)
    before, between, after = parts(made, 3)
    await world.ended(before)
    await world.worker(next_build(world.directory), world.versioned(TWO, "auto_upgrade"))
    await world.ended(between)
    assert await moved_by(world, between) == {ONE}
    await world.promote(TWO)
    await world.ended(after[:1])
    assert await old.stop() == 0
    await world.ended(after[1:])
    assert TWO in await moved_by(world, after)
    new = await world.opened(2)
    await world.ended(new)
    assert await moved_by(world, new) == {TWO}
    return made, new


async def pinned(world: World) -> tuple[list[Proposal], list[Proposal]]:
    """What is open ends with the build that it began with, whose workers are needed until then."""
    old = await world.worker(ROOT, world.versioned(ONE, "pinned"))
    await world.promote(ONE)
    made = await world.opened(OPEN)
    await world.worker(next_build(world.directory), world.versioned(TWO, "pinned"))
    await world.promote(TWO)
    new = await world.opened(2)
    open_ = {ONE: ("draining", len(made), True), TWO: ("current", len(new), True)}
    await until_builds(world, open_)
    await world.ended([*made, *new])
    assert await moved_by(world, made) == {ONE}
    assert await moved_by(world, new) == {TWO}
    over = {ONE: 0, TWO: 0}
    await until_builds(world, over)
    assert await old.stop() == 0
    return made, new


Told = Mapping[str, tuple[str, int, bool]] | Mapping[str, int]


async def until_builds(world: World, told: Told) -> None:
    """Temporal's index is some moments behind."""

    async def read() -> dict[str, object]:
        found = await builds(world.temporal, world.deployment)
        whole = any(isinstance(each, tuple) for each in told.values())
        return {
            build.build_id: (build.state, build.open_proposals, build.is_needed)
            if whole
            else build.open_proposals
            for build in found
            if build.build_id
        }

    async with asyncio.timeout(PATIENCE):
        while (found := await read()) != told:  # noqa: ASYNC110  # nobody tells when it is there
            await asyncio.sleep(0.2)
    assert found == told


async def moved_by(world: World, made: Sequence[Proposal]) -> set[str]:
    """The builds that took the last step of these."""
    return {completed(await world.history(each.id))[-1] for each in made}


def completed(history: History) -> list[str]:
    return [
        event.workflow_task_completed_event_attributes.deployment_version.build_id
        for event in history.events
        if event.event_type == HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]


def has_patch(history: History) -> bool:
    return any(
        PATCH.encode() in payload.data
        for event in history.events
        if event.event_type == HistoryEvent.EVENT_TYPE_MARKER_RECORDED
        for payloads in event.marker_recorded_event_attributes.details.values()
        for payload in payloads.payloads
    )


Deployment = Callable[[World], Awaitable[tuple[list[Proposal], list[Proposal]]]]


@pytest.mark.timeout(180 + 6 * OPEN)
@pytest.mark.parametrize("deployed", [without_versions, upgraded, pinned])
async def test_open_proposals_outlive_the_deployment_of_a_new_build(
    world: World, deployed: Deployment, record_property: Callable[[str, object], None]
) -> None:
    begin = time.monotonic()
    made, new = await deployed(world)
    seconds = time.monotonic() - begin
    for proposal in (*made, *new):
        await check(world, proposal, begun_by_new=proposal in new)
    outcome = await decisions.recompute(world.facts.database)
    assert (outcome.same, outcome.different) == (len(made) + len(new), 0)
    record_property(FIGURES, told(world, made, new, seconds))


async def check(world: World, proposal: Proposal, *, begun_by_new: bool) -> None:
    """It ended as was said about it, was asked once, and no build failed at its history."""
    detail = await world.facts.detail(proposal.id)
    assert (detail.proposal.status, detail.proposal.cause) == world.ends[proposal.id]
    assert detail.proposal.stuck is None
    types = await world.facts.events(proposal_id=proposal.id)
    assert types.count(EventType.PROPOSAL_ASKED) == 1
    history = await world.history(proposal.id)
    failed = [
        event.workflow_task_failed_event_attributes
        for event in history.events
        if event.event_type == HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]
    assert not failed
    assert has_patch(history) is begun_by_new


def told(world: World, made: Sequence[Proposal], new: Sequence[Proposal], seconds: float) -> str:
    counted = Counter(f"{status.value} ({cause.value})" for status, cause in world.ends.values())
    lines = [
        f"{len(made)} open proposals over a deployment, {len(new)} opened after it",
        f"  seconds in all, two workers started: {seconds:.1f}",
        f"  seconds from the first word to the last end: {world.said:.1f}",
        *(f"  {name:<30}{count:>5}" for name, count in sorted(counted.items())),
    ]
    return "\n".join(lines)
