"""An event as it is shown."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.views import View
from domain.actors import Actor, ActorKind, Origin
from domain.events import Event, EventType
from store.events import format_cursor


class ActorView(View):
    """Who did it."""

    kind: ActorKind
    name: str
    id: UUID | None
    acting_for: UUID | None = Field(description="The team that somebody else acted for.")
    key_id: UUID | None = Field(description="With which of their keys a person or a bot came.")

    @classmethod
    def of(cls, actor: Actor) -> "ActorView":
        """Return the view of who did something."""
        return cls(
            kind=actor.kind,
            name=actor.name,
            id=actor.id,
            acting_for=actor.acting_for,
            key_id=actor.key_id,
        )


class EventView(View):
    """One line of the log."""

    id: UUID
    cursor: str = Field(description="Its place in the stream, as `Last-Event-ID` takes it.")
    type: EventType
    at: datetime
    actor: ActorView
    origin: Origin
    request_id: str | None
    summary: str
    asset_id: UUID | None
    proposal_id: UUID | None
    team_id: UUID | None
    payload: dict[str, object]

    @classmethod
    def of(cls, event: Event) -> "EventView":
        """Return the view of an event."""
        return cls(
            id=event.id,
            cursor=format_cursor(event.cursor),
            type=event.type,
            at=event.at,
            actor=ActorView.of(event.caller.actor),
            origin=event.caller.origin,
            request_id=event.caller.request_id,
            summary=event.summary,
            asset_id=event.asset_id,
            proposal_id=event.proposal_id,
            team_id=event.team_id,
            payload=event.payload,
        )
