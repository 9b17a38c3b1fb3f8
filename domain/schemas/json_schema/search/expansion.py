"""What a literal demands of a value of one type: what a schema affirms, and the ways to fail it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from domain.fields import ANY_NAME, ITEMS, named_by
from domain.json_values import JSON
from domain.schemas.json_schema.nodes import (
    ARRAY,
    FRACTION,
    INTEGER,
    LOWER_LIMITS,
    NULL,
    OBJECT,
    STRING,
    Bound,
    Group,
    Node,
    type_of,
)
from domain.schemas.json_schema.positions import View
from domain.schemas.json_schema.references import Location
from domain.schemas.json_schema.search.atoms import (
    Atoms,
    Below,
    DeclaredFields,
    DeclaredItems,
    Equals,
    OneOf,
    Placed,
)
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    Among,
    BadField,
    BadItem,
    Choice,
    Contains,
    Demand,
    Demands,
    Edge,
    Field,
    Fields,
    Item,
    Items,
    Left,
    Limit,
    Literal,
    Multiple,
    Names,
    NoField,
    NotAmong,
    Opaque,
    Text,
    Unique,
)

NUMBERS = frozenset({INTEGER, FRACTION})
CONTAINERS = frozenset({OBJECT, ARRAY})
_TYPE_OF_LIMIT = {"Length": STRING, "Items": ARRAY, "Properties": OBJECT}


@dataclass(slots=True)
class Expanded:
    demands: list[Demand] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)


def expand(atoms: Atoms, literal: Literal, kind: str) -> Expanded | None:
    """None if no value of this type can fulfil it."""
    atom = atoms[literal]
    if isinstance(atom, Placed):
        if literal > 0:
            return _Affirmed(atoms, atom, kind).expanded()
        return _Denied(atoms, atom, kind).expanded()
    if isinstance(atom, Equals):
        return _equal(atoms, atom, kind, sign=literal > 0)
    if isinstance(atom, OneOf):
        if literal > 0:
            return Expanded(choices=[[(each,) for each in atom.literals]])
        return Expanded([-each for each in atom.literals])
    return _below(atoms, atom, kind)


def _equal(atoms: Atoms, atom: Equals, kind: str, *, sign: bool) -> Expanded | None:
    value = atoms.values[atom.text]
    if type_of(value) != kind:
        return None if sign else Expanded()
    if isinstance(value, dict | list):
        return _equal_inside(atoms, value, sign=sign)
    return Expanded([Among({atom.text: value}) if sign else NotAmong(frozenset((atom.text,)))])


def _equal_inside(atoms: Atoms, value: dict[str, JSON] | list[JSON], *, sign: bool) -> Expanded:
    """Equality of objects and arrays, taken apart: their size, and each of their parts."""
    size, unit = len(value), "Properties" if isinstance(value, dict) else "Items"
    inner: list[Field | Item]
    if isinstance(value, dict):
        parts = {name: atoms.equals(part) for name, part in value.items()}
        inner = [Field(n, frozenset((part if sign else -part,))) for n, part in parts.items()]
    else:
        literals = [atoms.equals(part) for part in value]
        inner = [Item(i, frozenset((p if sign else -p,))) for i, p in enumerate(literals)]
    if sign:
        return Expanded([Limit(f"min{unit}", size), Limit(f"max{unit}", size), *inner])
    ways: Choice = [(part,) for part in inner]
    ways += [(NoField(name),) for name in value] if isinstance(value, dict) else []
    ways.append((Limit(f"min{unit}", size + 1),))
    if size:
        ways.append((Limit(f"max{unit}", size - 1),))
    return Expanded(choices=[ways])


def _below(atoms: Atoms, atom: Below, kind: str) -> Expanded | None:
    step, inner = atom.steps[0], atoms.below(atom.steps[1:], atom.literals)
    if kind == ARRAY and step.startswith("["):
        return Expanded([Item(None if step == ITEMS else int(step[1:-1]), inner)])
    if kind == OBJECT and not step.startswith("["):
        return Expanded([Field(None if step == ANY_NAME else named_by(step), inner)])
    return None


class _Affirmed:
    """Everything that a value of the type must fulfil to fit."""

    def __init__(self, atoms: Atoms, placed: Placed, kind: str) -> None:
        self._atoms = atoms
        self._side = placed.side
        self._kind = kind
        self._view = atoms.view(placed)
        self._found = Expanded()

    def expanded(self) -> Expanded | None:
        view, found = self._view, self._found
        if self._kind not in view.types:
            return None
        if view.or_null and self._kind == NULL:
            return found
        if view.values is not None:
            self._values(view.values)
        found.demands += scalars(view, self._kind)
        for node in view.nodes:
            self._node(node)
        if self._kind == OBJECT:
            self._object()
        elif self._kind == ARRAY:
            self._array()
        for group in view.groups:
            self._group(group)
        return found

    def _node(self, node: Node) -> None:
        found = self._found
        found.demands += [Opaque(text, sign=True) for text in node.opaque]
        if node.negated is not None:
            found.choices.append([*_some(_denied(self._here(node.negated), ()))])
        if node.condition is not None:
            condition, then, otherwise = (
                ANYTHING if part is None else self._here(part) for part in node.condition
            )
            found.choices.append([(condition, then), *_some(_denied(condition, (otherwise,)))])

    def _values(self, values: Mapping[str, JSON]) -> None:
        if self._kind in CONTAINERS:
            fitting = [value for value in values.values() if type_of(value) == self._kind]
            self._found.choices.append([(self._atoms.equals(value),) for value in fitting])
        else:
            self._found.demands.append(Among(values))

    def _here(self, location: Location) -> Literal:
        return self._atoms.here(self._side, location)

    def _object(self) -> None:
        view, demands = self._view, self._found.demands
        demands += [Field(name) for name in sorted(view.required)]
        layer = DeclaredFields(self._atoms, self._side, view)
        if layer.says_anything():
            demands.append(Fields(layer))
        for node in view.nodes:
            if node.names is not None:
                demands.append(Names(self._here(node.names), every=True))
            if node.left_names is not None:
                demands.append(Left(self._side, node.location, sign=True))
            for name, needed in node.dependent_required.items():
                both = tuple(Field(each) for each in sorted({name, *needed}))
                self._found.choices.append([(NoField(name),), both])
            for name, location in node.dependent_schemas.items():
                ways: Choice = [(NoField(name),), (Field(name), self._here(location))]
                self._found.choices.append(ways)

    def _array(self) -> None:
        view, demands = self._view, self._found.demands
        layer = DeclaredItems(self._atoms, self._side, view)
        if layer.says_anything():
            demands.append(Items(layer))
        if view.unique:
            demands.append(Unique(sign=True))
        for node in view.nodes:
            if node.contains is not None:
                contains = node.contains
                wanted = self._here(contains.schema)
                demands.append(Contains(wanted, contains.least, contains.most))
            if node.left_items is not None:
                demands.append(Left(self._side, node.location, sign=True))

    def _group(self, group: Group) -> None:
        branches = branch_literals(self._atoms, self._side, self._view, group)
        if group.kind == "anyOf":
            ways: list[Demands | None] = [(branch,) for branch in branches]
        else:
            ways = [
                _denied_all([*branches[:i], *branches[i + 1 :]], (branch,))
                for i, branch in enumerate(branches)
            ]
        self._found.choices.append([way for way in ways if way is not None])


class _Denied:
    """The ways in which a value of the type can fail to fit."""

    def __init__(self, atoms: Atoms, placed: Placed, kind: str) -> None:
        self._atoms = atoms
        self._side = placed.side
        self._kind = kind
        self._view = atoms.view(placed)

    def expanded(self) -> Expanded | None:
        view = self._view
        if self._kind not in view.types:
            return Expanded()
        if view.or_null and self._kind == NULL:
            return None
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
        return Expanded(choices=[ways]) if ways else None

    def _none_of(self, values: Mapping[str, JSON]) -> Demands:
        if self._kind not in CONTAINERS:
            return (NotAmong(frozenset(values)),)
        fitting = [value for value in values.values() if type_of(value) == self._kind]
        return tuple(-self._atoms.equals(value) for value in fitting)

    def _here(self, location: Location) -> Literal:
        return self._atoms.here(self._side, location)

    def _node(self, node: Node) -> Iterator[Demands]:
        for text in node.opaque:
            yield (Opaque(text, sign=False),)
        if node.negated is not None:
            yield (self._here(node.negated),)
        if node.condition is not None:
            condition, then, otherwise = node.condition
            if then is not None:
                yield from _some(_denied(self._here(then), (self._here(condition),)))
            if otherwise is not None:
                yield from _some(_denied_all([self._here(condition), self._here(otherwise)], ()))

    def _object(self) -> Iterator[Demands]:
        view, side = self._view, self._side
        for name in sorted(view.required):
            yield (NoField(name),)
        layer = DeclaredFields(self._atoms, side, view)
        for name in view.names:
            literal = layer.at(name)
            if literal is None:
                yield (Field(name),)
            elif literal != ANYTHING:
                yield (Field(name, frozenset((-literal,))),)
        if layer.patterns or view.closes or any(n.additional is not None for n in view.nodes):
            yield (BadField(layer),)
        for node in view.nodes:
            if node.names is not None and self._here(node.names) != ANYTHING:
                yield (Names(-self._here(node.names), every=False),)
            if node.left_names is not None:
                yield (Left(side, node.location, sign=False),)
            for name, needed in node.dependent_required.items():
                for each in sorted(needed - {name}):
                    yield (Field(name), NoField(each))
            for name, location in node.dependent_schemas.items():
                yield from _some(_denied(self._here(location), (Field(name),)))

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
        yield from _some(_denied_all(branches, ()))
        if group.kind == "oneOf":
            yield from combinations(branches, 2)


def _denied(literal: Literal, others: Demands) -> Demands | None:
    return None if literal == ANYTHING else (*others, -literal)


def _denied_all(literals: list[Literal], others: Demands) -> Demands | None:
    if ANYTHING in literals:
        return None
    return (*others, *(-literal for literal in literals))


def _some(demands: Demands | None) -> Iterator[Demands]:
    if demands is not None:
        yield demands


def branch_literals(atoms: Atoms, side: int, view: View, group: Group) -> list[Literal]:
    graph = atoms.graphs[side]
    found = (atoms.at(side, graph.branch_position(view, b)) for b in group.branches)
    return [ANYTHING if literal is None else literal for literal in found]


def scalars(view: View, kind: str) -> Iterator[Demand]:
    """What keywords about numbers, lengths and texts demand."""
    if kind in NUMBERS:
        if view.lower is not None:
            yield Edge(view.lower, lower=True)
        if view.upper is not None:
            yield Edge(view.upper, lower=False)
        if view.multiple is not None:
            yield Multiple(view.multiple, sign=True)
    for keyword, count in view.limits.items():
        if _TYPE_OF_LIMIT[keyword[3:]] == kind:
            yield Limit(keyword, count)
    if kind == STRING:
        for keyword, text in sorted(view.texts):
            yield Text(keyword, text, sign=True)


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
