"""When one party is due, reminded and escalated: its part of a proposal's round."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.parties import NEAR, Answer, NoticeKind
from domain.timeline import Days, OnDeadline, Timeline
from domain.working_days import WorkCalendar

_USUAL = WorkCalendar()


class Asked(Protocol):
    """What says when somebody's time is up; a party does."""

    @property
    def asked_at(self) -> datetime | None:
        """When the present question was put."""

    @property
    def reached_at(self) -> datetime | None:
        """When it first arrived."""

    @property
    def answer(self) -> Answer | None:
        """What was said to it."""

    @property
    def pending(self) -> bool:
        """Whether there is still to be an answer."""

    @property
    def calendar(self) -> WorkCalendar | None:
        """Whose working days count; None: the usual ones."""


@dataclass(frozen=True, slots=True)
class PartyTimes:
    """The times of one party; durations of whole days are its own working days, if those count."""

    timeline: Timeline
    party: Asked

    # --- when its time is up ----------------------------------------------------------------------

    def due_at(self, now: datetime) -> datetime | None:
        """When this party's time is up: None until it was asked, or once it has answered for good.

        A date that a party names never brings forward a consent by silence. A party that nothing
        has reached by its regular due date has as much time again, so that an outage of a channel
        never becomes consent, and never makes a proposal wait for ever either.
        """
        asked_at, party = self.party.asked_at, self.party
        if asked_at is None or not party.pending:
            return None
        regular = self.ends(asked_at)
        due_at = regular
        if party.answer is not None:
            until = party.answer.until or regular
            consents = self.timeline.on_deadline is OnDeadline.APPROVE
            due_at = max(until, regular) if consents else until
        elif (reached_at := party.reached_at) is not None:
            due_at = max(regular, self._after(reached_at, self.timeline.minimum_notice))
        elif now >= regular:
            due_at = self._after(regular, self.timeline.deadline)
        if due_at <= regular:
            return due_at
        return min(due_at, self._after(regular, self.timeline.max_extension))

    def ends(self, asked_at: datetime) -> datetime:
        """When the regular time to answer ends of who was asked at a time."""
        return self._after(asked_at, self.timeline.deadline)

    def latest_until(self, asked_at: datetime) -> datetime:
        """The furthest date that who was asked at a time may ask for."""
        return self._after(self.ends(asked_at), self.timeline.max_extension)

    def reach_by(self, asked_at: datetime) -> datetime | None:
        """Until when a question of then must arrive for its regular time to stand.

        None where no such time can be told beforehand.
        """
        ends, notice = self.ends(asked_at), self.timeline.minimum_notice
        at = self._before(ends, notice)
        return at if self._after(at, notice) <= ends else None

    def is_due(self, now: datetime) -> bool:
        """Whether its time is up."""
        due = self.due_at(now)
        return due is not None and now >= due

    def is_near_end(self, now: datetime) -> bool:
        """Whether so little time is left that whatever asks for an answer waits for nothing."""
        due = self.due_at(now)
        if due is None:
            due = self.ends(now)  # it is about to be asked
        return now >= min(due - NEAR, self._before(due, self.timeline.minimum_notice))

    def had_notice(self, now: datetime) -> bool:
        """Whether it answered, or something came to it early enough to be answered."""
        if self.party.answer is not None:
            return True
        reached_at = self.party.reached_at
        return reached_at is not None and now >= self._after(
            reached_at, self.timeline.minimum_notice
        )

    # --- what it is told ------------------------------------------------------------------------

    def may_be_told(self, now: datetime) -> bool:
        """Whether it is a time for reminders and escalations: nobody is told in the night."""
        return self._calendar is None or self._calendar.is_open(now)

    def opening(self, now: datetime) -> datetime:
        """When it may be told something next: now, or when its working day begins."""
        return now if self._calendar is None else self._calendar.opening(now)

    def reminders(self, now: datetime) -> Iterator[datetime]:
        """Yield the scheduled reminders of a party up to the first one after `now`, in order.

        A silent party is reminded at a steady pace, and last shortly before its time is up; one
        that named a date, once, shortly before it.
        """
        asked_at = self.party.asked_at
        if asked_at is None:
            return
        if self.party.answer is not None:
            yield from self._last_call(self.party.answer, asked_at)
            return
        paced = self._paced(asked_at, now)
        ends = self.ends(asked_at)
        last_call = self._before(ends, self.timeline.minimum_notice)
        if not asked_at < last_call < ends:
            yield from paced
        else:
            rest = (at for at in paced if not last_call <= at < ends)
            yield from sorted((*rest, last_call))

    def escalation(self, kind: NoticeKind, asked_at: datetime) -> datetime:
        """When silence is escalated: to the team, later to its owners, later to the fallback."""
        at = self._opening_after(asked_at, self.timeline.escalate_after)
        if kind is not NoticeKind.ESCALATE:
            at = max(at, self._opening_after(asked_at, self.timeline.owners_after))
        if kind is NoticeKind.ESCALATE_FALLBACK:
            at = max(at, self._opening_after(asked_at, self.timeline.fallback_after))
        return at

    def last_limit(self, escalated_at: datetime) -> datetime:
        """When silence is over after an escalation at the deadline."""
        return self._after(escalated_at, self.timeline.last_limit)

    def _paced(self, asked_at: datetime, now: datetime) -> Iterator[datetime]:
        first = self._opening_after(asked_at, self.timeline.remind_after)
        every, calendar = self.timeline.remind_every, self._calendar
        if calendar is not None:
            return calendar.paced(first, every, now)
        passed = max(0, (now - first) // every)
        return (first + (passed + more) * every for more in (0, 1))

    def _last_call(self, answer: Answer, asked_at: datetime) -> Iterator[datetime]:
        """Yield when a party is reminded of its date, unless it named it just before that."""
        if answer.until is None:
            return
        at = max(asked_at, self._before(answer.until, self.timeline.minimum_notice))
        if answer.answered_at is None or at > answer.answered_at:
            yield at

    # --- by its days ------------------------------------------------------------------------------

    @property
    def _calendar(self) -> WorkCalendar | None:
        """Return whose days count; None where all do."""
        if self.timeline.days is Days.CALENDAR:
            return None
        return self.party.calendar or _USUAL

    def _after(self, at: datetime, by: timedelta) -> datetime:
        calendar = self._calendar
        return at + by if calendar is None else calendar.after(at, by)

    def _before(self, at: datetime, by: timedelta) -> datetime:
        calendar = self._calendar
        return at - by if calendar is None else calendar.before(at, by)

    def _opening_after(self, at: datetime, by: timedelta) -> datetime:
        return self.opening(self._after(at, by))
