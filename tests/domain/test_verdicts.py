"""Verdicts: whether all that one schema accepts, another accepts; and that it is undecided else."""

import pytest

from domain.budget import Budget
from domain.compatibility import ContentModel
from domain.errors import InvalidSchema
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA, parse
from domain.schemas.json_schema import assume_draft
from domain.verdicts import Verdict, both, decide
from tests.support.json_schemas import Object, record, schema

YES, NO, UNKNOWN = True, False, None
D7 = "http://json-schema.org/draft-07/schema#"
D2019 = "https://json-schema.org/draft/2019-09/schema"


def verdict(old: JSON, new: JSON, model: ContentModel = ContentModel.OPEN) -> tuple[object, object]:
    found = decide(schema(old), schema(new), model)
    return found.backward, found.forward


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # booleans and nothing at all
        (False, {"type": "string"}, (YES, NO)),
        ({"not": {}}, False, (YES, YES)),
        ({"type": "integer", "minimum": 5, "maximum": 3}, False, (YES, YES)),
        (record(a=False, required=["a"]), {"enum": [1]}, (YES, NO)),
        ({**record(a=False, required=["a"]), "type": "object"}, False, (YES, YES)),
        # JSON equality
        ({"const": 1}, {"const": 1.0}, (YES, YES)),
        ({"const": 1}, {"const": True}, (NO, NO)),
        ({"enum": [{"a": 1, "b": 2}]}, {"const": {"b": 2.0, "a": 1}}, (YES, YES)),
        ({"enum": [[1, 2], "x"]}, {"type": ["array", "string"]}, (YES, NO)),
        ({"not": {"const": {"a": 1}}}, {"not": {"enum": [{"a": 1}, []]}}, (NO, YES)),
        # numbers
        ({"type": "integer", "minimum": 0.5}, {"type": "integer", "minimum": 1}, (YES, YES)),
        ({"multipleOf": 4, "type": "integer"}, {"multipleOf": 2, "type": "integer"}, (YES, NO)),
        ({"type": "number", "multipleOf": 0.5}, {"type": "number", "multipleOf": 0.25}, (YES, NO)),
        (
            {"type": "integer", "not": {"multipleOf": 2}},
            {"type": "integer", "not": {"multipleOf": 4}},
            (YES, NO),
        ),
        (
            {"type": "integer", "exclusiveMinimum": 3, "maximum": 4},
            {"enum": [4]},
            (YES, YES),
        ),
        ({"type": "number"}, {"type": ["integer", "number"]}, (YES, YES)),
        # texts
        (
            {"pattern": "^[a-c]{2}$", "type": "string"},
            {"type": "string", "maxLength": 2},
            (YES, NO),
        ),
        ({"type": "string", "minLength": 1}, {"type": "string", "pattern": "."}, (NO, YES)),
        ({"pattern": "^(?=.*[0-9]).{3,}$"}, {"pattern": "[0-9]"}, (YES, NO)),
        ({"format": "uri", "type": "string"}, {"format": "iri", "type": "string"}, (YES, NO)),
        ({"type": "string"}, {"type": "string", "format": "date"}, (NO, YES)),
        ({"type": "string"}, {"type": "string", "format": "colour"}, (NO, YES)),
        (
            {"patternProperties": {"x*": {"type": "integer"}, "xx*": {"maximum": 9}}},
            {"patternProperties": {"p.*": True, "q.*": False}},
            (NO, NO),
        ),
        ({"type": "string", "pattern": r"^\cI$"}, {"const": "\t"}, (YES, YES)),
        ({"pattern": r"^\p{Lu}+$"}, {"pattern": r"^\p{Letter}{1,}$"}, (YES, NO)),
        ({"pattern": r"^[\p{L}\d]+$"}, {"pattern": r"^[^\P{L}]+$"}, (NO, YES)),
        ({"pattern": r"^[a-z]+$"}, {"pattern": r"^\p{Ll}+$"}, (YES, NO)),
        ({"format": "email"}, {"format": "regex"}, (NO, NO)),
        # what has a format has its shape, and nobody knows which texts have one that is not known
        ({"format": "uuid"}, {"format": "uuid", "maxLength": 36}, (YES, YES)),
        ({"format": "date"}, {"type": "string", "format": "date", "minLength": 11}, (NO, YES)),
        ({"type": "string", "format": "date"}, {"pattern": "^....-..-..$"}, (YES, NO)),
        ({"type": "string", "format": "ipv4", "maxLength": 6}, False, (YES, YES)),
        ({"enum": ["a", "b"], "format": "colour"}, {"enum": ["a"]}, (NO, NO)),
        ({"enum": ["a"], "format": "colour"}, {"enum": ["a", "b"], "format": "colour"}, (YES, NO)),
        ({"const": "a", "contentEncoding": "base64"}, {"const": "a"}, (YES, NO)),
        # arrays
        (
            {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 3},
            False,
            (YES, YES),
        ),
        (
            {"type": "array", "prefixItems": [{"const": 1}]},
            {"type": "array", "contains": {"const": 1}},
            (NO, NO),
        ),
        (
            {"type": "array", "prefixItems": [{"const": 1}], "minItems": 1},
            {"type": "array", "contains": {"const": 1}},
            (YES, NO),
        ),
        (
            {"contains": {"type": "integer"}, "minContains": 2},
            {"contains": {"type": "number"}, "minContains": 1},
            (YES, NO),
        ),
        ({"type": "array", "maxItems": 1}, {"type": "array", "uniqueItems": True}, (YES, NO)),
        (
            {"minItems": 150, "maxItems": 150, "type": "array"},
            {"minItems": 149, "type": "array"},
            (YES, NO),
        ),
        # objects
        (
            {"propertyNames": {"maxLength": 3}},
            {"patternProperties": {r"^[\s\S]{4}": False}},
            (YES, YES),
        ),
        (
            {"patternProperties": {"^a": {"type": "integer"}}},
            {"properties": {"ab": {"type": "number"}}},
            (YES, NO),
        ),
        ({"type": "object", "maxProperties": 43}, {"type": "object"}, (YES, NO)),
        (
            {"properties": {"a": True}, "additionalProperties": False, "minProperties": 1},
            {
                "type": ["null", "boolean", "number", "string", "array", "object"],
                "dependentRequired": {"b": ["a"]},
            },
            (YES, NO),
        ),
        (
            {"dependentRequired": {"a": ["b"]}},
            {"anyOf": [{"not": {"required": ["a"]}}, {"required": ["b"]}]},
            (YES, YES),
        ),
        # combinations
        (
            {"oneOf": [{"type": "integer"}, {"type": "number"}]},
            {"type": "number", "not": {"type": "integer"}},
            (YES, YES),
        ),
        (
            {"anyOf": [{"minimum": 3}, {"type": "string"}]},
            {"not": {"type": "number", "exclusiveMaximum": 3}},
            (YES, YES),
        ),
        (
            {"if": {"type": "string"}, "then": {"maxLength": 3}, "else": {"type": "integer"}},
            {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]},
            (YES, YES),
        ),
        # what is left over
        (
            {"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False},
            {"properties": {"a": True}, "additionalProperties": False},
            (YES, YES),
        ),
        (
            {
                "anyOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, True],
                "unevaluatedProperties": False,
            },
            {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
            (YES, YES),
        ),
        (
            {"contains": {"const": 1}, "unevaluatedItems": False},
            {"items": {"const": 1}, "minItems": 1},
            (YES, YES),
        ),
    ],
)
def test_inclusion_of_instance_sets(old: JSON, new: JSON, expected: tuple[object, object]) -> None:
    assert verdict(old, new) == expected
    assert verdict(new, old) == expected[::-1]


