"""Deliveries: what was sent where, what came back, and when the next attempt is made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Moment
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView, View
from domain.authorization import authorize
from domain.deliveries import (
    AttemptStatus,
    Delivery,
    DeliveryFilter,
    DeliveryStatus,
    MadeAttempt,
)
from domain.destinations import Destination, DestinationKind
from domain.events import Event, EventType
from domain.json_types import JsonObject
from domain.permissions import Action
from record import destinations, lookup, replays
from store.transaction import Transaction

router = APIRouter(prefix="/deliveries", tags=["destinations"], route_class=TesseraRoute)

Reads = Annotated[Call, Depends(May(Action.READ_DESTINATION, "deliveries"))]


class DestinationRef(View):
    """A destination as others mention it."""

    id: UUID
    team_id: UUID | None
    user_id: UUID | None
    kind: DestinationKind
    name: str

    @classmethod
    def of(cls, destination: Destination) -> "DestinationRef":
        """Return the mention of a destination."""
        return cls(
            id=destination.id,
            team_id=destination.team_id,
            user_id=destination.user_id,
            kind=destination.kind,
            name=destination.name,
        )


class EventRef(View):
    """An event as others mention it."""

    id: UUID
    type: EventType
    summary: str

    @classmethod
    def of(cls, event: Event) -> "EventRef":
        """Return the mention of an event."""
        return cls(id=event.id, type=event.type, summary=event.summary)


class DeliveryView(View):
    """One event to one destination."""

    id: UUID
    destination: DestinationRef
    event: EventRef
    ordinal: int = Field(
        description="0 for the first; each replay is a delivery of its own. -1 posts nothing: it "
        "brings up to date what stands in Slack."
    )
    status: DeliveryStatus = Field(
        description="`pending`: on its way; `gathered`: waits for a digest; `superseded`: what it "
        "would have said was no longer true."
    )
    attempts: int
    last_error: str | None
    next_attempt_at: datetime | None = Field(description="Null once it has ended.")
    carried_by: UUID | None = Field(
        description="The delivery whose message, a digest, tells of this event too."
    )
    delivered_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, delivery: Delivery, destination: Destination, event: Event) -> "DeliveryView":
        """Return the view of a delivery."""
        waits = delivery.status in (DeliveryStatus.PENDING, DeliveryStatus.GATHERED)
        return cls(
            id=delivery.id,
            destination=DestinationRef.of(destination),
            event=EventRef.of(event),
            ordinal=delivery.ordinal,
            status=delivery.status,
            attempts=delivery.attempts,
            last_error=delivery.last_error,
            next_attempt_at=delivery.due_at if waits else None,
            carried_by=delivery.carried_by,
            delivered_at=delivery.delivered_at,
            created_at=delivery.created_at,
        )


class AttemptView(View):
    """One attempt: what was sent, what came back, without secrets; bodies are cut after 4 kB."""

    number: int
    status: AttemptStatus = Field(
        description="`unknown`: it was lost with its worker, and may have arrived."
    )
    status_code: int | None
    error: str | None
    milliseconds: int | None
    started_at: datetime
    request: JsonObject | None
    response: JsonObject | None

    @classmethod
    def of(cls, attempt: MadeAttempt) -> "AttemptView":
        """Return the view of an attempt."""
        return cls(
            number=attempt.number,
            status=attempt.status,
            status_code=attempt.status_code,
            error=attempt.error,
            milliseconds=attempt.milliseconds,
            started_at=attempt.started_at,
            request=attempt.request,
            response=attempt.response,
        )


class WholeDeliveryView(DeliveryView):
    """A delivery with its attempts, the first one first."""

    made: list[AttemptView]


async def seen(tx: Transaction, delivery: Delivery) -> DeliveryView:
    """Return the view of one delivery."""
    return (await all_seen(tx, [delivery]))[delivery.id]


async def all_seen(tx: Transaction, found: Iterable[Delivery]) -> Mapping[UUID, DeliveryView]:
    found = list(found)
    places = await tx.destinations.by_id({each.destination_id for each in found})
    events = await tx.events.by_id({each.event_id for each in found})
    return {
        each.id: DeliveryView.of(each, places[each.destination_id], events[each.event_id])
        for each in found
    }


@router.get("", summary="List deliveries")
async def list_deliveries(
    call: Reads,
    page: Paging,
    destination_id: Annotated[UUID | None, Query(description="Only to this one.")] = None,
    team_id: Annotated[UUID | None, Query(description="Only to this team's.")] = None,
    user_id: Annotated[UUID | None, Query(description="Only to this person's.")] = None,
    status: Annotated[
        list[DeliveryStatus] | None, Query(description="Only of these; may be repeated.")
    ] = None,
    type: Annotated[  # noqa: A002  # the parameter's name
        list[EventType] | None, Query(description="Only of these types; may be repeated.")
    ] = None,
    since: Annotated[Moment | None, Query(description="Made at this time or later.")] = None,
    until: Annotated[Moment | None, Query(description="Made before this time.")] = None,
) -> PageView[DeliveryView]:
    """To one's teams and to oneself, newest first; administrators see all."""
    principal = call.principal
    teams = principal.teams_for(Action.READ_DESTINATION)
    wanted = DeliveryFilter(
        destination_id=destination_id,
        team_id=team_id,
        user_id=user_id,
        statuses=frozenset(status or ()),
        types=frozenset(type or ()),
        since=since,
        until=until,
    )

    async def work(tx: Transaction) -> PageView[DeliveryView]:
        found = await tx.delivery_history.page(
            page, wanted, None if principal.may_all else (teams, principal.user_id)
        )
        views = await all_seen(tx, found.items)
        return PageView[DeliveryView].of(found, lambda each: views[each.id])

    return await call.resources.database.read(work)


@router.get("/{delivery_id}", summary="Get a delivery with its attempts")
async def get_delivery(call: Reads, delivery_id: UUID) -> WholeDeliveryView:
    """What was sent, what came back, how long it took, and when the next attempt is made."""

    async def work(tx: Transaction) -> WholeDeliveryView:
        found = lookup.found(await tx.delivery_history.get(delivery_id), "delivery", delivery_id)
        destination = (await tx.destinations.by_id([found.destination_id]))[found.destination_id]
        authorize(
            call.principal, Action.READ_DESTINATION, destinations.resource_of_one(destination)
        )
        made = await tx.delivery_history.attempts(delivery_id)
        return WholeDeliveryView(
            **(await seen(tx, found)).model_dump(), made=[AttemptView.of(each) for each in made]
        )

    return await call.resources.database.read(work)


@router.post(
    "/{delivery_id}/replay",
    status_code=202,
    response_model=DeliveryView,
    summary="Send a delivery again",
)
async def replay_delivery(
    call: Annotated[Call, Depends(May(Action.CHANGE_DESTINATION, "deliveries"))],
    key: Key,
    delivery_id: UUID,
) -> Response:
    """A delivery of its own, with the same `webhook-id`; one on its way is not doubled."""
    answer = await answered(
        call, key, lambda once: replays.replay(once, call.caller, delivery_id), shown
    )
    return answer.response()


async def shown(tx: Transaction, delivery: Delivery) -> Answer:
    """Return the answer that a delivery is on its way."""
    return Answer(status=202, body=(await seen(tx, delivery)).model_dump_json())
