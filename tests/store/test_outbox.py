"""The outbox: many relays, each row to one of them, and no row lost with a relay."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from store.database import Database
from store.notifier import OUTBOX
from store.outbox import OutboxItem, OutboxKind, Wake
from store.transaction import Transaction

LEASE = timedelta(seconds=30)


async def put(database: Database, count: int = 1) -> list[UUID]:
    subjects = [uuid4() for _ in range(count)]

    async def work(tx: Transaction) -> None:
        for subject in subjects:
            tx.outbox.wake(subject, Wake.ANSWERED, "orders.customers")

    await database.run(work)
    return subjects


async def claim(
    database: Database, limit: int = 50, lease: timedelta = LEASE
) -> tuple[OutboxItem, ...]:
    async def work(tx: Transaction) -> tuple[OutboxItem, ...]:
        return await tx.outbox.claim(limit, lease)

    return await database.run(work)


async def finish(database: Database, *items: OutboxItem) -> None:
    async def work(tx: Transaction) -> None:
        await tx.outbox.finish(items)

    await database.run(work)


async def back_off(database: Database, item: OutboxItem, pause: timedelta) -> None:
    async def work(tx: Transaction) -> None:
        await tx.outbox.back_off([item], pause, "temporal does not answer")

    await database.run(work)


async def park(database: Database, item: OutboxItem) -> bool:
    async def work(tx: Transaction) -> bool:
        return await tx.outbox.park(item, "temporal refuses it")

    return await database.run(work)


async def later(database: Database, after: timedelta) -> None:
    """Let so much time have gone by for all rows."""

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text("UPDATE outbox SET claimed_until = claimed_until - CAST(:after AS interval)"),
            {"after": after},
        )

    await database.run(work)


async def test_rows_come_in_order_with_what_was_put(lonely: Database) -> None:
    subjects = await put(lonely, 3)
    items = await claim(lonely)
    assert [item.subject_id for item in items] == subjects
    assert {item.kind for item in items} == {OutboxKind.PROPOSAL}
    assert items[0].payload == {"signal": "answered", "summary": "orders.customers"}
    assert {item.attempts for item in items} == {1}


async def test_deliveries_are_put_with_their_ids(lonely: Database) -> None:
    event, delivery = uuid4(), uuid4()

    async def work(tx: Transaction) -> set[str]:
        tx.outbox.deliver(event, 2, [delivery])
        return tx.topics

    assert await lonely.run(work) == {OUTBOX}
    (item,) = await claim(lonely)
    assert (item.kind, item.subject_id) == (OutboxKind.DELIVERY, event)
    assert item.payload == {"part": 2, "delivery_ids": [str(delivery)]}


async def test_eight_relays_at_once_take_every_row_and_none_twice(lonely: Database) -> None:
    subjects = await put(lonely, 400)

    async def relay() -> list[OutboxItem]:
        taken: list[OutboxItem] = []
        while items := await claim(lonely, 7):
            assert len(items) <= 7
            taken += items
        return taken

    taken = [item for items in await asyncio.gather(*(relay() for _ in range(8))) for item in items]
    assert len(taken) == 400
    assert {item.subject_id for item in taken} == set(subjects)


async def test_a_row_under_another_s_lock_is_passed_over_without_waiting(
    lonely: Database,
) -> None:
    await put(lonely, 2)

    async def work(tx: Transaction) -> tuple[int, int]:
        mine = await tx.outbox.claim(1, LEASE)
        others = await asyncio.wait_for(claim(lonely), 60)
        return len(mine), len(others)

    assert await lonely.run(work) == (1, 1)


async def test_a_relay_that_dies_leaves_its_rows_to_the_others_when_its_lease_ends(
    lonely: Database,
) -> None:
    await put(lonely)
    (lost,) = await claim(lonely)
    assert await claim(lonely) == ()
    await later(lonely, LEASE)
    (taken,) = await claim(lonely)
    assert (taken.id, taken.attempts) == (lost.id, 2)
    assert taken.claim != lost.claim


async def test_only_the_claim_that_holds_a_row_may_finish_it(lonely: Database) -> None:
    await put(lonely)
    (lost,) = await claim(lonely, lease=timedelta(0))
    (taken,) = await claim(lonely, lease=timedelta(0))
    await finish(lonely, lost)
    assert not await park(lonely, lost)
    await back_off(lonely, lost, timedelta(hours=1))
    (again,) = await claim(lonely)
    await finish(lonely, again)
    assert await claim(lonely, lease=timedelta(0)) == ()
    assert taken.id == again.id


async def test_backing_off_leaves_a_row_alone_for_the_pause(lonely: Database) -> None:
    await put(lonely)
    (item,) = await claim(lonely)
    await back_off(lonely, item, timedelta(hours=1))
    await later(lonely, LEASE)
    assert await claim(lonely) == ()
    await later(lonely, timedelta(hours=1))
    (again,) = await claim(lonely)
    assert again.attempts == 2


async def test_a_parked_row_blocks_no_other_and_is_never_taken_again(lonely: Database) -> None:
    first, second = await put(lonely, 2)
    (item,) = await claim(lonely, 1)
    assert await park(lonely, item)
    assert [each.subject_id for each in await claim(lonely)] == [second]

    async def work(tx: Transaction) -> frozenset[UUID]:
        return await tx.outbox.waiting_for([first, second])

    assert await lonely.run(work) == {first, second}  # refused just now, it would be again


@pytest.mark.parametrize("commits", [True, False])
async def test_a_row_is_there_only_with_the_fact_it_tells(lonely: Database, commits: bool) -> None:
    async def work(tx: Transaction) -> None:
        tx.outbox.wake(uuid4(), Wake.REVISED, "orders.customers")
        assert await claim(lonely) == ()
        if not commits:
            raise LookupError

    if commits:
        await lonely.run(work)
    else:
        with pytest.raises(LookupError):
            await lonely.run(work)
    assert len(await claim(lonely)) == int(commits)
