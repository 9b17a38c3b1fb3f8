"""Witnesses and suggestions: records that prove a break, and ways round it that hold."""

import pytest

from domain.changes import Change, ChangeKind
from domain.compatibility import ContentModel, Mode, diff
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA, parse
from domain.schemas.schema import Schema
from domain.suggestions import suggest
from domain.witness import Direction, Witness, witnesses
from tests.docs.change_examples import EXAMPLES, Example
from tests.support.json_schemas import Object, record, schema

TEXT: Object = {"type": "string"}


@pytest.mark.parametrize("model", list(ContentModel))
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.words)
def test_every_kind_of_break_has_a_witness(example: Example, model: ContentModel) -> None:
    old, new = schema(example.before), schema(example.after)
    changes = diff(old, new, model).changes
    shown = witnesses(old, new, changes, model)
    breaking = [
        i
        for i, c in enumerate(changes)
        if (c.breaks_backward or c.breaks_forward) and not c.undecided
    ]
    assert sorted(shown) == breaking


def only(old: JSON, new: JSON, model: ContentModel = ContentModel.CLOSED) -> Witness:
    changes = diff(schema(old), schema(new), model).changes
    (witness,) = witnesses(schema(old), schema(new), changes, model).values()
    return witness


def test_a_witness_is_small_and_about_its_change() -> None:
    old = record(
        id=TEXT, email=TEXT, tags={"type": "array", "items": {"maxLength": 9}}, required=["id"]
    )
    new = record(
        id=TEXT, email=TEXT, tags={"type": "array", "items": {"maxLength": 4}}, required=["id"]
    )
    assert only(old, new) == Witness({"id": "", "tags": ["aaaaa"]}, Direction.BACKWARD)


def test_each_change_is_shown_by_its_own_witness() -> None:
    old = record(a={"type": "integer"}, b={"type": ["string", "null"]}, c=TEXT)
    new = record(a={"type": "integer", "minimum": 7}, b=TEXT, required=["c"], c=TEXT)
    changes = diff(schema(old), schema(new)).changes
    shown = witnesses(schema(old), schema(new), changes)
    by_path = {changes[i].path: witness.instance for i, witness in shown.items()}
    assert by_path["a"] == {"a": 0} or by_path["a"] == {"a": 0, "c": ""}
    assert "b" in str(by_path["b"])
    assert by_path["c"] == {}


def test_no_more_are_looked_for_than_asked() -> None:
    old, new = record(a=TEXT, b=TEXT, c=TEXT, d=TEXT), record(d=TEXT)
    changes = diff(schema(old), schema(new)).changes
    assert len(witnesses(schema(old), schema(new), changes, limit=2)) == 2


def test_a_witness_of_a_bundle_follows_its_references() -> None:
    def bundle(address: JSON) -> Schema:
        order = record(ship_to={"$ref": "address.json"})
        documents: dict[str, JSON] = {"order.json": order, "address.json": address}
        return parse(JSON_SCHEMA, documents=documents, root="order.json")

    old, new = bundle(record(zip=TEXT)), bundle(record(zip={"type": "integer"}))
    changes = diff(old, new).changes
    assert witnesses(old, new, changes)[0].instance == {"ship_to": {"zip": ""}}


def test_what_breaks_nobody_has_no_witness() -> None:
    old, new = record(a=TEXT), record(a={**TEXT, "description": "A"})
    changes = diff(schema(old), schema(new)).changes
    assert witnesses(schema(old), schema(new), changes) == {}


# --- a way round ------------------------------------------------------------------------------


