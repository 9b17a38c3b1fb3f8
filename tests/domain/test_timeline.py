"""Durations as people write them, and a timeline laid over another one."""

from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidPolicy
from domain.timeline import (
    CHOICES,
    OnDeadline,
    PublishWhen,
    Timeline,
    checked_overrides,
    format_duration,
    parse_duration,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (90, timedelta(seconds=90)),
        (0.5, timedelta(milliseconds=500)),
        ("90", timedelta(seconds=90)),
        ("250ms", timedelta(milliseconds=250)),
        ("45s", timedelta(seconds=45)),
        ("15m", timedelta(minutes=15)),
        ("36h", timedelta(hours=36)),
        (" 14d ", timedelta(days=14)),
        ("2w", timedelta(weeks=2)),
        ("1.5h", timedelta(minutes=90)),
        ("P14D", timedelta(days=14)),
        ("PT36H", timedelta(hours=36)),
        ("P1W2DT3H4M5.5S", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5.5)),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_a_duration_is_read_as_it_is_written(written: object, meant: timedelta) -> None:
    assert parse_duration(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        *("", "P", "PT", "soon", "14 days", "-3d", "1e3", "P1Y", None, True, [], {"days": 1}),
        *(1e308, -(10**400), "9" * 400, "P99999999999999D"),  # longer than any clock counts
    ],
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(written)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=730)))
def test_a_written_duration_is_read_back(duration: timedelta) -> None:
    in_milliseconds = timedelta(milliseconds=duration // timedelta(milliseconds=1))
    assert parse_duration(format_duration(in_milliseconds)) == in_milliseconds


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(days=14), "P14D"),
        (timedelta(hours=36), "P1DT12H"),
        (timedelta(seconds=2.5), "PT2.5S"),
    ],
)
def test_durations_are_written_in_iso_8601(duration: timedelta, written: str) -> None:
    assert format_duration(duration) == written


def test_only_what_is_given_is_laid_over() -> None:
    default = Timeline(deadline=timedelta(days=3), remind_after=timedelta(days=1))
    own = default.overlaid({"deadline": "7d", "on_deadline": "approve", "publish": "on_demand"})
    assert own.deadline == timedelta(days=7)
    assert own.remind_after == timedelta(days=1)
    assert (own.on_deadline, own.publish) == (OnDeadline.APPROVE, PublishWhen.ON_DEMAND)


def test_the_wire_form_gives_the_same_timeline_again() -> None:
    timeline = Timeline(deadline=timedelta(seconds=1.5), on_deadline=OnDeadline.ESCALATE)
    assert Timeline().overlaid(timeline.to_wire()) == timeline


@pytest.mark.parametrize("name", ["remind_after", "remind_every", "deadline", "publish_within"])
def test_no_pause_is_so_short_that_the_workflow_would_spin(name: str) -> None:
    with pytest.raises(InvalidPolicy) as refusal:
        Timeline().overlaid({name: "0.5s"})
    assert refusal.value.extra["path"] == f"timeline.{name}"


@pytest.mark.parametrize(
    "name", [each.name for each in fields(Timeline) if each.name not in CHOICES]
)
def test_no_duration_is_longer_than_two_years(name: str) -> None:
    assert getattr(Timeline().overlaid({name: "730d"}), name).days == 730
    with pytest.raises(InvalidPolicy):
        Timeline().overlaid({name: "731d"})


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({"dead_line": "7d"}, "timeline.dead_line"),
        ({"deadline": "soon"}, "timeline.deadline"),
        ({"deadline": "9" * 400 + "d"}, "timeline.deadline"),
        ({"on_deadline": "ship it"}, "timeline.on_deadline"),
        ({"publish": "never"}, "timeline.publish"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(overrides: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidPolicy) as refusal:
        checked_overrides(overrides)
    assert refusal.value.extra["path"] == path


def test_overrides_are_kept_in_one_form() -> None:
    assert checked_overrides({"deadline": 3600, "publish": "at_once"}) == {
        "deadline": "PT1H",
        "publish": "at_once",
    }
