"""The laws of the next step: they look at the facts only, never at what the rules say."""

from datetime import datetime, timedelta
from uuid import UUID

from domain.acknowledgments import Response
from domain.parties import NoticeKind, Party
from domain.proposals import Cause, ProposalStatus
from domain.steps import Step, StepKind
from domain.timeline import OnDeadline, Timeline
from tests.support.paper_round import NOTES, Paper
from tests.support.working_time import WorkingTime

Parties = tuple[Party, ...]

MOMENT = timedelta(microseconds=1)
OF_THE_PRODUCER = {Cause.BASE_MOVED, Cause.NOT_PUBLISHED}
BY_TIME = OF_THE_PRODUCER | {Cause.SILENCE, Cause.UNREACHABLE}


def carry_on(paper: Paper, *, arrive: bool = False) -> Step:
    """Do every step of this moment; the last one waits, or says that all is over."""
    told: set[tuple[UUID, StepKind]] = set()
    for _ in range(12):
        step = paper.round.next_step(paper.now)
        check(paper, step)
        if step.kind in (StepKind.WAIT, StepKind.ENDED):
            return step
        if step.kind in NOTES:
            again = {(note.team_id, step.kind) for note in step.notes}
            assert not told & again, "somebody is told the same twice at once"
            told |= again
        paper.carry_out(step, paper.revision)
        if arrive:
            for team, question in paper.asked.items():
                paper.deliver(team, len(question.notices) - 1)
    raise AssertionError(f"{step} comes again and again")


def check(paper: Paper, step: Step) -> None:
    """The laws of any step."""
    if not paper.status.is_open:
        assert step.kind is StepKind.ENDED
        return
    assert step.kind is not StepKind.ENDED
    decided = _decided(paper)
    if decided is not None:
        assert (step.kind, step.outcome) == decided
        return
    if step.kind is StepKind.SETTLE:
        _check_end_by_time(paper, step)
    elif step.kind in NOTES:
        _check_notes(paper, step)
    else:
        assert step.kind is StepKind.WAIT
        _check_wait(paper, step)


def _decided(paper: Paper) -> tuple[StepKind, ProposalStatus | None] | None:
    """withdrawn > forced > blocked > all approved; nothing passes by a base that moved."""
    parties = paper.round.parties if paper.pending else ()
    blocked = any(p.answer and p.answer.response is Response.BLOCKED for p in parties)
    if paper.withdrawn:
        return StepKind.SETTLE, ProposalStatus.WITHDRAWN
    if paper.pending and blocked and not paper.forced:
        return StepKind.SETTLE, ProposalStatus.REJECTED
    if paper.confirmation_asked_at is not None:
        return None
    if paper.move is not None:
        return StepKind.REBASE, None
    if paper.pending:
        ready = all(p.answer and p.answer.response is Response.APPROVED for p in parties)
        return (StepKind.SETTLE, ProposalStatus.APPROVED) if paper.forced or ready else None
    wanted = paper.publish_requested or paper.forced or paper.publishes_itself
    return (StepKind.PUBLISH, None) if wanted else None


def _check_end_by_time(paper: Paper, step: Step) -> None:
    assert paper.pending or step.cause is Cause.NOT_PUBLISHED
    if step.cause in (Cause.DEADLINE, Cause.SILENCE, Cause.UNREACHABLE):
        late = [party for party in paper.round.pending if not _time_is_up(paper, party)]
        assert not late, f"{step} before the time of {late}"
    in_time = all(_was_told_in_time(paper, party) for party in paper.round.pending)
    assert in_time == (step.cause is not Cause.UNREACHABLE) or step.cause in OF_THE_PRODUCER
    silence_approves = paper.timeline.on_deadline is OnDeadline.APPROVE
    if step.outcome is ProposalStatus.APPROVED:
        assert step.cause is Cause.DEADLINE
        assert silence_approves
        return
    assert step.outcome is ProposalStatus.EXPIRED
    assert step.cause in BY_TIME
    if step.cause is Cause.SILENCE:
        assert not silence_approves
        _check_last_limit(paper)


def _check_last_limit(paper: Paper) -> None:
    if paper.timeline.on_deadline is OnDeadline.ESCALATE:
        assert all(_last_limit_is_over(paper, party) for party in paper.round.pending)


