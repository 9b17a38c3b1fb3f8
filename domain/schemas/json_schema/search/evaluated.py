"""What the schemas around a value have evaluated, for `unevaluatedProperties` and `…Items`.

Only schemas that the value fits count. So first it is chosen for each alternative whether it fits;
then what is left is as fixed as for `additionalProperties`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from domain.schemas.json_schema.dialects import Draft
from domain.schemas.json_schema.nodes import ARRAY, OBJECT, Node
from domain.schemas.json_schema.references import Location
from domain.schemas.json_schema.search.atoms import Atoms, LeftFields, LeftItems
from domain.schemas.json_schema.search.constraints import (
    ANYTHING,
    BadField,
    BadItem,
    Choice,
    Constraint,
    Field,
    Fields,
    Items,
    Left,
    Literal,
    NoField,
    Opaque,
)


@dataclass(slots=True)
class Evaluated:
    names: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    all_names: bool = False
    prefix: int = 0
    all_items: bool = False
    containing: list[Literal] = field(default_factory=list)
    disputed: bool = False  # whether what fits a `contains` is evaluated


class Evaluation:
    """Of one `unevaluated…`, in a case where some literals and fields are chosen already."""

    def __init__(
        self,
        atoms: Atoms,
        left: Left,
        literals: Collection[Literal],
        constraints: Collection[Constraint],
    ) -> None:
        self._atoms = atoms
        self._left = left
        self._graph = atoms.graphs[left.side]
        self._literals = literals
        self._there = {c.name for c in constraints if isinstance(c, Field)}
        self._absent = {c.name for c in constraints if isinstance(c, NoField)}
        self._seen: set[Location] = set()
        self.open: Choice | None = None
        self._found = Evaluated()
        self._root = self._graph.node(left.node)
        self._add(self._root)

    def settled(self, kind: str) -> Constraint | None:
        """What is demanded once nothing is open; None if nothing is left that could be refused."""
        found, left = self._found, self._left
        if kind == OBJECT and self._root.left_names is not None and not found.all_names:
            fields = LeftFields(
                self._atoms,
                left.side,
                self._root.left_names,
                frozenset(found.names),
                frozenset(found.patterns),
            )
            return Fields(fields) if left.sign else BadField(fields)
        if kind == ARRAY and self._root.left_items is not None and not found.all_items:
            if found.disputed:
                return Opaque(f"unevaluatedItems {left.side} {left.node}", left.sign)
            items = LeftItems(
                self._atoms,
                left.side,
                self._root.left_items,
                found.prefix,
                tuple(found.containing),
            )
            return Items(items) if left.sign else BadItem(items)
        return None

    def _add(self, node: Node) -> None:
        if self.open is not None or node.location in self._seen:
            return
        self._seen.add(node.location)
        self._own(node)
        for location in node.all_of:
            self._add(self._graph.node(location))
        for group in node.groups:
            for branch in group.branches:
                if self._fits(branch):
                    self._add(self._graph.node(branch))
        self._add_condition(node)
        for name, location in node.dependent_schemas.items():
            if self._has(name):
                self._add(self._graph.node(location))

    def _add_condition(self, node: Node) -> None:
        """An `if` alone demands nothing, but what fits it is evaluated."""
        condition, then, otherwise = node.condition or (None, None, None)
        if condition is None and "if" in node.raw:
            condition = node.location.below("if")
        if condition is not None:
            for part in (condition, then) if self._fits(condition) else (otherwise,):
                if part is not None:
                    self._add(self._graph.node(part))

    def _own(self, node: Node) -> None:
        found, inner = self._found, node is not self._root
        found.names.update(node.properties)
        found.patterns.update(node.patterns)
        found.all_names |= node.additional is not None or (inner and node.left_names is not None)
        found.prefix = max(found.prefix, len(node.prefix))
        found.all_items |= node.items is not None or (inner and node.left_items is not None)
        if node.contains is not None and node.draft >= Draft.D2020:
            found.containing.append(self._atoms.here(self._left.side, node.contains.schema))
        elif node.contains is not None:
            # By the letter of 2019-09 it is not; validators hold that it is.
            found.disputed = True

    def _fits(self, location: Location) -> bool:
        literal = self._atoms.here(self._left.side, location)
        if literal == ANYTHING or literal in self._literals:
            return True
        if -literal not in self._literals and self.open is None:
            self.open = [(literal,), (-literal,)]
        return False

    def _has(self, name: str) -> bool:
        if name in self._there:
            return True
        if name not in self._absent and self.open is None:
            self.open = [(Field(name),), (NoField(name),)]
        return False
