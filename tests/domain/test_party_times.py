"""When a party is due: what can be told of it when it is asked."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.parties import Answer
from domain.party_times import PartyTimes
from domain.timeline import Days, OnDeadline, Timeline
from domain.working_days import WorkCalendar

HOUR = timedelta(hours=1)
CALENDARS = (
    WorkCalendar(),
    WorkCalendar(time_zone="Europe/Berlin", holidays=frozenset({date(2026, 4, 3)})),
    WorkCalendar(time_zone="America/St_Johns", workdays=(2, 6), opens=time(0), closes=time(23, 59)),
    WorkCalendar(time_zone="Australia/Lord_Howe", workdays=(0, 1, 2, 3, 4, 5, 6), opens=time(0)),
)
durations = st.integers(0, 20).map(timedelta) | st.integers(0, 400).map(lambda hours: hours * HOUR)
longer = durations.map(lambda at_least: at_least + timedelta(seconds=1)) | st.integers(1, 20).map(
    timedelta
)
timelines = st.builds(
    Timeline,
    deadline=longer,
    minimum_notice=durations,
    max_extension=durations,
    on_deadline=st.sampled_from(OnDeadline),
    days=st.sampled_from(Days),
)
moments = st.timedeltas(timedelta(0), timedelta(days=364)).map(
    lambda passed: datetime(2026, 1, 1, tzinfo=UTC) + passed
)
earlier = st.timedeltas(timedelta(0), 3 * HOUR) | st.timedeltas(timedelta(0), timedelta(days=30))


@dataclass(frozen=True, slots=True)
class Silent:
    """A party that says nothing."""

    asked_at: datetime
    reached_at: datetime | None
    calendar: WorkCalendar | None
    answer: Answer | None = None
    pending: bool = True


@given(timelines, st.sampled_from([None, *CALENDARS]), moments, earlier, moments)
def test_who_is_reached_in_time_has_until_it_was_told_whatever_comes(
    timeline: Timeline,
    calendar: WorkCalendar | None,
    asked_at: datetime,
    earlier: timedelta,
    now: datetime,
) -> None:
    before = PartyTimes(timeline, Silent(asked_at, None, calendar))
    reach_by = before.reach_by(asked_at)
    assume(reach_by is not None)
    assert reach_by is not None
    for reached in (reach_by, reach_by - earlier):
        times = PartyTimes(timeline, Silent(asked_at, reached, calendar))
        assert times.due_at(now) == before.ends(asked_at)


@given(timelines, st.sampled_from([None, *CALENDARS]), moments)
def test_by_the_clock_it_can_always_be_told_and_a_moment_later_it_moves(
    timeline: Timeline, calendar: WorkCalendar | None, asked_at: datetime
) -> None:
    assume(timeline.days is Days.CALENDAR)
    assume(timeline.max_extension)
    reach_by = PartyTimes(timeline, Silent(asked_at, None, calendar)).reach_by(asked_at)
    assert reach_by is not None
    late = Silent(asked_at, reach_by + timedelta(microseconds=1), calendar)
    times = PartyTimes(timeline, late)
    assert times.due_at(asked_at) == times.ends(asked_at) + timedelta(microseconds=1)
