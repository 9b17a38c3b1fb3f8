"""RetirementWorkflow with the real activities: a migration window of weeks in a second or two."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.payloads import RetirementInput
from domain.events import EventType
from domain.retirements import RetirementStatus
from record import movers, retirements, windows
from record.windows import RetirementDetail
from relay import Relay
from store.listener import Listener
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.conductor import DAY
from tests.support.facts import CALLER, Facts
from tests.support.receiver import Receiver
from tests.support.window_keeper import Keeper, replaced
from worker import WorkerOptions, build_worker
from workflows.retirement import NAME


@dataclass
class Stage:
    """A worker with the real activities, and a relay that is run by hand."""

    facts: Facts
    environment: WorkflowEnvironment
    queue: str
    relay: Relay

    handles: dict[UUID, WorkflowHandle[object, str]] = field(default_factory=dict)

    async def replaced(self, *readers: str, **timeline: str) -> Keeper:
        """A version that was replaced just now, and the workflow of its end."""
        now = await self.environment.get_current_time()
        keeper = await replaced(self.facts, *readers, now=now, **timeline)
        await forget(self.facts)  # two wakes of the proposal at once, which this server mixes up
        await self.start(keeper)
        return keeper

    async def start(self, keeper: Keeper) -> None:
        """Start it before the relay does: such a handle skips time while it waits."""
        self.handles[keeper.contract_id] = await self.environment.client.start_workflow(
            NAME,
            RetirementInput(keeper.contract_id),
            id=f"retirement-{keeper.contract_id}",
            task_queue=self.queue,
            result_type=str,
        )

    def handle(self, keeper: Keeper) -> WorkflowHandle[object, str]:
        return self.handles[keeper.contract_id]

    async def relay_all(self) -> None:
        while await self.relay.carry_batch():
            pass

    async def until(
        self, keeper: Keeper, condition: Callable[[RetirementDetail], bool]
    ) -> RetirementDetail:
        with self.environment.auto_time_skipping_disabled():
            async with asyncio.timeout(90):
                while not condition(detail := await keeper.detail()):
                    await self.relay_all()
                    await asyncio.sleep(0.05)
        return detail

    async def asked(self, keeper: Keeper) -> None:
        await self.until(keeper, lambda found: all(each.mover.asked_at for each in found.movers))

    async def terminate_at_rest(self, keeper: Keeper) -> None:
        """Terminate it while only its timer runs.

        A step is in the record before its workflow task is done; the time-skipping server that
        terminates a workflow amid a task never skips time again, for nobody.
        """
        handle = self.handle(keeper)
        async with asyncio.timeout(90):
            while not await _rests(handle):  # noqa: ASYNC110  # seen from outside only
                await asyncio.sleep(0.05)
        await handle.terminate("by hand")

    async def ended(self, keeper: Keeper) -> RetirementStatus:
        """Let the workflow run to its end, skipping time, and return how the record has it."""
        await self.relay_all()
        result = await self.handle(keeper).result()
        status = await keeper.status()
        assert result == status.value
        return status


async def _rests(handle: WorkflowHandle[object, str]) -> bool:
    last = (await handle.fetch_history()).events[-1]
    return last.HasField("timer_started_event_attributes")


async def forget(facts: Facts) -> None:
    """Forget the wakes that wait."""

    async def work(tx: Transaction) -> None:
        while items := await tx.outbox.claim(500, timedelta(minutes=1)):
            await tx.outbox.finish(items)

    await facts.database.run(work)


@pytest.fixture
async def stage(
    time_skipping_env: WorkflowEnvironment, facts: Facts, database_url: str
) -> AsyncIterator[Stage]:
    options = WorkerOptions(
        database_url=database_url,
        task_queue=f"retirement-{uuid4()}",
        public_url="http://localhost:8000",
        direct_signals=False,
        allow_private_webhooks=True,
    )
    client = time_skipping_env.client
    await forget(facts)
    async with (
        webhooks.webhooks_alone() as channels,
        build_worker(client, facts.database, facts.comparer, channels, options),
    ):
        listener = Listener(database_url, [])
        relay = Relay(facts.database, client, listener, task_queue=options.task_queue)
        yield Stage(facts, time_skipping_env, options.task_queue, relay)


async def test_silence_is_asked_reminded_escalated_and_the_version_retired(
    stage: Stage, facts: Facts
) -> None:
    async with Receiver.running() as receiver:
        keeper = await stage.replaced("silent")
        team = keeper.readers[0].id
        await webhooks.set_webhook(facts.database, CALLER, team, receiver.url, None)
        await stage.until(keeper, lambda found: bool(found.movers[0].mover.reached_at))
        assert await stage.ended(keeper) is RetirementStatus.RETIRED
    log = await keeper.log()
    assert log[0] == EventType.RETIREMENT_SET
    assert log[-1] == EventType.CONTRACT_RETIRED
    assert log.count(EventType.RETIREMENT_ASKED) == 1
    assert log.count(EventType.RETIREMENT_REMINDED) == 4
    assert log.count(EventType.RETIREMENT_ESCALATED) == 1
    told = next(each for each in receiver.requests if each.message["type"] == "retirement.asked")
    assert told.message["data"]["details"]["version"] == "1.0.0"


async def test_whom_nothing_reaches_has_as_much_time_again(stage: Stage, facts: Facts) -> None:
    keeper = await stage.replaced("without a channel", max_extension="20d")
    assert await stage.ended(keeper) is RetirementStatus.RETIRED
    log = await keeper.log()
    assert log.count(EventType.MOVER_UNREACHABLE) == 1
    notices = (await keeper.detail()).movers[0].mover.notices
    sunset = (await keeper.detail()).retirement.sunset_at
    assert any(each.noted_at > sunset + 10 * DAY for each in notices), "it goes on being reminded"


async def test_a_confirmation_wakes_it_and_a_later_date_holds_it(
    stage: Stage, facts: Facts
) -> None:
    keeper = await stage.replaced("moves", "needs longer")
    await stage.asked(keeper)
    await keeper.moved()
    until = (await keeper.detail()).retirement.sunset_at + 10 * DAY
    await keeper.extended(until, 1)
    assert await stage.ended(keeper) is RetirementStatus.RETIRED
    reminded = (await keeper.detail()).movers[1].mover.notices
    assert any(each.noted_at > until - 2 * DAY for each in reminded)
    assert (await keeper.detail()).movers[0].mover.notices[1:] == ()


async def test_a_date_that_is_put_off_is_told_anew(stage: Stage, facts: Facts) -> None:
    keeper = await stage.replaced("one")
    await stage.asked(keeper)
    await put_off(keeper, 5 * DAY)
    await stage.asked(keeper)
    assert await stage.ended(keeper) is RetirementStatus.RETIRED
    assert (await keeper.log()).count(EventType.RETIREMENT_ASKED) == 2


async def put_off(keeper: Keeper, by: timedelta) -> None:
    """As its owner does, whose clock is Postgres': here the workflow's is years ahead of it."""

    async def work(tx: Transaction) -> None:
        await tx.assets.lock(keeper.asset.id)
        before = (await windows.locked(tx, keeper.contract_id)).retirement
        after = before.dated(before.sunset_at + by, before.began_at)
        await movers.begin(tx, CALLER, keeper.asset, after, before)

    await keeper.facts.database.run(work)


async def test_a_cancelled_retirement_ends_and_a_cancelled_workflow_does_not(
    stage: Stage, facts: Facts
) -> None:
    keeper = await stage.replaced("one")
    await stage.asked(keeper)
    await stage.handle(keeper).cancel()
    assert await keeper.status() is RetirementStatus.OPEN
    await retirements.cancel(facts.database, CALLER, keeper.contract_id, None)
    assert await stage.ended(keeper) is RetirementStatus.CANCELLED


async def test_a_terminated_workflow_that_is_started_again_goes_on(
    stage: Stage, facts: Facts
) -> None:
    keeper = await stage.replaced("one")
    await stage.asked(keeper)
    await stage.terminate_at_rest(keeper)
    await stage.start(keeper)
    await keeper.moved()
    assert await stage.ended(keeper) is RetirementStatus.RETIRED
    assert (await keeper.log()).count(EventType.RETIREMENT_ASKED) == 1


async def test_an_unknown_signal_wakes_it(stage: Stage, facts: Facts) -> None:
    keeper = await stage.replaced("one")
    await stage.asked(keeper)
    await retirements.cancel(facts.database, CALLER, keeper.contract_id, None)
    await forget(facts)  # nothing else tells it of that
    with stage.environment.auto_time_skipping_disabled():
        await stage.handle(keeper).signal("whatever", {"no": "matter"})
        async with asyncio.timeout(60):
            assert await stage.handle(keeper).result() == "cancelled"


async def test_unknown_signals_only_wake_it_and_an_ended_one_ends_at_once(
    stage: Stage, facts: Facts
) -> None:
    keeper = await stage.replaced("one")
    await stage.asked(keeper)
    await stage.handle(keeper).signal("whatever", {"no": "matter"})
    assert await stage.ended(keeper) is RetirementStatus.RETIRED
    await stage.start(keeper)
    assert await stage.ended(keeper) is RetirementStatus.RETIRED
