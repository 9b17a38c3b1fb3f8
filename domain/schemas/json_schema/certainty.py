"""Whether a break that a rule is sure of is one of the whole record, found out at little cost.

A rule judges a place. That the record can get there, with a value that the other side refuses, is
asked for a few places that both sides reach by fields and items alone; so the whole need not be
denied.
"""

from collections.abc import Iterator

from domain.changes import ChangeKind
from domain.fields import named_by
from domain.json_values import as_object
from domain.schemas.json_schema.comparison import Comparison
from domain.schemas.json_schema.outcome import BREAKS, Direction, Finding, Pair
from domain.schemas.json_schema.search.answers import Found
from domain.schemas.json_schema.search.constraints import ANYTHING, Literal

_PRESENCE = (ChangeKind.FIELD_REMOVED, ChangeKind.FIELD_ADDED)
_MOST_VISITED = 2_000
_MOST_TRIED = 3

Steps = tuple[str, ...]


def is_certainly_broken(comparison: Comparison, direction: Direction) -> bool:
    """False may also mean that it takes more to find out."""
    tried = 0
    for pair, way in _plainly_reached(comparison, direction):
        for finding in comparison.outcome(pair).findings:
            if finding.effect(direction) is BREAKS:
                tried += 1
                if _shows(comparison, direction, pair, way, finding):
                    return True
                if tried >= _MOST_TRIED:
                    return False
    return False


def _plainly_reached(comparison: Comparison, direction: Direction) -> Iterator[tuple[Pair, Steps]]:
    """Pairs that a value at their place must keep, whatever else the record holds."""
    waiting: list[tuple[Pair, Steps]] = [(comparison.root, ())]
    seen = {comparison.root}
    yield comparison.root, ()
    for pair, way in waiting:
        for edge in comparison.outcome(pair).edges:
            counts = edge.backward if direction == "backward" else edge.forward
            if counts and edge.steps and edge.pair not in seen and len(seen) < _MOST_VISITED:
                seen.add(edge.pair)
                reached = (edge.pair, (*way, *edge.steps))
                waiting.append(reached)
                yield reached


def _shows(
    comparison: Comparison, direction: Direction, pair: Pair, way: Steps, finding: Finding
) -> bool:
    sides = (0, 1) if direction == "backward" else (1, 0)
    graphs = [(comparison.old, comparison.new)[side] for side in sides]
    atoms, root = comparison.inclusion.atoms, comparison.root[sides[0]]
    refusing = graphs[1].view(pair[sides[1]])
    whole = {atoms.at(sides[0], root) or ANYTHING}
    if not finding.steps:
        literals = _taken_and_refused(comparison, pair, sides)
        return _is_found(comparison, whole | atoms.below(way, literals) if way else literals)
    name = named_by(finding.steps[-1])
    if finding.kind in _PRESENCE and graphs[1].property_position(refusing, name) is None:
        return _is_found(comparison, whole | atoms.below((*way, *finding.steps), frozenset()))
    if name in refusing.required and not way:
        smallest = comparison.inclusion.find(whole)
        return isinstance(smallest, Found) and name not in as_object(smallest.value)
    return False


def _taken_and_refused(
    comparison: Comparison, pair: Pair, sides: tuple[int, int]
) -> frozenset[Literal]:
    atoms = comparison.inclusion.atoms
    taken, refused = (atoms.at(side, pair[side]) for side in sides)
    return frozenset({taken or ANYTHING, -(refused or ANYTHING)})


def _is_found(comparison: Comparison, literals: set[Literal] | frozenset[Literal]) -> bool:
    return isinstance(comparison.inclusion.find(literals), Found)
