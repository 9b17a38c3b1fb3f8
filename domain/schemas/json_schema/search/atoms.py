"""The schemas that a search speaks of, each with a number: the same number for the same meaning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.positions import Position, View, matches
from domain.schemas.json_schema.references import Location
from domain.schemas.json_schema.search.constraints import ANYTHING, Literal, Literals


@dataclass(frozen=True, slots=True)
class Placed:
    """A position of one of the schemas that are searched."""

    side: int
    position: Position


@dataclass(frozen=True, slots=True)
class Equals:
    """Just one value, by its canonical text."""

    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one of these fits."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Below:
    """At this place below the value something fits all of these."""

    steps: tuple[str, ...]
    literals: Literals


# A chain of references that goes on longer goes round in a circle.
_MOST_REFERENCES = 50

Atom: TypeAlias = Placed | Equals | OneOf | Below
# Whether a position of the first graph and one of the second are written the same.
IsSame = Callable[[Position, Position], bool]


class Atoms:
    """`graphs` are the old schema, the new one, and such as are made for one search."""

    def __init__(self, graphs: Sequence[Graph], is_same: IsSame) -> None:
        self.graphs = graphs
        self._is_same = is_same
        self._atoms: list[Atom] = [Placed(0, Position((), closed=False))]
        self._numbers: dict[Atom, Literal] = {}
        self._alike: dict[tuple[object, ...], Literal] = {}
        self._referring: dict[tuple[object, ...], list[tuple[Placed, Literal]]] = {}
        self.values: dict[str, JSON] = {}

    def __getitem__(self, literal: Literal) -> Atom:
        return self._atoms[abs(literal)]

    def view(self, placed: Placed) -> View:
        return self.graphs[placed.side].view(placed.position)

    def at(self, side: int, position: Position | None) -> Literal | None:
        """None for a place where no value may be."""
        if position is None:
            return None
        placed = Placed(side, position)
        number = self._numbers.get(placed)
        if number is None:
            number = self._numbers[placed] = self._number(placed)
        return number

    def here(self, side: int, location: Location) -> Literal:
        """A schema for this very value, not for one inside of it."""
        number = self.at(side, Position((location,), closed=False))
        return ANYTHING if number is None else number

    def equals(self, value: JSON) -> Literal:
        text = canonical_text(value)
        self.values[text] = value
        return self._numbered(Equals(text))

    def one_of(self, literals: Sequence[Literal]) -> Literal:
        unique = tuple(dict.fromkeys(literals))
        return unique[0] if len(unique) == 1 else self._numbered(OneOf(unique))

    def below(self, steps: tuple[str, ...], literals: Literals) -> Literals:
        return frozenset((self._numbered(Below(steps, literals)),)) if steps else literals

    def _numbered(self, atom: Atom) -> Literal:
        number = self._numbers.get(atom)
        if number is None:
            number = self._numbers[atom] = self._new(atom)
        return number

    def _number(self, placed: Placed) -> Literal:
        graph, position = self.graphs[placed.side], placed.position
        meant = self._past_references(graph, position)
        if meant != position:
            return self.at(placed.side, meant) or ANYTHING
        if not position.non_null and graph.says_nothing(graph.view(position)):
            return ANYTHING
        if placed.side > 1 or position == graph.root:
            # Whole schemas that are the same are not compared at all.
            return self._new(placed)
        texts = [graph.plain_text(location) for location in position.locations]
        if None not in texts:
            # Nothing is referred to: the same text has the same meaning.
            written = (position.closed, position.non_null, *texts)
            if written not in self._alike:
                self._alike[written] = self._new(placed)
            return self._alike[written]
        key = (position.closed, position.non_null, *map(graph.asserted_text, position.locations))
        others = self._referring.setdefault(key, [])
        for other, number in others:
            if other.side != placed.side and self._are_same(placed, other):
                return number
        number = self._new(placed)
        others.append((placed, number))
        return number

    def _new(self, atom: Atom) -> Literal:
        self._atoms.append(atom)
        return len(self._atoms) - 1

    @staticmethod
    def _past_references(graph: Graph, position: Position) -> Position:
        """What a schema that only refers means; one that goes round in a circle stays."""
        meant = position
        for _ in range(_MOST_REFERENCES):
            target = graph.through_reference(meant)
            if target is None:
                return meant
            meant = target[1]
        return position

    def _are_same(self, one: Placed, other: Placed) -> bool:
        old, new = (one, other) if one.side == 0 else (other, one)
        return self._is_same(old.position, new.position)


class DeclaredFields:
    """The fields as a view declares them, the content model included."""

    def __init__(self, atoms: Atoms, side: int, view: View) -> None:
        self._atoms = atoms
        self._side = side
        self._view = view

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self._view.mentioned).union(self._view.names)

    @cached_property
    def patterns(self) -> frozenset[str]:
        return frozenset(self._view.patterns())

    def at(self, name: str) -> Literal | None:
        graph = self._atoms.graphs[self._side]
        return self._atoms.at(self._side, graph.property_position(self._view, name))

    def says_anything(self) -> bool:
        view = self._view
        return bool(view.mentioned or view.names or self.patterns or view.closes) or any(
            node.additional is not None for node in self._view.nodes
        )


@dataclass(frozen=True)
class LeftFields:
    """What `unevaluatedProperties` says of all that nothing else has evaluated."""

    atoms: Atoms
    side: int
    location: Location
    names: frozenset[str]
    patterns: frozenset[str]

    def at(self, name: str) -> Literal | None:
        if name in self.names or any(matches(pattern, name) for pattern in self.patterns):
            return ANYTHING
        return _possible(self.atoms, self.side, self.location)


class DeclaredItems:
    def __init__(self, atoms: Atoms, side: int, view: View) -> None:
        self._atoms = atoms
        self._side = side
        self._view = view
        self.prefix = max((len(node.prefix) for node in view.nodes), default=0)

    def at(self, index: int) -> Literal | None:
        graph = self._atoms.graphs[self._side]
        return self._atoms.at(self._side, graph.item_position(self._view, index))

    def says_anything(self) -> bool:
        return bool(self.prefix) or any(node.items is not None for node in self._view.nodes)


@dataclass(frozen=True)
class LeftItems:
    """What `unevaluatedItems` says; what fits a `contains` counts as evaluated."""

    atoms: Atoms
    side: int
    location: Location
    prefix: int
    evaluating: tuple[Literal, ...]

    def at(self, index: int) -> Literal | None:
        if index < self.prefix or ANYTHING in self.evaluating:
            return ANYTHING
        rest = _possible(self.atoms, self.side, self.location)
        if rest == ANYTHING or not self.evaluating:
            return rest
        options = [*self.evaluating, *(() if rest is None else (rest,))]
        return self.atoms.one_of(options)


def _possible(atoms: Atoms, side: int, location: Location) -> Literal | None:
    graph = atoms.graphs[side]
    position = graph.value_position((location,))
    return atoms.at(side, position) if graph.view(position).types else None
