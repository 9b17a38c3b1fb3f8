"""The round of a proposal: each state and each rule of time, without any server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acknowledgments import Response
from domain.coordination import Round
from domain.parties import Answer, Notice, NoticeKind, Party
from domain.proposals import Cause, ProposalStatus
from domain.releases import Member, ReleaseStanding, ReleaseStatus
from domain.steps import Step, StepKind
from domain.timeline import OnDeadline, PublishWhen, Timeline

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TIMELINE = Timeline()


def day(number: float) -> datetime:
    return START + number * DAY


def ask(at: datetime = START, delivered: datetime | None = START) -> Notice:
    return Notice(kind=NoticeKind.ASK, ordinal=1, noted_at=at, delivered_at=delivered)


def told(kind: NoticeKind, at: datetime, ordinal: int = 1, *, delivered: bool = True) -> Notice:
    return Notice(kind=kind, ordinal=ordinal, noted_at=at, delivered_at=at if delivered else None)


def party(number: int = 1, *notices: Notice, answer: Answer | None = None) -> Party:
    return Party(
        team_id=UUID(int=number), name=f"team-{number}", answer=answer, notices=notices or (ask(),)
    )


def unasked(number: int = 1) -> Party:
    return Party(team_id=UUID(int=number), name=f"team-{number}")


READY = Answer(response=Response.APPROVED)
BLOCKED = Answer(response=Response.BLOCKED)


def migrating(until: datetime) -> Answer:
    return Answer(response=Response.MIGRATING, until=until)


def round_of(*parties: Party, timeline: Timeline = TIMELINE, **facts: object) -> Round:
    return replace(
        Round(status=ProposalStatus.PENDING, timeline=timeline, opened_at=START, parties=parties),
        **facts,  # type: ignore[arg-type]
    )


def settled(step: Step) -> tuple[ProposalStatus | None, Cause | None]:
    assert step.kind is StepKind.SETTLE
    return step.outcome, step.cause


# --- what is decided ---


def test_without_parties_it_is_approved_at_once() -> None:
    step = round_of().next_step(START)
    assert settled(step) == (ProposalStatus.APPROVED, Cause.NO_PARTIES)


def test_all_ready_approves() -> None:
    round_ = round_of(party(1, answer=READY), party(2, answer=READY))
    assert settled(round_.next_step(day(1))) == (ProposalStatus.APPROVED, Cause.ALL_APPROVED)


def test_one_block_rejects_whatever_the_others_say() -> None:
    round_ = round_of(party(1, answer=READY), party(2, answer=BLOCKED), unasked(3))
    assert settled(round_.next_step(day(1))) == (ProposalStatus.REJECTED, Cause.BLOCKED)


def test_a_withdrawal_wins_over_force_and_block() -> None:
    round_ = round_of(party(1, answer=BLOCKED), withdrawn=True, forced=True)
    assert settled(round_.next_step(day(1))) == (ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)


@pytest.mark.parametrize("status", [ProposalStatus.PENDING, ProposalStatus.APPROVED])
def test_what_is_about_a_deleted_asset_is_rejected_whatever_was_said(
    status: ProposalStatus,
) -> None:
    round_ = round_of(party(1, answer=READY), status=status, asset_deleted=True, forced=True)
    assert settled(round_.next_step(day(1))) == (ProposalStatus.REJECTED, Cause.ASSET_DELETED)
    withdrawn = replace(round_, withdrawn=True)
    assert settled(withdrawn.next_step(day(1))) == (ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)


@pytest.mark.parametrize("status", [ProposalStatus.PENDING, ProposalStatus.APPROVED])
def test_what_an_operator_cancels_is_rejected_whatever_was_said_but_a_withdrawal(
    status: ProposalStatus,
) -> None:
    round_ = round_of(
        party(1, answer=BLOCKED), status=status, cancelled=True, asset_deleted=True, forced=True
    )
    assert settled(round_.next_step(day(1))) == (ProposalStatus.REJECTED, Cause.CANCELLED)
    withdrawn = replace(round_, withdrawn=True)
    assert settled(withdrawn.next_step(day(1))) == (ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)


def test_a_force_wins_over_a_block() -> None:
    round_ = round_of(party(1, answer=BLOCKED), forced=True)
    assert settled(round_.next_step(day(1))) == (ProposalStatus.APPROVED, Cause.FORCED)


def test_one_answer_of_two_waits_for_the_other() -> None:
    round_ = round_of(party(1, answer=READY), party(2))
    step = round_.next_step(day(1))
    assert (step.kind, step.until) == (StepKind.WAIT, day(2))


@pytest.mark.parametrize("status", [s for s in ProposalStatus if not s.is_open])
def test_an_ended_proposal_has_no_step(status: ProposalStatus) -> None:
    assert round_of(party(), status=status).next_step(day(1)).kind is StepKind.ENDED


# --- who is told ---


def test_first_everybody_is_asked_in_one_step() -> None:
    step = round_of(unasked(1), unasked(2), party(3, answer=READY)).next_step(START)
    assert step.kind is StepKind.ASK
    assert [(note.team_id.int, note.ordinal) for note in step.notes] == [(1, 1), (2, 1)]


def test_silence_is_reminded_after_two_days_and_then_every_two() -> None:
    silent = party(1)
    assert round_of(silent).next_step(day(1.9)).kind is StepKind.WAIT
    step = round_of(silent).next_step(day(2))
    assert (step.kind, step.notes[0].ordinal) == (StepKind.REMIND, 1)
    reminded = party(1, ask(), told(NoticeKind.REMIND, day(2)))
    assert round_of(reminded).next_step(day(2.1)).until == day(4)
    assert round_of(reminded).next_step(day(4)).notes[0].ordinal == 2


def test_missed_reminders_collapse_into_one() -> None:
    after_an_outage = round_of(party(1, ask(), told(NoticeKind.REMIND, day(2))))
    step = after_an_outage.next_step(day(6.5))
    assert (step.kind, step.notes[0].ordinal) == (StepKind.REMIND, 2)
    told_now = round_of(
        party(1, ask(), told(NoticeKind.REMIND, day(2)), told(NoticeKind.REMIND, day(6.5), 2))
    )
    assert told_now.next_step(day(6.5)).kind is StepKind.WAIT


def test_those_who_answered_are_not_reminded() -> None:
    step = round_of(party(1, answer=READY), party(2)).next_step(day(2))
    assert [note.team_id.int for note in step.notes] == [2]


def test_silence_escalates_after_seven_days_once() -> None:
    silent = party(1, ask(), told(NoticeKind.REMIND, day(6), 3))
    step = round_of(silent).next_step(day(7))
    assert (step.kind, step.notes[0].ordinal) == (StepKind.ESCALATE, 1)
    escalated = replace(silent, notices=(*silent.notices, told(NoticeKind.ESCALATE, day(7))))
    assert round_of(escalated).next_step(day(7)).kind is StepKind.WAIT


def test_a_party_that_named_a_date_is_reminded_shortly_before_it() -> None:
    waiting = party(1, answer=migrating(day(10)))
    assert round_of(waiting).next_step(day(5)).until == day(9)
    assert round_of(waiting).next_step(day(9)).kind is StepKind.REMIND


def test_a_silent_party_is_reminded_once_more_shortly_before_its_time_is_up() -> None:
    silent = party(1, ask(), told(NoticeKind.ESCALATE, day(7)), told(NoticeKind.REMIND, day(12), 6))
    assert round_of(silent).next_step(day(12)).until == day(13)
    assert round_of(silent).next_step(day(13)).kind is StepKind.REMIND
    called = replace(silent, notices=(*silent.notices, told(NoticeKind.REMIND, day(13), 7)))
    assert round_of(called).next_step(day(13)).until == day(14)


def test_the_last_call_comes_however_seldom_one_is_reminded_and_no_reminder_after_it() -> None:
    silent = party(1, ask(), told(NoticeKind.ESCALATE, day(7)))
    seldom = Timeline(remind_after=100 * DAY, remind_every=100 * DAY)
    assert round_of(silent, timeline=seldom).next_step(day(8)).until == day(13)
    assert round_of(silent, timeline=seldom).next_step(day(13)).kind is StepKind.REMIND
    late = Timeline(remind_after=13.5 * DAY)
    called = replace(silent, notices=(*silent.notices, told(NoticeKind.REMIND, day(13))))
    assert round_of(called, timeline=late).next_step(day(13.6)).until == day(14)


@pytest.mark.parametrize("notice", [timedelta(0), 14 * DAY, 20 * DAY])
def test_without_room_for_it_there_is_no_last_call(notice: timedelta) -> None:
    silent = party(1, ask(), told(NoticeKind.ESCALATE, day(7)))
    timeline = Timeline(remind_after=100 * DAY, minimum_notice=notice)
    for at in (day(13), day(13.5)):
        assert round_of(silent, timeline=timeline).next_step(at).kind is StepKind.WAIT


def test_whoever_has_not_been_reached_is_reminded_past_the_deadline_too() -> None:
    unreached = party(
        1,
        ask(delivered=None),
        told(NoticeKind.ESCALATE, day(7)),
        told(NoticeKind.REMIND, day(13), 7, delivered=False),
        told(NoticeKind.UNREACHABLE, day(14)),
    )
    step = round_of(unreached).next_step(day(14))
    assert (step.kind, step.notes[0].ordinal) == (StepKind.REMIND, 2)


@pytest.mark.parametrize(
    ("timeline", "now", "near"),
    [
        (Timeline(), day(12.9), False),
        (Timeline(), day(13), True),
        (Timeline(minimum_notice=3 * DAY), day(11), True),
        (Timeline(minimum_notice=timedelta(0)), day(13.5), True),
        (Timeline(deadline=timedelta(hours=6)), day(0.1), True),
    ],
)
def test_little_time_is_left_within_a_day_or_the_minimum_notice(
    timeline: Timeline, now: datetime, *, near: bool
) -> None:
    silent = party(1)
    assert round_of(silent, timeline=timeline).is_near_end(silent, now) is near


# --- when time is up ---


def reminded_to_the_end(*, delivered: bool = True) -> Party:
    return party(
        1,
        ask(delivered=START if delivered else None),
        told(NoticeKind.ESCALATE, day(7), delivered=delivered),
        told(NoticeKind.REMIND, day(13), 7, delivered=delivered),
    )


def test_silence_until_the_deadline_expires_it() -> None:
    round_ = round_of(reminded_to_the_end())
    assert round_.next_step(day(13.9)).until == day(14)
    assert settled(round_.next_step(day(14))) == (ProposalStatus.EXPIRED, Cause.SILENCE)


def test_silence_approves_only_where_the_policy_says_so() -> None:
    timeline = Timeline(on_deadline=OnDeadline.APPROVE)
    round_ = round_of(reminded_to_the_end(), timeline=timeline)
    assert settled(round_.next_step(day(14))) == (ProposalStatus.APPROVED, Cause.DEADLINE)


def test_an_escalating_deadline_escalates_again_then_has_a_last_limit() -> None:
    timeline = Timeline(on_deadline=OnDeadline.ESCALATE)
    silent = reminded_to_the_end()
    step = round_of(silent, timeline=timeline).next_step(day(14))
    assert (step.kind, step.notes[0].ordinal) == (StepKind.ESCALATE, 2)
    escalated = replace(silent, notices=(*silent.notices, told(NoticeKind.ESCALATE, day(14), 2)))
    round_ = round_of(escalated, timeline=timeline)
    assert round_.next_step(day(14)).until == day(21)
    assert settled(round_.next_step(day(21))) == (ProposalStatus.EXPIRED, Cause.SILENCE)


def test_an_escalating_deadline_escalates_even_if_nothing_did_before() -> None:
    timeline = Timeline(on_deadline=OnDeadline.ESCALATE, escalate_after=timedelta(days=30))
    silent = party(1, ask(), told(NoticeKind.REMIND, day(12), 6))
    step = round_of(silent, timeline=timeline).next_step(day(14))
    assert (step.kind, step.notes[0].ordinal) == (StepKind.ESCALATE, 1)


def test_the_outcome_falls_when_the_last_pending_party_is_due() -> None:
    late = party(2, answer=migrating(day(20)))
    round_ = round_of(reminded_to_the_end(), late)
    assert round_.deadline_at(day(15)) == day(20)
    assert round_.next_step(day(15)).kind is StepKind.WAIT
    reminded = replace(late, notices=(*late.notices, told(NoticeKind.REMIND, day(19))))
    end = round_of(reminded_to_the_end(), reminded)
    assert settled(end.next_step(day(20))) == (ProposalStatus.EXPIRED, Cause.SILENCE)


def test_a_date_that_passes_while_others_are_pending_escalates() -> None:
    early = party(1, ask(), told(NoticeKind.REMIND, day(2)), answer=migrating(day(3)))
    other = party(2, ask(), told(NoticeKind.REMIND, day(2)))
    step = round_of(early, other).next_step(day(3))
    assert (step.kind, step.notes[0].team_id.int) == (StepKind.ESCALATE, 1)


def test_no_party_may_move_the_end_past_the_largest_extension() -> None:
    timeline = Timeline(max_extension=timedelta(days=3))
    round_ = round_of(party(1, answer=migrating(day(60))), timeline=timeline)
    assert round_.deadline_at(day(1)) == day(17)


# --- silence counts only when the question has arrived ---


def test_an_unreached_party_moves_the_end_and_the_owner_is_told_once() -> None:
    unreached = reminded_to_the_end(delivered=False)
    timeline = Timeline(on_deadline=OnDeadline.APPROVE, remind_every=timedelta(days=100))
    step = round_of(unreached, timeline=timeline).next_step(day(14))
    assert step.kind is StepKind.UNREACHABLE
    noted = replace(unreached, notices=(*unreached.notices, told(NoticeKind.UNREACHABLE, day(14))))
    assert round_of(noted, timeline=timeline).next_step(day(14)).kind is StepKind.WAIT


def test_an_outage_never_becomes_consent() -> None:
    timeline = Timeline(
        on_deadline=OnDeadline.APPROVE, max_extension=timedelta(days=6), remind_every=100 * DAY
    )
    unreached = reminded_to_the_end(delivered=False)
    noted = replace(unreached, notices=(*unreached.notices, told(NoticeKind.UNREACHABLE, day(14))))
    end = round_of(noted, timeline=timeline).next_step(day(20))
    assert settled(end) == (ProposalStatus.EXPIRED, Cause.UNREACHABLE)


def test_a_question_that_arrives_late_leaves_its_minimum_notice() -> None:
    late = party(
        1,
        ask(delivered=day(13.5)),
        told(NoticeKind.ESCALATE, day(7)),
        told(NoticeKind.REMIND, day(12), 6, delivered=False),
    )
    round_ = round_of(late)
    assert round_.deadline_at(day(14)) == day(14.5)
    assert round_.next_step(day(14)).kind in (StepKind.REMIND, StepKind.WAIT)
    assert settled(round_.next_step(day(14.5))) == (ProposalStatus.EXPIRED, Cause.SILENCE)


def test_a_question_that_arrives_at_the_very_end_is_no_consent_either() -> None:
    timeline = Timeline(
        on_deadline=OnDeadline.APPROVE, max_extension=timedelta(0), remind_every=100 * DAY
    )
    late = party(1, ask(delivered=day(13.5)), told(NoticeKind.ESCALATE, day(7)))
    reminded = replace(
        late, notices=(*late.notices, told(NoticeKind.REMIND, day(12), delivered=False))
    )
    end = round_of(reminded, timeline=timeline).next_step(day(14))
    assert settled(end) == (ProposalStatus.EXPIRED, Cause.UNREACHABLE)


# --- approved, and a base that moves ---

ON_DEMAND = Timeline(publish=PublishWhen.ON_DEMAND)


def approved(**facts: object) -> Round:
    return round_of(
        party(1, answer=READY),
        timeline=ON_DEMAND,
        status=ProposalStatus.APPROVED,
        approved_at=day(1),
        **facts,
    )


def test_approved_waits_for_the_wish_to_publish() -> None:
    assert approved().next_step(day(2)).until == day(31)
    assert approved(publish_requested=True).next_step(day(2)).kind is StepKind.PUBLISH


def test_approved_but_not_published_in_time_expires() -> None:
    end = approved().next_step(day(31))
    assert settled(end) == (ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED)


def test_a_named_time_publishes_whatever_the_policy_says() -> None:
    round_ = approved(publish_at=day(9))
    assert round_.next_step(day(2)).until == day(9)
    assert round_.next_step(day(9)).kind is StepKind.PUBLISH
    assert approved(publish_at=day(9), forced=True).next_step(day(2)).kind is StepKind.PUBLISH
    asked = approved(publish_at=day(9), publish_requested=True)
    assert asked.next_step(day(2)).kind is StepKind.PUBLISH


def test_the_time_to_publish_begins_with_the_named_one() -> None:
    """Only a base that waits for its confirmation keeps it from publishing then."""
    late = approved(publish_at=day(40), base_moved=True, confirmation_asked_at=day(39))
    assert late.next_step(day(50)).until == day(70)
    assert settled(late.next_step(day(70))) == (ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED)


def test_who_is_late_with_an_answer_holds_up_a_named_time() -> None:
    round_ = round_of(party(1), publish_at=day(3))
    assert round_.next_step(day(5)).kind is not StepKind.SETTLE


def test_an_approved_proposal_can_be_withdrawn_and_forced() -> None:
    assert settled(approved(withdrawn=True).next_step(day(2)))[0] is ProposalStatus.WITHDRAWN
    assert approved(forced=True).next_step(day(2)).kind is StepKind.PUBLISH


@pytest.mark.parametrize("forced", [False, True])
def test_a_moved_base_is_compared_before_anything_is_published(forced: bool) -> None:
    round_ = round_of(party(1, answer=READY), base_moved=True, forced=forced)
    assert round_.next_step(day(1)).kind is StepKind.REBASE
    assert approved(base_moved=True, publish_requested=True).next_step(day(2)).kind is (
        StepKind.REBASE
    )


def test_an_unconfirmed_base_publishes_nothing_and_ends_in_time() -> None:
    round_ = round_of(
        party(1, answer=READY), base_moved=True, confirmation_asked_at=day(1), forced=True
    )
    assert round_.next_step(day(2)).until == day(15)
    assert settled(round_.next_step(day(15))) == (ProposalStatus.EXPIRED, Cause.BASE_MOVED)


def test_an_unconfirmed_base_still_takes_a_block() -> None:
    round_ = round_of(party(1, answer=BLOCKED), base_moved=True, confirmation_asked_at=day(1))
    assert settled(round_.next_step(day(2)))[0] is ProposalStatus.REJECTED


# --- laws over any facts ---

moments = st.integers(min_value=0, max_value=200).map(lambda hours: START + timedelta(hours=hours))
answers = st.one_of(
    st.none(),
    st.just(READY),
    st.just(BLOCKED),
    moments.map(migrating),
)
notices = st.lists(
    st.builds(
        Notice,
        kind=st.sampled_from([NoticeKind.REMIND, NoticeKind.ESCALATE, NoticeKind.UNREACHABLE]),
        ordinal=st.integers(1, 5),
        noted_at=moments,
        delivered_at=st.none() | moments,
    ),
    max_size=4,
)
parties = st.builds(
    lambda number, asked, given_answer, later: Party(
        team_id=UUID(int=number),
        name="team",
        answer=given_answer,
        notices=(*([ask(delivered=asked)] if asked else []), *later) if asked else (),
    ),
    st.integers(1, 99),
    st.none() | moments,
    answers,
    notices,
)
timelines = st.builds(
    Timeline,
    on_deadline=st.sampled_from(OnDeadline),
    publish=st.sampled_from(PublishWhen),
    deadline=st.integers(1, 20).map(lambda days: timedelta(days=days)),
    max_extension=st.integers(0, 20).map(lambda days: timedelta(days=days)),
)
rounds = st.builds(
    Round,
    status=st.sampled_from([ProposalStatus.PENDING, ProposalStatus.APPROVED]),
    timeline=timelines,
    opened_at=st.just(START),
    parties=st.lists(parties, max_size=4).map(tuple),
    withdrawn=st.booleans(),
    forced=st.booleans(),
    base_moved=st.booleans(),
    confirmation_asked_at=st.none() | moments,
    approved_at=st.none() | moments,
    publish_requested=st.booleans(),
    publish_at=st.none() | moments,
)


@given(rounds, moments)
def test_nothing_hangs_every_wait_has_an_end(round_: Round, now: datetime) -> None:
    step = round_.next_step(now)
    if step.kind is StepKind.WAIT:
        assert step.until is not None
        assert step.until > now


@given(rounds, moments)
def test_nothing_is_approved_past_a_pending_or_blocking_party(round_: Round, now: datetime) -> None:
    step = round_.next_step(now)
    if step.outcome is not ProposalStatus.APPROVED or step.cause is Cause.FORCED:
        return
    assert not any(p.answer is not None and p.answer == BLOCKED for p in round_.parties)
    if round_.pending:
        assert round_.timeline.on_deadline is OnDeadline.APPROVE
        assert all(p.answer or p.reached_at for p in round_.pending)


@given(rounds, moments)
def test_the_same_facts_give_the_same_step(round_: Round, now: datetime) -> None:
    assert round_.next_step(now) == round_.next_step(now)


# --- with others, or not at all ---


def release(*ready: bool, status: ReleaseStatus = ReleaseStatus.OPEN) -> ReleaseStanding:
    members = tuple(
        Member(
            proposal_id=UUID(int=number),
            asset_id=UUID(int=number),
            status=ProposalStatus.APPROVED if each else ProposalStatus.PENDING,
            is_ready=each,
        )
        for number, each in enumerate(ready)
    )
    return ReleaseStanding(status=status, members=members)


def waiting(standing: ReleaseStanding, **facts: object) -> Round:
    """An approved proposal of a release."""
    round_ = round_of(status=ProposalStatus.APPROVED, approved_at=START, release=standing)
    return replace(round_, **facts)  # type: ignore[arg-type]


def test_an_approved_proposal_waits_for_the_others_of_its_release_but_not_for_ever() -> None:
    held = waiting(release(True, False))
    assert held.is_held
    step = held.next_step(day(1))
    assert (step.kind, step.until) == (StepKind.WAIT, START + TIMELINE.publish_within)
    late = held.next_step(START + TIMELINE.publish_within)
    assert settled(late) == (ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED)


def test_it_is_published_when_the_last_of_its_release_is_ready() -> None:
    ready = waiting(release(True, True))
    assert ready.next_step(day(1)).kind is StepKind.PUBLISH


def test_forcing_one_of_a_release_does_not_publish_it_alone() -> None:
    forced = waiting(release(True, False), forced=True)
    assert forced.next_step(day(1)).kind is StepKind.WAIT


@pytest.mark.parametrize("decided", [True, False])
@pytest.mark.parametrize(
    ("status", "end"),
    [
        (ReleaseStatus.FAILED, (ProposalStatus.REJECTED, Cause.RELEASE_FAILED)),
        (ReleaseStatus.CANCELLED, (ProposalStatus.WITHDRAWN, Cause.RELEASE_CANCELLED)),
    ],
)
def test_with_its_release_a_proposal_ends_whatever_was_answered(
    status: ReleaseStatus, end: tuple[ProposalStatus, Cause], decided: bool
) -> None:
    gone = release(True, status=status)
    ended = waiting(gone) if decided else round_of(party(), release=gone)
    assert settled(ended.next_step(day(1))) == end
    withdrawn = replace(ended, withdrawn=True)
    assert settled(withdrawn.next_step(day(1))) == (ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)


def test_it_counts_how_many_are_waited_for() -> None:
    assert release(True, False, False).awaited == 2