def tree(value: JSON) -> Object:
    return record(value=value, children={"type": "array", "items": {"$ref": "#"}})


def test_recursion_is_decided_by_the_greatest_fixed_point() -> None:
    assert verdict(tree({"type": "integer"}), tree({"type": "number"})) == (YES, NO)
    endless = record(next={"$ref": "#"}, required=["next"])
    assert verdict({**endless, "type": "object"}, False) == (YES, YES)


def test_dynamic_references_lead_to_the_root_that_overrides_them() -> None:
    def bundle(leaf: JSON) -> JSON:
        return {
            "$id": "https://example.com/strings",
            "$ref": "list",
            "$defs": {
                "element": {"$dynamicAnchor": "element", **leaf}
                if isinstance(leaf, dict)
                else leaf,
                "list": {
                    "$id": "list",
                    "type": "array",
                    "items": {"$dynamicRef": "#element"},
                    "$defs": {"any": {"$dynamicAnchor": "element"}},
                },
            },
        }

    plain: JSON = {"type": "array", "items": {"type": "string"}}
    assert verdict(bundle({"type": "string"}), plain) == (YES, YES)
    assert verdict(bundle({"type": "string"}), bundle({"type": ["string", "null"]})) == (YES, NO)


def test_recursive_references_of_2019_follow_their_anchor() -> None:
    def nested(leaf: str) -> JSON:
        return {
            "$schema": D2019,
            "$recursiveAnchor": True,
            "type": ["array", leaf],
            "items": {"$recursiveRef": "#"},
        }

    assert verdict(nested("integer"), nested("number")) == (YES, NO)


