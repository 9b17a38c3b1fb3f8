"""How far teams, assets and proposals may move the server's times."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.bounds import Bounds, effective, lengthened, named_fallback
from domain.errors import InvalidPolicy
from domain.timeline import Days, OnDeadline, PublishWhen, Timeline

DAY = timedelta(days=1)
BOUNDS = Bounds(
    least={"deadline": 3 * DAY},
    most={"deadline": 30 * DAY, "remind_every": 5 * DAY},
    silence=frozenset({OnDeadline.EXPIRE, OnDeadline.ESCALATE}),
)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("deadline", "1d", "at least P3D and at most P30D"),
        ("deadline", "31d", "at least P3D and at most P30D"),
        ("remind_every", "6d", "at most P5D"),
        ("on_deadline", "approve", "expire or escalate"),
    ],
)
def test_beyond_the_bounds_is_refused_with_the_bounds(name: str, value: str, says: str) -> None:
    with pytest.raises(InvalidPolicy, match=says) as refused:
        BOUNDS.check({name: value})
    assert refused.value.extra["path"] == f"timeline.{name}"


def test_within_the_bounds_all_is_taken() -> None:
    BOUNDS.check({"deadline": "3d", "remind_every": "5d", "on_deadline": "escalate"})
    Bounds().check({"deadline": "730d", "on_deadline": "approve"})


def test_what_was_set_before_there_were_bounds_is_held_within_them() -> None:
    team = {"deadline": "P90D", "on_deadline": "approve"}
    found = effective(Timeline(), BOUNDS, team, {"remind_every": "P9D"})
    assert (found.deadline, found.remind_every) == (30 * DAY, 5 * DAY)
    assert found.on_deadline is OnDeadline.EXPIRE


def test_the_asset_says_more_than_the_team_and_the_team_more_than_the_server() -> None:
    server = Timeline(deadline=5 * DAY)
    assert effective(server, Bounds(), {}, {}).deadline == 5 * DAY
    assert effective(server, Bounds(), {"deadline": "P7D"}, {}).deadline == 7 * DAY
    both = effective(server, Bounds(), {"deadline": "P7D"}, {"deadline": "P9D"})
    assert both.deadline == 9 * DAY


MORE = {
    "deadline": "15d",
    "last_limit": "8d",
    "max_extension": "91d",
    "minimum_notice": "2d",
    "publish_within": "31d",
    "remind_after": "1d",
    "remind_every": "1d",
    "escalate_after": "6d",
    "owners_after": "8d",
    "fallback_after": "10d",
    "days": "working",
    "publish": "on_demand",
    "force": "two_persons",
}
LESS = {
    "deadline": "13d",
    "last_limit": "6d",
    "max_extension": "89d",
    "minimum_notice": "1h",
    "publish_within": "29d",
    "migration_window": "90d",
    "remind_after": "3d",
    "remind_every": "3d",
    "escalate_after": "8d",
    "owners_after": "10d",
    "fallback_after": "12d",
    "on_deadline": "approve",
}


@pytest.mark.parametrize(("name", "value"), MORE.items())
def test_a_proposal_may_give_more_time_or_notice(name: str, value: str) -> None:
    usual = Timeline()
    assert lengthened(usual, {name: value}) == usual.overlaid({name: value})
    assert lengthened(usual, {name: usual.to_wire()[name]}) == usual


@pytest.mark.parametrize(("name", "value"), LESS.items())
def test_a_proposal_gives_never_less(name: str, value: str) -> None:
    with pytest.raises(InvalidPolicy, match=r"only give more time or notice") as refused:
        lengthened(Timeline(), {name: value})
    assert refused.value.extra["path"] == f"timeline.{name}"


def test_an_old_version_that_is_never_retired_stays_longest() -> None:
    usual = Timeline(migration_window=30 * DAY)
    for wanted in ("31d", "0s"):
        lengthened(usual, {"migration_window": wanted})
    with pytest.raises(InvalidPolicy):
        lengthened(usual, {"migration_window": "29d"})


def test_every_setting_of_a_timeline_is_either_more_or_less() -> None:
    assert MORE.keys() | LESS.keys() == Timeline().to_wire().keys()


def test_silence_that_consents_may_be_made_to_mean_less_and_nothing_else() -> None:
    consenting = replace(Timeline(), on_deadline=OnDeadline.APPROVE)
    assert lengthened(consenting, {"on_deadline": "expire"}).on_deadline is OnDeadline.EXPIRE
    demanding = replace(Timeline(), publish=PublishWhen.ON_DEMAND, days=Days.WORKING)
    for name, value in (("publish", "at_once"), ("days", "calendar"), ("on_deadline", "escalate")):
        with pytest.raises(InvalidPolicy, match=name):
            lengthened(demanding, {name: value})


def test_a_fallback_is_named_by_kind() -> None:
    assert named_fallback("team: platform ") == ("team", "platform")
    assert named_fallback("user:ann@example.com") == ("user", "ann@example.com")
    for wrong in ("platform", "team:", "bot:x"):
        with pytest.raises(InvalidPolicy):
            named_fallback(wrong)
