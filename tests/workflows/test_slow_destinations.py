"""A destination that hangs takes nobody else's place in the worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from temporalio.testing import ActivityEnvironment

from activities.deliveries import DeliveryActivities
from activities.lanes import AGAIN_AFTER, Lanes
from activities.payloads import AttemptInput, AttemptOutput
from domain.destinations import DestinationKind
from notify.webhook import WebhookChannel, WebhookSender
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.facts import CALLER, Facts
from tests.support.receiver import Received, Receiver
from tests.workflows.test_failing_receivers import told

WIDTH = 2
PATIENCE = 0.5


@asynccontextmanager
async def activities(facts: Facts, patience: float = PATIENCE) -> AsyncIterator[DeliveryActivities]:
    async with WebhookSender(allow_private=True, total_seconds=60) as sender:
        channels = {DestinationKind.WEBHOOK: WebhookChannel(sender, "http://localhost:8000")}
        lanes = Lanes(WIDTH, patience, longest=60.0)
        yield DeliveryActivities(
            facts.database, facts.comparer, channels, lanes=lanes, begins_within=60.0
        )


async def attempted(able: DeliveryActivities, delivery_id: UUID) -> AttemptOutput:
    given = AttemptInput(delivery_id, datetime.now(UTC))
    output: AttemptOutput = await ActivityEnvironment().run(able.deliver, given)
    return output


async def deliveries_to(facts: Facts, url: str, count: int) -> list[UUID]:
    team = await facts.team("told")
    await webhooks.set_webhook(facts.database, CALLER, team.id, url, None)
    return [(await told(facts, team.id))[1] for _ in range(count)]


async def test_what_is_behind_a_slow_one_is_put_off_and_the_others_are_not(facts: Facts) -> None:
    go = asyncio.Event()

    async def hanging(_received: Received) -> int:
        await go.wait()
        return 204

    async with (
        Receiver.running(hanging) as slow,
        Receiver.running() as quick,
        activities(facts) as able,
    ):
        behind = await deliveries_to(facts, slow.url, 6)
        others = await deliveries_to(facts, quick.url, 6)
        hung = [asyncio.create_task(attempted(able, each)) for each in behind]
        async with asyncio.timeout(60):
            while sum(each.done() for each in hung) < len(behind) - WIDTH:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.02)
        taken = [await attempted(able, each) for each in others]  # while the slow one hangs
        assert {each.status for each in taken} == {"delivered"}
        assert sum(each.done() for each in hung) == len(behind) - WIDTH
        go.set()
        outputs = await asyncio.gather(*hung)
    assert sorted(each.status for each in outputs) == ["delivered"] * WIDTH + ["pending"] * 4
    put_off = [each for each in outputs if each.status == "pending"]
    assert all(each.pause and AGAIN_AFTER <= each.pause <= 2 * AGAIN_AFTER for each in put_off)
    assert len(slow.requests) == WIDTH
    for output, delivery_id in zip(outputs, behind, strict=True):
        made = await attempts_of(facts, delivery_id)
        assert made == (output.status == "delivered")  # nothing was tried that was put off


async def attempts_of(facts: Facts, delivery_id: UUID) -> int:
    async def work(tx: Transaction) -> int:
        return len(await tx.delivery_history.attempts(delivery_id))

    return await facts.database.read(work)


async def test_a_quick_destination_is_never_put_off(facts: Facts) -> None:
    async with Receiver.running() as quick, activities(facts, patience=60.0) as able:
        many = await deliveries_to(facts, quick.url, 20)
        outputs = await asyncio.gather(*(attempted(able, each) for each in many))
    assert {each.status for each in outputs} == {"delivered"}


async def test_a_place_that_is_left_is_given_to_who_waits() -> None:
    lanes, to = Lanes(1, patience=60.0), uuid4()
    first = await lanes.enter(to)
    assert first is not None
    waiting = asyncio.create_task(lanes.enter(to))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert await lanes.enter(uuid4()) is not None  # another lane
    await lanes.leave(first)
    assert await waiting is not None


async def test_what_we_do_before_sending_makes_no_destination_slow() -> None:
    lanes, to = Lanes(1, patience=0.05, longest=30), uuid4()
    place = await lanes.enter(to)
    assert place is not None
    await asyncio.sleep(0.1)
    waiting = asyncio.create_task(lanes.enter(to))
    await asyncio.sleep(0.06)
    assert not waiting.done()
    place.sends()
    assert await waiting is None
