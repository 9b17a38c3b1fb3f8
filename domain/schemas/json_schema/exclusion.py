"""Whether two positions exclude each other: whether no value at all fits both."""

from collections.abc import Sequence
from itertools import combinations

from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import ARRAY, OBJECT
from domain.schemas.json_schema.positions import Position, View

# Pairs grow with the square; beyond this many branches nothing is claimed.
_MOST_BRANCHES = 60
_MOST_DEPTH = 3

_Side = tuple[Graph, View]


def exclude_each_other(graph: Graph, branches: Sequence[Position]) -> bool:
    """Whether a `oneOf` of these branches means the same as `anyOf`."""
    if len(branches) > _MOST_BRANCHES:
        return False
    return all(are_apart(graph, one, graph, other) for one, other in combinations(branches, 2))


def are_apart(
    graph: Graph, one: Position, other_graph: Graph, other: Position, depth: int = 0
) -> bool:
    """True only if it is certain; False may also mean that it is not known."""
    first, second = graph.view(one), other_graph.view(other)
    shared = first.types & second.types
    if not shared:
        return True
    if first.or_null or second.or_null:
        return False
    if first.values is not None and second.values is not None:
        return not first.values.keys() & second.values.keys()
    if depth >= _MOST_DEPTH:
        return False
    sides = ((graph, first), (other_graph, second))
    if shared == {OBJECT}:
        return _objects_apart(sides, depth)
    return shared == {ARRAY} and _arrays_apart(sides, depth)


def _objects_apart(sides: tuple[_Side, _Side], depth: int) -> bool:
    """By a field that one must have and the other cannot, or has only with other values."""
    names = sides[0][1].required | sides[1][1].required
    return any(
        _places_apart(sides, [g.property_position(view, name) for g, view in sides], depth)
        for name in sorted(names)
    )


def _arrays_apart(sides: tuple[_Side, _Side], depth: int) -> bool:
    """By the first item, if there must be one."""
    if max(view.limits.get("minItems", 0) for _, view in sides) < 1:
        return False
    return _places_apart(sides, [g.item_position(view, 0) for g, view in sides], depth)


def _places_apart(sides: tuple[_Side, _Side], places: list[Position | None], depth: int) -> bool:
    """For a place that holds a value in whatever fits both sides."""
    one, other = places
    if one is None or other is None:
        return True
    return are_apart(sides[0][0], one, sides[1][0], other, depth + 1)
