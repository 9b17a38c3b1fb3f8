"""What a look at a running system finds: one finding per check, and the facts it is judged from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.destinations import DestinationKind
from domain.json_types import JsonObject


class Check(StrEnum):
    """Everything that is looked at, in the order in which one thing rests on another."""

    SETTINGS = "settings"
    DATABASE = "database"
    MIGRATIONS = "migrations"
    CLOCK = "clock"
    NOTIFICATIONS = "notifications"
    TEMPORAL = "temporal"
    SEARCH_ATTRIBUTES = "search_attributes"
    WATCH = "watch"
    WORKER = "worker"
    RELAY = "relay"
    PARKED = "parked_rows"
    OVERDUE = "overdue_proposals"
    STUCK = "stuck_proposals"
    WORKFLOWS = "workflows"
    SERVER_WEBHOOK = "server_webhook"
    WEBHOOKS = "webhooks"
    DELIVERIES = "deliveries"
    RETIREMENTS = "retirements"
    FALLBACKS = "fallbacks"
    SECRETS = "secrets"
    LOG = "log"
    SEALS = "seals"


class State(StrEnum):
    """How a check came out; only a failure makes the whole unhealthy."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, and what to do about it."""

    check: Check
    state: State
    found: str
    """One or two sentences for people, without a full stop at the end when it is a fragment."""
    advice: str | None = None
    items: tuple[JsonObject, ...] = ()
    """The things that are wrong, one by one, for scripts."""

    def to_wire(self) -> JsonObject:
        """Return the JSON form."""
        return {
            "check": self.check.value,
            "state": self.state.value,
            "found": self.found,
            "advice": self.advice,
            "items": list(self.items),
        }


def ok(check: Check, found: str) -> Finding:
    """All is well with it."""
    return Finding(check=check, state=State.OK, found=found)


def warning(
    check: Check, found: str, advice: str | None, items: Iterable[JsonObject] = ()
) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check=check, state=State.WARNING, found=found, advice=advice, items=tuple(items))


def failure(
    check: Check, found: str, advice: str | None, items: Iterable[JsonObject] = ()
) -> Finding:
    """Something does not work until somebody acts."""
    return Finding(check=check, state=State.FAILURE, found=found, advice=advice, items=tuple(items))


def not_checked(checks: Iterable[Check], because: str) -> tuple[Finding, ...]:
    """What could not be looked at, and why."""
    return tuple(Finding(check=check, state=State.NOT_CHECKED, found=because) for check in checks)


# --- what is judged -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresSeen:
    """A Postgres server that answered."""

    place: str
    """host:port/database, without user and password."""
    version: str
    version_number: int
    """As Postgres counts: 140005 is 14.5."""
    read_only: bool
    latency: timedelta
    """The median of a few round trips on an open connection."""
    clock_ahead: timedelta
    """Its clock less this machine's, half a round trip accounted for."""
    notifies: bool
    """Whether a NOTIFY of one connection reached the LISTEN of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """Where the database's tables are, and what the code knows, the newest revision first."""

    current: str | None
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The outbox's rows that wait for the relay, parked ones left out."""

    waiting: int
    oldest: timedelta
    last_error: str | None
    """What Temporal said to the oldest row that was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRow:
    """An outbox row that was set aside."""

    id: int
    kind: str
    subject_id: UUID
    error: str
    parked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProposal:
    """A proposal that a workflow should look after."""

    id: UUID
    asset: str
    late: timedelta
    """How long ago its review was due; negative while it is not."""
    stuck: str | None

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.asset


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRetirement:
    """The end of a version that a workflow should look after; `id` is its contract's."""

    id: UUID
    asset: str
    version: str
    stuck: str | None

    @property
    def name(self) -> str:
        """What people know it by."""
        return f"{self.asset} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Open proposals that have something in common, in the order of their ids."""

    listed: tuple[OpenProposal, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationSeen:
    """A webhook and its deliveries that are in trouble; no team: the server's own."""

    team: str | None
    name: str
    url: str
    disabled_at: datetime | None
    retrying: int
    """Deliveries that failed at least once and will be tried again."""
    given_up: int
    """Since the last one that arrived."""
    last_error: str | None

    @property
    def belongs_to_settings(self) -> bool:
        """Whether it is the one that WEBHOOK_URL names."""
        return self.team is None and self.name == DestinationKind.WEBHOOK.value


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSeen:
    """The log's guards and its seals."""

    user: str
    """Postgres' name for whoever looks, as the application is."""
    may_rewrite: bool
    """Whether it owns the log or may change its rows, by itself or as a role that it may become."""
    may_say_where: bool
    """Whether it may say itself where in the log and when an event was written."""
    may_create: bool
    """Whether it may make functions where those of the log's statements are looked for."""
    missing_triggers: tuple[str, ...]
    """Those that are gone, disabled, or not what the migrations made."""
    odd_tables: tuple[str, ...]
    """What stands in a table's place or on it and may hide what it holds, each as a sentence."""
    seals: int
    oldest_unsealed: timedelta | None
    from_elsewhere: bool
    """Whether it holds events or seals of transactions that are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsSeen:
    """How many secrets there are of each kind, judged by the keys of whoever looks."""

    current: int = 0
    old_key: int = 0
    plain: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackSeen:
    """The last to hear of silence, named by a team, or by the server where `whose` is None."""

    whose: str | None
    named: str
    there: bool
    reached: bool

    @property
    def in_trouble(self) -> bool:
        """Whether an escalation to it would reach nobody."""
        return not (self.there and self.reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsSeen:
    """What the record holds that may be wrong."""

    backlog: Backlog
    parked: tuple[ParkedRow, ...]
    """All that are parked, up to a thousand."""
    overdue: Group
    """Their review is late, and no row in the outbox will wake them."""
    stuck: Group
    settled: Group
    """Open for a while and without a row in the outbox: a workflow must run for each."""
    destinations: tuple[DestinationSeen, ...]
    log: LogSeen
    secrets: SecretsSeen
    late_events: int
    """Events with a delivery that is late and that no row in the outbox will wake."""
    late_digests: int = 0
    """Destinations whose digest should have gone out."""
    late_retirements: int = 0
    """Open ones whose review is overdue and that no row will wake."""
    stuck_retirements: tuple[OpenRetirement, ...] = ()
    settled_retirements: tuple[OpenRetirement, ...] = ()
    """As with proposals, a workflow must run for each."""
    fallbacks: tuple[FallbackSeen, ...] = ()
