"""Destinations: where a team, a person or the server is told what happens, and of what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from uuid import UUID

from domain.events import EventType
from domain.severity import SEVERITIES, Severity


class DestinationKind(StrEnum):
    """The channels a destination can be of."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    EMAIL = "email"

    @property
    def is_read_by_people(self) -> bool:
        """Whether many messages at once are too many; a program wants each of them."""
        return self is not DestinationKind.WEBHOOK


class Pace(StrEnum):
    """When what is wanted goes out."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    """Once a day, together."""
    AUTO = "auto"
    """For a person: at once what the team reads nowhere at once, the rest in the digest."""
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Which events a destination wants: those that meet everything that is said."""

    events: tuple[str, ...] = ()
    """Types or patterns of them, such as `proposal.*`; none means every one."""
    assets: tuple[str, ...] = ()
    """Patterns of FQNs, such as `orders.*`; none means every one, and what is about no asset."""
    severity: Severity = Severity.INFO
    """At least this."""

    def wants(self, type_: EventType, fqn: str | None, *, urgent: bool = False) -> bool:
        """Whether an event of this type about this asset is among them, however small if urgent."""
        return (
            (urgent or SEVERITIES[type_].reaches(self.severity))
            and (not self.events or matches(type_.value, self.events))
            and (not self.assets or (fqn is not None and matches(fqn, self.assets)))
        )


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Whether a text is what one of these patterns says: `*` for anything, `?` for one letter."""
    return any(fnmatchcase(text, pattern) for pattern in patterns)


EVERYTHING = Subscription()
WHAT_CONCERNS_PEOPLE = Subscription(severity=Severity.WARNING)
"""What a person is told who has said nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where events go: a team's, a person's, or the server's own, which receives all of them.

    `address` is a URL, a Slack channel, or an e-mail address; None for a person is where that
    person's e-mail address leads.
    """

    id: UUID
    team_id: UUID | None
    user_id: UUID | None = None
    kind: DestinationKind
    name: str
    """Unique among its owner's: `webhook`, `slack`, or what they call it."""
    address: str | None = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    """None: it has none, or no key that we have decrypts what stands in the database."""
    previous_secret: str | None = field(default=None, repr=False)
    """Signs beside the present one until `overlap_until`."""
    overlap_until: datetime | None = None
    subscription: Subscription = EVERYTHING
    pace: Pace = Pace.AT_ONCE
    disabled_at: datetime | None
    created_at: datetime

    @property
    def is_servers(self) -> bool:
        """Whether it is the server's own."""
        return self.team_id is None and self.user_id is None

    def overlaps(self, at: datetime) -> bool:
        """Whether the secret before signs too: its successor is not everywhere yet."""
        return self.overlap_until is not None and at < self.overlap_until

    def secrets(self, at: datetime) -> tuple[str, ...]:
        """Return every secret that signs at this time; none when no key decrypts them."""
        signing = (self.secret, self.previous_secret if self.overlaps(at) else None)
        return tuple(each for each in signing if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A working destination that an event's audience reaches, by these of its teams."""

    id: UUID
    kind: DestinationKind
    pace: Pace
    subscription: Subscription
    teams: frozenset[UUID]
    """Empty: the server's own, or that of somebody who is told by name."""
    in_person: bool
    by_name: bool = False
    """Whether the event is for the very person whose it is."""


@dataclass(frozen=True, slots=True)
class Routed:
    """A destination that receives an event, and whether it waits for the digest."""

    destination_id: UUID
    kind: DestinationKind
    in_digest: bool = False
    urgent: bool = False
    """Whether it is gathered with nothing: time is nearly up."""


def route(
    type_: EventType, fqn: str | None, candidates: Sequence[Candidate], *, urgent: bool
) -> tuple[Routed, ...]:
    """Return who receives an event; what is `urgent` waits for no digest and is never off.

    Nor does it have to be severe for those whom it concerns, where people read it.
    """
    wanting = [
        each
        for each in candidates
        if each.subscription.wants(type_, fqn, urgent=urgent and _concerns_people(each))
    ]
    told = frozenset[UUID]().union(*(each.teams for each in wanting if _is_read_at_once(each)))
    return tuple(
        Routed(each.id, each.kind, in_digest=not urgent and _waits(each, told), urgent=urgent)
        for each in wanting
        if urgent or each.pace is not Pace.OFF
    )


def _concerns_people(candidate: Candidate) -> bool:
    concerned = bool(candidate.teams) or candidate.by_name
    return candidate.kind.is_read_by_people and concerned


def _is_read_at_once(candidate: Candidate) -> bool:
    """Whether a team's people see it there: a program that takes it shows it to nobody."""
    at_once = candidate.pace is Pace.AT_ONCE
    return at_once and candidate.kind.is_read_by_people and not candidate.in_person


def _waits(candidate: Candidate, told: frozenset[UUID]) -> bool:
    if candidate.pace is Pace.AUTO:
        return candidate.teams <= told and not candidate.by_name
    return candidate.pace is Pace.DIGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Which kinds this server can send by, and how it paces what people read."""

    kinds: frozenset[DestinationKind] = frozenset({DestinationKind.WEBHOOK})
    webhook_hosts: tuple[str, ...] = ()
    """Where webhooks may go: hosts, or `*.example.com` for all below one; none means anywhere."""
    digest_at: time = time(8, tzinfo=UTC)
    """When the daily digests go out."""
    hold: timedelta = timedelta(seconds=3)
    """How long a message to people is held back, so that many at once become one."""
    few: int = 5
    """So many messages within a `lull` are sent one by one; the further ones become one."""
    lull: timedelta = timedelta(minutes=2)

    @property
    def reach_people(self) -> bool:
        """Whether this server sends anything that people read."""
        return any(kind.is_read_by_people for kind in self.kinds)

    def next_digest(self, now: datetime) -> datetime:
        """Return the next time that digests go out."""
        here = now.astimezone(self.digest_at.tzinfo)
        today = datetime.combine(here.date(), self.digest_at)
        return today if today > here else datetime.combine(here.date() + _DAY, self.digest_at)


_DAY = timedelta(days=1)