def test_a_closed_record_is_closed_through_references_too() -> None:
    old: JSON = {"$ref": "#/$defs/r", "$defs": {"r": record(a={"type": "string"})}}
    wider: JSON = {"$ref": "#/$defs/r", "$defs": {"r": record(a={"type": "string"}, b=True)}}
    assert verdict(old, wider, ContentModel.CLOSED) == (YES, NO)
    assert verdict(old, wider, ContentModel.OPEN) == (YES, YES)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "string", "pattern": r"^(a)\1$"},
        {"anyOf": [{"$ref": "#"}, {"type": "string"}]},
        {"not": {"$ref": "#"}},
    ],
)
def test_what_cannot_be_decided_is_said_to_be(document: JSON) -> None:
    assert verdict(document, {"type": "string", "maxLength": 9})[0] is UNKNOWN


def test_a_budget_that_is_spent_leaves_it_undecided() -> None:
    old, new = tree({"enum": [1, 2]}), tree({"enum": [1, 2, 3], "title": "T"})
    assert decide(schema(old), schema(new), ContentModel.OPEN, Budget(2)).forward is not True
    over = Budget(10_000, is_over=lambda: True)
    hard: JSON = {"type": "string", "pattern": "^(a|b)*a(a|b){9}$"}
    other: JSON = {"type": "string", "pattern": "^(a|b)*b(a|b){9}$"}
    assert decide(schema(hard), schema(other), ContentModel.OPEN, over).backward is UNKNOWN


def test_a_no_says_by_which_value() -> None:
    found = decide(schema({"type": "number"}), schema({"type": "integer"}), ContentModel.OPEN)
    assert "0.1" in found.why
    assert found.full is False


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(True, True, True), (True, None, None), (None, False, False), (None, None, None)],
)
def test_full_needs_both(one: bool | None, other: bool | None, expected: bool | None) -> None:
    assert both(one, other) is expected
    assert Verdict(one, other, "").full is expected


def test_a_document_without_schema_is_read_as_draft_7_or_4() -> None:
    older: Object = {"type": "integer", "minimum": 1, "exclusiveMinimum": True}
    assert "draft-04" in str(assume_draft(older))
    assert "draft-07" in str(assume_draft({"type": "integer"}))
    assert "draft-07" in str(
        assume_draft({"properties": {"exclusiveMinimum": True, "minimum": {}}})
    )
    assert assume_draft({"$schema": D2019}) == {"$schema": D2019}
    assert assume_draft({"$schema": D2019}, "draft-07") == {"$schema": D7}
    assert assume_draft(True, "2020-12") is True
    with pytest.raises(InvalidSchema):
        assume_draft({}, "draft-05")
    found = decide(
        parse(JSON_SCHEMA, schema=assume_draft(older)),
        parse(JSON_SCHEMA, schema={"minimum": 2}),
        ContentModel.OPEN,
    )
    assert (found.backward, found.forward) == (YES, NO)
