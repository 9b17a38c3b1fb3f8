"""Sending again: each time a delivery of its own; what people read is gathered in one message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actors import Caller
from domain.amounts import counted
from domain.authorization import permitted
from domain.deliveries import Delivery, DeliveryStatus
from domain.destinations import Destination
from domain.errors import NotReady
from domain.events import EventType, NewEvent
from domain.permissions import Action
from record import destinations, events, lookup
from record.destination_events import name_of, named_in_log, place_of
from record.pings import check_is_told
from store.database import Runner
from store.transaction import Transaction

REPLAYED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many deliveries were made, and how many that failed are left for the next time."""

    destination: Destination
    replayed: int
    remaining: int


async def replay(runner: Runner, caller: Caller, delivery_id: UUID) -> Delivery:
    """Send an event to its destination again and return that delivery.

    One that is on its way already is returned as it is: nobody needs a second one. Raises
    `NotReady` where nothing is sent, for what waits for its digest, and for a refresh.
    """

    async def work(tx: Transaction) -> Delivery:
        wanted = lookup.found(await tx.delivery_history.get(delivery_id), "delivery", delivery_id)
        destination = await destinations.locked(tx, wanted.destination_id)
        by = permitted(caller, Action.CHANGE_DESTINATION, destinations.resource_of_one(destination))
        check_is_told(tx, destination)
        if wanted.refreshes:
            raise NotReady("It told nobody anything: it brought up to date what was said before.")
        newest = await tx.delivery_history.newest(wanted.event_id, wanted.destination_id)
        if newest.status is DeliveryStatus.GATHERED:
            raise NotReady("It was not sent yet: it waits for the digest.")
        if newest.status is DeliveryStatus.PENDING:
            return newest
        (made,) = await _again(tx, by, destination, [newest])
        return lookup.found(await tx.delivery_history.get(made), "delivery", made)

    return await runner.run(work)


async def replay_failed(
    runner: Runner,
    caller: Caller,
    destination_id: UUID,
    since: datetime,
    *,
    limit: int = REPLAYED_AT_ONCE,
) -> Replayed:
    """Send everything again that failed since a time and was not sent again, the oldest first.

    At most `limit`; repeating it goes on with the others. People get one message of all that is
    still true: a digest that failed is not a hundred messages the second time.
    """

    async def work(tx: Transaction) -> Replayed:
        destination = await destinations.locked(tx, destination_id)
        by = permitted(caller, Action.CHANGE_DESTINATION, destinations.resource_of_one(destination))
        check_is_told(tx, destination)
        failed = await tx.delivery_history.failed(destination.id, since, limit)
        made = await _again(tx, by, destination, failed)
        left = await tx.delivery_history.count_failed(destination.id, since)
        return Replayed(destination=destination, replayed=len(made), remaining=left)

    return await runner.run(work)


async def _again(
    tx: Transaction, by: Caller, destination: Destination, those: Sequence[Delivery]
) -> Sequence[UUID]:
    together = destination.kind.is_read_by_people and len(those) > 1
    made = await tx.delivery_history.replay(those, together=together)
    for before, delivery_id in zip(those, made, strict=True):
        if not together:
            tx.outbox.deliver_alone(before.event_id, delivery_id)
    if made:
        whose = name_of(await destinations.whose_is(tx, destination))
        await events.append(
            tx,
            NewEvent(
                type=EventType.DELIVERIES_REPLAYED,
                caller=by,
                summary=f"{whose} is sent {counted(len(made), 'event')} again at "
                f"{place_of(destination)}.",
                team_id=destination.team_id,
                payload={**named_in_log(destination), "deliveries": [str(each) for each in made]},
            ),
        )
    return made
