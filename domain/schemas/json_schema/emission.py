"""A position written out as one self-contained 2020-12 schema, for the library that decides.

The content model is written into it. Only small, non-recursive positions are written out: the
decider's time grows with the product of the alternatives, and it cannot be interrupted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from domain.json_values import JSON
from domain.schemas.json_schema.exclusion import exclude_each_other
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    FRACTION,
    INTEGER,
    Bound,
    Group,
    Node,
)
from domain.schemas.json_schema.positions import Position, View
from domain.schemas.json_schema.references import Location

Document = dict[str, JSON]

_VALUES_PER_NODE = 8
_WEIGHT_OF_NEGATION = 10


class TooLarge(Exception):
    """Beyond the limits of what is worth asking; the answer is then not known."""


class Emission:
    def __init__(self, graph: Graph, *, nodes: int = 300, cases: int = 64) -> None:
        self._graph = graph
        self._nodes = nodes
        self._cases = cases
        self._weight = 1
        self._open: set[Position] = set()

    def document(self, position: Position) -> Document | bool:
        """Raises TooLarge for a position that is recursive, too big or not readable as a whole."""
        if position in self._open:
            raise TooLarge
        self._write_down(1)
        view = self._graph.view(position)
        if not view.nodes or not view.types:
            return bool(view.types)
        if view.opaque or any(node.unevaluated for node in view.nodes):
            raise TooLarge
        self._open.add(position)
        written = self._view(view)
        self._open.discard(position)
        return written

    def _view(self, view: View) -> Document:
        parts: list[JSON] = [self._node(view, node) for node in view.nodes]
        if view.closes:
            patterns: Document = dict.fromkeys(view.patterns(), True)
            names: Document = dict.fromkeys(sorted(view.mentioned), True)
            parts.append(
                {
                    "properties": names,
                    "patternProperties": patterns,
                    "additionalProperties": False,
                }
            )
        fields: Document = {}
        for name in view.names:
            child = self._graph.property_position(view, name)
            fields[name] = False if child is None else self.document(child)
        parts.append({"properties": fields})
        parts += [self._group(view, group) for group in view.groups]
        if view.position.non_null:
            parts.append({"not": {"type": "null"}})
        whole: Document = {"allOf": [part for part in parts if part]}
        return {"anyOf": [{"type": "null"}, whole]} if view.or_null else whole

    def _node(self, view: View, node: Node) -> Document:
        """Everything but properties, references and alternatives, which are the view's."""
        written: Document = {}
        self._scalars(node, written)
        if node.patterns or node.additional is not None:
            # The view has judged the declared names already.
            written["properties"] = dict.fromkeys(view.names, True)
            written["patternProperties"] = {p: self._value(at) for p, at in node.patterns.items()}
            if node.additional is not None:
                written["additionalProperties"] = self._value(node.additional)
        if node.prefix:
            written["prefixItems"] = [self._value(at) for at in node.prefix]
        if node.items is not None:
            written["items"] = self._value(node.items)
        if node.contains is not None:
            written["contains"] = self._same_value(node.contains.schema)
            written["minContains"] = node.contains.least
            if node.contains.most is not None:
                written["maxContains"] = node.contains.most
        if node.names is not None:
            written["propertyNames"] = self._same_value(node.names)
        self._conditions(node, written)
        return written

    def _conditions(self, node: Node, written: Document) -> None:
        if node.negated is not None:
            self._spend(2)
            with self._negated():
                written["not"] = self._same_value(node.negated)
        if node.condition is not None:
            self._spend(2)
            for keyword, part in zip(("if", "then", "else"), node.condition, strict=True):
                if part is not None:
                    with self._negated():
                        written[keyword] = self._same_value(part)
        if node.dependent_schemas:
            self._spend(2 ** min(len(node.dependent_schemas), 20))
            written["dependentSchemas"] = {
                name: self._same_value(at) for name, at in node.dependent_schemas.items()
            }
        if node.dependent_required:
            written["dependentRequired"] = {
                name: [*sorted(names)] for name, names in node.dependent_required.items()
            }

    def _scalars(self, node: Node, written: Document) -> None:
        if node.types != ALL_TYPES:
            names = set(node.types)
            if FRACTION in names:
                names = (names - {FRACTION, INTEGER}) | {"number"}
            written["type"] = [*sorted(names)]
        # The decider compares long lists of values one by one with one another.
        self._write_down(sum(len(enum) for enum in node.enums) // _VALUES_PER_NODE)
        every: list[JSON] = [{"enum": list(enum)} for enum in node.enums]
        every += [_bound("inimum", bound) for bound in node.lower]
        every += [_bound("aximum", bound) for bound in node.upper]
        every += [{"multipleOf": _number(multiple)} for multiple in node.multiples]
        every += [{keyword: text} for keyword, text in sorted(node.texts)]
        if every:
            written["allOf"] = every
        written.update(node.limits)
        if node.unique:
            written["uniqueItems"] = True
        if node.required:
            written["required"] = [*sorted(node.required)]

    def _group(self, view: View, group: Group) -> Document:
        self._spend(len(group.branches))
        positions = [self._graph.branch_position(view, branch) for branch in group.branches]
        if group.kind == "anyOf" or exclude_each_other(self._graph, positions):
            return {"anyOf": [self.document(position) for position in positions]}
        with self._negated():
            return {"oneOf": [self.document(position) for position in positions]}

    @contextmanager
    def _negated(self) -> Iterator[None]:
        """To negate a schema is to list the ways to fail it: each part becomes a case."""
        self._weight *= _WEIGHT_OF_NEGATION
        yield
        self._weight //= _WEIGHT_OF_NEGATION

    def _value(self, location: Location) -> Document | bool:
        return self.document(self._graph.value_position((location,)))

    def _same_value(self, location: Location) -> Document | bool:
        return self.document(Position((location,), closed=False))

    def _write_down(self, nodes: int) -> None:
        self._nodes -= nodes * self._weight
        if self._nodes < 0:
            raise TooLarge

    def _spend(self, cases: int) -> None:
        self._cases //= max(cases, 1)
        if self._cases < 1:
            raise TooLarge


def _bound(side: str, bound: Bound) -> Document:
    return {f"{'exclusiveM' if bound.exclusive else 'm'}{side}": _number(bound.value)}


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
