"""Fields that come and go, under the closed and the open content model."""

import pytest

from domain.compatibility import Change, ChangeKind, ContentModel, Mode
from domain.json_values import JSON
from tests.support.json_schemas import changes_of, record

STRING: JSON = {"type": "string"}
CLOSED, OPEN = ContentModel.CLOSED, ContentModel.OPEN


def only(old: JSON, new: JSON, model: ContentModel = CLOSED) -> Change:
    (change,) = changes_of(old, new, model).changes
    return change


def breaks(change: Change) -> tuple[bool, bool]:
    return change.breaks_backward, change.breaks_forward


def test_closed_a_removed_field_breaks_those_who_read_old_data() -> None:
    change = only(record(id=STRING, email=STRING), record(id=STRING))
    assert change.sentence == "`email` is removed."
    assert breaks(change) == (True, False)


def test_closed_a_removed_required_field_breaks_both_ways() -> None:
    change = only(record(id=STRING, email=STRING, required=["email"]), record(id=STRING))
    assert breaks(change) == (True, True)


def test_closed_an_added_field_breaks_only_old_readers_of_new_data() -> None:
    change = only(record(id=STRING), record(id=STRING, email=STRING))
    assert change.sentence == "`email` is added."
    assert breaks(change) == (False, True)


def test_closed_an_added_required_field_breaks_both_ways() -> None:
    change = only(record(id=STRING), record(id=STRING, email=STRING, required=["email"]))
    assert change.sentence == "`email` is added and required."
    assert breaks(change) == (True, True)


def test_open_a_removed_field_is_compatible_and_gates_all_the_same() -> None:
    change = only(record(id=STRING, email=STRING), record(id=STRING), OPEN)
    assert change.kind is ChangeKind.FIELD_REMOVED
    assert not change.breaks_backward
    for mode in (Mode.BACKWARD, Mode.FULL, Mode.BACKWARD_TRANSITIVE, Mode.FULL_TRANSITIVE):
        assert mode.gates(change)
    assert not Mode.NONE.gates(change)


def test_open_an_added_field_with_a_type_narrows_what_was_allowed_before() -> None:
    assert breaks(only(record(), record(email=STRING), OPEN)) == (True, False)
    assert breaks(only(record(), record(email={}), OPEN)) == (False, False)


@pytest.mark.parametrize("model", list(ContentModel))
def test_requiring_and_no_longer_requiring_a_field(model: ContentModel) -> None:
    optional, required = record(id=STRING), record(id=STRING, required=["id"])
    assert only(optional, required, model).sentence == "`id` is now required."
    assert breaks(only(optional, required, model)) == (True, False)
    assert breaks(only(required, optional, model)) == (False, True)


@pytest.mark.parametrize("model", list(ContentModel))
def test_what_the_schema_says_of_other_fields_is_read_as_written(model: ContentModel) -> None:
    loose: JSON = {**record(id=STRING), "additionalProperties": True}
    strict: JSON = {**record(id=STRING), "additionalProperties": False}
    assert only(loose, strict, model).kind is ChangeKind.OTHER_FIELDS_REFUSED
    assert breaks(only(loose, strict, model)) == (True, False)
    assert breaks(only(strict, loose, model)) == (False, True)


def test_closed_reads_an_object_without_properties_as_a_free_map() -> None:
    free: JSON = {"type": "object"}
    typed: JSON = {"type": "object", "additionalProperties": STRING}
    (change,) = changes_of(record(labels=free), record(labels=typed)).changes
    assert change.path == "labels.*"
    assert breaks(change) == (True, False)


def test_closed_joins_the_fields_of_all_parts_that_describe_one_object() -> None:
    old: JSON = {
        "allOf": [record(a=STRING), {"$ref": "#/$defs/more"}],
        "$defs": {"more": record(b=STRING)},
    }
    (change,) = changes_of(old, record(a=STRING, b=STRING)).changes
    assert change.kind is ChangeKind.REWRITTEN
    (change,) = changes_of(old, record(a=STRING)).changes
    assert change.sentence == "`b` is removed."


def test_closed_closes_each_alternative_of_a_union_by_itself() -> None:
    cat, dog = (
        record(kind={"const": "cat"}, name=STRING),
        record(kind={"const": "dog"}, name=STRING),
    )
    nameless = record(kind={"const": "cat"})
    found = changes_of({"anyOf": [cat, dog]}, {"anyOf": [nameless, dog]})
    assert [c.sentence for c in found.changes] == ["`name` is removed."]
    assert found.breaks_backward


def test_a_field_that_false_forbids_is_not_there() -> None:
    old, new = record(a=True, b=False), record(a=False, b=True)
    assert [c.sentence for c in changes_of(old, new).changes] == [
        "`a` is removed.",
        "`b` is added.",
    ]


@pytest.mark.parametrize(
    ("mode", "backward", "forward"),
    [
        (Mode.BACKWARD, True, False),
        (Mode.FORWARD, False, True),
        (Mode.FULL, True, True),
        (Mode.BACKWARD_TRANSITIVE, True, False),
        (Mode.FORWARD_TRANSITIVE, False, True),
        (Mode.FULL_TRANSITIVE, True, True),
        (Mode.NONE, False, False),
    ],
)
def test_a_mode_gates_the_directions_it_names(mode: Mode, backward: bool, forward: bool) -> None:
    narrowed = only(record(n={"type": "number"}), record(n={"type": "integer"}))
    widened = only(record(n={"type": "integer"}), record(n={"type": "number"}))
    assert mode.gates(narrowed) is backward
    assert mode.gates(widened) is forward


def test_changes_survive_the_wire() -> None:
    for change in changes_of(record(a=STRING), record(b=STRING)).changes:
        assert Change.from_wire(change.to_wire()) == change
