"""What affirming and denying a schema have in common."""

from collections.abc import Iterator

from domain.schemas.json_schema.nodes import ARRAY, FRACTION, INTEGER, OBJECT, STRING, Group
from domain.schemas.json_schema.positions import View
from domain.schemas.json_schema.search.atoms import Atoms
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    Demand,
    Demands,
    Edge,
    Limit,
    Literal,
    Multiple,
    Text,
)

NUMBERS = frozenset({INTEGER, FRACTION})
CONTAINERS = frozenset({OBJECT, ARRAY})
_TYPE_OF_LIMIT = {"Length": STRING, "Items": ARRAY, "Properties": OBJECT}


def denied(literal: Literal, others: Demands) -> Demands | None:
    return None if literal == ANYTHING else (*others, -literal)


def denied_all(literals: list[Literal], others: Demands) -> Demands | None:
    if ANYTHING in literals:
        return None
    return (*others, *(-literal for literal in literals))


def some(demands: Demands | None) -> Iterator[Demands]:
    if demands is not None:
        yield demands


def branch_literals(atoms: Atoms, side: int, view: View, group: Group) -> list[Literal]:
    graph = atoms.graphs[side]
    found = (atoms.at(side, graph.branch_position(view, b)) for b in group.branches)
    return [ANYTHING if literal is None else literal for literal in found]


def scalars(view: View, kind: str) -> Iterator[Demand]:
    """What keywords about numbers, lengths and texts demand."""
    if kind in NUMBERS:
        yield from _about_numbers(view)
    for keyword, count in view.limits.items():
        if _TYPE_OF_LIMIT[keyword[3:]] == kind:
            yield Limit(keyword, count)
    if kind == STRING:
        for keyword, text in sorted(view.texts):
            yield Text(keyword, text, sign=True)


def _about_numbers(view: View) -> Iterator[Demand]:
    if view.lower is not None:
        yield Edge(view.lower, lower=True)
    if view.upper is not None:
        yield Edge(view.upper, lower=False)
    if view.multiple is not None:
        yield Multiple(view.multiple, sign=True)
