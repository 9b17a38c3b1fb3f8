"""Schemas that refer to one another: to come back to a question does not answer it."""

import pytest

from domain.compatibility import ContentModel
from domain.json_values import JSON
from domain.verdicts import decide
from tests.support.json_schemas import schema

# `A` is met by a leaf, or by a `B`; a `B` needs an `A` inside of it.
DEFINITIONS: JSON = {
    "A": {
        "type": "object",
        "anyOf": [
            {"properties": {"b": {"$ref": "#/$defs/B"}}, "required": ["b"]},
            {"required": ["leaf"]},
        ],
    },
    "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]},
}


@pytest.mark.parametrize("names", [("A", "B"), ("B", "A"), ("A", "A"), ("B", "B")])
def test_what_was_out_of_reach_on_one_way_is_not_so_for_good(names: tuple[str, str]) -> None:
    first, second = names
    whole: JSON = {
        "type": "object",
        "properties": {"x": {"$ref": f"#/$defs/{first}"}, "y": {"$ref": f"#/$defs/{second}"}},
        "required": ["x", "y"],
        "$defs": DEFINITIONS,
    }
    found = decide(schema(whole), schema(False), ContentModel.OPEN)
    assert (found.backward, found.forward) == (False, True)


def test_to_come_back_to_the_same_value_proves_nothing() -> None:
    """Each way to refuse the one alternative leads back to the other, and to the whole."""
    holds: JSON = {"properties": {"a": {"$ref": "#"}}, "required": [""]}
    old: JSON = {
        "allOf": [{"not": {"$ref": "#/$defs/r"}}],
        "$defs": {"r": {"anyOf": [{"allOf": [holds]}, holds]}},
    }
    found = decide(schema(old), schema({"anyOf": [{"required": ["b"]}]}), ContentModel.OPEN)
    assert found.backward is False
