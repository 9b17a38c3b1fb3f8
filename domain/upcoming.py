"""What a party, or somebody about it, is told next if nobody says anything: for those who look."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.coordination import Round
from domain.parties import NoticeKind, Party
from domain.proposals import ProposalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """One notice that comes by itself, and when."""

    kind: NoticeKind
    at: datetime


def upcoming(
    round_: Round, party: Party, now: datetime, end: datetime | None
) -> tuple[Upcoming, ...]:
    """Return the next notice of each kind about a party that is waited for, in order of time.

    `end` is the round's `deadline_at`, which depends on all parties.
    """
    due = round_.due_at(party, now)
    if round_.status is not ProposalStatus.PENDING or due is None or end is None:
        return ()
    found = [*_reminder(round_, party, now, due), *_escalations(round_, party, now, due, end)]
    return tuple(sorted(found, key=lambda each: each.at))


def _reminder(round_: Round, party: Party, now: datetime, due: datetime) -> Iterator[Upcoming]:
    times, last = round_.times(party), party.last(NoticeKind.REMIND)
    open_ = [at for at in times.reminders(now) if (last is None or last < at) and at < due]
    missed = [at for at in open_ if at <= now][-1:]
    for at in (missed or open_)[:1]:
        yield Upcoming(kind=NoticeKind.REMIND, at=times.opening(max(at, now)))


def _escalations(
    round_: Round, party: Party, now: datetime, due: datetime, end: datetime
) -> Iterator[Upcoming]:
    """At a deadline that escalates, the team is told once more, and who was not yet as well."""
    times, asked_at = round_.times(party), party.asked_at
    if asked_at is None:
        return
    for kind in party.escalations:
        told = party.last(kind)
        at = times.escalation(kind, asked_at) if party.answer is None and told is None else None
        again = told is None or (kind is NoticeKind.ESCALATE and told < due)
        if (at is None or at > end) and round_.escalates_at_deadline and again:
            at = end
        if at is not None and (at < end or round_.escalates_at_deadline):
            yield Upcoming(kind=kind, at=times.opening(max(at, now)))
