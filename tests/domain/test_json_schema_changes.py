"""What people read about a change, and which direction it breaks."""

import gc

import pytest

from domain.compatibility import ChangeKind, ContentModel
from domain.json_values import JSON
from tests.support.json_schemas import changes_of, record

STRING: JSON = {"type": "string"}
INTEGER: JSON = {"type": "integer"}
NUMBER: JSON = {"type": "number"}

BACKWARD, FORWARD, BOTH, NEITHER = (True, False), (False, True), (True, True), (False, False)


def one_of(*alternatives: JSON) -> JSON:
    return {"oneOf": [*alternatives]}


@pytest.mark.parametrize(
    ("old", "new", "kind", "breaks", "sentence"),
    [
        (NUMBER, INTEGER, "type_narrowed", BACKWARD, "now must be an integer (was a number)."),
        (INTEGER, NUMBER, "type_widened", FORWARD, "may now be a number (was an integer)."),
        (INTEGER, STRING, "type_changed", BOTH, "now must be a string (was an integer)."),
        (STRING, {}, "type_widened", FORWARD, "may now be any type (was a string)."),
        (
            {"type": ["string", "null"]},
            STRING,
            "nullability_removed",
            BACKWARD,
            "may no longer be null.",
        ),
        (
            STRING,
            {"anyOf": [STRING, {"type": "null"}]},
            "nullability_added",
            FORWARD,
            "may now be null.",
        ),
        (
            {"enum": ["open", "cancelled"]},
            {"enum": ["open"]},
            "enum_values_removed",
            BACKWARD,
            'no longer accepts "cancelled".',
        ),
        (
            {"enum": ["open"]},
            {"enum": ["open", "cancelled"]},
            "enum_values_added",
            FORWARD,
            'now also accepts "cancelled".',
        ),
        (STRING, {"enum": ["a", "b"]}, "enum_added", BACKWARD, 'now accepts only "a", "b".'),
        (
            {"enum": ["a"]},
            STRING,
            "enum_removed",
            FORWARD,
            'is no longer limited to "a".',
        ),
        ({"enum": [1, 2]}, {"enum": [2, 1.0]}, "rewritten", NEITHER, None),
        ({"const": 1}, {"const": True}, "enum_values_added", BOTH, "now also accepts true."),
        ({"enum": [1, True]}, {"const": 1.0}, "enum_values_removed", BACKWARD, None),
        (
            {"minimum": 1},
            {"minimum": 5},
            "bound_tightened",
            BACKWARD,
            "now must be at least 5 (was at least 1).",
        ),
        (
            {"type": "integer", "minimum": 1},
            {"type": "integer", "exclusiveMinimum": 0},
            "rewritten",
            NEITHER,
            None,
        ),
        (
            {"maximum": 5},
            {"exclusiveMaximum": 5},
            "bound_tightened",
            BACKWARD,
            "now must be less than 5 (was at most 5).",
        ),
        (NUMBER, {"type": "number", "maximum": 0.5}, "bound_added", BACKWARD, None),
        (
            {"type": "string", "maxLength": 1},
            STRING,
            "bound_removed",
            FORWARD,
            "no longer has a greatest length (was 1).",
        ),
        (
            STRING,
            {"type": "string", "minLength": 1},
            "bound_added",
            BACKWARD,
            "now must be at least 1 character long.",
        ),
        (STRING, {"type": "string", "minLength": 0}, "rewritten", NEITHER, None),
        (
            {"type": "array"},
            {"type": "array", "prefixItems": [STRING, STRING], "items": False},
            "bound_added",
            BACKWARD,
            "now must have at most 2 items.",
        ),
        ({"multipleOf": 4}, {"multipleOf": 2}, "constraint_changed", FORWARD, None),
        ({"multipleOf": 0.1}, {"multipleOf": 0.3}, "constraint_changed", BACKWARD, None),
        ({"type": "integer", "multipleOf": 1}, INTEGER, "rewritten", NEITHER, None),
        (
            STRING,
            {"type": "string", "pattern": "^x"},
            "pattern_changed",
            BACKWARD,
            "now must match the pattern `^x`.",
        ),
        (
            {"type": "string", "format": "email"},
            STRING,
            "format_changed",
            FORWARD,
            "no longer has a format (was `email`).",
        ),
        (
            {"type": "array"},
            {"type": "array", "uniqueItems": True},
            "constraint_changed",
            BACKWARD,
            "may no longer repeat an item.",
        ),
        (STRING, False, "field_removed", BACKWARD, "is removed."),
        (
            STRING,
            {"type": "string", "description": "A name."},
            "description_changed",
            NEITHER,
            "has another description.",
        ),
        (
            STRING,
            {"type": "string", "default": "x"},
            "default_changed",
            NEITHER,
            'now has the default "x".',
        ),
        (
            STRING,
            {"type": "string", "examples": ["x"], "title": "X"},
            "annotation_changed",
            NEITHER,
            "has another `examples`, `title`.",
        ),
        (
            one_of({"type": "string", "maxLength": 9}, INTEGER),
            one_of({"type": "string", "maxLength": 9}, INTEGER, {"type": "array", "title": "Many"}),
            "alternative_added",
            FORWARD,
            "may now also be “Many”.",
        ),
        (
            one_of(STRING, {"title": "Address", **record(city=STRING)}),
            STRING,
            "alternative_removed",
            BACKWARD,
            "may no longer be “Address”.",
        ),
    ],
)
@pytest.mark.parametrize("model", list(ContentModel))
def test_a_change_of_one_field(
    old: JSON,
    new: JSON,
    kind: str,
    breaks: tuple[bool, bool],
    sentence: str | None,
    model: ContentModel,
) -> None:
    found = changes_of(record(price=old), record(price=new), model)
    change = found.changes[0]
    first = {ChangeKind.REWRITTEN: ""}.get(change.kind, "price")
    assert (str(change.kind), change.path) == (kind, first)
    assert (found.breaks_backward, found.breaks_forward) in (breaks, BOTH)
    if len(found.changes) == 1:
        assert (found.breaks_backward, found.breaks_forward) == breaks
        assert not change.undecided
    if sentence is not None:
        assert change.sentence == f"`price` {sentence}"


