"""What a literal demands of a value of one type: what a schema affirms, and the ways to fail it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.fields import ANY_NAME, ITEMS, named_by
from domain.json_values import JSON
from domain.schemas.json_schema.nodes import (
    ARRAY,
    NULL,
    OBJECT,
    Group,
    Node,
    type_of,
)
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
    Choice,
    Contains,
    Demand,
    Demands,
    Field,
    Fields,
    Item,
    Items,
    Left,
    Limit,
    Literal,
    Names,
    NoField,
    NotAmong,
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
from domain.schemas.json_schema.search.denial import ways_to_fail


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
        return _denied(atoms, atom, kind)
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
        if node.negated is not None:
            found.choices.append([*some(denied(self._here(node.negated), ()))])
        if node.condition is not None:
            condition, then, otherwise = (
                ANYTHING if part is None else self._here(part) for part in node.condition
            )
            found.choices.append([(condition, then), *some(denied(condition, (otherwise,)))])

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
                denied_all([*branches[:i], *branches[i + 1 :]], (branch,))
                for i, branch in enumerate(branches)
            ]
        self._found.choices.append([way for way in ways if way is not None])


def _denied(atoms: Atoms, placed: Placed, kind: str) -> Expanded | None:
    view = atoms.view(placed)
    if kind not in view.types:
        return Expanded()
    ways = ways_to_fail(atoms, placed, kind)
    return Expanded(choices=[ways]) if ways else None
