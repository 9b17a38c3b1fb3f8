"""Trying whether a destination works: an event that is for it alone, by the path of all others."""

from uuid import UUID

from domain.actors import Caller
from domain.authorization import permitted
from domain.deliveries import Delivery
from domain.destinations import Destination
from domain.errors import NotReady
from domain.events import EventType, NewEvent
from domain.permissions import Action
from record import destinations, events
from record.destination_events import name_of, named_in_log, place_of
from store.database import Runner
from store.transaction import Transaction


async def ping(runner: Runner, caller: Caller, destination_id: UUID) -> Delivery:
    """Send an event to one destination, whatever that one wants; return its delivery.

    Raises `NotReady` for one that nothing is sent to.
    """

    async def work(tx: Transaction) -> Delivery:
        destination = await destinations.locked(tx, destination_id)
        by = permitted(caller, Action.CHANGE_DESTINATION, destinations.resource_of_one(destination))
        check_is_told(tx, destination)
        whose = name_of(await destinations.whose_is(tx, destination))
        event_id = await events.append(
            tx,
            NewEvent(
                type=EventType.DESTINATION_PINGED,
                caller=by,
                summary=f"A test: {whose} is told at {place_of(destination)}.",
                team_id=destination.team_id,
                payload=named_in_log(destination),
                notifies=True,
                only_to=destination.id,
            ),
        )
        await tx.finish()  # its delivery is written, so that it can be shown
        (delivery,) = await tx.deliveries.of_event(event_id)
        return delivery

    return await runner.run(work)


def check_is_told(tx: Transaction, destination: Destination) -> None:
    """Raise `NotReady` when nothing that is sent to a destination could arrive."""
    if destination.disabled_at is not None:
        raise NotReady(
            f"`{destination.name}` is disabled since it kept failing: set it again to enable it."
        )
    if destination.kind not in tx.channels.kinds:
        raise NotReady(f"This server is not set up to tell anybody by {destination.kind.value}.")
