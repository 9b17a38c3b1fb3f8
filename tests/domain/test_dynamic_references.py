"""References whose meaning rests on the way to them, and those that lead to metaschemas."""

import pytest

from domain.json_values import JSON
from domain.schemas.json_schema.dialects import Draft
from tests.domain.test_verdicts import D2019, NO, UNKNOWN, YES, verdict
from tests.support.json_schemas import Object, record

BASE = "https://example.com/page"


def page(of: str, entry: Object) -> Object:
    """What `page` holds depends on who refers to it."""
    return {"$id": of, "$ref": "page", "$defs": {"entry": {"$dynamicAnchor": "entry", **entry}}}


def two_pages(texts: Object, numbers: Object) -> Object:
    """A record of two pages, each with entries of its own."""
    return {
        "$id": f"{BASE}s",
        **record(texts={"$ref": "texts"}, numbers={"$ref": "numbers"}),
        "$defs": {
            "texts": page("texts", texts),
            "numbers": page("numbers", numbers),
            "page": {
                "$id": "page",
                "type": "array",
                "items": {"$dynamicRef": "#entry"},
                "$defs": {"any": {"$dynamicAnchor": "entry"}},
            },
        },
    }


def plain(texts: JSON, numbers: JSON) -> Object:
    return record(
        texts={"type": "array", "items": texts}, numbers={"type": "array", "items": numbers}
    )


def test_the_same_reference_means_what_the_way_to_it_says() -> None:
    dynamic = two_pages({"type": "string"}, {"type": "number"})
    assert verdict(dynamic, plain({"type": "string"}, {"type": "number"})) == (YES, YES)
    assert verdict(dynamic, plain({"type": "number"}, {"type": "string"})) == (NO, NO)
    narrower = two_pages({"type": "string"}, {"type": "integer"})
    assert verdict(dynamic, narrower) == (NO, YES)
    assert verdict(dynamic, {**dynamic, "title": "pages"}) == (YES, YES)


def test_what_a_dynamic_reference_evaluates_rests_on_the_way_too() -> None:
    def open_to(*names: str) -> Object:
        ways: JSON = [{"$ref": name} for name in names]
        added: Object = {
            name: {
                "$id": name,
                "$ref": "base",
                "$defs": {"more": {"$dynamicAnchor": "more", "properties": {name: True}}},
            }
            for name in names
        }
        base: JSON = {
            "$id": "base",
            "$dynamicRef": "#more",
            "unevaluatedProperties": False,
            "$defs": {"none": {"$dynamicAnchor": "more"}},
        }
        return {"$id": BASE, "anyOf": ways, "$defs": {**added, "base": base}}

    assert verdict(open_to("a", "b"), {"maxProperties": 0}) == (NO, YES)
    assert verdict(open_to("a"), open_to("a", "b")) == (YES, NO)
    only_a: JSON = {"properties": {"a": True}, "additionalProperties": False}
    assert verdict(only_a, open_to("a", "b")) == (YES, NO)


def test_resources_inside_of_each_other_are_passed_on_the_way() -> None:
    def nested(leaf: Object) -> Object:
        return {
            "$id": "https://example.com/outer",
            "items": {
                "$id": "middle",
                "items": {"$ref": "leaf"},
                "$defs": {"own": {"$dynamicAnchor": "leaf", **leaf}},
            },
            "$defs": {
                "leaf": {
                    "$id": "leaf",
                    "$dynamicRef": "#leaf",
                    "$defs": {"any": {"$dynamicAnchor": "leaf"}},
                }
            },
        }

    lists: JSON = {"items": {"items": {"type": "string"}}}
    assert verdict(nested({"type": "string"}), lists) == (YES, YES)
    assert verdict(nested({"type": "string"}), nested({"type": ["string", "null"]})) == (YES, NO)


def test_recursive_anchors_count_only_on_the_way() -> None:
    def trees(leaf: str) -> JSON:
        return {
            "$schema": D2019,
            "$id": "https://example.com/forest",
            "properties": {"tree": {"$ref": "strict"}},
            "$defs": {
                "strict": {
                    "$id": "strict",
                    "$recursiveAnchor": True,
                    "$ref": "tree",
                    "maxProperties": 2,
                },
                "tree": {
                    "$id": "tree",
                    "$recursiveAnchor": True,
                    "properties": {"next": {"$recursiveRef": "#"}, "leaf": {"type": leaf}},
                },
            },
        }

    assert verdict(trees("integer"), trees("number")) == (YES, NO)
    spelled: JSON = {
        "properties": {"tree": {"$ref": "#/$defs/t"}},
        "$defs": {
            "t": {
                "maxProperties": 2,
                "properties": {"next": {"$ref": "#/$defs/t"}, "leaf": {"type": "integer"}},
            }
        },
    }
    assert verdict(trees("integer"), spelled) == (YES, YES)


@pytest.mark.parametrize("draft", Draft)
def test_the_metaschemas_are_known(draft: Draft) -> None:
    metaschema: JSON = {"$schema": draft.uri, "$ref": draft.uri}
    assert verdict(metaschema, {"anyOf": [{"$ref": draft.uri}, False]}) == (YES, YES)
    assert verdict(metaschema, {"type": ["object", "boolean"]}) == (YES, NO)
    assert verdict({"const": {"minLength": -1}}, metaschema) == (NO, NO)
    assert verdict({"const": {"allOf": [{"type": "object"}]}}, metaschema) == (YES, NO)


def test_what_the_draft_and_its_validators_read_differently_is_undecided() -> None:
    old: JSON = {
        "$schema": D2019,
        "type": "array",
        "contains": {"type": "string"},
        "unevaluatedItems": False,
    }
    assert verdict(old, {"type": "array", "items": {"type": "integer"}})[0] is UNKNOWN
    assert verdict(old, {"type": "array", "minItems": 1})[0] is YES
