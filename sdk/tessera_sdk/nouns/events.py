"""The log: who did what to what, when."""

from tessera_sdk.calls import Call, get, paging, query
from tessera_sdk.models import Event, Page
from tessera_sdk.operations import Noun, RunnerT, listing, stream
from tessera_sdk.streams import EventStream


class Events(Noun[RunnerT]):
    """The log: who did what to what, when."""

    @listing
    def list(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the word of the API
        asset_id: str | None = None,
        proposal_id: str | None = None,
        team_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Event]]:
        wanted = query(type=type, asset_id=asset_id, proposal_id=proposal_id, team_id=team_id)
        return get("/events", Page[Event], {**wanted, **paging(limit, cursor)})

    @stream
    def stream(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the word of the API
        asset_id: str | None = None,
        proposal_id: str | None = None,
        team_id: str | None = None,
        last_event_id: str | None = None,
    ) -> EventStream:
        """Events as they happen, without end; lost connections are made again where they broke."""
        wanted = query(type=type, asset_id=asset_id, proposal_id=proposal_id, team_id=team_id)
        return EventStream("/events/stream", wanted, last_event_id)
