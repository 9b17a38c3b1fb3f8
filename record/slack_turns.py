"""Whose turn it is to write to a place in Slack: one at a time, so that the latest word stands."""

import random
from datetime import timedelta
from uuid import UUID

from domain.deliveries import Delivery, DeliveryStatus
from domain.destinations import Destination, DestinationKind
from domain.events import Event
from notify.messages import Earlier
from record.rounds import ProposalDetail
from store.transaction import Transaction


async def turn(
    tx: Transaction,
    delivery: Delivery,
    destination: Destination,
    lasts: timedelta,
) -> DeliveryStatus | timedelta | None:
    """Return None if it may be sent, how long it waits for others, or that it is not needed.

    The destination is locked and the proposal not read yet: what is sent after another message was
    made later too. A refresh is not needed where nothing stands, nor before one that has not
    begun; what is posted later is made of what is true then.
    """
    if destination.kind is not DestinationKind.SLACK:
        return None
    proposal_id = await _proposal_id(tx, delivery) if delivery.refreshes else None
    if delivery.refreshes and await _is_needless(tx, delivery, proposal_id):
        return await _superseded(tx, delivery)
    waiting = await tx.slack_messages.waiting(delivery, lasts)
    if waiting is not None:
        return timedelta(seconds=random.uniform(0.3, 0.3 + waiting))
    if delivery.refreshes and not await _told(tx, delivery, proposal_id):
        return await _superseded(tx, delivery)
    return None


async def earlier(
    tx: Transaction, delivery: Delivery, detail: ProposalDetail | None
) -> tuple[Earlier, ...]:
    """Return the messages that a refresh brings up to date; none for any other delivery."""
    if not delivery.refreshes or detail is None:
        return ()
    found = []
    told = await tx.slack_messages.told(delivery.destination_id, detail.proposal.id)
    for receipt, event_id in told:
        event = await tx.events.get(event_id)
        if event is not None:
            found.append(
                Earlier(receipt=receipt, event=event, is_current=_is_current(event, detail))
            )
    return tuple(found)


def _is_current(event: Event, detail: ProposalDetail) -> bool:
    party = next((each for each in detail.parties if each.team.id == event.team_id), None)
    return party is not None and party.stored.revision == event.payload.get("revision")


async def _proposal_id(tx: Transaction, delivery: Delivery) -> UUID | None:
    event = await tx.events.get(delivery.event_id)
    return None if event is None else event.proposal_id


async def _is_needless(tx: Transaction, delivery: Delivery, proposal_id: UUID | None) -> bool:
    return proposal_id is None or await tx.slack_messages.will_be_refreshed_later(
        delivery, proposal_id
    )


async def _told(tx: Transaction, delivery: Delivery, proposal_id: UUID | None) -> bool:
    return proposal_id is not None and bool(
        await tx.slack_messages.told(delivery.destination_id, proposal_id)
    )


async def _superseded(tx: Transaction, delivery: Delivery) -> DeliveryStatus:
    await tx.deliveries.settle(delivery.id, DeliveryStatus.SUPERSEDED)
    return DeliveryStatus.SUPERSEDED
