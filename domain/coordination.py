"""The round of a proposal: who is asked, reminded and escalated to, and when it settles.

Pure: the same facts and the same `now` give the same `Step`. The workflow carries the step out and
reviews again, so nothing here needs to remember what it said before; what was done stands in the
facts (notices with their ordinals, answers, decrees).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.acknowledgments import Response
from domain.parties import Answer, NoticeKind, Party
from domain.proposals import Cause, ProposalStatus
from domain.steps import Note, Step, StepKind
from domain.timeline import OnDeadline, PublishWhen, Timeline

NEAR = timedelta(days=1)
"""So long before its time is up a party is told at once, whatever it prefers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Everything that the next step depends on."""

    status: ProposalStatus
    timeline: Timeline
    opened_at: datetime
    parties: tuple[Party, ...]
    withdrawn: bool = False
    cancelled: bool = False
    asset_deleted: bool = False
    forced: bool = False
    base_moved: bool = False
    confirmation_asked_at: datetime | None = None
    approved_at: datetime | None = None
    publish_requested: bool = False
    publish_at: datetime | None = None

    def next_step(self, now: datetime) -> Step:
        """Return the one step to take at `now`.

        What is decided settles before anybody is asked or reminded again, in the order
        withdrawn, cancelled, asset deleted, forced, blocked, all approved, deadline.
        """
        if not self.status.is_open:
            return Step(kind=StepKind.ENDED)
        return (
            self._decided()
            or self._base()
            or (self._publication(now) if self.status is ProposalStatus.APPROVED else None)
            or self._agreed()
            or self._notes(now)
            or self._out_of_time(now)
            or Step(kind=StepKind.WAIT, until=self._next_time(now))
        )

    @property
    def pending(self) -> tuple[Party, ...]:
        """The parties that are still waited for."""
        return tuple(party for party in self.parties if party.pending)

    def due_at(self, party: Party, now: datetime) -> datetime | None:
        """When this party's time is up: None until it was asked, or once it has answered for good.

        A date that a party names never brings forward a consent by silence. A party that nothing
        has reached by its regular due date has as much time again, so that an
        outage of a channel never becomes consent, and never makes a proposal wait for ever either.
        """
        asked_at = party.asked_at
        if asked_at is None or not party.pending:
            return None
        regular = asked_at + self.timeline.deadline
        furthest = regular + self.timeline.max_extension
        if party.answer is not None:
            until = party.answer.until or regular
            consents = self.timeline.on_deadline is OnDeadline.APPROVE
            return min(max(until, regular) if consents else until, furthest)
        if party.reached_at is not None:
            return min(max(regular, party.reached_at + self.timeline.minimum_notice), furthest)
        return regular if now < regular else min(regular + self.timeline.deadline, furthest)

    def is_near_end(self, party: Party, now: datetime) -> bool:
        """Whether so little time is left that whatever asks for an answer waits for nothing."""
        due = self.due_at(party, now)
        if due is None:
            due = now + self.timeline.deadline  # it is about to be asked
        return due - now <= max(self.timeline.minimum_notice, NEAR)

    def deadline_at(self, now: datetime) -> datetime | None:
        """When the last pending party is due, which is when silence is decided upon."""
        due = [at for party in self.pending if (at := self.due_at(party, now))]
        return max(due, default=None)

    def latest_until(self, party: Party) -> datetime | None:
        """The furthest date that this party may ask for; None before it was asked."""
        asked_at = party.asked_at
        if asked_at is None:
            return None
        return asked_at + self.timeline.deadline + self.timeline.max_extension

    # --- what is decided ----------------------------------------------------------------------

    def _decided(self) -> Step | None:
        if self.withdrawn:
            return _settle(ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)
        if self.cancelled:
            return _settle(ProposalStatus.REJECTED, Cause.CANCELLED)
        if self.asset_deleted:
            return _settle(ProposalStatus.REJECTED, Cause.ASSET_DELETED)
        if self.forced or self.status is ProposalStatus.APPROVED:
            return None
        if any(p.answer and p.answer.response is Response.BLOCKED for p in self.parties):
            return _settle(ProposalStatus.REJECTED, Cause.BLOCKED)
        return None

    def _base(self) -> Step | None:
        """A moved base is looked at before anything is published over it."""
        if self.base_moved and self.confirmation_asked_at is None:
            return Step(kind=StepKind.REBASE)
        return None

    def _agreed(self) -> Step | None:
        if self.status is ProposalStatus.APPROVED or self.confirmation_asked_at:
            return None
        if self.forced:
            return _settle(ProposalStatus.APPROVED, Cause.FORCED)
        if not self.pending:
            cause = Cause.ALL_APPROVED if self.parties else Cause.NO_PARTIES
            return _settle(ProposalStatus.APPROVED, cause)
        return None

    def _publication(self, now: datetime) -> Step | None:
        """What an approved proposal waits for: its time, the wish to publish, or its end."""
        confirmed = self.confirmation_asked_at is None
        if confirmed and (self.publish_requested or self.forced or self._publishes_itself(now)):
            return Step(kind=StepKind.PUBLISH)
        if now >= (limit := self._publish_limit()):
            return _settle(ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED)
        at = self.publish_at if confirmed else None
        return Step(kind=StepKind.WAIT, until=limit if at is None else min(at, limit))

    def _publishes_itself(self, now: datetime) -> bool:
        """A time that was named in the request says more than the policy does."""
        if self.publish_at is not None:
            return now >= self.publish_at
        return self.timeline.publish is PublishWhen.AT_ONCE

    def _publish_limit(self) -> datetime:
        approved_at = self.approved_at or self.opened_at
        return max(approved_at, self.publish_at or approved_at) + self.timeline.publish_within

    # --- who is told ----------------------------------------------------------------------------

    def _notes(self, now: datetime) -> Step | None:
        for kind, wants in (
            (NoticeKind.ASK, self._wants_ask),
            (NoticeKind.REMIND, self._wants_reminder),
            (NoticeKind.ESCALATE, self._wants_escalation),
            (NoticeKind.UNREACHABLE, self._wants_unreachable),
        ):
            notes = tuple(
                Note(team_id=party.team_id, ordinal=party.count(kind) + 1)
                for party in self.pending
                if wants(party, now)
            )
            if notes:
                return Step(kind=StepKind(kind.value), notes=notes)
        return None

    def _wants_ask(self, party: Party, now: datetime) -> bool:
        return party.asked_at is None

    def _wants_reminder(self, party: Party, now: datetime) -> bool:
        """Missed reminders collapse into one: only the latest scheduled time counts."""
        scheduled = [at for at in self._reminder_times(party, now) if at <= now]
        if not scheduled or self._is_due(party, now):
            return False
        last = party.last(NoticeKind.REMIND)
        return last is None or last < scheduled[-1]

    def _wants_escalation(self, party: Party, now: datetime) -> bool:
        """Once for silence or a date gone by, and once more at a deadline that escalates."""
        asked_at, last = party.asked_at, party.last(NoticeKind.ESCALATE)
        if asked_at is None:
            return False
        if self._escalates_at_deadline and self._all_due(now):
            due = self.due_at(party, now)
            return last is None or (due is not None and last < due)
        if last is not None:
            return False
        silent = party.answer is None and now >= asked_at + self.timeline.escalate_after
        return silent or (self._is_due(party, now) and not self._all_due(now))

    def _wants_unreachable(self, party: Party, now: datetime) -> bool:
        asked_at = party.asked_at
        return (
            asked_at is not None
            and party.answer is None
            and party.reached_at is None
            and now >= asked_at + self.timeline.deadline
            and party.count(NoticeKind.UNREACHABLE) == 0
        )

    def _reminder_times(self, party: Party, now: datetime) -> Iterator[datetime]:
        """Yield the scheduled reminders of a party up to the first one after `now`, in order.

        A silent party is reminded at a steady pace, and last shortly before its time is up; one
        that named a date, once, shortly before it.
        """
        asked_at = party.asked_at
        if asked_at is None:
            return
        if party.answer is not None:
            yield from self._last_call(party.answer, asked_at)
            return
        first = asked_at + self.timeline.remind_after
        passed = max(0, (now - first) // self.timeline.remind_every)
        paced = (first + (passed + more) * self.timeline.remind_every for more in (0, 1))
        ends = asked_at + self.timeline.deadline
        last_call = ends - self.timeline.minimum_notice
        if not asked_at < last_call < ends:
            yield from paced
        else:
            rest = (at for at in paced if not last_call <= at < ends)
            yield from sorted((*rest, last_call))

    def _last_call(self, answer: Answer, asked_at: datetime) -> Iterator[datetime]:
        """Yield when a party is reminded of its date, unless it named it just before that."""
        if answer.until is None:
            return
        at = max(asked_at, answer.until - self.timeline.minimum_notice)
        if answer.answered_at is None or at > answer.answered_at:
            yield at

    # --- when time is up ------------------------------------------------------------------------

    @property
    def _escalates_at_deadline(self) -> bool:
        return self.timeline.on_deadline is OnDeadline.ESCALATE

    def _is_due(self, party: Party, now: datetime) -> bool:
        due = self.due_at(party, now)
        return due is not None and now >= due

    def _all_due(self, now: datetime) -> bool:
        return all(self._is_due(party, now) for party in self.pending)

    def _unreached(self, now: datetime) -> bool:
        """Whether somebody is silent to whom nothing came, or came too late to be an answer."""
        return any(not self._had_notice(party, now) for party in self.pending)

    def _had_notice(self, party: Party, now: datetime) -> bool:
        if party.answer is not None:
            return True
        reached_at = party.reached_at
        return reached_at is not None and now >= reached_at + self.timeline.minimum_notice

    def _out_of_time(self, now: datetime) -> Step | None:
        if self.confirmation_asked_at is not None:
            limit = self.confirmation_asked_at + self.timeline.deadline
            return _settle(ProposalStatus.EXPIRED, Cause.BASE_MOVED) if now >= limit else None
        if not self._all_due(now):
            return None
        if self._unreached(now):
            return _settle(ProposalStatus.EXPIRED, Cause.UNREACHABLE)
        if self.timeline.on_deadline is OnDeadline.APPROVE:
            return _settle(ProposalStatus.APPROVED, Cause.DEADLINE)
        if self._escalates_at_deadline and now < self._last_limit():
            return None
        return _settle(ProposalStatus.EXPIRED, Cause.SILENCE)

    def _last_limit(self) -> datetime:
        escalated = [p.last(NoticeKind.ESCALATE) for p in self.pending]
        return max(at for at in escalated if at is not None) + self.timeline.last_limit

    def _next_time(self, now: datetime) -> datetime:
        """Return the next moment at which this round can call for something by itself."""
        return min((at for at in self._moments(now) if at > now), default=now + timedelta(hours=1))

    def _moments(self, now: datetime) -> Iterator[datetime]:
        if self.confirmation_asked_at is not None:
            yield self.confirmation_asked_at + self.timeline.deadline
        for party in self.pending:
            yield from self._moments_of(party, now)
        if self.pending and self._all_due(now) and self._escalates_at_deadline:
            yield self._last_limit()

    def _moments_of(self, party: Party, now: datetime) -> Iterator[datetime]:
        due, asked_at = self.due_at(party, now), party.asked_at
        if due is None or asked_at is None:
            return
        yield due
        yield from (at for at in self._reminder_times(party, now) if at < due)
        if party.answer is None and party.count(NoticeKind.ESCALATE) == 0:
            yield asked_at + self.timeline.escalate_after
        if party.answer is None and party.reached_at is None:
            yield asked_at + self.timeline.deadline


def _settle(outcome: ProposalStatus, cause: Cause) -> Step:
    return Step(kind=StepKind.SETTLE, outcome=outcome, cause=cause)
