"""What the server says of destinations and of what was sent there."""

from datetime import datetime

from pydantic import JsonValue

from tessera_sdk.models import Received


class Subscription(Received):
    """Which events are wanted: those that meet all that is said."""

    events: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    severity: str = "info"


class Destination(Received):
    """Where a team, a person or the server is told. `secret` is shown once, when it is made."""

    id: str
    team_id: str | None = None
    user_id: str | None = None
    kind: str
    name: str
    address: str | None = None
    secret: str | None = None
    subscription: Subscription = Subscription()
    pace: str = ""
    overlap_until: datetime | None = None
    disabled_at: datetime | None = None
    created_at: datetime | None = None


class Destinations(Received):
    """Everything that an owner has, by name."""

    items: tuple[Destination, ...] = ()


class DestinationRef(Received):
    """A destination as others mention it."""

    id: str
    team_id: str | None = None
    user_id: str | None = None
    kind: str = ""
    name: str = ""


class EventRef(Received):
    """An event as others mention it."""

    id: str
    type: str = ""
    summary: str = ""


class Attempt(Received):
    """What was sent, what came back, and how long it took; without secrets."""

    number: int
    status: str
    status_code: int | None = None
    error: str | None = None
    milliseconds: int | None = None
    started_at: datetime | None = None
    request: JsonValue = None
    response: JsonValue = None


class Delivery(Received):
    """One event to one destination; `made` are its attempts, where it was asked for alone."""

    id: str
    destination: DestinationRef
    event: EventRef
    ordinal: int = 0
    status: str
    attempts: int = 0
    last_error: str | None = None
    next_attempt_at: datetime | None = None
    carried_by: str | None = None
    delivered_at: datetime | None = None
    created_at: datetime | None = None
    made: tuple[Attempt, ...] = ()


class Replayed(Received):
    """How many are sent again, and how many are left for the next time."""

    replayed: int = 0
    remaining: int = 0
