"""Destinations and deliveries: one event to one place, with its attempts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class DestinationKind(StrEnum):
    """The channels a destination can be of."""

    WEBHOOK = "webhook"


class DeliveryStatus(StrEnum):
    """`pending` is on its way; the others are ends."""

    PENDING = "pending"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    """What it would have said was no longer true when its turn came."""
    FAILED = "failed"


class AttemptStatus(StrEnum):
    """`started` is written before sending; one that a lost worker left so becomes `unknown`."""

    STARTED = "started"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where events go: a team's, or with no team the server's own, which receives all of them."""

    id: UUID
    team_id: UUID | None
    kind: DestinationKind
    url: str
    secret: str | None = field(repr=False)
    """None: it stands encrypted in the database, and no key that we have decrypts it."""
    disabled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event to one destination."""

    id: UUID
    event_id: UUID
    destination_id: UUID
    status: DeliveryStatus
    attempts: int
    last_error: str | None
    delivered_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one attempt: the answer's status, or what went wrong before there was one."""

    status_code: int | None
    error: str | None
    duration: timedelta
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver says that it will never take anything again."""
        return self.status_code == 410


PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 86_400)
)
"""The pauses after each failed attempt: thirteen attempts over a little more than three days."""


def pause_after(attempt: int, retry_after: timedelta | None) -> timedelta | None:
    """Return how long to wait after this attempt (the first is 1) failed; None to give up."""
    if attempt > len(PAUSES):
        return None
    pause = PAUSES[attempt - 1]
    return max(pause, min(retry_after, timedelta(days=1))) if retry_after else pause
