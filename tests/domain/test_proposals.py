"""Whom a change touches: the heart of who is asked and who is only told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.changes import Change, ChangeKind
from domain.proposals import ProposalStatus, Touched, extended, touched_by
from domain.registrations import Registration, UsedBy, united_fields, united_uses
from domain.timeline import Days, Timeline

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def removed(path: str, *also: str) -> Change:
    return Change(
        kind=ChangeKind.FIELD_REMOVED,
        path=path,
        before="string",
        after=None,
        breaks_backward=True,
        breaks_forward=False,
        undecided=False,
        sentence=f"`{path}` is removed.",
        also=also,
    )


def reader(number: int, *fields: str) -> Registration:
    return Registration(
        id=UUID(int=number),
        asset_id=UUID(int=99),
        consumer_team_id=UUID(int=number),
        fields=fields or None,
        pinned_version=None,
        used_by=(),
        created_at=NOW,
        updated_at=NOW,
    )


def teams(touched: list[Touched]) -> list[int]:
    return [each.team_id.int for each in touched]


def test_a_reader_of_the_field_is_touched_and_a_reader_of_another_is_not() -> None:
    touched = touched_by([removed("email")], [reader(1, "email"), reader(2, "id")])
    assert teams(touched) == [1]
    assert touched[0].fields == ("email",)
    assert touched[0].reason == "reads `email`"


def test_who_names_no_field_reads_all_of_them() -> None:
    (touched,) = touched_by([removed("email")], [reader(1)])
    assert (touched.fields, touched.reason) == ((), "reads the whole asset")


@pytest.mark.parametrize(
    ("change", "field", "is_touched"),
    [
        ("address", "address.city", True),
        ("address.city", "address", True),
        ("address.city", "address.zip", False),
        ("lines[].sku", "lines", True),
        ("lines[].sku", "lines[].amount", False),
        ("", "email", True),
        ("e", "email", False),
        ('"a.b"', '"a.b"', True),
        ('"a.b"', "a", False),
    ],
)
def test_a_change_above_or_below_a_field_touches_it(
    change: str, field: str, is_touched: bool
) -> None:
    assert bool(touched_by([removed(change)], [reader(1, field)])) is is_touched


def test_a_shared_definition_touches_the_readers_of_every_place_it_arrives_at() -> None:
    change = removed("billing.city", "shipping.city")
    assert teams(touched_by([change], [reader(1, "shipping.city"), reader(2, "id")])) == [1]


def test_each_team_is_asked_about_its_own_changes_only() -> None:
    changes = [removed("email"), removed("phone")]
    one, both = touched_by(changes, [reader(2, "email", "phone", "id"), reader(1, "email")])
    assert [change.path for change in one.changes] == ["email"]
    assert [change.path for change in both.changes] == ["email", "phone"]
    assert both.fields == ("email", "phone")


def test_an_answer_is_bound_to_what_was_asked() -> None:
    asked = touched_by([removed("email")], [reader(1, "email", "phone")])[0]
    same = touched_by([removed("email"), removed("other")], [reader(1, "email", "phone")])[0]
    more = touched_by([removed("email"), removed("phone")], [reader(1, "email", "phone")])[0]
    assert asked.changes_hash == same.changes_hash
    assert asked.changes_hash != more.changes_hash


@given(st.permutations([reader(number) for number in range(1, 6)]))
def test_parties_come_in_one_order_which_is_how_rows_are_locked(
    readers: list[Registration],
) -> None:
    assert teams(touched_by([removed("email")], readers)) == [1, 2, 3, 4, 5]


steps = st.sampled_from(["a", "b", "lines[]", "lines[0]", "pair[1]", '"a.b"', "*"])
paths = st.lists(steps, min_size=1, max_size=3).map(".".join)


@given(
    st.lists(st.tuples(paths | st.just(""), st.lists(paths, max_size=2)), max_size=5),
    st.lists(paths, min_size=1, max_size=4),
)
def test_nothing_that_touches_a_field_is_overlooked_however_it_is_looked_up(
    changed: list[tuple[str, list[str]]], fields: list[str]
) -> None:
    changes = [removed(path, *also) for path, also in changed]
    own = tuple(each for each in changes if any(each.touches(field) for field in fields))
    touched = touched_by(changes, [reader(1, *fields)])
    assert [each.changes for each in touched] == ([own] if own else [])


def test_nothing_that_gates_touches_nobody() -> None:
    assert touched_by([], [reader(1), reader(2, "email")]) == []


def test_only_pending_and_approved_are_open() -> None:
    assert [status for status in ProposalStatus if status.is_open] == ["pending", "approved"]


def test_declaring_twice_takes_both_and_all_wins() -> None:
    assert united_fields(("b", "a"), ("c", "a")) == ("a", "b", "c")
    assert united_fields(("a",), None) is None
    assert united_fields(None, ("a",)) is None


def test_a_use_named_twice_keeps_the_later_link() -> None:
    first, second = UsedBy(name="report", link="old"), UsedBy(name="report", link="new")
    assert united_uses((first, UsedBy(name="job")), (second,)) == (second, UsedBy(name="job"))


def test_time_that_is_given_never_makes_working_days_fewer() -> None:
    working = Timeline(days=Days.WORKING)
    assert extended(working, timedelta(hours=12)).deadline == timedelta(days=15)
    assert extended(working, timedelta(days=2)).deadline == timedelta(days=16)
    assert extended(working, timedelta(0)) == working
    assert extended(Timeline(), timedelta(hours=12)).deadline == timedelta(days=14.5)
