"""Alternatives that come, go and change: which became which one, and what is told of it."""

import pytest

from domain.compatibility import ContentModel
from domain.json_values import JSON
from tests.support.json_schemas import changes_of, record
from tests.support.schema_pairs import INTEGER, TEXT, Object, array, text

BACKWARD, FORWARD, BOTH, NEITHER = (True, False), (False, True), (True, True), (False, False)
UNSURE = " Whether that breaks anyone could not be decided."
ANOTHER_NUMBER = f"The record may now fit another number of its alternatives than one.{UNSURE}"
Told = list[tuple[str, tuple[bool, bool], str]]


def one_of(*alternatives: JSON) -> Object:
    return {"oneOf": [*alternatives]}


def titled(title: str, **properties: JSON) -> Object:
    return {**record(**properties), "title": title}


def told(old: JSON, new: JSON, model: ContentModel = ContentModel.CLOSED) -> Told:
    changes = changes_of(old, new, model).changes
    for change in changes:
        assert change.undecided is change.sentence.endswith(UNSURE)
    return [(c.path, (c.breaks_backward, c.breaks_forward), c.sentence) for c in changes]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            one_of(titled("A", x=TEXT), titled("B", y=TEXT)),
            one_of(titled("B", y=INTEGER), titled("A", x=TEXT)),
            [("", BOTH, ANOTHER_NUMBER), ("y", BOTH, "`y` now must be an integer (was a string).")],
        ),
        (
            one_of(
                record(x=TEXT, k={"const": 1}, required=["k"]),
                record(y=TEXT, k={"const": 2}, required=["k"]),
            ),
            one_of(
                record(y=INTEGER, k={"const": 2}, required=["k"]),
                record(x=TEXT, k={"const": 1}, required=["k"]),
            ),
            [("y", BOTH, "`y` now must be an integer (was a string).")],
        ),
        (
            one_of(text(maxLength=3), INTEGER, array(items=TEXT)),
            one_of(array(items=INTEGER), INTEGER, text(maxLength=4)),
            [
                ("", FORWARD, "The record now only must be at most 4 characters long (was 3)."),
                ("[]", BOTH, "`[]` now must be an integer (was a string)."),
            ],
        ),
        (
            one_of(record(x=TEXT), record(y=TEXT)),
            one_of(record(x=TEXT), record(z=TEXT)),
            [
                ("", BOTH, ANOTHER_NUMBER),
                ("y", BACKWARD, "`y` is removed."),
                ("z", FORWARD, "`z` is added."),
            ],
        ),
        (
            one_of(record(x=TEXT), record(y=TEXT)),
            one_of(record(x=INTEGER), record(y=INTEGER)),
            [
                ("", FORWARD, "The record may now also be an object."),
                ("", FORWARD, "The record may now also be an object."),
                ("", BACKWARD, "The record may no longer be an object."),
                ("", BACKWARD, "The record may no longer be an object."),
                ("", BOTH, ANOTHER_NUMBER),
            ],
        ),
        (
            one_of(titled("A", x=TEXT), titled("A", y=TEXT)),
            one_of(titled("A", x=INTEGER), titled("A", y=TEXT)),
            [("", BOTH, ANOTHER_NUMBER), ("x", BOTH, "`x` now must be an integer (was a string).")],
        ),
        (
            one_of(TEXT, INTEGER),
            one_of(TEXT, {"type": "boolean"}),
            [
                (
                    "",
                    BOTH,
                    "The record now must be a boolean or a string (was an integer or a string).",
                )
            ],
        ),
        (
            {
                "oneOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}],
                "$defs": {"a": record(x=TEXT), "b": record(y=TEXT)},
            },
            {
                "oneOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/a"}],
                "$defs": {"a": record(x=INTEGER), "b": record(y=TEXT)},
            },
            [("", BOTH, ANOTHER_NUMBER), ("x", BOTH, "`x` now must be an integer (was a string).")],
        ),
        (
            {"anyOf": [{"minimum": 5}, {"maximum": 1}], "type": "integer"},
            {"oneOf": [{"minimum": 5}, {"maximum": 1}], "type": "integer"},
            [("", NEITHER, "The record may now fit another number of its alternatives than one.")],
        ),
        (
            one_of(record(x=TEXT, required=["x"]), record(y=TEXT, required=["y"])),
            record(x=TEXT, required=["x"]),
            [("", BACKWARD, "The record no longer is one of: an object.")],
        ),
        (
            record(x=TEXT, required=["x"]),
            one_of(record(x=TEXT, required=["x"]), record(y=TEXT, required=["y"])),
            [("", FORWARD, "The record may now be one of: an object.")],
        ),
        (
            record(x=TEXT, required=["x"]),
            one_of(record(x=TEXT, required=["x"]), {"type": "null"}),
            [("", FORWARD, "The record may now be null.")],
        ),
        (
            one_of(record(x=TEXT), {"type": "null"}),
            one_of(record(x=INTEGER), {"type": "null"}),
            [("x", BOTH, "`x` now must be an integer (was a string).")],
        ),
        (
            one_of(TEXT, INTEGER, {"type": "boolean"}),
            one_of(TEXT),
            [
                (
                    "",
                    BACKWARD,
                    "The record now must be a string (was a boolean, an integer or a string).",
                )
            ],
        ),
        (
            one_of(titled("Cat", x=TEXT), titled("Dog", y=TEXT)),
            one_of(titled("Cat", x=TEXT), titled("Dog", y=TEXT), titled("Fox", z=TEXT)),
            [
                ("", FORWARD, "The record may now also be “Fox”."),
                (
                    "",
                    NEITHER,
                    "The record may now fit another number of its alternatives than one.",
                ),
            ],
        ),
        (
            {
                "type": "string",
                "anyOf": [{"title": "Short", "maxLength": 3}, {"title": "Long", "minLength": 9}],
            },
            TEXT,
            [("", FORWARD, "The record no longer is one of: “Short”, “Long”.")],
        ),
        (
            TEXT,
            {
                "type": "string",
                "anyOf": [{"title": "Short", "maxLength": 3}, {"title": "Long", "minLength": 9}],
            },
            [("", BACKWARD, "The record now must be one of: “Short”, “Long”.")],
        ),
        (
            TEXT,
            {
                "type": "string",
                "anyOf": [{"title": "Short", "maxLength": 3}, {"title": "Other", "minLength": 2}],
            },
            [("", NEITHER, "The record now must be one of: “Short”, “Other”.")],
        ),
        (
            {"type": ["string", "integer"]},
            one_of(text(maxLength=3, title="Short"), text(minLength=9, title="Long"), INTEGER),
            [("", BACKWARD, "The record now must be one of: “Short”, “Long”, an integer.")],
        ),
        (
            text(maxLength=2),
            one_of(text(maxLength=3, title="Short"), text(minLength=9, title="Long")),
            [("", FORWARD, "The record now must be one of: “Short”, “Long”.")],
        ),
    ],
)
def test_what_became_of_alternatives(old: JSON, new: JSON, expected: Told) -> None:
    assert told(old, new) == expected


