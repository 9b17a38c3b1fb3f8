"""Events: the log, by pages and as it grows."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query

from api.call import Call, May
from api.event_stream import EventSource, EventStreamResponse, Filters
from api.event_views import EventView
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView
from domain.authorization import Action
from domain.events import Event, EventType
from domain.pages import Page
from store.events import parsed_cursor
from store.transaction import Transaction

router = APIRouter(prefix="/events", tags=["events"], route_class=TesseraRoute)


async def _filters(
    type: Annotated[  # noqa: A002  # the word of the API
        EventType | None, Query(description="Only of this type.")
    ] = None,
    asset_id: Annotated[UUID | None, Query(description="Only about this asset.")] = None,
    proposal_id: Annotated[UUID | None, Query(description="Only about this proposal.")] = None,
    team_id: Annotated[UUID | None, Query(description="Only about this team.")] = None,
) -> Filters:
    return {"type": type, "asset_id": asset_id, "proposal_id": proposal_id, "team_id": team_id}


Wanted = Annotated[Filters, Depends(_filters)]


@router.get("", summary="List events")
async def list_events(
    call: Annotated[Call, Depends(May(Action.READ, "events"))], page: Paging, wanted: Wanted
) -> PageView[EventView]:
    """Newest first."""

    async def work(tx: Transaction) -> Page[Event]:
        return await tx.events.page(page, wanted)

    return PageView[EventView].of(await call.resources.database.read(work), EventView.of)


@router.get(
    "/stream",
    status_code=200,
    response_class=EventStreamResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events."}},
    summary="Follow events",
)
async def stream_events(
    call: Annotated[Call, Depends(May(Action.READ, "events"))],
    wanted: Wanted,
    header: Annotated[
        str | None, Header(alias="Last-Event-ID", description="Resume after this event.")
    ] = None,
    last_event_id: Annotated[
        str | None, Query(description="The same, for who cannot set the header.")
    ] = None,
) -> EventStreamResponse:
    """Events as they happen, without end: `id` is the place, `event` the type, `data` the event.

    Without `Last-Event-ID` it begins now. A client that connects again with the last id it saw
    misses nothing.
    """
    seen = header or last_event_id
    source = EventSource(
        database=call.resources.database,
        feed=call.resources.feed,
        filters=wanted,
        admits=call.still_comes_in,
    )
    start = await source.start(parsed_cursor(seen) if seen else None)
    return EventStreamResponse(source.events(start))
