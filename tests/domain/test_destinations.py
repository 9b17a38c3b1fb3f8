"""Who receives an event, and whether it waits for the digest."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, timezone
from uuid import UUID

import pytest

from domain.destinations import (
    EVERYTHING,
    WHAT_CONCERNS_PEOPLE,
    Candidate,
    Channels,
    DestinationKind,
    Pace,
    Routed,
    Subscription,
    route,
)
from domain.events import EventType
from domain.severity import SEVERITIES, Severity

READERS, OTHERS = UUID(int=1), UUID(int=2)
ASKED, COMPATIBLE = EventType.PROPOSAL_ASKED, EventType.CONTRACT_PUBLISHED


def of_team(
    *teams: UUID,
    kind: DestinationKind = DestinationKind.SLACK,
    pace: Pace = Pace.AT_ONCE,
    subscription: Subscription = EVERYTHING,
) -> Candidate:
    return Candidate(
        id=UUID(int=10),
        kind=kind,
        pace=pace,
        subscription=subscription,
        teams=frozenset(teams),
        in_person=False,
    )


def person(
    *teams: UUID, pace: Pace = Pace.AUTO, subscription: Subscription = WHAT_CONCERNS_PEOPLE
) -> Candidate:
    return Candidate(
        id=UUID(int=20),
        kind=DestinationKind.EMAIL,
        pace=pace,
        subscription=subscription,
        teams=frozenset(teams),
        in_person=True,
    )


def told(*candidates: Candidate, type_: EventType = ASKED, urgent: bool = False) -> list[str]:
    """Return for each who receives it `at once` or `digest`."""
    found: Sequence[Routed] = route(type_, "orders.customers", candidates, urgent=urgent)
    return ["digest" if each.in_digest else "at once" for each in found]


def test_a_person_of_a_team_without_channels_is_told_at_once() -> None:
    assert told(person(READERS)) == ["at once"]


def test_a_person_whose_team_is_told_at_once_reads_the_rest_in_the_digest() -> None:
    assert told(of_team(READERS), person(READERS)) == ["at once", "digest"]


@pytest.mark.parametrize(
    "channel",
    [
        of_team(OTHERS),
        of_team(),
        of_team(READERS, pace=Pace.DIGEST),
        of_team(READERS, pace=Pace.OFF),
        of_team(READERS, subscription=Subscription(events=("contract.*",))),
        of_team(READERS, kind=DestinationKind.WEBHOOK),
    ],
    ids=["another team's", "the server's", "in a digest", "off", "wants other events", "a program"],
)
def test_what_does_not_tell_the_team_at_once_leaves_its_people_to_be_told(
    channel: Candidate,
) -> None:
    assert told(channel, person(READERS))[-1] == "at once"


def test_who_is_in_two_teams_is_told_unless_both_are() -> None:
    assert told(of_team(READERS), person(READERS, OTHERS))[-1] == "at once"
    assert told(of_team(READERS, OTHERS), person(READERS, OTHERS))[-1] == "digest"


@pytest.mark.parametrize(
    ("pace", "usually", "near_the_deadline"),
    [
        (Pace.AT_ONCE, ["at once"], ["at once"]),
        (Pace.DIGEST, ["digest"], ["at once"]),
        (Pace.OFF, [], ["at once"]),
    ],
)
def test_near_the_deadline_no_preference_holds_a_reminder_back(
    pace: Pace, usually: list[str], near_the_deadline: list[str]
) -> None:
    assert told(person(READERS, pace=pace)) == usually
    assert told(person(READERS, pace=pace), urgent=True) == near_the_deadline


def test_near_the_deadline_what_is_wanted_less_is_told_to_those_who_are_asked() -> None:
    severe = Subscription(severity=Severity.CRITICAL)
    asked = (of_team(READERS, subscription=severe), person(READERS, subscription=severe))
    assert told(*asked) == []
    assert told(*asked, urgent=True) == ["at once", "at once"]
    program = of_team(READERS, kind=DestinationKind.WEBHOOK, subscription=severe)
    others = Subscription(assets=("billing.*",))
    assert told(program, of_team(subscription=severe), urgent=True) == []
    assert told(person(READERS, subscription=others), urgent=True) == []


def test_a_person_is_told_what_concerns_people_and_no_more() -> None:
    assert told(person(READERS), type_=COMPATIBLE) == []
    assert told(of_team(READERS), type_=COMPATIBLE) == ["at once"]


@pytest.mark.parametrize(
    ("subscription", "wants"),
    [
        (Subscription(), True),
        (Subscription(events=("proposal.asked",)), True),
        (Subscription(events=("proposal.*", "contract.published")), True),
        (Subscription(events=("contract.*",)), False),
        (Subscription(assets=("orders.*",)), True),
        (Subscription(assets=("billing.*", "*.customers")), True),
        (Subscription(assets=("ORDERS.*",)), False),
        (Subscription(severity=Severity.WARNING), True),
        (Subscription(severity=Severity.CRITICAL), False),
        (Subscription(events=("proposal.*",), assets=("billing.*",)), False),
    ],
)
def test_a_subscription_wants_what_meets_everything_it_says(
    subscription: Subscription, *, wants: bool
) -> None:
    assert subscription.wants(ASKED, "orders.customers") is wants


def test_what_is_about_no_asset_meets_no_pattern_of_assets() -> None:
    assert not Subscription(assets=("*",)).wants(EventType.OUTBOX_PARKED, None)


def test_every_kind_of_event_has_a_severity() -> None:
    assert set(SEVERITIES) == set(EventType)


def test_severities_are_in_order() -> None:
    assert Severity.CRITICAL.reaches(Severity.WARNING)
    assert Severity.WARNING.reaches(Severity.WARNING)
    assert not Severity.INFO.reaches(Severity.WARNING)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC)),
        (
            datetime(2026, 3, 2, 23, tzinfo=timezone(timedelta(hours=-5))),
            datetime(2026, 3, 3, 8, tzinfo=UTC),
        ),
    ],
)
def test_the_next_digest_is_the_next_time_of_day(now: datetime, then: datetime) -> None:
    assert Channels(digest_at=time(8, tzinfo=UTC)).next_digest(now) == then