# --- one definition at many places ----------------------------------------------------------------

MONEY: Object = {"$ref": "#/$defs/money"}


@pytest.mark.parametrize("many", [1, 3, 20])
def test_a_change_of_a_definition_names_every_field_that_has_it(many: int) -> None:
    def order(money: JSON) -> JSON:
        places = {f"f{i}": MONEY for i in range(many)}
        return {**record(note=TEXT, **places, o=record(p=MONEY)), "$defs": {"money": money}}

    (change,) = changes_of(order(TEXT), order(INTEGER)).changes
    assert change.path == "f0"
    assert {change.path, *change.also} == {*(f"f{i}" for i in range(many)), "o.p"}


def test_of_too_many_places_the_fields_above_are_named() -> None:
    def order(money: JSON) -> JSON:
        group = record(**{f"g{i}": MONEY for i in range(5)}, note=TEXT)
        return {**record(**{f"f{i}": group for i in range(6)}), "$defs": {"money": money}}

    (change,) = changes_of(order(record(v=TEXT)), order(record(v=INTEGER))).changes
    assert change.path == "f0.g0.v"
    assert len(change.also) < 20
    assert all(change.touches(f"f{i}.g{j}.v") for i in range(6) for j in range(5))
    assert not change.touches("f0.note")


def test_a_change_inside_of_recursion_is_named_once_and_where_it_closes() -> None:
    def tree(value: JSON) -> JSON:
        node = record(v=value, left={"$ref": "#/$defs/n"}, right={"$ref": "#/$defs/n"}, w=TEXT)
        whole = record(top={"$ref": "#/$defs/n"}, other={"$ref": "#/$defs/n"})
        return {**whole, "$defs": {"n": node}}

    (change,) = changes_of(tree(TEXT), tree(INTEGER)).changes
    assert (change.path, change.also) == (
        "other.v",
        ("top.v", "other.left", "other.right", "top.left", "top.right"),
    )
    assert not change.touches("top.w")
