"""Deliveries: one event to one destination, with its attempts."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.events import EventType
from domain.json_types import JsonObject


class DeliveryStatus(StrEnum):
    """`pending` is on its way, `gathered` waits for a digest; the others are ends."""

    PENDING = "pending"
    GATHERED = "gathered"
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


REFRESH = -1
"""The ordinal of a delivery that posts nothing and brings up to date what was posted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event to one destination."""

    id: UUID
    event_id: UUID
    destination_id: UUID
    ordinal: int = 0
    """0 for the first; a replay is a delivery of its own, and so is a refresh (`REFRESH`)."""
    carried_by: UUID | None = None
    """The delivery whose message tells of this event too: a digest."""
    alone: bool = False
    """Whether a workflow of its own carries it: a digest or a replay."""
    urgent: bool = False
    """Whether it is gathered with nothing: time is nearly up."""
    receipt: str | None = None
    """What the channel says of the message that it took, such as its id."""
    status: DeliveryStatus
    attempts: int
    last_error: str | None
    delivered_at: datetime | None
    created_at: datetime
    due_at: datetime
    """When the next attempt, or the digest, is due; of one that failed, when it was given up."""

    @property
    def refreshes(self) -> bool:
        """Whether it only brings messages up to date that stand there already."""
        return self.ordinal == REFRESH


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of one attempt: the answer's status, or what went wrong before there was one."""

    status_code: int | None
    error: str | None
    duration: timedelta
    retry_after: timedelta | None = None
    request: JsonObject | None = None
    """What was sent, without secrets: `headers`, `body`, each cut."""
    response: JsonObject | None = None
    """What came back: `headers`, `body`, each cut."""
    receipt: str | None = None
    """What the channel says of the message that it took, such as its id."""
    final: bool = False
    """Whether no repetition can help: nobody is there, or what we say is refused for good."""

    @property
    def taken(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return self.error is None and self.status_code is not None and 200 <= self.status_code < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver says that it will never take anything again."""
        return self.status_code == 410


PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 86_400)
)
"""The pauses after each failed attempt: thirteen attempts over a little more than three days."""


SPREAD = 0.2
"""The part of a pause by which it is longer at most: what failed together is not tried together."""


def pause_after(
    attempt: int, retry_after: timedelta | None, spread: float = 0.0
) -> timedelta | None:
    """Return how long to wait after this attempt (the first is 1) failed; None to give up.

    `spread`, from 0 to 1, says where between the shortest and the longest pause it lies.
    """
    if attempt > len(PAUSES):
        return None
    pause = PAUSES[attempt - 1]
    if retry_after is not None:
        pause = max(pause, min(retry_after, timedelta(days=1)))
    return pause * (1 + SPREAD * spread)


def spread_of(delivery_id: UUID, attempt: int) -> float:
    """Return a number from 0 to 1 that is the same each time for an attempt of a delivery."""
    digest = hashlib.sha256(delivery_id.bytes + attempt.to_bytes(4)).digest()
    return int.from_bytes(digest[:8]) / 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAttempt:
    """One attempt as it stands in the record: what was sent, what came back, and how long it took.

    `request` and `response` hold no secrets.
    """

    number: int
    status: AttemptStatus
    status_code: int | None
    error: str | None
    milliseconds: int | None
    request: JsonObject | None
    response: JsonObject | None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries are wanted: those that meet everything that is said."""

    destination_id: UUID | None = None
    team_id: UUID | None = None
    user_id: UUID | None = None
    statuses: frozenset[DeliveryStatus] = frozenset()
    """Any of these; none named means every one."""
    types: frozenset[EventType] = frozenset()
    """Of the events; none named means every one."""
    since: datetime | None = None
    until: datetime | None = None
    """Made before this time."""
