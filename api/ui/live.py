"""The stream that keeps pages live: the API's own, for who is signed in by a cookie."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query

from api.call import Call, May
from api.event_stream import EventSource, EventStreamResponse
from api.ui.rendering import Live
from api.ui.routing import PageRoute
from domain.errors import InvalidRequest
from domain.events import Cursor, EventFilter, EventType
from domain.permissions import Action
from record.inbox import Inbox
from store.events import format_cursor, parsed_cursor

PATH = "/live"
MOST_ABOUT = 150
"""So many ids go into an address that every proxy takes."""
_NOTHING = UUID(int=0)
"""No event is about it."""


def types_of(*kinds: str) -> frozenset[EventType]:
    """Return the types of event of some kinds, such as `proposal`."""
    return frozenset(each for each in EventType if each.value.partition(".")[0] in kinds)


OF_A_PROPOSAL = types_of("proposal")
OF_ROUNDS = OF_A_PROPOSAL - {
    *(EventType.PROPOSAL_REMINDED, EventType.PROPOSAL_ESCALATED),
    *(EventType.ESCALATED_TO_OWNERS, EventType.ESCALATED_TO_FALLBACK),
    *(EventType.COMMENTED, EventType.OBJECTED, EventType.DOWNSTREAM_TOLD),
}
"""What changes the line of a proposal in a list: not what is only said or sent about it."""

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def live(
    page: str,
    seen: Cursor,
    about: Iterable[UUID] | None = None,
    types: frozenset[EventType] = OF_A_PROPOSAL,
) -> Live:
    """Return what a page needs to go on from `seen`, the place in the log it was read after.

    Only these types of event are streamed to it, and of them only what is about one of these
    assets, proposals and teams; None is whatever they are about. What is beyond the most that can
    be named is seen when the page is next read.
    """
    stream = f"{PATH}?after={format_cursor(seen)}&types={','.join(sorted(types))}"
    if about is not None:
        ids = dict.fromkeys(islice(about, MOST_ABOUT)) or (_NOTHING,)
        stream += f"&about={','.join(each.hex for each in ids)}"
    return Live(page=page, stream=stream)


def concerning(team_ids: Iterable[UUID], matters: Inbox) -> Iterator[UUID]:
    """Return what an inbox is about: the teams, and what waits for them or is their own.

    What another team answers to a proposal of one of these is an event of the other team.
    """
    yield from team_ids
    yield from (each.proposal.id for each in matters.items)
    yield from (each.proposal.id for each in matters.own)
    yield from (each.retirement.asset.id for each in matters.moves)


@router.get(PATH, response_class=EventStreamResponse)
async def follow(
    call: Annotated[Call, Depends(May(Action.READ, "events"))],
    after: str,
    types: Annotated[str, Query(max_length=4000)] = "",
    about: Annotated[str, Query(max_length=33 * MOST_ABOUT)] = "",
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> EventStreamResponse:
    """Stream what happens after a place, or after the last event that the browser saw."""
    source = EventSource(
        database=call.resources.database,
        feed=call.resources.feed,
        admits=call.still_comes_in,
        wanted=EventFilter(types=_types(types), about=frozenset(_ids(about))),
    )
    start = await source.start(parsed_cursor(last_event_id or after))
    return EventStreamResponse(source.events(start))


def _types(types: str) -> frozenset[EventType]:
    """Return those that there are: a page may be of a release that knew others."""
    named = set(types.split(","))
    known = frozenset(each for each in EventType if each.value in named)
    if types and not known:
        raise InvalidRequest.of("types", "There is no such type of event.")
    return known


def _ids(about: str) -> Iterator[UUID]:
    for each in about.split(",") if about else ():
        try:
            yield UUID(each)
        except ValueError:
            raise InvalidRequest.of("about", "This is no id.") from None