def test_annotations_are_found_in_every_place_where_the_type_does_not_change() -> None:
    old = record(lines={"type": "array", "items": record(sku=STRING)})
    new = record(lines={"type": "array", "items": record(sku={"type": "string", "title": "SKU"})})
    assert [c.path for c in changes_of(old, new).changes] == ["lines[].sku"]


def test_patterns_are_compared_as_languages() -> None:
    old: JSON = {"type": "string", "pattern": "^a+$"}
    found = changes_of(old, {"type": "string", "pattern": "^a"})
    assert [c.undecided for c in found.changes] == [False]
    assert (found.breaks_backward, found.breaks_forward) == FORWARD


def test_a_pattern_beyond_regular_languages_is_undecided_and_counts_as_breaking() -> None:
    old: JSON = {"type": "string", "pattern": r"^(a|b)\1$"}
    found = changes_of(old, {"type": "string", "pattern": "^(aa|bb)$"})
    assert [c.undecided for c in found.changes] == [True]
    assert (found.breaks_backward, found.breaks_forward) == BOTH
    assert "could not be decided" in found.changes[0].sentence


def test_an_alternative_is_explained_from_the_inside() -> None:
    def event(**cat: JSON) -> JSON:
        return one_of(
            record(required=["kind"], kind={"const": "cat"}, **cat),
            record(required=["kind"], kind={"const": "dog"}, bark=STRING),
        )

    found = changes_of(event(meow=STRING), event(meow=INTEGER))
    assert [c.sentence for c in found.changes] == ["`meow` now must be an integer (was a string)."]
    assert (found.breaks_backward, found.breaks_forward) == BOTH


def test_alternatives_that_only_changed_their_order_are_the_same() -> None:
    found = changes_of(one_of(STRING, INTEGER), one_of(INTEGER, STRING))
    assert [c.kind for c in found.changes] == [ChangeKind.REWRITTEN]


def test_a_one_of_whose_alternatives_come_to_overlap_is_not_called_compatible() -> None:
    old = one_of({"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 6})
    new = one_of({"type": "integer", "maximum": 7}, {"type": "integer", "minimum": 6})
    assert changes_of(old, new).breaks_backward


def test_what_the_whole_proves_harmless_is_told_but_breaks_nobody() -> None:
    old: JSON = {"allOf": [{"minimum": 3}, {"type": "integer"}]}
    new: JSON = {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "string"}]}
    found = changes_of(old, new)
    assert found.changes
    assert not found.breaks_backward


