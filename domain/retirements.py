"""The end of an old version: who is to move off it, and when it is retired.

The window is pure, like the round of a proposal: the same facts and the same `now` give the same
step. Silence needs no consent here, so time alone retires a version; but nobody whom nothing has
reached is overtaken by it before the furthest date.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.actors import Actor
from domain.differences import changed
from domain.json_types import JsonObject
from domain.parties import NEAR, NoticeKind, Told
from domain.steps import Note, StepKind
from domain.timeline import Timeline

LONGEST_WINDOW = timedelta(days=730)
"""How far ahead an end may be set."""


class RetirementStatus(StrEnum):
    """`open` is the migration window; the others are ends."""

    OPEN = "open"
    RETIRED = "retired"
    CANCELLED = "cancelled"


class RetirementCause(StrEnum):
    """Why it ended as it did."""

    SUNSET = "sunset"
    """Its time had come."""
    CANCELLED = "cancelled"
    """The owner took it back; the version stays deprecated."""
    ASSET_DELETED = "asset_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A team says that it does not use the version any more."""

    by: Actor
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A team needs the version for longer."""

    by: Actor
    at: datetime
    until: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """The end of one version of an asset; its id is the contract's. Its movers are loaded apart."""

    contract_id: UUID
    asset_id: UUID
    version: str
    status: RetirementStatus
    cause: RetirementCause | None
    revision: int
    """Grows with each new date, which everybody who is still on the version is told anew."""
    timeline: Timeline
    began_at: datetime
    """When the present date was set."""
    sunset_at: datetime
    set_by: Actor
    reason: str | None = None
    next_review_at: datetime | None = None
    stuck: str | None = None
    ended_at: datetime | None = None

    @property
    def latest_until(self) -> datetime:
        """The furthest date that a team may ask for."""
        return self.sunset_at + self.timeline.max_extension

    def dated(self, sunset_at: datetime, now: datetime) -> "Retirement":
        """Return it open and with another date, of which everybody is told anew."""
        return replace(
            self,
            status=RetirementStatus.OPEN,
            cause=None,
            revision=self.revision + 1,
            began_at=now,
            sunset_at=sunset_at,
            ended_at=None,
        )

    def ended(self, status: RetirementStatus, cause: RetirementCause, at: datetime) -> "Retirement":
        """Return it as it ended."""
        return replace(
            self, status=status, cause=cause, ended_at=at, next_review_at=None, stuck=None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover(Told):
    """A team that is to move off a version, and what it was told about the present date."""

    moved_at: datetime | None = None
    extended_until: datetime | None = None
    extended_at: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """From when the time that it has now is reckoned."""
        return max((at for at in (self.asked_at, self.extended_at) if at), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementStep:
    """What the workflow does next. Only the fields that belong to `kind` are set."""

    kind: StepKind
    notes: tuple[Note, ...] = ()
    until: datetime | None = None
    outcome: RetirementStatus | None = None
    cause: RetirementCause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Everything that the next step depends on."""

    status: RetirementStatus
    timeline: Timeline
    began_at: datetime
    sunset_at: datetime
    movers: tuple[Mover, ...]
    asset_deleted: bool = False

    def next_step(self, now: datetime) -> RetirementStep:
        """Return the one step to take at `now`."""
        if self.status is not RetirementStatus.OPEN:
            return RetirementStep(kind=StepKind.ENDED)
        if self.asset_deleted:
            return RetirementStep(
                kind=StepKind.SETTLE,
                outcome=RetirementStatus.CANCELLED,
                cause=RetirementCause.ASSET_DELETED,
            )
        return (
            self._asks()
            or self._end(now)
            or self._notes(now)
            or RetirementStep(kind=StepKind.WAIT, until=self._next_time(now))
        )

    @property
    def pending(self) -> tuple[Mover, ...]:
        """The teams that are still on the version, as far as they have said."""
        return tuple(mover for mover in self.movers if mover.moved_at is None)

    def due_at(self, mover: Mover, now: datetime) -> datetime | None:
        """When this team's time is up; None once it has moved.

        Whom nothing has reached by the sunset has as much time again, up to the furthest date.
        """
        if mover.moved_at is not None:
            return None
        furthest = self.sunset_at + self.timeline.max_extension
        if mover.extended_until is not None:
            return min(max(self.sunset_at, mover.extended_until), furthest)
        if mover.reached_at is not None:
            noticed = mover.reached_at + self.timeline.minimum_notice
            return min(max(self.sunset_at, noticed), furthest)
        if now < self.sunset_at:
            return self.sunset_at
        return min(self.sunset_at + (self.sunset_at - self.began_at), furthest)

    def ends_at(self, now: datetime) -> datetime:
        """When the version is retired, if nobody says anything more."""
        due = (self.due_at(mover, now) for mover in self.pending)
        return max((at for at in due if at is not None), default=self.sunset_at)

    def is_near_end(self, mover: Mover, now: datetime) -> bool:
        """Whether so little time is left that what is sent waits for nothing."""
        due = self.due_at(mover, now) or self.sunset_at
        return due - now <= max(self.timeline.minimum_notice, NEAR)

    def _asks(self) -> RetirementStep | None:
        unasked = [mover for mover in self.pending if mover.asked_at is None]
        return _step(NoticeKind.ASK, unasked)

    def _end(self, now: datetime) -> RetirementStep | None:
        if now < self.ends_at(now):
            return None
        return RetirementStep(
            kind=StepKind.SETTLE, outcome=RetirementStatus.RETIRED, cause=RetirementCause.SUNSET
        )

    def _notes(self, now: datetime) -> RetirementStep | None:
        for kind, wants in (
            (NoticeKind.REMIND, self._wants_reminder),
            (NoticeKind.ESCALATE, self._wants_escalation),
            (NoticeKind.UNREACHABLE, self._wants_unreachable),
        ):
            step = _step(kind, [mover for mover in self.pending if wants(mover, now)])
            if step is not None:
                return step
        return None

    def _wants_reminder(self, mover: Mover, now: datetime) -> bool:
        """Missed reminders collapse into one."""
        due = self.due_at(mover, now)
        scheduled = [at for at in self._reminder_times(mover, now) if at <= now]
        if not scheduled or due is None or now >= due:
            return False
        last = mover.last(NoticeKind.REMIND)
        return last is None or last < scheduled[-1]

    def _wants_escalation(self, mover: Mover, now: datetime) -> bool:
        """Once before its time is up, and once more if that was put off after it."""
        at = self._escalates_at(mover, now)
        return at is not None and now >= at and self._may_escalate(mover)

    def _wants_unreachable(self, mover: Mover, now: datetime) -> bool:
        return (
            now >= self.sunset_at
            and mover.reached_at is None
            and mover.extended_until is None
            and mover.count(NoticeKind.UNREACHABLE) == 0
        )

    def _reminder_times(self, mover: Mover, now: datetime) -> Iterator[datetime]:
        """Yield when a team is reminded, in order.

        After half of its time, after half of the rest, and so on, but no closer together than
        `remind_every`; and last `minimum_notice` before its time is up.
        """
        since, due = mover.since, self.due_at(mover, now)
        if since is None or due is None:
            return
        last_call = due - self.timeline.minimum_notice
        pause = (due - since) / 2
        at = since + pause
        while pause >= self.timeline.remind_every and at < min(last_call, due):
            yield at
            pause /= 2
            at += pause
        if since < last_call < due:
            yield last_call

    def _escalates_at(self, mover: Mover, now: datetime) -> datetime | None:
        """Return when the owner hears of a team: `escalate_after` before its time is up.

        In a window shorter than twice that, after half of it.
        """
        since, due = mover.since, self.due_at(mover, now)
        if since is None or due is None or not self.timeline.escalate_after:
            return None
        return due - min(self.timeline.escalate_after, max(due - since, timedelta(0)) / 2)

    def _next_time(self, now: datetime) -> datetime:
        """Return the next moment at which this window can call for something by itself."""
        return min((at for at in self._moments(now) if at > now), default=now + timedelta(hours=1))

    def _moments(self, now: datetime) -> Iterator[datetime]:
        yield self.sunset_at
        yield self.ends_at(now)
        for mover in self.pending:
            due, escalates_at = self.due_at(mover, now), self._escalates_at(mover, now)
            if due is None:
                continue
            yield due
            yield from self._reminder_times(mover, now)
            if escalates_at is not None and self._may_escalate(mover):
                yield escalates_at

    def _may_escalate(self, mover: Mover) -> bool:
        last, since = mover.last(NoticeKind.ESCALATE), mover.since
        return last is None or (since is not None and last < since)


def _step(kind: NoticeKind, movers: list[Mover]) -> RetirementStep | None:
    if not movers:
        return None
    notes = tuple(Note(team_id=each.team_id, ordinal=each.count(kind) + 1) for each in movers)
    return RetirementStep(kind=StepKind(kind.value), notes=notes)


def change_of(before: Retirement | None, after: Retirement) -> JsonObject:
    """Return `before` and `after` for the log: what differs; of a new retirement, everything."""
    return changed(None if before is None else _facts(before), _facts(after))


def _facts(retirement: Retirement) -> JsonObject:
    return {
        "status": retirement.status.value,
        "cause": None if retirement.cause is None else retirement.cause.value,
        "revision": retirement.revision,
        "sunset_at": retirement.sunset_at.isoformat(),
        "stuck": retirement.stuck,
    }
