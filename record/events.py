"""Appending an event, and with it the deliveries that it causes: one transaction, one path."""

from collections.abc import Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from domain.events import NewEvent
from store.transaction import Transaction

DELIVERIES_PER_WORKFLOW = 25

T = TypeVar("T")


async def append(tx: Transaction, event: NewEvent) -> UUID:
    """Append an event; if it notifies, put its deliveries and their workflows beside it.

    An event without any destination starts no workflow.
    """
    event_id = await tx.events.append(event)
    if event.notifies:
        destinations = await tx.destinations.receiving(event.audience)
        deliveries = await tx.deliveries.insert(event_id, [each.id for each in destinations])
        for part, batch in parts(deliveries):
            await tx.outbox.deliver(event_id, part, batch)
    return event_id


def parts(deliveries: Sequence[T]) -> Iterator[tuple[int, Sequence[T]]]:
    """Yield the deliveries of an event, in the order of their ids, workflow by workflow."""
    for start in range(0, len(deliveries), DELIVERIES_PER_WORKFLOW):
        part = start // DELIVERIES_PER_WORKFLOW
        yield part, deliveries[start : start + DELIVERIES_PER_WORKFLOW]
