"""Asks jsonschema-rs whether one schema covers another, where that is cheap.

Its `yes` was never seen to be wrong; a `no` comes with a difference that it could build; anything
else is not known. `format` is an assertion here as everywhere in this product.
"""

import jsonschema_rs
from jsonschema_rs import canonical

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.emission import Document, Emission, TooLarge
from domain.schemas.json_schema.graph import Graph
from domain.schemas.json_schema.nodes import type_of
from domain.schemas.json_schema.outcome import Direction, Pair
from domain.schemas.json_schema.positions import Position

# Far more than a real schema needs; it bounds the work of one comparison.
_MOST_QUESTIONS = 400
# Nodes of a schema that is decided in a few milliseconds; the time grows faster than the nodes.
_SMALL = 20


class Decider:
    def __init__(self, old: Graph, new: Graph) -> None:
        self._old = old
        self._new = new
        self._left = _MOST_QUESTIONS
        self._covers: dict[tuple[Pair, Direction], bool | None] = {}
        self._documents: dict[tuple[int, Position], Document | bool | None] = {}
        self._validators: dict[tuple[int, Position], jsonschema_rs.Validator | None] = {}

    def fits(self, pair: Pair, direction: Direction) -> bool | None:
        """Whether all that one side accepts is accepted by the other; None when not known."""
        question = (pair, direction)
        if question not in self._covers:
            self._covers[question] = self._ask(pair, direction)
        return self._covers[question]

    def _ask(self, pair: Pair, direction: Direction) -> bool | None:
        if self._left <= 0:
            return None
        self._left -= 1
        old = self._document(self._old, pair.old)
        new = self._document(self._new, pair.new)
        if old is None or new is None:
            return None
        narrow, wide = (old, new) if direction == "backward" else (new, old)
        try:
            answer = _canonical(wide).covers(_canonical(narrow))
        except (jsonschema_rs.ValidationError, canonical.CanonicalizationError):
            return None
        if answer == canonical.Containment.UNKNOWN:
            return None
        return answer == canonical.Containment.YES

    def is_small(self, pair: Pair) -> bool:
        """Whether a question about this pair is quick, so that it may be asked just in case."""
        sides = ((self._old, pair.old), (self._new, pair.new))
        return all(self._writes_out(graph, position) for graph, position in sides)

    def _writes_out(self, graph: Graph, position: Position) -> bool:
        try:
            Emission(graph, nodes=_SMALL).document(position)
        except TooLarge:
            return False
        return True

    def accepts(self, graph: Graph, position: Position, value: JSON) -> bool | None:
        """Whether a position takes a value; None when it cannot be written out to be asked."""
        view = graph.view(position)
        if value is None and view.or_null:
            return True
        if type_of(value) not in view.types:
            return False
        if view.values is not None and canonical_text(value) not in view.values:
            return False
        if graph.says_only_values(view):
            return True
        key = (id(graph), position)
        if key not in self._validators:
            self._validators[key] = self._validator(graph, position)
        validator = self._validators[key]
        return None if validator is None else validator.is_valid(value)

    def _validator(self, graph: Graph, position: Position) -> jsonschema_rs.Validator | None:
        """Validating is cheap whatever the alternatives, so more may be written out for it."""
        try:
            document = Emission(graph, nodes=3_000, cases=2**60).document(position)
        except TooLarge:
            return None
        return jsonschema_rs.Draft202012Validator(document, validate_formats=True, offline=True)

    def _document(self, graph: Graph, position: Position) -> Document | bool | None:
        key = (id(graph), position)
        if key not in self._documents:
            try:
                self._documents[key] = Emission(graph).document(position)
            except TooLarge:
                self._documents[key] = None
        return self._documents[key]


def _canonical(document: Document | bool) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(
        document, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
    )
