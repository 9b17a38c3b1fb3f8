"""What comes next and when, if nobody says anything: the round played on over its own rules.

`Round.next_step` is pure, so asking it again with the notices that it wanted written tells the
future without a second set of rules. Notices to come are taken as delivered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from api.ui import words
from domain.coordination import Round
from domain.parties import Notice, NoticeKind, Party
from domain.proposals import Cause, ProposalStatus
from domain.steps import Step, StepKind
from domain.timeline import PublishWhen

_LOOKED_AHEAD = 60
"""Steps, not days: a policy of seconds could remind for ever."""
_SHOWN = 4
_NOTICES = frozenset(kind.value for kind in NoticeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One thing that will happen; `skipped` others come before it."""

    at: datetime
    sentence: str
    is_end: bool = False
    skipped: int = 0


def forecast(round_: Round, producer: str, now: datetime) -> list[Expected]:
    """Return the next few things and how it ends, in order."""
    found = list(_expected(round_, producer, now))
    if len(found) <= _SHOWN + 1:
        return found
    skipped = len(found) - _SHOWN - 1
    return [*found[:_SHOWN], replace(found[-1], skipped=skipped)]


def next_of(round_: Round, producer: str, now: datetime) -> Expected | None:
    """Return the first of them; what comes after it is not played."""
    return next(_expected(round_, producer, now), None)


def _expected(round_: Round, producer: str, now: datetime) -> Iterator[Expected]:
    for at, step in _steps(round_, now):
        sentence = _sentence(round_, step, producer)
        yield Expected(at=at, sentence=sentence, is_end=step.kind not in _NOTICES)


def _steps(round_: Round, at: datetime) -> Iterator[tuple[datetime, Step]]:
    for _ in range(_LOOKED_AHEAD):
        step = round_.next_step(at)
        if step.kind is StepKind.ENDED:
            return
        if step.kind is StepKind.WAIT:
            if step.until is None or step.until <= at:
                return
            at = step.until
            continue
        yield at, step
        if step.kind not in _NOTICES:
            return
        round_ = replace(round_, parties=tuple(_told(each, step, at) for each in round_.parties))


def _told(party: Party, step: Step, at: datetime) -> Party:
    for note in step.notes:
        if note.team_id == party.team_id:
            notice = Notice(
                kind=NoticeKind(step.kind.value), ordinal=note.ordinal, noted_at=at, delivered_at=at
            )
            return replace(party, notices=(*party.notices, notice))
    return party


def _sentence(round_: Round, step: Step, producer: str) -> str:
    if step.kind is StepKind.SETTLE:
        return _end(round_, step, producer)
    told = {note.team_id for note in step.notes}
    names = [party.name for party in round_.parties if party.team_id in told]
    who = words.all_of(names)
    return {
        StepKind.ASK: words.are(names, "asked"),
        StepKind.REMIND: words.are(names, "reminded"),
        StepKind.ESCALATE: f"{who} and {producer} are told that an answer is overdue.",
        StepKind.ESCALATE_OWNERS: f"The owners of {who} are told that an answer is overdue.",
        StepKind.ESCALATE_FALLBACK: f"The fallback is told that {who} did not answer.",
        StepKind.UNREACHABLE: f"{producer} is told that {who} cannot be reached.",
        StepKind.REBASE: "It is compared again, since something else was published.",
        StepKind.PUBLISH: "It is published.",
    }.get(step.kind, "It is looked at again.")


def _end(round_: Round, step: Step, producer: str) -> str:
    waiting = words.all_of([party.name for party in round_.pending])
    if step.outcome is ProposalStatus.APPROVED:
        at_once = round_.timeline.publish is PublishWhen.AT_ONCE and round_.publish_at is None
        published = at_once or round_.forced
        end = "It is published" if published else "It is approved"
        silent = step.cause is Cause.DEADLINE
        return f"{end}: silence of {waiting} counts as consent." if silent else f"{end}."
    return {
        Cause.BLOCKED: "It is rejected, since a party blocks it.",
        Cause.WITHDRAWN: "It is withdrawn.",
        Cause.SILENCE: f"It expires if {waiting} did not answer. Nothing is published.",
        Cause.UNREACHABLE: f"It expires if {waiting} could not be reached. Nothing is published.",
        Cause.NOT_PUBLISHED: "It expires if nobody has published it.",
        Cause.BASE_MOVED: f"It expires unless {producer} confirms it.",
    }.get(step.cause or Cause.SILENCE, "It ends.")
