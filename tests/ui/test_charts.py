"""Where things stand in pictures."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.ui.charts import Bar, Columns, TimeAxis

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENTS = st.integers(-3000, 3000).map(lambda hours: NOW + timedelta(hours=hours * 10))


@given(st.lists(MOMENTS, max_size=6))
def test_every_time_has_its_place_in_the_order_of_time(times: list[datetime]) -> None:
    axis = TimeAxis.around(times, NOW)
    places = [axis.x(at) for at in sorted([*times, NOW])]
    assert places == sorted(places)
    assert all(0 < place < 100 for place in places)
    assert len(axis.ticks) <= 8
    assert [tick.x for tick in axis.ticks] == sorted(tick.x for tick in axis.ticks)
    assert all(abs(tick.x - axis.today) >= 14 for tick in axis.ticks)


@given(MOMENTS, MOMENTS)
def test_a_bar_stays_on_the_picture_and_can_be_seen(begins: datetime, ends: datetime) -> None:
    span = TimeAxis.around([NOW - 5 * DAY, NOW + 5 * DAY], NOW).span(begins, ends)
    assert 0 <= span.x <= 100
    assert span.width >= 0.6
    assert span.x + span.width <= 100.01


def test_a_bar_between_two_days_is_as_long_as_they_are_apart() -> None:
    axis = TimeAxis(NOW - 5 * DAY, NOW + 5 * DAY, NOW)
    assert axis.today == 50
    span = axis.span(NOW - 4 * DAY, NOW + DAY)
    assert (span.x, span.width) == (10, 50)
    assert axis.span(NOW + DAY, NOW - 4 * DAY) == span


def test_the_highest_column_is_as_high_as_there_is_room_and_the_others_in_proportion() -> None:
    chart = Columns.of([("a", {"open": 4}), ("b", {}), ("c", {"published": 1, "rejected": 1})])
    tall, none, mixed = chart.columns
    assert tall.pieces[0].y + tall.pieces[0].height == chart.ground
    assert (none.pieces, none.says) == ((), "")
    lower, upper = mixed.pieces
    assert (lower.kind, upper.kind, mixed.says) == ("published", "rejected", "2")
    assert lower.height == upper.height == tall.pieces[0].height / 4
    assert upper.y + upper.height == lower.y
    assert [each.middle for each in chart.columns] == [16.67, 50.0, 83.33]
    assert Columns.of([]).columns == ()


def test_the_longest_bar_is_as_wide_as_there_is_room_and_the_others_in_proportion() -> None:
    rows = Bar.rows([("a", 4.0, 1.0, "1, 4"), ("b", 2.0, 0.0, "0, 2")])
    assert [(each.name, each.long, each.short, each.says) for each in rows] == [
        ("a", 100.0, 25.0, "1, 4"),
        ("b", 50.0, 0.0, "0, 2"),
    ]
    assert [each.long for each in Bar.rows([("nobody", 0.0, 0.0, "–")])] == [0.0]
    assert Bar.rows([]) == []
