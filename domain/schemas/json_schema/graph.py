"""The nodes and views of one schema, made when they are asked for and kept."""

import json
from collections.abc import Callable

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.joining import Joining
from domain.schemas.json_schema.nodes import (
    ALL_OF,
    CHOICES,
    TYPED_CHOICES,
    TYPED_VALUES,
    Node,
    says_only,
)
from domain.schemas.json_schema.positions import (
    Position,
    View,
    item_locations,
    property_locations,
    rest_locations,
)
from domain.schemas.json_schema.reading import Nodes
from domain.schemas.json_schema.references import Bundle, Location
from domain.schemas.json_schema.sameness import asserted_text, children
from domain.schemas.schema import Schema


class Graph:
    def __init__(self, schema: Schema, *, closed: bool) -> None:
        self._bundle = Bundle(schema.documents, schema.root)
        self._closed = closed
        self._nodes = Nodes(self._bundle)
        self._texts: dict[Location, str | None] = {}
        self._asserted: dict[Location, str] = {}
        self._children: dict[Location, tuple[Location, ...]] = {}
        self._joining = Joining(self._nodes)
        # What they are asked for most, without a way through a method of this class.
        self.node: Callable[[Location], Node] = self._nodes.__getitem__
        self.view: Callable[[Position], View] = self._joining.__getitem__
        self.root = self.value_position((self._bundle.root,))

    @property
    def is_exhausted(self) -> bool:
        """Whether in-place references were so many that views may be incomplete."""
        return self._joining.is_exhausted

    # --- positions --------------------------------------------------------------------------

    def value_position(self, locations: tuple[Location, ...]) -> Position:
        """A value of its own: the place where the closed content model closes."""
        return Position(locations, closed=self._closed)

    def branch_position(self, view: View, branch: Location) -> Position:
        whole = view.position.closed and not view.names and len(view.groups) == 1
        return Position((branch,), closed=whole)

    def property_position(self, view: View, name: str) -> Position | None:
        """None when the name may not be there, be it by the content model or by `false`."""
        locations = property_locations(view, name)
        if locations is None:
            return None
        # Made so, a named tuple costs less than half.
        position = tuple.__new__(Position, (locations, self._closed, False))
        return position if self.view(position).types else None

    def rest_position(self, view: View) -> Position | None:
        return self._possible(rest_locations(view))

    def item_position(self, view: View, index: int | None) -> Position | None:
        return self._possible(item_locations(view, index))

    def _possible(self, locations: tuple[Location, ...] | None) -> Position | None:
        if locations is None:
            return None
        position = Position(locations, self._closed)
        return position if self.view(position).types else None

    # --- nodes and views --------------------------------------------------------------------

    def raw(self, location: Location) -> JSON:
        return self._bundle.value(location)

    def plain_text(self, location: Location) -> str | None:
        """The schema as text, or None if it refers to anything: then its text says too little."""
        if location not in self._texts:
            text = json.dumps(self._bundle.value(location), sort_keys=True)
            refers = '$ref"' in text or 'Ref"' in text
            self._texts[location] = None if refers else f"{self._bundle.draft(location)} {text}"
        return self._texts[location]

    def asserted_text(self, location: Location) -> str:
        if location not in self._asserted:
            self._asserted[location] = asserted_text(self.node(location))
        return self._asserted[location]

    def children(self, location: Location) -> tuple[Location, ...]:
        if location not in self._children:
            self._children[location] = children(self.node(location))
        return self._children[location]

    def says_nothing(self, view: View) -> bool:
        """Whether every value passes."""
        if view.groups or view.position.non_null:
            return False
        return all(says_only(node, ALL_OF) for node in view.nodes)

    def is_union(self, view: View) -> bool:
        """Whether a view is one choice between alternatives and says nothing beside it."""
        if len(view.groups) != 1:
            return False
        types = self._joining.types_of_any(view.groups[0])
        return all(says_only(n, TYPED_CHOICES) and types <= n.types for n in view.nodes)

    def through_reference(self, position: Position) -> tuple[str, Position] | None:
        """Past a schema that only refers: what it says in words, and the position it means."""
        if len(position.locations) != 1:
            return None
        node = self.node(position.locations[0])
        if len(node.all_of) != 1 or not says_only(node, ALL_OF) or "$ref" not in node.raw:
            return None
        said = {k: v for k, v in node.raw.items() if k != "$ref"}
        return canonical_text(said), position._replace(locations=node.all_of)

    @staticmethod
    def meaning(view: View) -> tuple[Location, ...]:
        """The schemas of a position that say more than where to look."""
        leads_on = ALL_OF if view.groups else CHOICES
        return tuple([node.location for node in view.nodes if not says_only(node, leads_on)])

    def says_only_values(self, view: View) -> bool:
        """Whether types and listed values are all that the view asserts."""
        return not view.groups and all(says_only(node, TYPED_VALUES) for node in view.nodes)

    def locations(self) -> tuple[Location, ...]:
        """Every place where a schema stands."""
        return self._bundle.locations()
