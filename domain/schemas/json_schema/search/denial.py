"""The ways in which a value of one type can fail to fit a schema."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from domain.json_values import JSON
from domain.schemas.json_schema.nodes import (
    ARRAY,
    LOWER_LIMITS,
    NULL,
    OBJECT,
    Bound,
    Group,
    Node,
    type_of,
)
from domain.schemas.json_schema.positions import View
from domain.schemas.json_schema.references import Location
from domain.schemas.json_schema.search.atoms import (
    Atoms,
    DeclaredFields,
    DeclaredItems,
    Placed,
)
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    BadField,
    BadItem,
    Choice,
    Contains,
    Demand,
    Demands,
    Edge,
    Field,
    Left,
    Limit,
    Literal,
    Multiple,
    Names,
    NoField,
    NotAmong,
    Text,
    Unique,
)
from domain.schemas.json_schema.search.demands import (
    CONTAINERS,
    branch_literals,
    denied,
    denied_all,
    scalars,
    some,
)


def ways_to_fail(atoms: Atoms, placed: Placed, kind: str) -> Choice:
    """Of a type that fits as such; none at all if every value of it fits."""
    return _Denial(atoms, placed, kind).ways()


class _Denial:
    """The ways in which a value of the type can fail to fit."""

    def __init__(self, atoms: Atoms, placed: Placed, kind: str) -> None:
        self._atoms = atoms
        self._side = placed.side
        self._kind = kind
        self._view = atoms.view(placed)

    def ways(self) -> Choice:
        view = self._view
        if view.or_null and self._kind == NULL:
            return []
        ways: Choice = []
        if view.values is not None:
            ways.append(self._none_of(view.values))
        ways += [(demand,) for demand in failures(view, self._kind)]
        if self._kind == OBJECT:
            ways += self._object()
        elif self._kind == ARRAY:
            ways += self._array()
        for node in view.nodes:
            ways += self._node(node)
        for group in view.groups:
            ways += self._group(group)
        return ways

    def _none_of(self, values: Mapping[str, JSON]) -> Demands:
        if self._kind not in CONTAINERS:
            return (NotAmong(frozenset(values)),)
        fitting = [value for value in values.values() if type_of(value) == self._kind]
        return tuple(-self._atoms.equals(value) for value in fitting)

    def _here(self, location: Location) -> Literal:
        return self._atoms.here(self._side, location)

    def _node(self, node: Node) -> Iterator[Demands]:
        if node.negated is not None:
            yield (self._here(node.negated),)
        if node.condition is not None:
            condition, then, otherwise = node.condition
            if then is not None:
                yield from some(denied(self._here(then), (self._here(condition),)))
            if otherwise is not None:
                yield from some(denied_all([self._here(condition), self._here(otherwise)], ()))

    def _object(self) -> Iterator[Demands]:
        view = self._view
        for name in sorted(view.required):
            yield (NoField(name),)
        layer = DeclaredFields(self._atoms, self._side, view)
        for name in view.names:
            literal = layer.at(name)
            if literal != ANYTHING:
                refused = frozenset[Literal]() if literal is None else frozenset((-literal,))
                yield (Field(name, refused),)
        if layer.patterns or view.closes or any(n.additional is not None for n in view.nodes):
            yield (BadField(layer),)
        for node in view.nodes:
            yield from self._names_and_dependents(node)

    def _names_and_dependents(self, node: Node) -> Iterator[Demands]:
        if node.names is not None and self._here(node.names) != ANYTHING:
            yield (Names(-self._here(node.names), every=False),)
        if node.left_names is not None:
            yield (Left(self._side, node.location, sign=False),)
        for name, needed in node.dependent_required.items():
            for each in sorted(needed - {name}):
                yield (Field(name), NoField(each))
        for name, location in node.dependent_schemas.items():
            yield from some(denied(self._here(location), (Field(name),)))

    def _array(self) -> Iterator[Demands]:
        view, side = self._view, self._side
        layer = DeclaredItems(self._atoms, side, view)
        if layer.says_anything():
            yield (BadItem(layer),)
        if view.unique:
            yield (Unique(sign=False),)
        for node in view.nodes:
            if node.contains is not None:
                wanted = self._here(node.contains.schema)
                if node.contains.least > 0:
                    yield (Contains(wanted, 0, node.contains.least - 1),)
                if node.contains.most is not None:
                    yield (Contains(wanted, node.contains.most + 1, None),)
            if node.left_items is not None:
                yield (Left(side, node.location, sign=False),)

    def _group(self, group: Group) -> Iterator[Demands]:
        branches = branch_literals(self._atoms, self._side, self._view, group)
        yield from some(denied_all(branches, ()))
        if group.kind == "oneOf":
            yield from combinations(branches, 2)


def failures(view: View, kind: str) -> Iterator[Demand]:
    """The ways to fail what `scalars` demands, one each."""
    for demand in scalars(view, kind):
        if isinstance(demand, Edge):
            bound = Bound(demand.bound.value, exclusive=not demand.bound.exclusive)
            yield Edge(bound, lower=not demand.lower)
        elif isinstance(demand, Multiple):
            yield Multiple(demand.of, sign=False)
        elif isinstance(demand, Text):
            yield Text(demand.keyword, demand.text, sign=False)
        elif isinstance(demand, Limit):
            if demand.keyword not in LOWER_LIMITS:
                yield Limit(f"min{demand.keyword[3:]}", demand.count + 1)
            elif demand.count > 0:
                yield Limit(f"max{demand.keyword[3:]}", demand.count - 1)
