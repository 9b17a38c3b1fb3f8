"""Finding open proposals that no workflow looks after any more, and having them woken."""

from datetime import timedelta

from domain.actors import SERVER
from domain.events import EventType, NewEvent
from record import events
from store.database import Runner
from store.outbox import OutboxItem, Wake
from store.transaction import Transaction

OVERDUE_BY = timedelta(minutes=1)
_BATCH = 500


async def wake_overdue(runner: Runner, by: timedelta = OVERDUE_BY) -> int:
    """Put a wake for every open proposal whose review is late by `by`; return how many.

    A proposal that has a row in the outbox already is left alone, so waking again and again while
    Temporal is away does not pile up rows.
    """

    async def work(tx: Transaction) -> int:
        overdue = await tx.proposals.overdue(by, _BATCH)
        waiting = await tx.outbox.waiting_for(overdue)
        late = [proposal_id for proposal_id in overdue if proposal_id not in waiting]
        for proposal_id in late:
            await tx.outbox.wake(proposal_id, Wake.REVISED, "woken: its review was overdue")
        return len(late)

    return await runner.run(work)


async def park(runner: Runner, item: OutboxItem, error: str) -> None:
    """Set aside an outbox row that Temporal will never take, with an event that says so."""

    async def work(tx: Transaction) -> None:
        if not await tx.outbox.park(item, error):
            return
        is_proposal = item.kind.value == "proposal"
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
