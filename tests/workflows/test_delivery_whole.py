"""DeliveryWorkflow with the real activities, when Postgres goes away around a sending.

What a receiver has got is not sent again because Postgres was away; only a worker that dies before
it could tell either Postgres or Temporal leaves that in doubt.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.deliveries import DeliveryActivities
from activities.payloads import AttemptInput, AttemptOutput, DeliveryInput, RecordAttemptInput
from domain.deliveries import DeliveryStatus, pause_after, spread_of
from domain.destinations import DestinationKind
from notify.channels import Channel
from record import deliveries
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.facts import CALLER, Facts
from tests.support.held_delivery import HeldDelivery, held_delivery
from tests.support.receiver import Received, Receiver
from worker import WorkerOptions, build_worker
from workflows import options
from workflows.delivery import NAME

Attempts = list[tuple[int, str, int | None]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.running() as receiver:
        yield receiver


@pytest.fixture
async def channels() -> AsyncIterator[Mapping[DestinationKind, Channel]]:
    async with webhooks.webhooks_alone() as channels:
        yield channels


@pytest.fixture
async def delivery_id(facts: Facts, receiver: Receiver) -> UUID:
    """Something that happened, to be delivered to the receiver."""
    team = await facts.team("told")
    await webhooks.set_webhook(facts.database, CALLER, team.id, receiver.url, None)

    event_id = await facts.tell(team.id)
    (delivery,) = await facts.database.read(lambda tx: tx.deliveries.of_event(event_id))
    return delivery.id


async def attempts(facts: Facts, delivery_id: UUID) -> Attempts:
    async def work(tx: Transaction) -> Attempts:
        statement = text(
            "SELECT number, status, status_code FROM delivery_attempts "
            "WHERE delivery_id = :id ORDER BY number"
        )
        return [(*row,) for row in await tx.sql.execute(statement, {"id": delivery_id})]

    return await facts.database.read(work)


def locked_at_the_answer(
    stack: AsyncExitStack, receiver: Receiver, status: int, database_url: str, delivery_id: UUID
) -> "asyncio.Future[HeldDelivery]":
    """Have the delivery locked when the receiver has it, before it answers."""
    locked: asyncio.Future[HeldDelivery] = asyncio.get_running_loop().create_future()

    async def answer(_received: Received) -> int:
        held = await stack.enter_async_context(held_delivery(database_url, delivery_id))
        locked.set_result(held)
        return status

    receiver.answer = answer
    return locked


# --- the whole workflow ---


@pytest.fixture
async def queue(
    time_skipping_env: WorkflowEnvironment,
    facts: Facts,
    channels: Mapping[DestinationKind, Channel],
    database_url: str,
) -> AsyncIterator[str]:
    given = WorkerOptions(
        database_url=database_url,
        task_queue=f"whole-{uuid4()}",
        public_url="http://localhost:8000",
        direct_signals=False,
        allow_private_webhooks=True,
    )
    client = time_skipping_env.client
    async with build_worker(client, facts.database, facts.comparer, channels, given):
        yield given.task_queue


async def carried_out(environment: WorkflowEnvironment, queue: str, delivery_id: UUID) -> None:
    given = DeliveryInput(uuid4(), [delivery_id])
    await environment.client.execute_workflow(NAME, given, id=queue, task_queue=queue)


async def pauses(environment: WorkflowEnvironment, queue: str) -> list[timedelta]:
    """How long the workflow slept, each time."""
    history = await environment.client.get_workflow_handle(queue).fetch_history()
    return [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        for event in history.events
        if event.HasField("timer_started_event_attributes")
    ]


async def test_what_was_taken_is_recorded_when_postgres_is_back_and_not_sent_again(
    time_skipping_env: WorkflowEnvironment,
    queue: str,
    facts: Facts,
    receiver: Receiver,
    delivery_id: UUID,
    database_url: str,
) -> None:
    async with AsyncExitStack() as stack:
        held = locked_at_the_answer(stack, receiver, 204, database_url, delivery_id)
        running = asyncio.create_task(carried_out(time_skipping_env, queue, delivery_id))
        await (await held).cut()  # who sent it
        await (await held).cut()  # who is to record it now
        await (await held).waiting()  # the same, a second later
    await running
    assert len(receiver.requests) == 1
    assert await attempts(facts, delivery_id) == [(1, "delivered", 204)]


async def test_what_could_not_be_begun_is_no_lost_attempt(
    time_skipping_env: WorkflowEnvironment,
    queue: str,
    facts: Facts,
    receiver: Receiver,
    delivery_id: UUID,
    database_url: str,
) -> None:
    async with held_delivery(database_url, delivery_id) as held:
        running = asyncio.create_task(carried_out(time_skipping_env, queue, delivery_id))
        for _ in range(4):
            await held.cut()
        await held.waiting()
        assert receiver.requests == []
    await running
    assert len(receiver.requests) == 1
    assert max(await pauses(time_skipping_env, queue)) < min(options.LOST_ATTEMPT_PAUSES)
    assert await attempts(facts, delivery_id) == [(1, "delivered", 204)]


# --- one attempt ---


@pytest.fixture
def quick(facts: Facts, channels: Mapping[DestinationKind, Channel]) -> DeliveryActivities:
    """Waits half a second for Postgres when it records what came of an attempt."""
    return DeliveryActivities(
        facts.database,
        facts.comparer,
        channels,
        begins_within=60.0,
        records_within=0.5,
    )


async def attempted(quick: DeliveryActivities, delivery_id: UUID) -> AttemptOutput:
    given = AttemptInput(delivery_id, datetime.now(UTC))
    output: AttemptOutput = await ActivityEnvironment().run(quick.deliver, given)
    return output


async def recorded(quick: DeliveryActivities, given: RecordAttemptInput) -> AttemptOutput:
    output: AttemptOutput = await ActivityEnvironment().run(quick.record, given)
    return output


async def test_what_takes_too_long_to_begin_is_not_sent(
    channels: Mapping[DestinationKind, Channel],
    facts: Facts,
    receiver: Receiver,
    delivery_id: UUID,
    database_url: str,
) -> None:
    """Temporal might take the attempt for lost meanwhile and have the next one made."""
    hasty = DeliveryActivities(facts.database, facts.comparer, channels, begins_within=0.5)
    async with held_delivery(database_url, delivery_id):
        output = await attempted(hasty, delivery_id)
    assert output == AttemptOutput(status="pending", recorded=False)
    assert receiver.requests == []
    standing = await recorded(hasty, RecordAttemptInput(delivery_id))
    assert (standing.status, standing.recorded) == ("pending", True)
    assert standing.pause is not None


async def attempted_and_not_recorded(
    quick: DeliveryActivities, receiver: Receiver, status: int, database_url: str, delivery_id: UUID
) -> AttemptOutput:
    async with AsyncExitStack() as stack:
        locked_at_the_answer(stack, receiver, status, database_url, delivery_id)
        return await attempted(quick, delivery_id)


async def test_what_takes_too_long_to_record_is_handed_over_with_what_came_of_it(
    quick: DeliveryActivities,
    facts: Facts,
    receiver: Receiver,
    delivery_id: UUID,
    database_url: str,
) -> None:
    output = await attempted_and_not_recorded(quick, receiver, 204, database_url, delivery_id)
    assert (output.status, output.recorded) == ("pending", False)
    assert output.outcome is not None
    assert (output.outcome.number, output.outcome.status_code) == (1, 204)
    assert await attempts(facts, delivery_id) == [(1, "started", None)]
    for _ in range(2):  # recording it twice changes nothing
        kept = await recorded(quick, RecordAttemptInput(delivery_id, output.outcome))
        assert kept == AttemptOutput(status="delivered")
    assert await attempts(facts, delivery_id) == [(1, "delivered", 204)]


async def test_a_refusal_that_is_recorded_later_keeps_its_pause(
    quick: DeliveryActivities,
    facts: Facts,
    receiver: Receiver,
    delivery_id: UUID,
    database_url: str,
) -> None:
    output = await attempted_and_not_recorded(quick, receiver, 503, database_url, delivery_id)
    kept = await recorded(quick, RecordAttemptInput(delivery_id, output.outcome))
    pause = pause_after(1, None, spread_of(delivery_id, 1))
    assert kept == AttemptOutput(status="pending", pause=pause)
    assert await attempts(facts, delivery_id) == [(1, "failed", 503)]
    standing = await deliveries.standing(facts.database, delivery_id)
    assert standing is DeliveryStatus.PENDING
