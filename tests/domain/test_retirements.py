"""The window in which teams move off an old version: examples, and laws over any order of facts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.parties import Notice, NoticeKind
from domain.retirements import Mover, RetirementStatus, RetirementStep, Window
from domain.steps import StepKind
from domain.timeline import Timeline

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEAMS = [UUID(int=number) for number in range(1, 4)]
NOTES = frozenset(kind.value for kind in NoticeKind)
DEFAULTS = Timeline(
    remind_every=timedelta(days=2),
    escalate_after=timedelta(days=7),
    minimum_notice=timedelta(days=1),
    max_extension=timedelta(days=20),
)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def told(kind: NoticeKind, at: datetime, *, delivered: bool = True) -> Notice:
    return Notice(kind=kind, ordinal=1, noted_at=at, delivered_at=at if delivered else None)


def mover(*notices: Notice, **facts: object) -> Mover:
    return replace(
        Mover(team_id=TEAMS[0], name="team", notices=notices or (told(NoticeKind.ASK, START),)),
        **facts,  # type: ignore[arg-type]
    )


def window(*movers: Mover, timeline: Timeline = DEFAULTS, **facts: object) -> Window:
    return replace(
        Window(
            status=RetirementStatus.OPEN,
            timeline=timeline,
            began_at=START,
            sunset_at=day(30),
            movers=movers,
        ),
        **facts,  # type: ignore[arg-type]
    )


def happenings(of: Window, until: datetime) -> list[tuple[str, float]]:
    """What comes and on which day, if nobody says anything and all that is sent arrives."""
    now = START
    seen: list[tuple[str, float]] = []
    for _ in range(100):
        step = of.next_step(now)
        if step.kind is StepKind.WAIT:
            assert step.until is not None
            now = step.until
            if now > until:
                return seen
            continue
        seen.append((step.kind.value, (now - START) / timedelta(days=1)))
        if step.kind.value not in NOTES:
            return seen
        notice = Notice(kind=NoticeKind(step.kind.value), ordinal=1, noted_at=now, delivered_at=now)
        of = replace(
            of, movers=tuple(replace(each, notices=(*each.notices, notice)) for each in of.movers)
        )
    raise AssertionError("it never ends")


def test_who_is_on_it_is_asked_reminded_by_halves_and_escalated_and_then_it_is_retired() -> None:
    of = window(Mover(team_id=TEAMS[0], name="team"))
    assert happenings(of, day(60)) == [
        ("ask", 0.0),
        ("remind", 15.0),
        ("remind", 22.5),
        ("escalate", 23.0),
        ("remind", 26.25),
        ("remind", 29.0),
        ("settle", 30.0),
    ]


def test_nobody_on_it_is_retired_on_its_day() -> None:
    assert window().next_step(day(1)).until == day(30)
    assert happenings(window(), day(60)) == [("settle", 30.0)]


def test_who_has_moved_is_told_nothing_more_and_the_day_stays() -> None:
    of = window(mover(moved_at=day(3)))
    assert of.next_step(day(4)).until == day(30)
    assert of.next_step(day(30)).outcome is RetirementStatus.RETIRED


def test_a_later_date_of_one_team_holds_the_version_and_is_reminded_of() -> None:
    of = window(mover(extended_until=day(40), extended_at=day(29)))
    assert of.next_step(day(30)).kind is StepKind.WAIT
    assert of.ends_at(day(30)) == day(40)
    assert of.next_step(day(39)).kind is StepKind.REMIND
    assert of.next_step(day(40)).kind is StepKind.SETTLE


def test_a_date_is_never_later_than_the_furthest() -> None:
    of = window(mover(extended_until=day(400), extended_at=day(29)))
    assert of.ends_at(day(30)) == day(50)


def test_whom_nothing_has_reached_has_more_time_and_the_owner_hears_of_it() -> None:
    silent = mover(told(NoticeKind.ASK, START, delivered=False))
    of = window(silent)
    assert of.ends_at(day(29)) == day(30)
    at_its_day = of.next_step(day(30))
    assert at_its_day.kind is StepKind.REMIND
    reminded = mover(*silent.notices, told(NoticeKind.REMIND, day(30), delivered=False))
    escalated = replace(
        reminded, notices=(*reminded.notices, told(NoticeKind.ESCALATE, day(30), delivered=False))
    )
    assert window(escalated).next_step(day(30)).kind is StepKind.UNREACHABLE
    assert window(escalated).ends_at(day(30)) == day(50)


def test_what_arrives_late_is_followed_by_the_notice_that_is_due() -> None:
    late = Notice(kind=NoticeKind.ASK, ordinal=1, noted_at=START, delivered_at=day(29.5))
    assert window(mover(late)).ends_at(day(30)) == day(30.5)


def test_a_deleted_asset_ends_it() -> None:
    step = window(mover(), asset_deleted=True).next_step(day(2))
    assert step.outcome is RetirementStatus.CANCELLED


def test_escalation_comes_again_only_for_another_date() -> None:
    told_already = mover(told(NoticeKind.ASK, START), told(NoticeKind.ESCALATE, day(23)))
    kinds = [window(told_already).next_step(day(24)).kind for _ in range(2)]
    assert StepKind.ESCALATE not in kinds
    put_off = replace(told_already, extended_until=day(40), extended_at=day(28))
    reminded = replace(put_off, notices=(*put_off.notices, told(NoticeKind.REMIND, day(38))))
    assert window(reminded).next_step(day(38)).kind is StepKind.ESCALATE


# --- laws over any order of facts -----------------------------------------------------------------

some_hours = st.integers(1, 48).map(lambda hours: hours * HOUR)
hours_or_none = st.integers(0, 48).map(lambda hours: hours * HOUR)
timelines = st.builds(
    Timeline,
    remind_every=some_hours,
    escalate_after=hours_or_none,
    max_extension=hours_or_none,
    minimum_notice=hours_or_none,
)
teams = st.sampled_from(TEAMS)


@dataclass
class Facts:
    """A retirement on paper."""

    timeline: Timeline
    length: timedelta
    now: datetime = START
    began_at: datetime = START
    sunset_at: datetime = START
    status: RetirementStatus = RetirementStatus.OPEN
    movers: dict[UUID, Mover] = field(default_factory=dict)
    revision: int = 1
    gone: dict[UUID, Mover] = field(default_factory=dict)
    """Who left: what it was told stays written."""
    keys: list[tuple[UUID, int, NoticeKind, int]] = field(default_factory=list)

    @property
    def window(self) -> Window:
        return Window(
            status=self.status,
            timeline=self.timeline,
            began_at=self.began_at,
            sunset_at=self.sunset_at,
            movers=tuple(self.movers.values()),
        )

    def carry_out(self, step: RetirementStep) -> None:
        """Do what was reviewed, which may be a while ago: settling decides again."""
        if self.status is not RetirementStatus.OPEN:
            return
        if step.kind is StepKind.SETTLE:
            again = self.window.next_step(self.now)
            if again.kind is StepKind.SETTLE and again.outcome is not None:
                self.status = again.outcome
        elif step.kind.value in NOTES:
            for note in step.notes:
                self._note(note.team_id, NoticeKind(step.kind.value), note.ordinal)

    def _note(self, team: UUID, kind: NoticeKind, ordinal: int) -> None:
        key = (team, self.revision, kind, ordinal)
        there = self.movers.get(team)
        if there is None or there.moved_at is not None or key in self.keys:
            return
        self.keys.append(key)
        notice = Notice(kind=kind, ordinal=ordinal, noted_at=self.now)
        self.movers[team] = replace(there, notices=(*there.notices, notice))


class Retirement(RuleBasedStateMachine):
    """One version from the setting of its end to that."""

    facts: Facts
    reviewed: tuple[RetirementStep, int] | None = None

    @initialize(timeline=timelines, length=some_hours, on_it=st.sets(teams))
    def is_set(self, timeline: Timeline, length: timedelta, on_it: set[UUID]) -> None:
        self.facts = Facts(timeline, length, sunset_at=START + length)
        for team in sorted(on_it):
            self.facts.movers[team] = Mover(team_id=team, name=str(team))

    @property
    def is_open(self) -> bool:
        return self.facts.status is RetirementStatus.OPEN

    # --- people ---

    @rule(team=teams)
    def moves(self, team: UUID) -> None:
        if self.is_open and team in self.facts.movers:
            self.facts.movers[team] = replace(self.facts.movers[team], moved_at=self.facts.now)

    @rule(team=teams, later=some_hours)
    def needs_longer(self, team: UUID, later: timedelta) -> None:
        facts = self.facts
        until = min(facts.sunset_at + later, facts.sunset_at + facts.timeline.max_extension)
        if self.is_open and team in facts.movers and until > max(facts.now, facts.sunset_at):
            facts.movers[team] = replace(
                facts.movers[team], moved_at=None, extended_until=until, extended_at=facts.now
            )

    @rule(team=teams, stays=st.booleans())
    def comes_or_goes(self, team: UUID, stays: bool) -> None:
        if not self.is_open:
            return
        facts = self.facts
        if stays and team not in facts.movers:
            told_before = facts.gone.get(team, Mover(team_id=team, name=str(team))).notices
            facts.movers[team] = Mover(team_id=team, name=str(team), notices=told_before)
        elif not stays and team in facts.movers:
            facts.gone[team] = facts.movers.pop(team)

    @rule(later=some_hours)
    def the_owner_puts_it_off(self, later: timedelta) -> None:
        facts = self.facts
        if self.is_open:
            facts.began_at, facts.gone = facts.now, {}
            facts.revision += 1
            facts.sunset_at = max(facts.sunset_at, facts.now) + later
            facts.movers = {team: replace(each, notices=()) for team, each in facts.movers.items()}

    # --- clock, channels and workflow ---

    @rule(minutes=st.integers(1, 24 * 60))
    def time_passes(self, minutes: int) -> None:
        self.facts.now += timedelta(minutes=minutes)

    @rule(team=teams)
    def what_was_sent_arrives(self, team: UUID) -> None:
        if team in self.facts.movers:
            there = self.facts.movers[team]
            arrived = tuple(
                replace(each, delivered_at=each.delivered_at or self.facts.now)
                for each in there.notices
            )
            self.facts.movers[team] = replace(there, notices=arrived)

    @rule()
    def workflow_reviews(self) -> None:
        self.reviewed = self.facts.window.next_step(self.facts.now), self.facts.revision

    @precondition(lambda self: self.reviewed is not None)
    @rule()
    def workflow_carries_out_what_it_reviewed(self) -> None:
        """A review of another revision changes nothing: the record compares their numbers."""
        assert self.reviewed is not None
        step, revision = self.reviewed
        if revision == self.facts.revision:
            self._carried(step)

    @rule(sleeps=st.integers(0, 2))
    def workflow_carries_on(self, sleeps: int) -> None:
        for _ in range(sleeps + 1):
            step = self._settled_down()
            if step.until is not None:
                self.facts.now = step.until

    def _settled_down(self) -> RetirementStep:
        for _ in range(12):
            step = self.facts.window.next_step(self.facts.now)
            if step.kind in (StepKind.WAIT, StepKind.ENDED):
                return step
            self._carried(step)
        raise AssertionError(f"{step} comes again and again")

    def _carried(self, step: RetirementStep) -> None:
        was_open = self.is_open
        self.facts.carry_out(step)
        if was_open and not self.is_open:
            self._check_end()

    # --- laws ---

    def _check_end(self) -> None:
        """Never before its day, nor before a date that was granted, nor without its notice."""
        facts, timeline = self.facts, self.facts.timeline
        furthest = facts.sunset_at + timeline.max_extension
        assert facts.now >= facts.sunset_at
        for each in facts.movers.values():
            if each.moved_at is not None:
                continue
            assert each.asked_at is not None, "retired and nobody told it"
            if each.extended_until is not None:
                assert facts.now >= min(each.extended_until, furthest)
            elif each.reached_at is None:
                again = facts.sunset_at + (facts.sunset_at - facts.began_at)
                assert facts.now >= min(again, furthest)
            else:
                assert facts.now >= min(each.reached_at + timeline.minimum_notice, furthest)

    @invariant()
    def the_next_step_is_lawful(self) -> None:
        facts = self.facts
        step = facts.window.next_step(facts.now)
        pending = {each.team_id: each for each in facts.window.pending}
        if not self.is_open:
            assert step.kind is StepKind.ENDED
        elif step.kind is StepKind.WAIT:
            assert step.until is not None
            assert step.until > facts.now
            self._sleeps_through_nothing(step.until)
        elif step.kind.value in NOTES:
            kind = NoticeKind(step.kind.value)
            assert step.notes
            for note in step.notes:
                assert note.team_id in pending, "who has moved is left in peace"
                assert note.ordinal == pending[note.team_id].count(kind) + 1

    def _sleeps_through_nothing(self, until: datetime) -> None:
        facts = self.facts
        for part in range(1, 4):
            moment = facts.now + part * (until - facts.now) / 4
            assert facts.window.next_step(moment).kind is StepKind.WAIT, f"slept through {moment}"

    @invariant()
    def it_never_waits_beyond_the_furthest_date(self) -> None:
        facts = self.facts
        furthest = facts.sunset_at + facts.timeline.max_extension
        assert facts.window.ends_at(facts.now) <= furthest
        if facts.now >= furthest:
            kind = facts.window.next_step(facts.now).kind
            assert kind in (StepKind.ASK, StepKind.SETTLE, StepKind.ENDED)

    def teardown(self) -> None:
        """Left alone it ends, by its furthest date or at once where that has passed."""
        facts = self.facts
        furthest = max(facts.sunset_at + facts.timeline.max_extension, facts.now)
        for _ in range(300):
            step = self._settled_down()
            if step.kind is StepKind.ENDED:
                break
            assert step.until is not None
            facts.now = step.until
        assert not self.is_open
        assert facts.now <= furthest


def test_the_laws_hold_in_any_order_of_facts_and_time() -> None:
    run_state_machine_as_test(
        Retirement, settings=settings(max_examples=40, stateful_step_count=25, deadline=None)
    )
