"""The nodes and views of one schema, made when they are asked for and kept."""

import json
from dataclasses import replace

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    NULL,
    Group,
    Node,
    Types,
    in_place,
    said_parts,
)
from domain.schemas.json_schema.positions import (
    Position,
    View,
    common_multiple,
    item_locations,
    joined_limits,
    joined_values,
    property_locations,
    rest_locations,
    strictest,
    types_of_values,
)
from domain.schemas.json_schema.reading import read_node
from domain.schemas.json_schema.references import Bundle, Location
from domain.schemas.json_schema.sameness import asserted_text, children
from domain.schemas.schema import Schema

# How far in-place applicators are followed when types are derived; beyond it, any type.
_TYPE_DEPTH = 40
# Steps through in-place references to find the names that they mention, for one whole schema.
_MOST_MENTIONS = 300_000


class Graph:
    def __init__(self, schema: Schema, *, closed: bool) -> None:
        self._bundle = Bundle(schema.documents, schema.root)
        self._closed = closed
        self._nodes: dict[Location, Node] = {}
        self._views: dict[Position, View] = {}
        self._types: dict[Location, Types] = {}
        self._said: dict[Location, frozenset[str]] = {}
        self._texts: dict[Location, str | None] = {}
        self._asserted: dict[Location, str] = {}
        self._children: dict[Location, tuple[Location, ...]] = {}
        self._mentions = 0
        self.root = self.value_position((self._bundle.root,))

    @property
    def is_exhausted(self) -> bool:
        """Whether in-place references were so many that views may be incomplete."""
        return self._mentions > _MOST_MENTIONS

    # --- positions --------------------------------------------------------------------------

    def value_position(self, locations: tuple[Location, ...]) -> Position:
        """A value of its own: the place where the closed content model closes."""
        return Position(locations, closed=self._closed)

    def branch_position(self, view: View, branch: Location) -> Position:
        whole = view.position.closed and not view.names and len(view.groups) == 1
        return Position((branch,), closed=whole)

    def property_position(self, view: View, name: str) -> Position | None:
        """None when the name may not be there, be it by the content model or by `false`."""
        return self._possible(property_locations(view, name))

    def rest_position(self, view: View) -> Position | None:
        return self._possible(rest_locations(view))

    def item_position(self, view: View, index: int | None) -> Position | None:
        return self._possible(item_locations(view, index))

    def _possible(self, locations: tuple[Location, ...] | None) -> Position | None:
        if locations is None:
            return None
        position = self.value_position(locations)
        return position if self.view(position).types else None

    # --- nodes and views --------------------------------------------------------------------

    def node(self, location: Location) -> Node:
        node = self._nodes.get(location)
        if node is None:
            node = self._nodes[location] = read_node(self._bundle, location)
        return node

    def raw(self, location: Location) -> JSON:
        return self._bundle.value(location)

    @property
    def has_references(self) -> bool:
        return self._bundle.has_references

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

    def view(self, position: Position) -> View:
        view = self._views.get(position)
        if view is None:
            view = self._views[position] = self._make_view(position)
        return view

    def types(self, location: Location, depth: int = 0) -> Types:
        """The types that values here may have, alternatives included: never too few."""
        if location in self._types or depth > _TYPE_DEPTH:
            return self._types.get(location, ALL_TYPES)
        self._types[location] = ALL_TYPES  # while it is in progress
        node = self.node(location)
        types = node.types & types_of_values(joined_values([node]))
        for part in node.all_of:
            types &= self.types(part, depth + 1)
        for group in node.groups:
            types &= self._types_of_any(group, depth + 1)
        self._types[location] = types
        return types

    def _types_of_any(self, group: Group, depth: int = 0) -> Types:
        return frozenset[str]().union(*(self.types(b, depth) for b in group.branches))

    def says_nothing(self, view: View) -> bool:
        """Whether every value passes."""
        if view.groups or view.position.non_null:
            return False
        return all(self.says_only(n, "all_of") for n in view.nodes)

    def is_union(self, view: View) -> bool:
        """Whether a view is one choice between alternatives and says nothing beside it."""
        if len(view.groups) != 1:
            return False
        types = self._types_of_any(view.groups[0])
        return all(self.says_only(n, "groups", "all_of", "types") for n in view.nodes) and all(
            types <= n.types for n in view.nodes
        )

    def through_reference(self, position: Position) -> tuple[str, Position] | None:
        """Past a schema that only refers: what it says in words, and the position it means."""
        if len(position.locations) != 1:
            return None
        node = self.node(position.locations[0])
        if len(node.all_of) != 1 or not self.says_only(node, "all_of") or "$ref" not in node.raw:
            return None
        said = {k: v for k, v in node.raw.items() if k != "$ref"}
        return canonical_text(said), replace(position, locations=node.all_of)

    def meaning(self, position: Position) -> tuple[Location, ...]:
        """The schemas of a position that say more than where to look."""
        view = self.view(position)
        leads_on = ("all_of",) if view.groups else ("all_of", "groups")
        return tuple(n.location for n in view.nodes if not self.says_only(n, *leads_on))

    def says_only_values(self, view: View) -> bool:
        """Whether types and listed values are all that the view asserts."""
        allowed = ("types", "enums", "all_of")
        return not view.groups and all(self.says_only(n, *allowed) for n in view.nodes)

    def says_only(self, node: Node, *parts: str) -> bool:
        said = self._said.get(node.location)
        if said is None:
            said = self._said[node.location] = said_parts(node)
        return said.issubset(parts)

    def locations(self) -> tuple[Location, ...]:
        """Every place where a schema stands."""
        return self._bundle.locations()

    # --- how a view is made -----------------------------------------------------------------

    def _make_view(self, position: Position) -> View:
        if len(position.locations) == 1:
            node = self.node(position.locations[0])
            if not node.all_of and not node.groups:
                return self._view_of_one(position, node)
        nodes, groups = self._flatten(position.locations, {})
        without_null = self._without_null(nodes, groups)
        or_null = without_null is not None and not position.non_null
        if without_null is not None:
            nodes, groups = self._flatten(position.locations, without_null)
        values = joined_values(nodes)
        types = types_of_values(values)
        for node in nodes:
            types &= node.types
        for group in groups:
            types &= self._types_of_any(group)
        if position.non_null:
            types -= {NULL}
        names = dict.fromkeys(name for node in nodes for name in node.properties)
        closes = bool(position.closed and names) and not any(
            n.additional is not None or n.left_names is not None for n in nodes
        )
        return View(
            position=position,
            nodes=nodes,
            groups=groups,
            types=types | {NULL} if or_null else types,
            or_null=or_null,
            values=values,
            lower=strictest((b for n in nodes for b in n.lower), lower=True),
            upper=strictest((b for n in nodes for b in n.upper), lower=False),
            multiple=common_multiple(m for n in nodes for m in n.multiples),
            limits=joined_limits(nodes),
            texts=frozenset[tuple[str, str]]().union(*(n.texts for n in nodes)),
            unique=any(n.unique for n in nodes),
            required=frozenset[str]().union(*(n.required for n in nodes)),
            names=tuple(names),
            mentioned=self._mentioned(position.locations) if _has_more(nodes) else frozenset(names),
            closes=closes,
        )

    def _view_of_one(self, position: Position, node: Node) -> View:
        """What `_make_view` comes to for most schemas: one node and no alternatives."""
        values = joined_values((node,)) if node.enums else None
        types = node.types if values is None else node.types & types_of_values(values)
        names = tuple(node.properties)
        return View(
            position=position,
            nodes=(node,),
            groups=(),
            types=types - {NULL} if position.non_null else types,
            or_null=False,
            values=values,
            lower=strictest(node.lower, lower=True) if node.lower else None,
            upper=strictest(node.upper, lower=False) if node.upper else None,
            multiple=common_multiple(node.multiples) if node.multiples else None,
            limits=node.limits,
            texts=node.texts,
            unique=node.unique,
            required=node.required,
            names=names,
            mentioned=self._mentioned(position.locations)
            if _has_more((node,))
            else frozenset(names),
            closes=position.closed
            and bool(names)
            and node.additional is None
            and node.left_names is None,
        )

    def _flatten(
        self, start: tuple[Location, ...], swapped: dict[Group, Group]
    ) -> tuple[tuple[Node, ...], tuple[Group, ...]]:
        """All nodes that must hold, and the groups of alternatives that are left to compare."""
        nodes: dict[Location, Node] = {}
        groups: list[Group] = []
        waiting = list(reversed(start))
        while waiting:
            location = waiting.pop()
            if location in nodes:
                continue
            node = nodes[location] = self.node(location)
            waiting.extend(reversed(node.all_of))
            for written in node.groups:
                group = self._possible_branches(swapped.get(written, written))
                if len(group.branches) == 1:
                    waiting.append(group.branches[0])
                else:
                    self._take_group(location, group, nodes, groups)
        return tuple(nodes.values()), tuple(groups)

    def _possible_branches(self, group: Group) -> Group:
        return replace(group, branches=tuple(b for b in group.branches if self.types(b)))

    def _take_group(
        self, at: Location, group: Group, nodes: dict[Location, Node], groups: list[Group]
    ) -> None:
        """A group whose branches are only types, or only lists of values, is one node."""
        branches = [self.node(b) for b in group.branches]
        types = [b.types for b in branches]
        apart = len(frozenset().union(*types)) == sum(len(t) for t in types)
        if all(self.says_only(b, "types") for b in branches) and (apart or group.kind == "anyOf"):
            merged = Node(at.below(group.kind), {}, types=frozenset[str]().union(*types))
            nodes[merged.location] = merged
            return
        values = [joined_values([b]) or {} for b in branches]
        united = {key: value for keyed in values for key, value in keyed.items()}
        apart = len(united) == sum(len(keyed) for keyed in values)
        listed = all(b.enums and self.says_only(b, "enums") for b in branches)
        if listed and (apart or group.kind == "anyOf"):
            merged = Node(at.below(group.kind), {}, enums=(tuple(united.values()),))
            nodes[merged.location] = merged
            return
        groups.append(group)

    def _without_null(
        self, nodes: tuple[Node, ...], groups: tuple[Group, ...]
    ) -> dict[Group, Group] | None:
        """`anyOf: [X, {type: null}]` is X or null, if nothing else is said at this place."""
        if len(groups) != 1:
            return None
        group = groups[0]
        written = [n for n in nodes if n.groups]
        others = tuple(b for b in group.branches if self.types(b) != {NULL})
        nulls = [b for b in group.branches if b not in others]
        plain = len(nulls) == 1 and self.says_only(self.node(nulls[0]), "types", "enums")
        if not plain or not others or len(written) != 1 or len(written[0].groups) != 1:
            return None
        if any(NULL in self.types(b) for b in others):
            return None
        if not all(self.says_only(n, "groups", "all_of") for n in nodes):
            return None
        return {written[0].groups[0]: replace(group, branches=others)}

    def _mentioned(self, start: tuple[Location, ...]) -> frozenset[str]:
        """Every property name that a schema mentions for this very value."""
        names: set[str] = set()
        seen: set[Location] = set()
        waiting = list(start)
        while waiting:
            location = waiting.pop()
            if location in seen:
                continue
            seen.add(location)
            self._mentions += 1
            if self.is_exhausted:
                break
            node = self.node(location)
            names.update(node.properties)
            waiting.extend(in_place(node))
        return frozenset(names)


def _has_more(nodes: tuple[Node, ...]) -> bool:
    return any(n.groups or n.condition is not None or n.dependent_schemas for n in nodes)
