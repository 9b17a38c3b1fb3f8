"""Appending an event: what it tells others is delivered by the same transaction."""

from uuid import UUID

from domain.event_kinds import SENT
from domain.events import CHANGING, NewEvent
from store.transaction import Transaction


async def append(tx: Transaction, event: NewEvent, event_id: UUID | None = None) -> UUID:
    """Append an event; if it notifies, its deliveries are written with it before the commit."""
    payload = event.payload or {}
    if event.type in CHANGING and not {"before", "after"} <= payload.keys():
        raise AssertionError(f"{event.type} changes something and does not say before and after")
    if event.notifies and event.type not in SENT:
        raise AssertionError(f"{event.type} is sent and no receiver can read what it says")
    return tx.events.append(event, event_id)