def suggested(old: JSON, new: JSON, mode: Mode = Mode.BACKWARD) -> tuple[str, JSON] | None:
    changes = diff(schema(old), schema(new)).changes
    gating = next(change for change in changes if mode.gates(change))
    found = suggest(schema(old), schema(new), gating, mode)
    return None if found is None else (found.sentence, found.schema.document)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (record(a=TEXT, b=TEXT), record(a=TEXT), record(a=TEXT, b={**TEXT, "deprecated": True})),
        (record(a=TEXT), record(a=TEXT, required=["a"]), record(a=TEXT, required=[])),
        (
            record(a={"type": ["string", "null"]}),
            record(a=TEXT),
            record(a={"type": ["string", "null"]}),
        ),
        (record(a=TEXT), record(a={"type": "integer"}), record(a={"type": ["integer", "string"]})),
        (
            record(a={"enum": ["x", "y"]}),
            record(a={"enum": ["z"]}),
            record(a={"enum": ["z", "x", "y"]}),
        ),
        (record(a={"maxLength": 9}), record(a={"maxLength": 5}), record(a={"maxLength": 9})),
        (record(a=TEXT), record(a={**TEXT, "pattern": "^x"}), record(a=TEXT)),
    ],
)
def test_a_common_break_has_a_way_round(old: JSON, new: JSON, kept: JSON) -> None:
    found = suggested(old, new)
    assert found is not None
    assert found[1] == kept
    assert not diff(schema(old), schema(found[1])).breaks_backward


def test_a_suggestion_that_would_not_help_is_not_made() -> None:
    narrowed = record(a={"type": "integer", "minimum": 0, "maxLength": 3})
    assert suggested(record(a={"type": "string"}), narrowed) is None
    assert suggested(record(a=TEXT), record(a={"type": "integer"}), Mode.FULL) is None


def test_what_the_mode_does_not_gate_needs_no_way_round() -> None:
    old, new = schema(record(a=TEXT)), schema(record(a=TEXT, b=TEXT))
    (change,) = diff(old, new).changes
    assert suggest(old, new, change, Mode.BACKWARD) is None


# --- renamed, as a guess --------------------------------------------------------------------------


def renaming(old: JSON, new: JSON) -> list[Change]:
    return list(diff(schema(old), schema(new)).changes)


def test_one_field_that_goes_and_a_like_one_that_comes_are_a_guess() -> None:
    (change,) = renaming(record(id=TEXT, user_email=TEXT), record(id=TEXT, email=TEXT))
    assert change.kind is ChangeKind.FIELD_RENAMED
    assert (change.path, change.also) == ("user_email", ("email",))
    assert "probably renamed" in change.sentence
    assert Mode.BACKWARD.gates(change)
    assert change.touches("user_email")
    found = suggested(record(id=TEXT, user_email=TEXT), record(id=TEXT, email=TEXT))
    assert found is not None
    assert "beside `email`" in found[0]


@pytest.mark.parametrize(
    "new",
    [
        record(id=TEXT, email={"type": "integer"}),
        record(id=TEXT, zip=TEXT),
        record(id=TEXT, email=TEXT, mail=TEXT),
    ],
)
def test_fields_that_do_not_resemble_each_other_are_not_guessed_at(new: JSON) -> None:
    kinds = {change.kind for change in renaming(record(id=TEXT, user_email=TEXT), new)}
    assert ChangeKind.FIELD_RENAMED not in kinds
    assert ChangeKind.FIELD_REMOVED in kinds


def test_several_are_guessed_where_each_has_one_that_it_can_be() -> None:
    old = record(id=TEXT, user_email=TEXT, firstName=TEXT)
    new = record(id=TEXT, email_address=TEXT, name_first=TEXT, tax={"type": "number"})
    told = {change.path: change for change in renaming(old, new)}
    assert {path: change.kind for path, change in told.items()} == {
        "user_email": ChangeKind.FIELD_RENAMED,
        "firstName": ChangeKind.FIELD_RENAMED,
        "tax": ChangeKind.FIELD_ADDED,
    }
    assert told["user_email"].also == ("email_address",)
    assert told["firstName"].also == ("name_first",)


def test_one_of_two_that_could_have_become_the_same_is_not_guessed() -> None:
    old, new = record(home_email=TEXT, work_email=TEXT), record(email=TEXT)
    assert {change.kind for change in renaming(old, new)} == {
        ChangeKind.FIELD_REMOVED,
        ChangeKind.FIELD_ADDED,
    }


def test_an_equal_description_makes_a_renaming_plausible() -> None:
    said: JSON = {"type": "string", "description": "where to write to"}
    (change,) = renaming(record(email=said), record(contact=said))
    assert change.kind is ChangeKind.FIELD_RENAMED
