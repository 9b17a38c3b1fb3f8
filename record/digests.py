"""The facts of digests: a delivery that carries others, whose events its message tells of too."""

from datetime import timedelta

from domain.deliveries import Delivery
from record.told import Told, still_true
from store.database import Runner
from store.transaction import Transaction

OVERDUE_BY = timedelta(minutes=5)
"""The schedule looks every minute: a digest later than this is one that nobody looks after."""
_BATCH = 100
_NOW = timedelta(0)


async def send_due(runner: Runner, late: timedelta = _NOW) -> int:
    """Put every digest that is due, since `late`, into the outbox; return how many.

    Any number of workers may do so at once: each takes destinations that no other is looking at.
    """
    total = 0
    while (sent := await _send_some(runner, late)) == _BATCH:
        total += sent
    return total + sent


async def _send_some(runner: Runner, late: timedelta) -> int:
    async def work(tx: Transaction) -> int:
        destinations = await tx.digests.lock_due(_BATCH, late)
        for destination_id in destinations:
            carrier = await tx.digests.gather_due(destination_id)
            if carrier is not None:  # else another one took it before we had the lock
                tx.outbox.deliver_alone(carrier.event_id, carrier.id)
        return len(destinations)

    return await runner.run(work)


async def postponed(tx: Transaction, delivery: Delivery) -> bool:
    """Whether a delivery that begins now has to wait for the next message of its destination.

    If much happens at once, the first to begin carries all that waits, and what comes soon after
    waits for a lull: hundreds of changes are one or two messages. The destination is locked.
    """
    if delivery.attempts or delivery.alone or delivery.urgent:
        return False
    crowd = await tx.digests.crowd(delivery)
    if not tx.digests.is_crowded(crowd):
        return False
    if crowd.sent:
        await tx.digests.postpone(delivery)
        return True
    await tx.digests.gather_waiting(delivery)
    return False


async def told_by(
    tx: Transaction, delivery: Delivery, *, may_carry: bool = True
) -> tuple[Told, ...]:
    """Return what is still true of a delivery's event and of those that it carries.

    What it carries and is not true any more is superseded. A refresh says what is true by now, so
    that its event is not is no reason to leave it out.
    """
    carried = await tx.digests.carried(delivery.id) if may_carry else ()
    told = [each.event_id for each in (delivery, *carried)]
    true = await still_true(tx, told, stale_too=delivery.refreshes)
    stale = [each.id for each in carried if each.event_id not in true]
    await tx.digests.supersede(stale)
    return tuple(true[each.event_id] for each in (delivery, *carried) if each.event_id in true)
