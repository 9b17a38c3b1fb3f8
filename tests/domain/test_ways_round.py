"""Ways round a break: what is said, and the patch that takes the break back."""

from collections.abc import Sequence

import pytest

from domain.compatibility import Change, Mode, diff
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA, Schema, parse
from domain.suggestions import Suggestion, suggest
from tests.support.json_schemas import record, schema
from tests.support.schema_pairs import (
    ARRAY,
    INTEGER,
    NUMBER,
    TEXT,
    Object,
    array,
    number,
    text,
)


def gating(old: JSON, new: JSON, mode: Mode) -> list[Change]:
    return [change for change in diff(schema(old), schema(new)).changes if mode.gates(change)]


def suggested(old: JSON, new: JSON, mode: Mode) -> Suggestion | None:
    """A way round the first change that gates."""
    return suggest(schema(old), schema(new), gating(old, new, mode)[0], mode)


@pytest.mark.parametrize(
    ("old", "new", "mode", "sentence", "patch"),
    [
        (
            record(a=TEXT, b=TEXT),
            record(a=TEXT),
            Mode.BACKWARD,
            "Keep `b` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/b",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            record(a=TEXT, b=TEXT, required=["b"]),
            record(a=TEXT),
            Mode.BACKWARD,
            "Keep `b` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/b",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            record(a=TEXT, b=TEXT, required=["a", "b"]),
            record(a=TEXT, required=["a"]),
            Mode.FULL,
            "Keep `b` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/b",
                    "value": {"type": "string", "deprecated": True},
                },
                {"op": "replace", "path": "/required", "value": ["a", "b"]},
            ],
        ),
        (
            record(a=TEXT),
            {"type": "object"},
            Mode.BACKWARD,
            "Keep `a` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties",
                    "value": {"a": {"type": "string", "deprecated": True}},
                }
            ],
        ),
        (
            record(o=record(x=TEXT, y=TEXT)),
            record(o=record(x=TEXT)),
            Mode.BACKWARD,
            "Keep `y` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/o/properties/y",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            record(**{"a/b": TEXT, "c": TEXT}),
            record(c=TEXT),
            Mode.BACKWARD,
            "Keep `a/b` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/a~1b",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            record(**{"a.b": TEXT, "c": TEXT}),
            record(c=TEXT),
            Mode.BACKWARD,
            "Keep `a.b` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/a.b",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            record(l=array(items=record(x=TEXT, y=TEXT))),
            record(l=array(items=record(x=TEXT))),
            Mode.BACKWARD,
            "Keep `y` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/l/items/properties/y",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            {**record(p={"$ref": "#/$defs/m"}), "$defs": {"m": record(x=TEXT, y=TEXT)}},
            {**record(p={"$ref": "#/$defs/m"}), "$defs": {"m": record(x=TEXT)}},
            Mode.BACKWARD,
            "Keep `y` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/$defs/m/properties/y",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            record(user_email=TEXT, x=TEXT),
            record(email=TEXT, x=TEXT),
            Mode.BACKWARD,
            "Keep `user_email` beside `email` and mark it as deprecated until nobody reads it.",
            [
                {
                    "op": "add",
                    "path": "/properties/user_email",
                    "value": {"type": "string", "deprecated": True},
                }
            ],
        ),
        (
            record(a=TEXT),
            record(a=TEXT, required=["a"]),
            Mode.BACKWARD,
            "Leave `a` optional; readers take a default where it is missing.",
            [{"op": "replace", "path": "/required", "value": []}],
        ),
        (
            record(a=TEXT),
            record(a=TEXT, b=TEXT, required=["b"]),
            Mode.BACKWARD,
            "Leave `b` optional; readers take a default where it is missing.",
            [{"op": "replace", "path": "/required", "value": []}],
        ),
        (
            record(a=TEXT),
            record(a=TEXT, b=TEXT, required=["a", "b"]),
            Mode.BACKWARD,
            "Leave `a` optional; readers take a default where it is missing.",
            [{"op": "replace", "path": "/required", "value": ["b"]}],
        ),
        (
            record(a=TEXT, required=["a"]),
            record(a=TEXT),
            Mode.FORWARD,
            "Keep `a` required.",
            [{"op": "add", "path": "/required", "value": ["a"]}],
        ),
        (
            record(a=TEXT, b=TEXT, required=["a", "b"]),
            record(a=TEXT, b=TEXT, required=["b"]),
            Mode.FORWARD,
            "Keep `a` required.",
            [{"op": "replace", "path": "/required", "value": ["b", "a"]}],
        ),
        (
            record(a=NUMBER),
            record(a=INTEGER),
            Mode.BACKWARD,
            "Widen `a` first: accept `number`.",
            [{"op": "replace", "path": "/properties/a/type", "value": "number"}],
        ),
        (
            record(a=INTEGER),
            record(a=TEXT),
            Mode.BACKWARD,
            "Widen `a` first: accept `string` or `integer`.",
            [{"op": "replace", "path": "/properties/a/type", "value": ["string", "integer"]}],
        ),
        (
            record(a=NUMBER),
            record(a={"type": ["string", "integer"]}),
            Mode.BACKWARD,
            "Widen `a` first: accept `string` or `number`.",
            [{"op": "replace", "path": "/properties/a/type", "value": ["string", "number"]}],
        ),
        (
            record(a={"type": ["string", "null"]}),
            record(a=TEXT),
            Mode.BACKWARD,
            "Widen `a` first: accept `string` or `null`.",
            [{"op": "replace", "path": "/properties/a/type", "value": ["string", "null"]}],
        ),
        (
            NUMBER,
            INTEGER,
            Mode.BACKWARD,
            "Widen the record first: accept `number`.",
            [{"op": "replace", "path": "/type", "value": "number"}],
        ),
        (
            record(a=text(enum=["x", "y"])),
            record(a=text(enum=["y"])),
            Mode.BACKWARD,
            "Widen `a` first: accept the old values beside the new.",
            [{"op": "replace", "path": "/properties/a/enum", "value": ["y", "x"]}],
        ),
        (
            record(a=TEXT),
            record(a=text(enum=["y"])),
            Mode.BACKWARD,
            "Widen `a` first: say the values in words and do not enforce them yet.",
            [{"op": "remove", "path": "/properties/a/enum"}],
        ),
        (
            record(a=TEXT),
            record(a={"enum": ["y"]}),
            Mode.BACKWARD,
            "Widen `a` first: say the values in words and do not enforce them yet.",
            [{"op": "remove", "path": "/properties/a/enum"}],
        ),
        (
            record(a={"enum": [1, 2]}),
            record(a={"enum": [2, 3]}),
            Mode.BACKWARD,
            "Widen `a` first: accept the old values beside the new.",
            [{"op": "replace", "path": "/properties/a/enum", "value": [2, 3, 1]}],
        ),
        (
            {"enum": ["a", "b"]},
            {"enum": ["a"]},
            Mode.BACKWARD,
            "Widen the record first: accept the old values beside the new.",
            [{"op": "replace", "path": "/enum", "value": ["a", "b"]}],
        ),
        (
            record(a=TEXT),
            record(a=text(maxLength=3)),
            Mode.BACKWARD,
            "Widen `a` first: do not enforce `maxLength` yet.",
            [{"op": "remove", "path": "/properties/a/maxLength"}],
        ),
        (
            record(a=text(maxLength=5)),
            record(a=text(maxLength=3)),
            Mode.BACKWARD,
            "Widen `a` first: keep the old limit.",
            [{"op": "replace", "path": "/properties/a/maxLength", "value": 5}],
        ),
        (
            record(a=text(pattern="^a")),
            record(a=text(pattern="^b")),
            Mode.BACKWARD,
            "Widen `a` first: keep the old limit.",
            [{"op": "replace", "path": "/properties/a/pattern", "value": "^a"}],
        ),
        (
            record(a=TEXT),
            record(a=text(format="date")),
            Mode.BACKWARD,
            "Widen `a` first: do not enforce `format` yet.",
            [{"op": "remove", "path": "/properties/a/format"}],
        ),
        (
            record(a=NUMBER),
            record(a=number(multipleOf=2)),
            Mode.BACKWARD,
            "Widen `a` first: do not enforce `multipleOf` yet.",
            [{"op": "remove", "path": "/properties/a/multipleOf"}],
        ),
        (
            record(a=NUMBER),
            record(a=number(exclusiveMinimum=2)),
            Mode.BACKWARD,
            "Widen `a` first: do not enforce `exclusiveMinimum` yet.",
            [{"op": "remove", "path": "/properties/a/exclusiveMinimum"}],
        ),
        (
            record(a=number(minimum=0)),
            record(a=number(exclusiveMinimum=2)),
            Mode.BACKWARD,
            "Widen `a` first: do not enforce `exclusiveMinimum` yet.",
            [{"op": "remove", "path": "/properties/a/exclusiveMinimum"}],
        ),
        (
            record(a=ARRAY),
            record(a=array(uniqueItems=True)),
            Mode.BACKWARD,
            "Widen `a` first: do not enforce `uniqueItems` yet.",
            [{"op": "remove", "path": "/properties/a/uniqueItems"}],
        ),
        (
            TEXT,
            text(maxLength=3),
            Mode.BACKWARD,
            "Widen the record first: do not enforce `maxLength` yet.",
            [{"op": "remove", "path": "/maxLength"}],
        ),
    ],
)
def test_a_way_round(
    old: JSON, new: JSON, mode: Mode, sentence: str, patch: Sequence[Object]
) -> None:
    found = suggested(old, new, mode)
    assert found is not None
    assert (found.sentence, found.document, list(found.patch)) == (sentence, "", patch)
    assert found.to_wire() == {"sentence": sentence, "document": "", "patch": patch}
    # The break is gone, and no other has come of it.
    left = {(change.kind, change.path) for change in gating(old, found.schema.document, mode)}
    assert left == {(c.kind, c.path) for c in gating(old, new, mode)[1:]}


