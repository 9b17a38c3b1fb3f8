"""Finding open proposals that no workflow looks after any more, and having them woken."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from domain.actors import SERVER, Caller
from domain.events import EventType, NewEvent
from record import events
from store.database import Runner
from store.outbox import OutboxItem, OutboxKind
from store.transaction import Transaction

OVERDUE_BY = timedelta(minutes=1)
_BATCH = 500


async def wake_overdue(runner: Runner, by: timedelta = OVERDUE_BY) -> int:
    """Put a wake for every open proposal whose review is late by `by`; return how many.

    A proposal that has a row in the outbox already is left alone, so waking again and again while
    Temporal is away does not pile up rows.
    """

    async def work(tx: Transaction) -> tuple[UUID, ...]:
        overdue = await tx.proposals.overdue(by, _BATCH)
        return await tx.outbox.wake_unattended(overdue, "its review was overdue")

    return len(await runner.run(work))


async def wake_overdue_retirements(runner: Runner, by: timedelta = OVERDUE_BY) -> int:
    """Put a wake for every open retirement whose review is late by `by`; return how many."""

    async def work(tx: Transaction) -> tuple[UUID, ...]:
        overdue = await tx.retirements.overdue(by, _BATCH)
        return await tx.outbox.wake_unattended(
            overdue, "its review was overdue", OutboxKind.RETIREMENT
        )

    return len(await runner.run(work))


async def wake(
    runner: Runner, subject_ids: Sequence[UUID], why: str, kind: OutboxKind = OutboxKind.PROPOSAL
) -> tuple[UUID, ...]:
    """Put a wake for each of these that has no row in the outbox; return which."""
    woken: list[UUID] = []
    for start in range(0, len(subject_ids), _BATCH):
        batch = subject_ids[start : start + _BATCH]

        async def work(tx: Transaction, batch: Sequence[UUID] = batch) -> tuple[UUID, ...]:
            return await tx.outbox.wake_unattended(batch, why, kind)

        woken += await runner.run(work)
    return tuple(woken)


async def park(runner: Runner, item: OutboxItem, error: str) -> None:
    """Set aside an outbox row that Temporal will never take, with an event that says so."""

    async def work(tx: Transaction) -> None:
        if not await tx.outbox.park(item, error):
            return
        is_proposal = item.kind is OutboxKind.PROPOSAL
        await events.append(
            tx,
            NewEvent(
                type=EventType.OUTBOX_PARKED,
                caller=SERVER,
                summary=f"Temporal refused a {item.kind.value}'s wake for good: {error}",
                proposal_id=item.subject_id if is_proposal else None,
                payload={"outbox_id": item.id, "kind": item.kind.value, "error": error},
                notifies=True,
            ),
        )

    await runner.run(work)


async def unpark(runner: Runner, caller: Caller) -> int:
    """Have every row that was set aside carried again, with an event each; return how many.

    What Temporal still refuses is set aside again by the relay, so this is safe to repeat. The
    relay may do so while this is under way: only what was set aside before is taken, or it might
    never end.
    """
    began_at = await runner.run(lambda tx: tx.now())

    async def work(tx: Transaction) -> int:
        rows = await tx.outbox.unpark(_BATCH, began_at)
        for row in rows:
            await events.append(
                tx,
                NewEvent(
                    type=EventType.OUTBOX_UNPARKED,
                    caller=caller,
                    summary=f"A {row.kind}'s wake that was set aside is sent to Temporal again.",
                    proposal_id=row.subject_id if row.kind == OutboxKind.PROPOSAL else None,
                    payload={"outbox_id": row.id, "kind": row.kind, "error": row.error},
                ),
            )
        return len(rows)

    unparked = 0
    while moved := await runner.run(work):
        unparked += moved
    return unparked
