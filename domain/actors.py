"""Who did something, and through which door it came in."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """What kind of being acts; the log keeps it beside the name."""

    PERSON = "person"
    BOT = "bot"
    KEY = "key"
    ANONYMOUS = "anonymous"
    WORKFLOW = "workflow"
    TEMPORAL_OPERATOR = "temporal-operator"
    SYSTEM = "system"


class Origin(StrEnum):
    """The door that a change of facts came through."""

    API = "api"
    CLI = "cli"
    PAGE = "page"
    SLACK = "slack"
    EMAIL = "email"
    TEMPORAL = "temporal"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The identity behind a change; never taken from a request's body."""

    kind: ActorKind
    name: str
    id: UUID | None = None
    acting_for: UUID | None = None
    """The team that an administrator, or the development server's anonymous, acted for."""
    key_id: UUID | None = None
    """With which of their keys a person or a bot came; a key that is itself the actor is `id`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Everything that an event keeps about where a change came from."""

    actor: Actor
    origin: Origin
    request_id: str | None = None

    @property
    def is_server(self) -> bool:
        """Whether it is the server itself, or somebody with the server's own rights."""
        return self.actor.kind in _SERVERS


_SERVERS = frozenset({ActorKind.WORKFLOW, ActorKind.SYSTEM, ActorKind.TEMPORAL_OPERATOR})

WORKFLOW = Caller(actor=Actor(kind=ActorKind.WORKFLOW, name="tessera"), origin=Origin.TEMPORAL)
"""The durable workflow's own steps: asking, reminding, settling."""

SERVER = Caller(actor=Actor(kind=ActorKind.SYSTEM, name="tessera"), origin=Origin.SERVER)
"""What the server does by itself: parking a row, disabling a destination."""

TEMPORAL_OPERATOR = Caller(
    actor=Actor(kind=ActorKind.TEMPORAL_OPERATOR, name="temporal-operator"),
    origin=Origin.TEMPORAL,
)
"""Somebody who signalled the workflow by hand, so passed by our permissions."""

KEEPER = Caller(actor=Actor(kind=ActorKind.SYSTEM, name="tessera events prune"), origin=Origin.CLI)
"""Somebody with the database owner's password who took old events out of the log."""

DOCTOR = Caller(actor=Actor(kind=ActorKind.SYSTEM, name="tessera doctor"), origin=Origin.CLI)
"""Somebody with the database's password who had things repaired."""
