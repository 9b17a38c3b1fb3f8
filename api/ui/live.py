"""The stream that keeps pages live: the API's own, for who is signed in by a cookie."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header

from api.call import Call, May
from api.event_stream import EventSource, EventStreamResponse
from api.ui.rendering import Live
from api.ui.routing import PageRoute
from domain.events import Cursor, EventFilter
from domain.permissions import Action
from store.events import format_cursor, parsed_cursor

PATH = "/live"

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def live(page: str, seen: Cursor, proposal_id: UUID | None = None) -> Live:
    """Return what a page needs to go on from `seen`, the place in the log it was read after."""
    about = f"&proposal_id={proposal_id}" if proposal_id else ""
    return Live(page=page, stream=f"{PATH}?after={format_cursor(seen)}{about}")


@router.get(PATH, response_class=EventStreamResponse)
async def follow(
    call: Annotated[Call, Depends(May(Action.READ, "events"))],
    after: str,
    proposal_id: UUID | None = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> EventStreamResponse:
    """Stream what happens after a place, or after the last event that the browser saw."""
    source = EventSource(
        database=call.resources.database,
        feed=call.resources.feed,
        admits=call.still_comes_in,
        wanted=EventFilter(proposal_id=proposal_id),
    )
    start = await source.start(parsed_cursor(last_event_id or after))
    return EventStreamResponse(source.events(start))
