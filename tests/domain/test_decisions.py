"""Deciding again what was decided: what is kept with a decision is all that it rests on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acknowledgments import Response
from domain.coordination import Round
from domain.decisions import Decision
from domain.parties import Answer, Notice, NoticeKind, Party
from domain.proposals import Cause, ProposalStatus
from domain.steps import StepKind
from domain.timeline import OnDeadline, Timeline
from domain.working_days import WorkCalendar
from record.decisions import from_wire, to_wire
from store.rows import new_id
from tests.support.paper_round import START

DAY = timedelta(days=1)
CALENDAR = WorkCalendar(
    time_zone="Europe/Berlin", holidays=frozenset({date(2026, 3, 6), date(2026, 4, 3)})
)
RESPONSES = st.one_of(st.none(), st.sampled_from(list(Response)))


def party(response: Response | None, *, reached: bool = True) -> Party:
    asked = Notice(
        kind=NoticeKind.ASK,
        ordinal=1,
        noted_at=START,
        delivered_at=START + timedelta(seconds=3) if reached else None,
    )
    until = START + 20 * DAY if response is Response.MIGRATING else None
    answer = None if response is None else Answer(response=response, until=until, answered_at=START)
    return Party(
        team_id=new_id(), name="reader", answer=answer, notices=(asked,), calendar=CALENDAR
    )


def rounds(*parties: Party, **facts: object) -> Round:
    return Round(
        status=ProposalStatus.PENDING,
        timeline=Timeline(),
        opened_at=START,
        parties=parties,
        **facts,  # type: ignore[arg-type]  # named by each test
    )


@given(
    answers=st.lists(st.tuples(RESPONSES, st.booleans()), max_size=4),
    days=st.integers(0, 300),
    forced=st.booleans(),
    withdrawn=st.booleans(),
    on_deadline=st.sampled_from(list(OnDeadline)),
)
def test_what_the_log_keeps_is_decided_again_the_same(
    answers: list[tuple[Response | None, bool]],
    days: int,
    forced: bool,
    withdrawn: bool,
    on_deadline: OnDeadline,
) -> None:
    parties = [party(response, reached=reached) for response, reached in answers]
    round_ = replace(
        rounds(*parties, forced=forced, withdrawn=withdrawn),
        timeline=Timeline(on_deadline=on_deadline),
    )
    decision = Decision.of(round_, START + days * DAY)
    read = from_wire(to_wire(decision))
    assert read == decision
    assert read.taken_again() == round_.next_step(START + days * DAY)
    if decision.kind is StepKind.SETTLE:
        assert decision.outcome is not None
        assert decision.difference(decision.outcome) is None


def changed() -> Iterator[tuple[str, Decision, ProposalStatus]]:
    ready = Decision.of(rounds(party(Response.APPROVED)), START + DAY)
    silent = Decision.of(rounds(party(None)), START + 14 * DAY)
    yield "another answer", replace(ready, round=rounds(party(Response.BLOCKED))), _PUBLISHED
    yield "somebody silent", replace(ready, round=rounds(party(None))), _PUBLISHED
    yield "too early", replace(silent, now=START + 13 * DAY), ProposalStatus.EXPIRED
    yield "another cause", replace(silent, cause=Cause.UNREACHABLE), ProposalStatus.EXPIRED
    yield "another end", silent, ProposalStatus.REJECTED


_PUBLISHED = ProposalStatus.PUBLISHED


@pytest.mark.parametrize(
    ("decision", "status"), [each[1:] for each in changed()], ids=[each[0] for each in changed()]
)
def test_a_decision_that_its_facts_do_not_bear_is_named(
    decision: Decision, status: ProposalStatus
) -> None:
    assert decision.difference(status) is not None


@pytest.mark.parametrize(
    "status", [ProposalStatus.APPROVED, ProposalStatus.PUBLISHED, ProposalStatus.REJECTED]
)
def test_what_is_approved_may_be_published_or_not_possible(status: ProposalStatus) -> None:
    """Whether its version is taken, or its asset deleted, is seen under the lock."""
    decision = Decision.of(rounds(party(Response.APPROVED)), START + DAY)
    assert decision.difference(status) is None