@pytest.mark.parametrize(
    ("old", "new", "mode"),
    [
        (record(a=True, b=TEXT), record(b=TEXT), Mode.BACKWARD),
        (record(a={}), record(a=TEXT), Mode.BACKWARD),
        (record(a={"const": "y"}), record(a={"const": "z"}), Mode.BACKWARD),
        (record(a=ARRAY), record(a=array(contains=INTEGER)), Mode.BACKWARD),
        (record(a=text(maxLength=3)), record(a=TEXT), Mode.FORWARD),
        (record(a=INTEGER), record(a=NUMBER), Mode.FORWARD),
        (record(a=TEXT), record(a=TEXT, b=TEXT), Mode.FORWARD),
    ],
)
def test_where_no_common_way_is_known_none_is_offered(old: JSON, new: JSON, mode: Mode) -> None:
    assert suggested(old, new, mode) is None


def test_what_is_kept_may_not_refer_to_what_is_gone() -> None:
    old: JSON = {**record(a=TEXT, b={"$ref": "#/$defs/x"}), "$defs": {"x": TEXT}}
    assert suggested(old, record(a=TEXT), Mode.BACKWARD) is None


def test_the_document_of_a_bundle_in_which_the_place_stands_is_amended() -> None:
    def bundle(address: JSON) -> Schema:
        order = record(ship_to={"$ref": "address.json"})
        documents: dict[str, JSON] = {"order.json": order, "address.json": address}
        return parse(JSON_SCHEMA, documents=documents, root="order.json")

    old, new = bundle(record(zip=TEXT, city=TEXT)), bundle(record(city=TEXT))
    (change,) = diff(old, new).changes
    found = suggest(old, new, change, Mode.BACKWARD)
    assert found is not None
    assert found.document == "address.json"
    kept: Object = {**TEXT, "deprecated": True}
    assert list(found.patch) == [{"op": "add", "path": "/properties/zip", "value": kept}]
    assert found.schema.documents["order.json"] == new.documents["order.json"]
    assert found.schema.documents["address.json"] == record(city=TEXT, zip=kept)
