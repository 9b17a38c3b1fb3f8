"""What holds for two teams that become one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from domain.acknowledgments import Acknowledgment, Response
from domain.actors import SERVER
from domain.members import TeamRole
from domain.merging import higher_role, united, united_answer
from domain.registrations import Registration, UsedBy, fitting

START = datetime(2026, 3, 2, tzinfo=UTC)
KEPT = Registration(
    id=UUID(int=1),
    asset_id=UUID(int=2),
    consumer_team_id=UUID(int=3),
    fields=("email",),
    pinned_version=None,
    used_by=(UsedBy(name="report"),),
    created_at=START,
    updated_at=START,
)


def answer(response: Response, day: int = 0, until: int | None = None) -> Acknowledgment:
    return Acknowledgment(
        id=UUID(int=day),
        proposal_id=UUID(int=9),
        team_id=UUID(int=day),
        revision=1,
        changes_hash="",
        response=response,
        note=None,
        until=None if until is None else START + timedelta(days=until),
        caller=SERVER,
        recorded_at=START + timedelta(days=day),
    )


READY, LATER_READY = answer(Response.APPROVED, 1), answer(Response.APPROVED, 2)
NEEDS_TIME, NEEDS_MORE = answer(Response.MIGRATING, 1, 5), answer(Response.MIGRATING, 0, 9)
BLOCKED = answer(Response.BLOCKED)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (BLOCKED, READY, BLOCKED),
        (BLOCKED, NEEDS_TIME, BLOCKED),
        (BLOCKED, None, BLOCKED),
        (READY, None, None),
        (NEEDS_TIME, None, None),
        (None, None, None),
        (NEEDS_TIME, READY, NEEDS_TIME),
        (NEEDS_TIME, NEEDS_MORE, NEEDS_MORE),
        (READY, LATER_READY, LATER_READY),
    ],
)
def test_a_merger_makes_nobody_agree(
    first: Acknowledgment | None, second: Acknowledgment | None, both: Acknowledgment | None
) -> None:
    for answers in permutations((first, second)):
        assert united_answer(answers) == both


def test_somebody_in_both_is_the_higher_of_the_two() -> None:
    roles = [TeamRole.VIEWER, TeamRole.MEMBER, TeamRole.OWNER]
    for low, first in enumerate(roles):
        for high, second in enumerate(roles):
            assert higher_role(first, second) is roles[max(low, high)]


def test_registrations_of_the_same_asset_are_united() -> None:
    merged = replace(KEPT, id=UUID(int=7), fields=("phone",), used_by=(UsedBy(name="job"),))
    both = united(KEPT, merged)
    assert (both.id, both.fields) == (KEPT.id, ("email", "phone"))
    assert [use.name for use in both.used_by] == ["report", "job"]
    assert united(KEPT, replace(merged, fields=None)).fields is None


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("1.0.0", "1.0.0", "1.0.0"),
        ("1.0.0", "2.0.0", None),
        ("1.0.0", None, None),
        (None, "1.0.0", None),
    ],
)
def test_a_pin_stays_where_both_have_it(
    first: str | None, second: str | None, both: str | None
) -> None:
    kept, merged = replace(KEPT, pinned_version=first), replace(KEPT, pinned_version=second)
    assert united(kept, merged).pinned_version == both


def test_what_fits_of_a_registration_is_what_the_asset_still_has() -> None:
    registration = replace(KEPT, fields=("email", "phone"))
    assert fitting(registration, {"email", "id"}) == replace(registration, fields=("email",))
    assert fitting(registration, {"id"}) is None
    assert fitting(registration, None) == registration
    assert fitting(replace(KEPT, fields=None), set()) == replace(KEPT, fields=None)
