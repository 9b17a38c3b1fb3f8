"""The round of a proposal: who is asked, reminded and escalated to, and when it settles.

Pure: the same facts and the same `now` give the same `Step`. The workflow carries the step out and
reviews again, so nothing here needs to remember what it said before; what was done stands in the
facts (notices with their ordinals, answers, decrees).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.acknowledgments import Response
from domain.parties import NoticeKind, Party
from domain.party_times import PartyTimes
from domain.proposals import Cause, ProposalStatus
from domain.releases import ReleaseStanding, ReleaseStatus
from domain.steps import Note, Step, StepKind
from domain.timeline import OnDeadline, PublishWhen, Timeline

_WITH_RELEASE = {
    ReleaseStatus.FAILED: (ProposalStatus.REJECTED, Cause.RELEASE_FAILED),
    ReleaseStatus.CANCELLED: (ProposalStatus.WITHDRAWN, Cause.RELEASE_CANCELLED),
}
"""How a proposal ends with its release."""


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
    release: ReleaseStanding | None = None
    """With what it is published, or not at all."""
    publish_at: datetime | None = None

    def next_step(self, now: datetime) -> Step:
        """Return the one step to take at `now`.

        What is decided settles before anybody is asked or reminded again, in the order
        withdrawn, cancelled, asset deleted, its release ended, forced, blocked, all approved,
        deadline.
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

    def wants_publication(self, now: datetime) -> bool:
        """Whether it is to be published now, if it is approved."""
        return self.publish_requested or self.forced or self._publishes_itself(now)

    @property
    def is_held(self) -> bool:
        """Whether others of its release are not ready."""
        return self.release is not None and not self.release.is_ready

    @property
    def pending(self) -> tuple[Party, ...]:
        """The parties that are still waited for."""
        return tuple(party for party in self.parties if party.pending)

    def due_at(self, party: Party, now: datetime) -> datetime | None:
        """When this party's time is up; None before it was asked, and once it answered for good."""
        return self.times(party).due_at(now)

    def due_if_asked(self, party: Party, now: datetime) -> datetime:
        """When this party's time is up, or will be if it is asked now."""
        times = self.times(party)
        return times.due_at(now) or times.ends(party.asked_at or now)

    def is_near_end(self, party: Party, now: datetime) -> bool:
        """Whether so little time is left that whatever asks for an answer waits for nothing."""
        return self.times(party).is_near_end(now)

    def deadline_at(self, now: datetime) -> datetime | None:
        """When the last pending party is due, which is when silence is decided upon."""
        due = [at for party in self.pending if (at := self.due_at(party, now))]
        return max(due, default=None)

    def latest_until(self, party: Party, now: datetime | None = None) -> datetime | None:
        """The furthest date that this party may ask for; None before it was asked, if not `now`."""
        asked_at = party.asked_at or now
        return None if asked_at is None else self.times(party).latest_until(asked_at)

    def times(self, party: Party) -> PartyTimes:
        """Return how time is reckoned for this party."""
        return PartyTimes(self.timeline, party)

    # --- what is decided ----------------------------------------------------------------------

    def _decided(self) -> Step | None:
        if self.withdrawn:
            return _settle(ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)
        if self.cancelled:
            return _settle(ProposalStatus.REJECTED, Cause.CANCELLED)
        if self.asset_deleted:
            return _settle(ProposalStatus.REJECTED, Cause.ASSET_DELETED)
        if self.release is not None and self.release.status in _WITH_RELEASE:
            return _settle(*_WITH_RELEASE[self.release.status])
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
        """What an approved proposal waits for: its time, the wish to publish, the others of its
        release, or its end.
        """
        confirmed = self.confirmation_asked_at is None
        if confirmed and self.wants_publication(now) and not self.is_held:
            return Step(kind=StepKind.PUBLISH)
        if now >= (limit := self._publish_limit()):
            return _settle(ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED)
        at = self.publish_at if confirmed else None
        return Step(kind=StepKind.WAIT, until=limit if at is None or at <= now else min(at, limit))

    def _publishes_itself(self, now: datetime) -> bool:
        """A time that was named in the request says more than the policy does."""
        if self.publish_at is not None:
            return now >= self.publish_at
        return self.timeline.publish is PublishWhen.AT_ONCE

    def _publish_limit(self) -> datetime:
        """`publish_within` after its approval, and after the time that any of its release names."""
        approved_at = self.approved_at or self.opened_at
        times = (self.publish_at, None if self.release is None else self.release.publish_at)
        return max([approved_at, *(at for at in times if at)]) + self.timeline.publish_within

    # --- who is told ----------------------------------------------------------------------------

    def _notes(self, now: datetime) -> Step | None:
        all_due = self._all_due(now)
        for kind, wants in (
            (NoticeKind.ASK, self._wants_ask),
            (NoticeKind.REMIND, self._wants_reminder),
            (NoticeKind.ESCALATE, self._wants_escalation),
            (NoticeKind.ESCALATE_OWNERS, self._wants_owners),
            (NoticeKind.ESCALATE_FALLBACK, self._wants_fallback),
            (NoticeKind.UNREACHABLE, self._wants_unreachable),
        ):
            notes = tuple(
                Note(team_id=party.team_id, ordinal=party.count(kind) + 1)
                for party in self.pending
                if wants(party, now, all_due)
            )
            if notes:
                return Step(kind=StepKind(kind.value), notes=notes)
        return None

    def _wants_ask(self, party: Party, _now: datetime, _all_due: bool) -> bool:
        return party.asked_at is None

    def _wants_reminder(self, party: Party, now: datetime, _all_due: bool) -> bool:
        """Missed reminders collapse into one: only the latest scheduled time counts."""
        times = self.times(party)
        scheduled = [at for at in times.reminders(now) if at <= now]
        if not scheduled or times.is_due(now) or not times.may_be_told(now):
            return False
        last = party.last(NoticeKind.REMIND)
        return last is None or last < scheduled[-1]

    def _wants_escalation(self, party: Party, now: datetime, all_due: bool) -> bool:
        """Once for silence or a date gone by, and once more at a deadline that escalates."""
        asked_at, last, times = party.asked_at, party.last(NoticeKind.ESCALATE), self.times(party)
        if asked_at is None or not times.may_be_told(now):
            return False
        if self.escalates_at_deadline and all_due:
            return not self._is_escalated_at_deadline(party, now)
        if last is not None:
            return False
        silent = party.answer is None and now >= times.escalation(NoticeKind.ESCALATE, asked_at)
        return silent or (times.is_due(now) and not all_due)

    def _wants_owners(self, party: Party, now: datetime, all_due: bool) -> bool:
        return self._wants_higher(NoticeKind.ESCALATE_OWNERS, party, now, all_due)

    def _wants_fallback(self, party: Party, now: datetime, all_due: bool) -> bool:
        return self._wants_higher(NoticeKind.ESCALATE_FALLBACK, party, now, all_due)

    def _wants_higher(self, kind: NoticeKind, party: Party, now: datetime, all_due: bool) -> bool:
        """Once for each, when it is its turn or a deadline escalates; never before the team."""
        asked_at, times = party.asked_at, self.times(party)
        if asked_at is None or kind not in party.escalations or party.count(kind):
            return False
        if not times.may_be_told(now):
            return False
        if self.escalates_at_deadline and all_due:
            return True
        return party.answer is None and now >= times.escalation(kind, asked_at)

    def _wants_unreachable(self, party: Party, now: datetime, _all_due: bool) -> bool:
        asked_at = party.asked_at
        return (
            asked_at is not None
            and party.answer is None
            and party.reached_at is None
            and now >= self.times(party).ends(asked_at)
            and party.count(NoticeKind.UNREACHABLE) == 0
        )

    # --- when time is up ------------------------------------------------------------------------

    @property
    def escalates_at_deadline(self) -> bool:
        """Whether silence until the deadline is escalated before anything is decided."""
        return self.timeline.on_deadline is OnDeadline.ESCALATE

    def _all_due(self, now: datetime) -> bool:
        return all(self.times(party).is_due(now) for party in self.pending)

    def _unreached(self, now: datetime) -> bool:
        """Whether somebody is silent to whom nothing came, or came too late to be an answer."""
        return any(not self.times(party).had_notice(now) for party in self.pending)

    def _is_escalated_at_deadline(self, party: Party, now: datetime) -> bool:
        last, due = party.last(NoticeKind.ESCALATE), self.due_at(party, now)
        return last is not None and (due is None or last >= due)

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
        if self.escalates_at_deadline:
            last_limit = self._last_limit(now)
            if last_limit is None or now < last_limit:
                return None
        return _settle(ProposalStatus.EXPIRED, Cause.SILENCE)

    def _last_limit(self, now: datetime) -> datetime | None:
        """When silence is over that was escalated at its deadline; None before all of it was."""
        if not all(self._is_escalated_at_deadline(party, now) for party in self.pending):
            return None
        return max(
            self.times(party).last_limit(at)
            for party in self.pending
            if (at := party.last(NoticeKind.ESCALATE)) is not None
        )

    def _next_time(self, now: datetime) -> datetime:
        """Return the next moment at which this round can call for something by itself."""
        return min((at for at in self._moments(now) if at > now), default=now + timedelta(hours=1))

    def _moments(self, now: datetime) -> Iterator[datetime]:
        if self.confirmation_asked_at is not None:
            yield self.confirmation_asked_at + self.timeline.deadline
        for party in self.pending:
            yield from self._moments_of(party, now)
        if self.pending and self._all_due(now) and self.escalates_at_deadline:
            limit = self._last_limit(now)
            if limit is not None:
                yield limit

    def _moments_of(self, party: Party, now: datetime) -> Iterator[datetime]:
        times, asked_at = self.times(party), party.asked_at
        due = times.due_at(now)
        if due is None or asked_at is None:
            return
        yield due
        yield times.opening(now)
        yield from (at for at in times.reminders(now) if at < due)
        if party.answer is not None:
            return
        yield times.ends(asked_at)
        yield from (
            times.escalation(kind, asked_at) for kind in party.escalations if party.count(kind) == 0
        )


def _settle(outcome: ProposalStatus, cause: Cause) -> Step:
    return Step(kind=StepKind.SETTLE, outcome=outcome, cause=cause)
