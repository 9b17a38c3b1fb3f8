"""Times as people read and write them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tessera_sdk.cli.times import (
    day,
    named_day,
    parse_moment,
    relative,
    spelled,
    when,
)

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=0.4), "now"),
        (timedelta(seconds=1), "in 1 second"),
        (timedelta(seconds=-45), "45 seconds ago"),
        (timedelta(minutes=10), "in 10 minutes"),
        (timedelta(hours=-5), "5 hours ago"),
        (timedelta(hours=35), "in 35 hours"),
        (timedelta(hours=71), "in 3 days"),
        (timedelta(days=59), "in 59 days"),
        (timedelta(days=-91), "3 months ago"),
    ],
)
def test_a_distance_is_told_in_one_unit(distance: timedelta, words: str) -> None:
    assert relative(FRIDAY + distance, FRIDAY) == words


def test_a_date_has_its_year_when_that_is_another() -> None:
    assert day(FRIDAY + timedelta(days=5), FRIDAY) == "25 Nov"
    assert day(FRIDAY + timedelta(days=60), FRIDAY) == "19 Jan 2027"
    assert when(FRIDAY + timedelta(days=5), FRIDAY) == "in 5 days (25 Nov)"
    assert when(None, FRIDAY) == ""


@pytest.mark.parametrize(
    ("text", "distance"),
    [
        ("+3d", timedelta(days=3)),
        ("+12h", timedelta(hours=12)),
        ("+90s", timedelta(seconds=90)),
        ("+2W", timedelta(weeks=2)),
    ],
)
def test_a_distance_counts_from_now(text: str, distance: timedelta) -> None:
    assert parse_moment(text, FRIDAY) == FRIDAY + distance


def test_a_date_lasts_until_its_end() -> None:
    moment = parse_moment("2027-01-31", FRIDAY).astimezone()

    assert (moment.date(), moment.hour, moment.minute) == (date(2027, 1, 31), 23, 59)


def test_a_date_and_time_is_meant_exactly() -> None:
    exact = datetime(2027, 1, 31, 18, tzinfo=UTC)

    assert parse_moment("2027-01-31T18:00Z", FRIDAY) == exact
    assert parse_moment("2027-01-31t20:00+02:00", FRIDAY) == exact


def test_a_weekday_is_the_next_one() -> None:
    friday = date(2026, 11, 20)

    assert named_day("saturday", friday) == date(2026, 11, 21)
    assert named_day("thu", friday) == date(2026, 11, 26)
    assert named_day("friday", friday) == date(2026, 11, 27)
    assert named_day("today", friday) == friday
    assert named_day("tomorrow", friday) == date(2026, 11, 21)


@pytest.mark.parametrize("text", ["", "soon", "3d", "+3", "2027-13-01", "+d"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"\+3d"):
        parse_moment(text, FRIDAY)


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("P14D", "14 days"),
        ("P1W", "7 days"),
        ("PT36H", "36 hours"),
        ("P1DT0.5S", "1 day 0.5 seconds"),
        ("PT0S", "0 seconds"),
        ("expire", "expire"),
        (None, None),
    ],
)
def test_a_duration_is_spelled_out(iso: str | None, words: str | None) -> None:
    assert spelled(iso) == words