def _last_limit_is_over(paper: Paper, party: Party) -> bool:
    last = party.last(NoticeKind.ESCALATE)
    own = WorkingTime(paper.timeline, party)
    at_deadline = last is not None and _due(paper, party) <= last
    return (
        last is not None and at_deadline and own.later(last, paper.timeline.last_limit) <= paper.now
    )


def _silence_is_over(paper: Paper) -> bool:
    """All are due; where that escalates, the last limit of it is over as well."""
    escalates = paper.timeline.on_deadline is OnDeadline.ESCALATE
    return all(
        _time_is_up(paper, party) and (not escalates or _last_limit_is_over(paper, party))
        for party in paper.round.pending
    )


def _time_is_up(paper: Paper, party: Party) -> bool:
    return party.asked_at is not None and _due(paper, party) <= paper.now


def _due(paper: Paper, party: Party) -> datetime:
    """Its own date, or the deadline: moved, up to the furthest, for whom nothing has reached."""
    asked_at, timeline = party.asked_at, paper.timeline
    assert asked_at is not None
    own = WorkingTime(timeline, party)
    regular = own.later(asked_at, timeline.deadline)
    furthest = own.later(regular, timeline.max_extension)
    if party.answer is not None:
        due = party.answer.until or regular
        if timeline.on_deadline is OnDeadline.APPROVE:  # a near date is no early consent
            due = max(due, regular)
    elif (reached_at := _reached_at(party)) is not None:
        due = max(regular, own.later(reached_at, timeline.minimum_notice))
    elif paper.now < regular:
        due = regular
    else:
        due = own.later(regular, timeline.deadline)
    return min(due, furthest)


def _was_told_in_time(paper: Paper, party: Party) -> bool:
    """An outage never becomes consent: silence counts from when something arrived."""
    if party.answer is not None:
        return True
    reached_at = _reached_at(party)
    own = WorkingTime(paper.timeline, party)
    return reached_at is not None and (
        own.later(reached_at, paper.timeline.minimum_notice) <= paper.now
    )


def _reached_at(party: Party) -> datetime | None:
    """An escalation or a word to the owner is no question to the party."""
    asks = (NoticeKind.ASK, NoticeKind.REMIND)
    arrived = [n.delivered_at for n in party.notices if n.kind in asks and n.delivered_at]
    return min(arrived, default=None)


def _check_notes(paper: Paper, step: Step) -> None:
    """Nobody is told without a reason that the facts give."""
    assert paper.pending
    assert step.notes
    kind, pending = NoticeKind(step.kind.value), paper.round.pending
    for note in step.notes:
        party = next((p for p in pending if p.team_id == note.team_id), None)
        assert party is not None, f"{step} tells somebody who has answered"
        assert note.ordinal == party.count(kind) + 1
        assert _WANTED[kind](paper, party, pending), f"{step} comes too early, or again"


def _wants_ask(_paper: Paper, party: Party, _pending: Parties) -> bool:
    """At once, and once."""
    return party.count(NoticeKind.ASK) == 0


def _wants_reminder(paper: Paper, party: Party, _pending: Parties) -> bool:
    """However many reminders were missed, there is one; and never more than one in a period.

    The last one comes `minimum_notice` before the deadline, and none between it and that. Who named
    a date is reminded once before it, unless they named it just then.
    """
    asked_at, last, timeline = party.asked_at, party.last(NoticeKind.REMIND), paper.timeline
    own = WorkingTime(timeline, party)
    if asked_at is None or _time_is_up(paper, party) or not own.works(paper.now):
        return False
    if party.answer is None:
        passed = [at for at in _reminders(timeline, own, asked_at, paper.now) if at <= paper.now]
        return bool(passed) and (last is None or last < max(passed))
    if party.answer.until is None:
        return False
    scheduled = max(asked_at, own.earlier(party.answer.until, timeline.minimum_notice))
    named_before = party.answer.answered_at is None or party.answer.answered_at < scheduled
    return named_before and scheduled <= paper.now and (last is None or last < scheduled)


def _reminders(
    timeline: Timeline, own: WorkingTime, asked_at: datetime, now: datetime
) -> list[datetime]:
    ends = own.later(asked_at, timeline.deadline)
    last_call = own.earlier(ends, timeline.minimum_notice)
    first = own.opening(own.later(asked_at, timeline.remind_after))
    times = list(own.paced(first, timeline.remind_every, now))
    if asked_at < last_call < ends:
        times = [at for at in times if at < last_call or at >= ends] + [last_call]
    return times