def test_drafts_are_read_by_their_own_rules() -> None:
    old: JSON = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 3, "exclusiveMinimum": True}},
        "dependencies": {"n": ["m"]},
    }
    new: JSON = {
        "type": "object",
        "properties": {"n": {"type": "integer", "exclusiveMinimum": 3}},
        "dependentRequired": {"n": ["m"]},
    }
    assert [c.kind for c in changes_of(old, new).changes] == [ChangeKind.REWRITTEN]

    hidden: JSON = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/s",
        "minLength": 3,
        "definitions": {"s": STRING},
    }
    assert not changes_of(hidden, STRING).breaks_backward
    assert not changes_of(hidden, STRING).breaks_forward


def test_a_field_that_is_written_as_before_is_compared_where_the_draft_is_another() -> None:
    """`const` is nothing but a note in draft 4."""
    old, new = (
        {"$schema": f"http://json-schema.org/draft-0{draft}/schema#", **record(n={"const": 1})}
        for draft in (4, 6)
    )
    assert changes_of(old, new).breaks_backward
    assert not changes_of(old, new).breaks_forward


def test_a_field_that_is_written_as_before_is_compared_where_it_refers_to_a_change() -> None:
    """The others are passed by, whether or not anything is referred to beside them."""

    def order(money: JSON, fixed: JSON = 1) -> JSON:
        fields = record(price={"$ref": "#/$defs/money"}, n={"const": fixed}, note=STRING)
        return {**fields, "$defs": {"money": money}}

    assert [c.path for c in changes_of(order(NUMBER), order(INTEGER)).changes] == ["price"]
    found = changes_of(order(NUMBER), order(NUMBER, fixed=True)).changes
    assert {change.path for change in found} == {"n"}


@pytest.mark.parametrize("place", [0, 199, 200, 417])
def test_among_many_fields_the_one_is_found_that_only_python_takes_as_it_was(place: int) -> None:
    fields: dict[str, JSON] = {f"field_{number:03}": {"const": 1} for number in range(418)}
    name = f"field_{place:03}"
    changes = changes_of(record(**fields), record(**fields | {name: {"const": True}}))
    assert {change.path for change in changes.changes} == {name}
    assert changes.breaks_backward
    assert changes.breaks_forward


def test_a_comparison_leaves_nothing_for_the_collector() -> None:
    old = record(kept={"type": "string"}, code={"enum": [1, 2]}, deep={"$ref": "#/$defs/deep"})
    new = record(kept={"type": "string"}, code={"enum": [1, 3]}, deep={"$ref": "#/$defs/deep"})
    old["$defs"] = {"deep": one_of({"type": "string"}, {"$ref": "#/$defs/deep"})}
    new["$defs"] = {"deep": one_of({"type": "integer"}, {"$ref": "#/$defs/deep"})}
    changes_of(old, new)  # what is loaded or remembered by the first is none of its own
    gc.collect()
    assert changes_of(old, new).breaks_backward
    assert gc.collect() == 0


def test_a_renamed_definition_and_an_unused_one_change_nothing() -> None:
    old: JSON = {"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": STRING}}
    new: JSON = {
        "properties": {"a": {"$ref": "#/$defs/y"}},
        "$defs": {"y": STRING, "z": INTEGER},
    }
    found = changes_of(old, new)
    assert [c.kind for c in found.changes] == [ChangeKind.REWRITTEN]
    assert not found.identical


def test_a_change_in_a_shared_definition_names_every_field_it_reaches() -> None:
    def order(money: JSON) -> JSON:
        return {
            **record(
                price={"$ref": "#/$defs/money"},
                lines={"type": "array", "items": record(net={"$ref": "#/$defs/money"})},
                note=STRING,
            ),
            "$defs": {"money": money},
        }

    (change,) = changes_of(order(NUMBER), order(INTEGER)).changes
    assert (change.path, change.also) == ("price", ("lines[].net",))
    assert change.touches("lines[].net")
    assert change.touches("lines")
    assert not change.touches("note")


def test_a_change_inside_recursion_touches_the_field_where_the_recursion_closes() -> None:
    def tree(value: JSON) -> JSON:
        node = record(value=value, children={"type": "array", "items": {"$ref": "#/$defs/n"}})
        return {**record(top={"$ref": "#/$defs/n"}), "$defs": {"n": node}}

    (change,) = changes_of(tree(STRING), tree(INTEGER)).changes
    assert change.path == "top.value"
    assert change.touches("top.children[].value")
    assert change.touches("top.children[].children")
