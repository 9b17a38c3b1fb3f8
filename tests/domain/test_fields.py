"""Field paths and the field tree."""

import pytest

from domain.errors import InvalidRequest
from domain.fields import join_path, split_path, touches
from domain.json_values import JSON
from domain.schemas import field_tree
from tests.support.json_schemas import record, schema

STRING: JSON = {"type": "string"}


@pytest.mark.parametrize(
    ("change", "field", "touched"),
    [
        ("email", "email", True),
        ("email", "email_hash", False),
        ("address", "address.city", True),
        ("address.city", "address", True),
        ("address.city", "address.zip", False),
        ("", "email", True),
        ("lines[].sku", "lines", True),
        ("lines[]", "lines[].sku", True),
        ("lines[].sku", "lines[].price", False),
        ("pair[0]", "pair[1]", False),
        ("pair[0].x", "pair[].x", True),
        ("labels.*", "labels.color", True),
        ("labels.*", "labels[]", False),
        ('"a.b"', "a.b", False),
        ('"email"', "email", True),
        ('"*"', "anything", False),
    ],
)
def test_a_change_touches_a_field_above_at_or_below_it(
    change: str, field: str, touched: bool
) -> None:
    assert touches(change, field) is touched
    assert touches(field, change) is touched


@pytest.mark.parametrize("path", ["a..b", ".a", "a.", "a]", "a[x]", '"a', "a b", 'a"b"'])
def test_what_is_not_a_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidRequest):
        split_path(path)


def test_paths_are_put_together_as_they_are_taken_apart() -> None:
    for path in ("a.b[].c", '"a.b".c', "a[0][1]", "a.*.b", '""', "[].x"):
        assert join_path(split_path(path)) == path


def test_the_tree_lists_fields_with_type_null_requirement_and_description() -> None:
    document = record(
        id={"type": "integer", "description": "The key."},
        email={"anyOf": [STRING, {"type": "null"}], "deprecated": True},
        address=record(city=STRING),
        lines={"type": "array", "items": record(sku=STRING)},
        tags={"type": "array", "items": STRING},
        labels={"type": "object", "additionalProperties": STRING},
        amount={"type": ["number", "string"]},
        anything={},
        required=["id"],
    )
    tree = field_tree(schema(document))
    assert [(f.path, f.type, f.nullable, f.required) for f in tree] == [
        ("id", "integer", False, True),
        ("email", "string", True, False),
        ("address", "object", False, False),
        ("address.city", "string", False, False),
        ("lines", "array<object>", False, False),
        ("lines[].sku", "string", False, False),
        ("tags", "array<string>", False, False),
        ("labels", "map<string>", False, False),
        ("amount", "number | string", False, False),
        ("anything", "any", True, False),
    ]
    assert tree[0].description == "The key."
    assert [f.path for f in tree if f.deprecated] == ["email"]


def test_recursion_stops_with_the_name_of_the_definition() -> None:
    node = record(value=STRING, next={"$ref": "#/$defs/node"})
    tree = field_tree(schema({**record(top={"$ref": "#/$defs/node"}), "$defs": {"node": node}}))
    assert [(f.path, f.type) for f in tree] == [
        ("top", "object"),
        ("top.value", "string"),
        ("top.next", "node"),
    ]


def test_alternatives_give_the_fields_of_all_of_them() -> None:
    cat = record(kind={"const": "cat"}, meow=STRING, required=["kind"])
    dog = record(kind={"const": "dog"}, bark=STRING)
    assert [f.path for f in field_tree(schema({"oneOf": [cat, dog]}))] == ["kind", "meow", "bark"]


def test_the_limit_keeps_the_upper_levels() -> None:
    wide = record(**{f"f{i}": record(x=STRING, y=STRING) for i in range(10)})
    assert [f.path for f in field_tree(schema(wide), limit=10)] == [f"f{i}" for i in range(10)]


@pytest.mark.parametrize("document", [True, False, {}, STRING])
def test_what_is_no_record_has_no_fields(document: JSON) -> None:
    assert field_tree(schema(document)) == ()
