"""Working days: counted as a team works, in its own time zone, its holidays left out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.days_off import KNOWN_YEARS, holidays_of
from domain.errors import InvalidRequest
from domain.team_calendars import DAYS_OFF_LIMIT, checked_calendar
from domain.working_days import WorkCalendar

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
IN_BERLIN = WorkCalendar(
    time_zone="Europe/Berlin", holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)})
)
"""Easter: Friday and Monday are free."""


def berlin(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("asked", "by", "due"),
    [
        (berlin(3, 2), 1 * DAY, berlin(3, 3)),
        (berlin(3, 2), 5 * DAY, berlin(3, 9)),
        (berlin(3, 6), 1 * DAY, berlin(3, 9)),
        (berlin(3, 7), 1 * DAY, berlin(3, 10, 9)),
        (berlin(3, 2, 7), 1 * DAY, berlin(3, 3, 9)),
        (berlin(3, 2, 17), 1 * DAY, berlin(3, 4, 9)),
        (berlin(4, 2), 1 * DAY, berlin(4, 7)),
        (berlin(3, 27), 1 * DAY, berlin(3, 30)),
        (berlin(3, 6), 36 * HOUR, berlin(3, 7, 22)),
        (berlin(3, 7), 0 * DAY, berlin(3, 7)),
    ],
    ids=[
        "the same time of the next day",
        "a weekend between",
        "from Friday",
        "on a Saturday it counts from Monday morning",
        "before the day begins it counts from its beginning",
        "after it ends it counts from the next one",
        "over Easter",
        "over the change of clocks",
        "what is not whole days goes by the clock",
        "nothing moves nothing",
    ],
)
def test_whole_days_are_working_days(asked: datetime, by: timedelta, due: datetime) -> None:
    assert IN_BERLIN.after(asked.astimezone(UTC), by) == due


@pytest.mark.parametrize(
    ("due", "by", "told"),
    [
        (berlin(3, 3), 1 * DAY, berlin(3, 2)),
        (berlin(3, 9), 1 * DAY, berlin(3, 6)),
        (berlin(3, 8, 23), 1 * DAY, berlin(3, 5, 9)),
        (berlin(4, 7), 1 * DAY, berlin(4, 2)),
        (berlin(3, 3, 10), 6 * HOUR, berlin(3, 2, 9)),
        (berlin(3, 3, 16), 3 * HOUR, berlin(3, 3, 13)),
        (berlin(3, 3, 22), 3 * HOUR, berlin(3, 3, 9)),
    ],
)
def test_so_long_before_is_working_time_and_never_too_late(
    due: datetime, by: timedelta, told: datetime
) -> None:
    found = IN_BERLIN.before(due.astimezone(UTC), by)
    assert found == told
    assert found <= due - by
    assert IN_BERLIN.is_open(found)


def test_a_day_ends_when_it_closes() -> None:
    assert IN_BERLIN.is_open(berlin(3, 2, 9))
    assert not IN_BERLIN.is_open(berlin(3, 2, 17))
    assert not IN_BERLIN.is_open(berlin(3, 7, 12))
    assert IN_BERLIN.opening(berlin(3, 6, 17)) == berlin(3, 9, 9)


def test_a_calendar_with_hardly_any_work_does_not_put_off_for_ever() -> None:
    free = frozenset(date(2026, 1, 1) + number * DAY for number in range(3000))
    lazy = WorkCalendar(days_off=free)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    assert lazy.after(at, 14 * DAY) == at + 72 * DAY
    assert lazy.before(at, 14 * DAY) >= at - 72 * DAY


def test_reminders_are_paced_by_working_days_and_stay_within_working_hours() -> None:
    first = berlin(3, 3).astimezone(UTC)
    every_two = list(IN_BERLIN.paced(first, 2 * DAY, berlin(3, 9, 11)))
    assert [at for at in every_two if at <= berlin(3, 9, 11)][-1] == berlin(3, 9)
    assert every_two[-1] == berlin(3, 11)
    in_the_night = list(IN_BERLIN.paced(first, 5 * HOUR, berlin(3, 4, 3)))
    assert in_the_night == [berlin(3, 3, 15), berlin(3, 4, 9)]


def test_it_is_stored_and_read_as_it_is() -> None:
    calendar = WorkCalendar(
        time_zone="Asia/Kolkata",
        workdays=(0, 2, 6),
        opens=time(7, 30),
        closes=time(12),
        country="IN",
        subdivision="KA",
        holidays=frozenset({date(2026, 1, 26)}),
        days_off=frozenset({date(2026, 12, 24)}),
    )
    assert WorkCalendar.from_wire(calendar.to_wire()) == calendar
    assert calendar.between(date(2026, 2, 1), date(2026, 12, 31)).holidays == frozenset()


def test_holidays_are_those_of_the_country_and_of_its_part() -> None:
    bavaria, berlin_ = holidays_of("DE", "BY", 2026), holidays_of("DE", "BE", 2026)
    epiphany = date(2026, 1, 6)
    assert (epiphany in bavaria, epiphany in berlin_) == (True, False)
    assert {day.year for day in bavaria} == set(range(2026, 2026 + KNOWN_YEARS))


@pytest.mark.parametrize(("country", "part"), [("XX", None), ("DE", "ZZ")])
def test_a_place_that_nobody_knows_is_refused(country: str, part: str | None) -> None:
    with pytest.raises(InvalidRequest, match=part or country):
        holidays_of(country, part, 2026)


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "Europe"}, "time_zone"),
        ({"subdivision": "BY"}, "subdivision"),
        ({"workdays": ["mon"]}, "workdays"),
        ({"workdays": ["mon", "moon"]}, "workdays"),
        ({"opens": "9 o'clock"}, "opens"),
        ({"opens": "17:00"}, "closes"),
        ({"closes": "17:00:30"}, "closes"),
        ({"days_off": ["24.12.2026"]}, "days_off"),
        ({"days_off": ["1000-01-01"]}, "days_off"),
        (
            {
                "days_off": [
                    (date(2026, 1, 1) + each * DAY).isoformat()
                    for each in range(DAYS_OFF_LIMIT + 1)
                ]
            },
            "days_off",
        ),
    ],
)
def test_what_is_no_calendar_is_refused_by_name(said: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked_calendar(**({"time_zone": "UTC"} | said))  # type: ignore[arg-type]
    message = {"path": f"calendar.{path}", "message": refused.value.detail}
    assert refused.value.extra["errors"] == [message]


def test_without_more_a_week_has_five_working_days() -> None:
    assert checked_calendar(time_zone="UTC") == WorkCalendar()
