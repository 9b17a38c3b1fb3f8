"""One delivery: what each attempt sent and what came back, and sending it again."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response

from api.deliveries import AttemptView, DeliveryView, all_seen
from api.ui.administration import PATH, shown
from api.ui.destination import can_replay, is_told, take
from api.ui.destinations import Changes, Reads
from api.ui.entered import Entered
from api.ui.routing import PageRoute
from domain.authorization import allows, authorize
from domain.deliveries import Delivery
from domain.permissions import Action
from record import destinations, lookup, replays
from store.database import Runner
from store.transaction import Transaction

DELIVERY = f"{PATH}/deliveries/{{delivery_id}}"
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.post(f"{DELIVERY}/replay")
async def replay(call: Changes, delivery_id: UUID) -> Response:
    """Send one delivery again."""
    entered = await Entered.read(call.request, "replay")
    wanted = await call.resources.database.read(lambda tx: _delivery(tx, delivery_id))

    async def effect(runner: Runner) -> object:
        return await replays.replay(runner, call.caller, delivery_id)

    return await take(call, wanted.destination_id, entered, effect, "replayed")


@router.get(DELIVERY)
async def show_delivery(call: Reads, delivery_id: UUID) -> Response:
    """One delivery: what each attempt sent, and what came back."""

    async def work(tx: Transaction) -> tuple[datetime, DeliveryView, list[AttemptView], bool]:
        found = await _delivery(tx, delivery_id)
        destination = (await tx.destinations.by_id([found.destination_id]))[found.destination_id]
        whose = destinations.resource_of_one(destination)
        authorize(call.principal, Action.READ_DESTINATION, whose)
        view = (await all_seen(tx, [found]))[found.id]
        attempts = await tx.delivery_history.attempts(delivery_id)
        may_replay = (
            can_replay(found)
            and is_told(tx, destination)
            and allows(call.principal, Action.CHANGE_DESTINATION, whose)
        )
        return await tx.now(), view, [AttemptView.of(each) for each in attempts], may_replay

    now, view, attempts, may_replay = await call.resources.database.read(work)
    context = {"delivery": view, "attempts": attempts, "now": now, "may_replay": may_replay}
    return shown(call, "delivery.html", context)


async def _delivery(tx: Transaction, delivery_id: UUID) -> Delivery:
    return lookup.found(await tx.delivery_history.get(delivery_id), "delivery", delivery_id)
