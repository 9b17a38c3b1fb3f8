"""Schemas that explode when expanded, never end, or are merely large: an answer in time, always."""

from time import process_time

import pytest

from domain.compatibility import ChangeKind, ContentModel
from domain.json_values import JSON
from domain.schemas import field_tree
from domain.schemas.json_schema.comparison import Comparison
from domain.schemas.json_schema.diffing import locate_changes
from domain.schemas.json_schema.graph import Graph
from tests.support.json_schemas import Object, changes_of, record, schema

STRING: JSON = {"type": "string"}
INTEGER: JSON = {"type": "integer"}
LEVELS = 30


def bomb(kind: str, leaf: JSON) -> JSON:
    """Two references to the next level at each of 30 levels: 2^30 copies when expanded."""
    definitions: Object = {f"l{LEVELS}": leaf}
    for level in range(LEVELS):
        below: JSON = {"$ref": f"#/$defs/l{level + 1}"}
        forms: dict[str, JSON] = {
            "allOf": {"allOf": [below, below]},
            "anyOf": {"anyOf": [below, {"type": "array", "items": below}]},
            "oneOf": {"oneOf": [below, {"type": "array", "items": below}]},
            "not": {"not": {"anyOf": [below, below]}},
            "if": {"if": below, "then": below, "else": below},
            "properties": record(a=below, b=below),
            "items": {"prefixItems": [below, below]},
        }
        definitions[f"l{level}"] = forms[kind]
    return {"$ref": "#/$defs/l0", "$defs": definitions}


@pytest.mark.parametrize("model", list(ContentModel))
@pytest.mark.parametrize("kind", ["allOf", "anyOf", "oneOf", "not", "if", "properties", "items"])
def test_a_graph_that_doubles_at_every_level_is_compared_in_time(
    kind: str, model: ContentModel
) -> None:
    started = process_time()
    found = changes_of(bomb(kind, INTEGER), bomb(kind, STRING), model)
    tree = field_tree(schema(bomb(kind, INTEGER)))
    assert process_time() - started < 5
    assert found.breaks_backward
    assert found.breaks_forward
    assert len(tree) <= 5000


@pytest.mark.parametrize("kind", ["allOf", "properties", "items"])
def test_a_graph_that_doubles_is_decided_where_the_rules_can(kind: str) -> None:
    found = changes_of(bomb(kind, INTEGER), bomb(kind, {"type": "number"}))
    assert (found.breaks_backward, found.breaks_forward) == (False, True)


def test_recursion_is_compared_and_ends() -> None:
    def tree(value: JSON) -> JSON:
        kids: JSON = {"type": "array", "items": {"$ref": "#"}}
        return record(value=value, next={"anyOf": [{"$ref": "#"}, {"type": "null"}]}, kids=kids)

    assert changes_of(tree(INTEGER), {**_object(tree(INTEGER)), "title": "T"}).changes
    found = changes_of(tree(INTEGER), tree({"type": "number"}))
    assert (found.breaks_backward, found.breaks_forward) == (False, True)
    assert [f.path for f in field_tree(schema(tree(INTEGER)))] == ["value", "next", "kids"]


def _object(value: JSON) -> Object:
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "document",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"not": {"$ref": "#"}},
        {"$dynamicRef": "#x", "$defs": {"x": {"$dynamicAnchor": "x"}}},
    ],
)
def test_references_in_a_circle_end(document: JSON) -> None:
    assert changes_of(document, STRING).breaks_backward
    assert changes_of(STRING, document).changes
    field_tree(schema(document))


def test_five_thousand_fields_take_less_than_a_second() -> None:
    def table(changed: bool) -> JSON:
        columns: Object = {
            f"column_{i}": INTEGER if changed and i % 10 == 0 else STRING for i in range(5_000)
        }
        return record(**columns)

    old, new = table(False), table(True)
    started = process_time()
    found = changes_of(old, new)
    assert process_time() - started < 3  # a busy machine; 0.4 s on a quiet one
    assert len(found.changes) == 500
    assert len(field_tree(schema(old))) == 5_000


def test_a_long_chain_of_definitions_is_no_deep_recursion() -> None:
    def chain(leaf: JSON) -> JSON:
        links: Object = {f"l{i}": record(x={"$ref": f"#/$defs/l{i + 1}"}) for i in range(1_000)}
        return {"$ref": "#/$defs/l0", "$defs": {**links, "l1000": leaf}}

    (change,) = changes_of(chain(INTEGER), chain(STRING)).changes
    assert change.kind is ChangeKind.TYPE_CHANGED
    assert change.sentence.startswith("Something below `x.x.")


def test_alternatives_by_the_hundred_end_in_time() -> None:
    def event(leaf: JSON) -> JSON:
        return {"oneOf": [record(required=[f"k{i}"], **{f"k{i}": leaf}) for i in range(120)]}

    started = process_time()
    assert changes_of(event(INTEGER), event(STRING)).breaks_backward
    assert process_time() - started < 10


@pytest.mark.parametrize("name", ["$ref", "a.b", "", "é 😀", "[]", "*", 'say "x"', "properties"])
def test_any_name_is_a_field_name(name: str) -> None:
    found = changes_of(record(**{name: STRING, "id": STRING}), record(id=STRING))
    (change,) = found.changes
    assert change.kind is ChangeKind.FIELD_REMOVED
    assert [f.path for f in field_tree(schema(record(**{name: STRING})))] == [change.path]
    assert change.touches(change.path)
    assert not change.touches("id")


def test_schemas_that_are_compared_for_the_first_time_are_never_cut_short() -> None:
    old, new = (
        Graph(
            schema(record(**_bounded(least))),
            closed=True,
        )
        for least in (2, 3)
    )
    found = locate_changes(Comparison(old, new, most_pairs=1))
    assert [located.change.kind for located in found] == [ChangeKind.BOUND_TIGHTENED] * 30


def _bounded(least: int) -> dict[str, JSON]:
    return {f"f{i}": {"type": "integer", "minimum": least} for i in range(30)}
