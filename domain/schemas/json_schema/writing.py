"""A position written out as one self-contained 2020-12 schema, for validators that know no other.

The content model is written into it. Every position becomes a definition of its own, so recursion
stays a reference. What a schema evaluates for `unevaluated…` passes through references unchanged.
"""

from domain.json_values import JSON
from domain.schemas.json_schema.dialects import Draft
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    FRACTION,
    INTEGER,
    Bound,
    Exact,
    Group,
    Node,
    Types,
)
from domain.schemas.json_schema.positions import Position, View
from domain.schemas.json_schema.references import Location

Document = dict[str, JSON]


class CannotBeWritten(Exception):
    """The schema refers to itself for the very same value: it has no meaning."""


def written_out(graph: Graph, position: Position) -> Document:
    return _Writing(graph).document(position)


class _Writing:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        # A position, and the schema whose `unevaluated…` is left out of it, if any.
        self._names: dict[tuple[Position, Location | None], str] = {}
        self._waiting: list[tuple[Position, Location | None]] = []

    def document(self, position: Position) -> Document:
        whole = self._reference(position)
        definitions: Document = {}
        while self._waiting:
            key = self._waiting.pop()
            definitions[self._names[key]] = self._definition(*key)
        return {"$schema": Draft.D2020.uri, "$defs": definitions, **whole}

    def _reference(self, position: Position, without: Location | None = None) -> Document:
        key = (position, without)
        if key not in self._names:
            self._names[key] = str(len(self._names))
            self._waiting.append(key)
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def _definition(self, position: Position, without: Location | None) -> Document:
        view = self._graph.view(position)
        if not view.types:
            return {"not": {}}
        parts: list[JSON] = [self._node(view, node) for node in view.nodes]
        parts += [self._closing(view), {"properties": self._fields(view)}]
        parts += [{group.kind: self._branches(view, group)} for group in view.groups]
        parts += [self._left(node) for node in view.nodes if node.location != without]
        if position.non_null:
            parts.append({"not": {"type": "null"}})
        whole: Document = {"allOf": [part for part in parts if part]}
        return {"anyOf": [{"type": "null"}, whole]} if view.or_null else whole

    def _branches(self, view: View, group: Group) -> JSON:
        return [self._reference(self._graph.branch_position(view, b)) for b in group.branches]

    def _closing(self, view: View) -> Document:
        if not view.closes:
            return {}
        return {
            "properties": dict.fromkeys(sorted(view.mentioned), True),
            "patternProperties": dict.fromkeys(view.patterns(), True),
            "additionalProperties": False,
        }

    def _fields(self, view: View) -> Document:
        found: Document = {}
        for name in view.names:
            child = self._graph.property_position(view, name)
            found[name] = False if child is None else self._reference(child)
        return found

    def _node(self, view: View, node: Node) -> Document:
        """Everything but properties, references and alternatives, which are the view's."""
        written: Document = {}
        _write_scalars(node, written)
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
            written["contains"] = self._here(node.contains.schema)
            written["minContains"] = node.contains.least
            if node.contains.most is not None:
                written["maxContains"] = node.contains.most
        if node.names is not None:
            written["propertyNames"] = self._here(node.names)
        self._write_conditions(node, written)
        return written

    def _write_conditions(self, node: Node, written: Document) -> None:
        if node.negated is not None:
            written["not"] = self._here(node.negated)
        if node.condition is not None:
            for keyword, part in zip(("if", "then", "else"), node.condition, strict=True):
                if part is not None:
                    written[keyword] = self._here(part)
        if node.dependent_schemas:
            written["dependentSchemas"] = {
                name: self._here(at) for name, at in node.dependent_schemas.items()
            }
        if node.dependent_required:
            written["dependentRequired"] = {
                name: [*sorted(names)] for name, names in node.dependent_required.items()
            }

    def _left(self, node: Node) -> Document:
        """`unevaluated…` sees what its own schema evaluates, and nothing beside it."""
        if not node.unevaluated:
            return {}
        inside = Position((node.location,), closed=False)
        written = self._reference(inside, without=node.location)
        if node.left_names is not None:
            written["unevaluatedProperties"] = self._value(node.left_names)
        if node.left_items is not None:
            written["unevaluatedItems"] = self._value(node.left_items)
        return written

    def _value(self, location: Location) -> Document:
        return self._reference(self._graph.value_position((location,)))

    def _here(self, location: Location) -> Document:
        return self._reference(Position((location,), closed=False))


def _write_scalars(node: Node, written: Document) -> None:
    if node.types != ALL_TYPES:
        written["type"] = _types(node.types)
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


def _types(types: Types) -> list[JSON]:
    names = set(types)
    if FRACTION in names:
        names = (names - {FRACTION, INTEGER}) | {"number"}
    return [*sorted(names)]


def _bound(side: str, bound: Bound) -> Document:
    return {f"{'exclusiveM' if bound.exclusive else 'm'}{side}": _number(bound.value)}


def _number(value: Exact) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
