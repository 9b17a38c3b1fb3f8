"""The log: who did what to what, when."""

from collections.abc import Sequence
from datetime import datetime

from tessera_sdk.calls import Call, Query, get, instant, nothing, paging, query
from tessera_sdk.models import Event, Page
from tessera_sdk.operations import Noun, RunnerT, download, listing, stream
from tessera_sdk.streams import EventStream


class Events(Noun[RunnerT]):
    """The log: who did what to what, when."""

    @listing
    def list(
        self,
        *,
        type: str | Sequence[str] | None = None,  # noqa: A002 - the word of the API
        asset_id: str | None = None,
        proposal_id: str | None = None,
        team_id: str | None = None,
        actor_kind: str | None = None,
        actor: str | None = None,
        origin: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Event]]:
        wanted = wish(type, asset_id, proposal_id, team_id, actor_kind, actor, origin, since, until)
        return get("/events", Page[Event], {**wanted, **paging(limit, cursor)})

    @stream
    def stream(
        self,
        *,
        type: str | Sequence[str] | None = None,  # noqa: A002 - the word of the API
        asset_id: str | None = None,
        proposal_id: str | None = None,
        team_id: str | None = None,
        actor_kind: str | None = None,
        actor: str | None = None,
        origin: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        last_event_id: str | None = None,
    ) -> EventStream:
        """Events as they happen, without end; lost connections are made again where they broke."""
        wanted = wish(type, asset_id, proposal_id, team_id, actor_kind, actor, origin, since, until)
        return EventStream("/events/stream", wanted, last_event_id)

    @download
    def export(
        self,
        *,
        format: str = "ndjson",  # noqa: A002 - the word of the API
        type: str | Sequence[str] | None = None,  # noqa: A002 - the word of the API
        asset_id: str | None = None,
        proposal_id: str | None = None,
        team_id: str | None = None,
        actor_kind: str | None = None,
        actor: str | None = None,
        origin: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: str | None = None,
    ) -> Call[None]:
        """The whole log as it is written to a file, oldest first: `ndjson` or `csv`."""
        wanted = wish(type, asset_id, proposal_id, team_id, actor_kind, actor, origin, since, until)
        return Call(
            "GET", "/events", nothing, query={**wanted, **query(format=format, after=after)}
        )


def wish(
    type_: str | Sequence[str] | None,
    asset_id: str | None,
    proposal_id: str | None,
    team_id: str | None,
    actor_kind: str | None,
    actor: str | None,
    origin: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Query:
    """What of the log is wanted, for the query string."""
    return query(
        type=type_ if type_ is None or isinstance(type_, str) else tuple(type_),
        asset_id=asset_id,
        proposal_id=proposal_id,
        team_id=team_id,
        actor_kind=actor_kind,
        actor=actor,
        origin=origin,
        since=instant(since),
        until=instant(until),
    )