def _wants_escalation(paper: Paper, party: Party, pending: Parties) -> bool:
    """Once for long silence or a date gone by; and at a deadline that escalates, once more."""
    asked_at, last, timeline = party.asked_at, party.last(NoticeKind.ESCALATE), paper.timeline
    own = WorkingTime(timeline, party)
    if asked_at is None or not own.works(paper.now):
        return False
    gone_by = _time_is_up(paper, party)
    all_gone_by = gone_by and all(_time_is_up(paper, each) for each in pending)
    if timeline.on_deadline is OnDeadline.ESCALATE and all_gone_by:
        return last is None or last < _due(paper, party)
    silent = party.answer is None and own.later(asked_at, timeline.escalate_after) <= paper.now
    return last is None and (silent or (gone_by and not all_gone_by))


def _wants_owners(paper: Paper, party: Party, pending: Parties) -> bool:
    """Once, if it has any, and never before the time at which the team itself is told."""
    after = (paper.timeline.escalate_after, paper.timeline.owners_after)
    return party.has_owners and _wants_higher(
        paper, party, pending, NoticeKind.ESCALATE_OWNERS, after
    )


def _wants_fallback(paper: Paper, party: Party, pending: Parties) -> bool:
    """Once, if there is one, and never before the owners' time."""
    timeline = paper.timeline
    after = (timeline.escalate_after, timeline.owners_after, timeline.fallback_after)
    return party.has_fallback and _wants_higher(
        paper, party, pending, NoticeKind.ESCALATE_FALLBACK, after
    )


def _wants_higher(
    paper: Paper, party: Party, pending: Parties, kind: NoticeKind, after: tuple[timedelta, ...]
) -> bool:
    asked_at, timeline = party.asked_at, paper.timeline
    own = WorkingTime(timeline, party)
    if asked_at is None or party.count(kind) or not own.works(paper.now):
        return False
    all_gone_by = all(_time_is_up(paper, each) for each in pending)
    if timeline.on_deadline is OnDeadline.ESCALATE and all_gone_by:
        return True
    silent = party.answer is None
    return silent and all(own.later(asked_at, each) <= paper.now for each in after)


def _wants_unreachable(paper: Paper, party: Party, _pending: Parties) -> bool:
    """Once, when nothing that was sent has arrived by the deadline."""
    asked_at = party.asked_at
    return (
        asked_at is not None
        and WorkingTime(paper.timeline, party).later(asked_at, paper.timeline.deadline) <= paper.now
        and party.answer is None
        and _reached_at(party) is None
        and party.count(NoticeKind.UNREACHABLE) == 0
    )


_WANTED = {
    NoticeKind.ASK: _wants_ask,
    NoticeKind.REMIND: _wants_reminder,
    NoticeKind.ESCALATE: _wants_escalation,
    NoticeKind.ESCALATE_OWNERS: _wants_owners,
    NoticeKind.ESCALATE_FALLBACK: _wants_fallback,
    NoticeKind.UNREACHABLE: _wants_unreachable,
}


def _check_wait(paper: Paper, step: Step) -> None:
    """It wakes in the future, has told all who are to be told, and sleeps through nothing."""
    until = step.until
    assert until is not None
    assert until > paper.now
    if paper.pending:
        pending = paper.round.pending
        for party in pending:
            untold = [kind for kind in NoticeKind if _WANTED[kind](paper, party, pending)]
            assert not untold, f"waits and has not told {party.name}: {untold}"
        if paper.confirmation_asked_at is None:
            assert not _silence_is_over(paper), "everybody's time is up"
    _check_limits(paper)
    round_ = paper.round
    for moment in _moments_between(paper.now, until):
        assert round_.next_step(moment).kind is StepKind.WAIT, f"slept through {moment}"


def _check_limits(paper: Paper) -> None:
    """What the producer has to do has its time as well."""
    if paper.confirmation_asked_at is not None and paper.pending:
        assert paper.now < paper.confirmation_asked_at + paper.timeline.deadline
    if paper.approved_at is not None and not paper.pending:
        since = max(paper.approved_at, paper.publish_at or paper.approved_at)
        assert paper.now < since + paper.timeline.publish_within


def _moments_between(start: datetime, end: datetime) -> list[datetime]:
    whole = [start + number * (end - start) / 4 for number in range(1, 4)]
    return [*whole, end - MOMENT] if end - start > 8 * MOMENT else []
