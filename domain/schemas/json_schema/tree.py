"""The field tree: what a record's fields are called, for display, registrations and guarantees."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from domain.fields import ANY_NAME, ITEMS, Field, index_step, join_path, name_step
from domain.json_values import JSON, as_object
from domain.schemas.json_schema.assertions import types_named
from domain.schemas.json_schema.dialects import APPLICATORS, REFERENCES, Draft
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import ARRAY, NULL, OBJECT, Types
from domain.schemas.json_schema.positions import ANYTHING, Position, View
from domain.schemas.json_schema.references import Location
from domain.schemas.json_schema.rules_types import type_list
from domain.schemas.schema import Schema

# Place of a field among its siblings, and of each sibling above it: the order of the document.
_Rank = tuple[int, ...]
# The schemas that say anything about a place, past all that only refers: what recursion repeats.
_Meaning = tuple[Location, ...]
_MOST_DEPTH = 40
# The parts of a node that lead to other schemas: without them nothing is inside of a field.
_LEADING = frozenset({"properties", "patterns", "additional", "prefix", "items"}) | frozenset(
    {"all_of", "groups", "condition", "dependent_schemas"}
)

# Keywords that a field is described by besides its own type and bounds.
_TELLING_MORE = {
    draft: REFERENCES[draft].union(APPLICATORS[draft], ("enum", "const")) for draft in Draft
}


class _Plain(NamedTuple):
    """A field whose schema is a type and bounds: all that there is to tell stands there."""

    view: View
    name: str
    schema: Mapping[str, JSON]

    def types(self) -> Types:
        return types_named(self.schema["type"])


class _Slot(NamedTuple):
    """A place in a record with every position that describes it: alternatives give several."""

    steps: tuple[str, ...]
    rank: _Rank
    positions: tuple[Position, ...]
    above: frozenset[_Meaning]
    required: bool = False
    plain: _Plain | None = None


def json_schema_fields(schema: Schema, limit: int) -> tuple[Field, ...]:
    """At most `limit` fields, the upper levels first; in the order of the document.

    Recursion stops at the first repetition: the field is listed with the name of its definition,
    what is inside of it is not.
    """
    # Open, so that what is merely not forbidden is not listed either: names come from declarations.
    graph = Graph(schema, closed=False)
    found: list[tuple[_Rank, Field]] = []
    root = _Slot((), (), (graph.root,), frozenset())
    level = list(_inside(graph, root))
    seen = 0
    while level and len(found) < limit and seen < 2 * limit:
        seen += len(level)
        found += [(slot.rank, _field(graph, slot)) for slot in level if _is_named(slot)]
        level = [below for slot in level for below in _inside(graph, slot)]
        del level[limit:]
    return tuple(field for _, field in sorted(found[:limit], key=lambda entry: entry[0]))


def _is_named(slot: _Slot) -> bool:
    """Items and map values are spoken of as part of their list or map, unless they hold fields."""
    last = slot.steps[-1]
    return not last.startswith("[") and last != ANY_NAME


def _inside(graph: Graph, slot: _Slot) -> Iterator[_Slot]:
    if len(slot.steps) >= _MOST_DEPTH or slot.plain is not None:
        return
    if all(_is_leaf(graph.view(position)) for position in slot.positions):
        return
    meant = {position: graph.meaning(graph.view(position)) for position in slot.positions}
    positions = [position for position in slot.positions if meant[position] not in slot.above]
    above = slot.above | {meant[position] for position in positions}
    children: dict[str, list[Position | _Plain]] = {}
    required: dict[str, bool] = {}
    for position in positions:
        for view in _views(graph, position):
            for step, child in _steps(graph, view):
                children.setdefault(step, []).append(child)
            for name in view.required:
                required.setdefault(name_step(name), view.position == position)
    for index, (step, below) in enumerate(children.items()):
        plain = below[0] if len(below) == 1 and isinstance(below[0], _Plain) else None
        yield _Slot(
            (*slot.steps, step),
            (*slot.rank, index),
            () if plain else _positions(graph, below),
            above,
            required.get(step, False),
            plain,
        )


def _positions(graph: Graph, below: list[Position | _Plain]) -> tuple[Position, ...]:
    found = [
        graph.property_position(each.view, each.name) if isinstance(each, _Plain) else each
        for each in below
    ]
    return tuple(dict.fromkeys(position for position in found if position is not None))


def _is_leaf(view: View) -> bool:
    return all(node.said.isdisjoint(_LEADING) for node in view.nodes)


def _views(graph: Graph, position: Position) -> Iterator[View]:
    """The view of a position and of all its alternatives, conditions included."""
    seen: set[Position] = set()
    waiting = [position]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        view = graph.view(at)
        yield view
        parts = [branch for group in view.groups for branch in group.branches]
        for node in view.nodes:
            parts += [part for part in node.condition or () if part is not None]
            parts += node.dependent_schemas.values()
        waiting.extend(Position((part,), closed=False) for part in reversed(parts))


def _steps(graph: Graph, view: View) -> Iterator[tuple[str, Position | _Plain]]:
    found: list[tuple[str, Position | _Plain | None]] = []
    if OBJECT in view.types:
        plain = _plain_fields(view)
        found += [
            (name_step(n), plain.get(n) or graph.property_position(view, n)) for n in view.names
        ]
        values = [at for locations in view.patterns().values() for at in locations]
        found += [(ANY_NAME, graph.value_position((at,))) for at in values]
        found.append((ANY_NAME, graph.rest_position(view)))
    if ARRAY in view.types:
        places = max((len(node.prefix) for node in view.nodes), default=0)
        found += [(index_step(i), graph.item_position(view, i)) for i in range(places)]
        found.append((ITEMS, graph.item_position(view, None)))
    for step, position in found:
        free = (
            step in (ANY_NAME, ITEMS) and isinstance(position, Position) and not position.locations
        )
        if position is not None and not free:
            yield step, position


def _plain_fields(view: View) -> dict[str, _Plain]:
    """Those that one schema alone speaks of, and that hold and refer to no other."""
    if len(view.nodes) != 1 or view.nodes[0].patterns:
        return {}
    only = view.nodes[0]
    telling_more = _TELLING_MORE[only.draft]
    return {
        name: _Plain(view, name, schema)
        for name, schema in as_object(only.raw.get("properties")).items()
        if isinstance(schema, dict) and "type" in schema and telling_more.isdisjoint(schema)
    }


def _field(graph: Graph, slot: _Slot) -> Field:
    if slot.plain is not None:
        return _plain_field(slot, slot.plain)
    views = [graph.view(position) for position in slot.positions]
    names = dict.fromkeys([_type_name(graph, slot, view) for view in views])
    return Field(
        path=join_path(slot.steps),
        type=" | ".join([name for name in names if name]) or NULL,
        nullable=any(view.accepts_null for view in views),
        required=slot.required,
        description=next((d for view in views for d in _said(view, "description")), None),
        deprecated=any(node.raw.get("deprecated") is True for view in views for node in view.nodes),
    )


def _plain_field(slot: _Slot, plain: _Plain) -> Field:
    types, description = plain.types(), plain.schema.get("description")
    return Field(
        path=join_path(slot.steps),
        type=_spoken(types - {NULL}) or NULL,
        nullable=NULL in types,
        required=slot.required,
        description=description if isinstance(description, str) else None,
        deprecated=plain.schema.get("deprecated") is True,
    )


def _said(view: View, keyword: str) -> Iterator[str]:
    for node in view.nodes:
        text = node.raw.get(keyword)
        if isinstance(text, str):
            yield text


def _type_name(graph: Graph, slot: _Slot, view: View, depth: int = 0) -> str:
    if graph.meaning(view) in slot.above or depth > 3:
        return _definition(graph, view)
    types = view.types - {NULL}
    if types == {ARRAY}:
        item = graph.item_position(view, None) or ANYTHING
        within = graph.view(item)
        return f"array<{_type_name(graph, slot, within, depth + 1)}>" if item.locations else ARRAY
    if types == {OBJECT} and not view.names:
        rest = graph.rest_position(view)
        if rest is not None and rest.locations:
            return f"map<{_type_name(graph, slot, graph.view(rest), depth + 1)}>"
    return _spoken(types)


def _definition(graph: Graph, view: View) -> str:
    named = [at.pointer.rpartition("/")[2] for at in graph.meaning(view)]
    return named[0] if named and named[0] else "record"


@lru_cache(maxsize=256)
def _spoken(types: Types) -> str:
    if len(types) >= 6:
        return "any"
    names = type_list(types)
    return " | ".join(str(n) for n in names) if isinstance(names, list) else str(names)
