"""Events: the log, by pages and as it grows."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query

from api.call import Call, May
from api.event_export import MEDIA_TYPES, EventExport, ExportFormat, format_asked
from api.event_stream import EventSource, EventStreamResponse
from api.event_views import EventView
from api.json_bodies import Moment
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView
from domain.actors import ActorKind, Origin
from domain.errors import InvalidRequest
from domain.events import Event, EventFilter, EventType
from domain.pages import Page
from domain.permissions import Action
from store.events import parsed_cursor
from store.transaction import Transaction

router = APIRouter(prefix="/events", tags=["events"], route_class=TesseraRoute)


async def _wanted(
    type: Annotated[  # noqa: A002  # the word of the API
        list[EventType] | None, Query(description="Only of this type; may be said several times.")
    ] = None,
    asset_id: Annotated[UUID | None, Query(description="Only about this asset.")] = None,
    proposal_id: Annotated[UUID | None, Query(description="Only about this proposal.")] = None,
    team_id: Annotated[UUID | None, Query(description="Only about this team.")] = None,
    actor_kind: Annotated[ActorKind | None, Query(description="Only of who is this.")] = None,
    actor: Annotated[
        str | None, Query(min_length=1, max_length=500, description="Only of who is named so.")
    ] = None,
    origin: Annotated[Origin | None, Query(description="Only through this door.")] = None,
    since: Annotated[
        Moment | None, Query(description="Only what was written then or later.")
    ] = None,
    until: Annotated[Moment | None, Query(description="Only what was written before that.")] = None,
) -> EventFilter:
    return EventFilter(
        types=frozenset(type or ()),
        asset_id=asset_id,
        proposal_id=proposal_id,
        team_id=team_id,
        actor_kind=actor_kind,
        actor=actor,
        origin=origin,
        since=_instant("since", since),
        until=_instant("until", until),
    )


def _instant(name: str, time: datetime | None) -> datetime | None:
    try:
        return None if time is None else time.astimezone(UTC)
    except OverflowError:
        raise InvalidRequest(
            f"`{name}` lies outside of the calendar.",
            errors=[{"path": name, "message": "before the year 1 or after the year 9999"}],
        ) from None


Wanted = Annotated[EventFilter, Depends(_wanted)]


@router.get(
    "",
    summary="List or export events",
    response_model=PageView[EventView],
    responses={
        200: {
            "content": {
                media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()
            }
        }
    },
)
async def list_events(
    call: Annotated[Call, Depends(May(Action.READ, "events"))],
    page: Paging,
    wanted: Wanted,
    format: Annotated[  # noqa: A002  # the word of the API
        ExportFormat | None,
        Query(description="`ndjson` and `csv` give all that is wanted; `Accept` may say it too."),
    ] = None,
    after: Annotated[
        str | None, Query(description="Export what follows the event with this `cursor`.")
    ] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Any:
    """A page, newest first; as NDJSON or CSV the whole, oldest first, without pages."""
    form = format_asked(format, accept)
    start = parsed_cursor(after) if after else None
    if form is not ExportFormat.JSON:
        return EventExport(call.resources.database, form, wanted, start)

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
        admits=call.still_comes_in,
        wanted=wanted,
    )
    start = await source.start(parsed_cursor(seen) if seen else None)
    return EventStreamResponse(source.events(start))
