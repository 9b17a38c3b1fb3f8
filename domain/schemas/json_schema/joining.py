"""How all schemas that bear on one place of an instance become one view of it."""

from dataclasses import replace

from domain.schemas.json_schema.dialects import Draft
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    BOUNDS,
    CHOICES,
    ENUMS,
    NULL,
    TYPES,
    VALUES,
    Group,
    Node,
    Types,
    in_place,
    says_only,
)
from domain.schemas.json_schema.positions import (
    Position,
    View,
    common_multiple,
    joined_limits,
    joined_values,
    strictest,
    types_of_values,
)
from domain.schemas.json_schema.reading import Nodes
from domain.schemas.json_schema.references import Location

# How far in-place applicators are followed when types are derived; beyond it, any type.
_TYPE_DEPTH = 40
# Steps through in-place references to find the names that they mention, for one whole schema.
_MOST_MENTIONS = 300_000


class Joining(dict[Position, View]):
    """The views of one schema, each made when it is asked for and kept."""

    def __init__(self, nodes: Nodes) -> None:
        super().__init__()
        self._nodes = nodes
        self._types: dict[Location, Types] = {}
        self._mentions = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether in-place references were so many that views may be incomplete."""
        return self._mentions > _MOST_MENTIONS

    def types(self, location: Location, depth: int = 0) -> Types:
        """The types that values here may have, alternatives included: never too few."""
        if location in self._types or depth > _TYPE_DEPTH:
            return self._types.get(location, ALL_TYPES)
        self._types[location] = ALL_TYPES  # while it is in progress
        node = self._nodes[location]
        types = node.types & types_of_values(joined_values([node]))
        for part in node.all_of:
            types &= self.types(part, depth + 1)
        for group in node.groups:
            types &= self.types_of_any(group, depth + 1)
        self._types[location] = types
        return types

    def types_of_any(self, group: Group, depth: int = 0) -> Types:
        return frozenset[str]().union(*(self.types(b, depth) for b in group.branches))

    def __missing__(self, position: Position) -> View:
        if len(position.locations) == 1:
            node = self._nodes[position.locations[0]]
            if not node.all_of and not node.groups:
                view = self[position] = self._view_of_one(position, node)
                return view
        view = self[position] = self._view_of_many(position)
        return view

    def _view_of_many(self, position: Position) -> View:
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
            types &= self.types_of_any(group)
        if position.non_null:
            types -= {NULL}
        names = dict.fromkeys(name for node in nodes for name in node.properties)
        closes = bool(position.closed and names) and not any(
            n.additional is not None or n.left_names is not None for n in nodes
        )
        said = frozenset[str]().union(*(node.said for node in nodes))
        view = View(position, nodes, types | {NULL} if or_null else types, said)
        view.groups, view.or_null, view.values = groups, or_null, values
        view.lower = strictest([b for n in nodes for b in n.lower], lower=True)
        view.upper = strictest([b for n in nodes for b in n.upper], lower=False)
        view.multiple = common_multiple(m for n in nodes for m in n.multiples)
        view.limits = joined_limits(nodes)
        view.texts = frozenset[tuple[str, str]]().union(*(n.texts for n in nodes))
        view.unique = any(n.unique for n in nodes)
        view.required = frozenset[str]().union(*(n.required for n in nodes))
        view.names = tuple(names)
        view.mentioned = names.keys()
        if _has_more(nodes):
            view.mentioned = self._mentioned(position.locations)
        view.closes = closes
        return view

    def _view_of_one(self, position: Position, node: Node) -> View:
        """What it comes to for most schemas: one node and no alternatives."""
        types = node.types - {NULL} if position.non_null else node.types
        view = View(position, (node,), types, node.said)
        if not node.said <= BOUNDS:
            self._tell_more(view, node)
        lower, upper = node.lower, node.upper
        if lower:
            view.lower = lower[0] if len(lower) == 1 else strictest(lower, lower=True)
        if upper:
            view.upper = upper[0] if len(upper) == 1 else strictest(upper, lower=False)
        if node.limits:
            view.limits = node.limits
        return view

    def _tell_more(self, view: View, node: Node) -> None:
        """Of one node all but its types and bounds."""
        values = joined_values((node,)) if node.enums else None
        names = tuple(node.properties)
        has_more = node.condition is not None or node.dependent_schemas
        leaves_open = node.additional is not None or node.left_names is not None
        view.types = view.types if values is None else view.types & types_of_values(values)
        view.values = values
        view.multiple = node.multiples[0] if node.multiples else None
        view.texts, view.unique, view.required = node.texts, node.unique, node.required
        view.names = names
        view.mentioned = (
            self._mentioned(view.position.locations) if has_more else node.properties.keys()
        )
        view.closes = view.position.closed and bool(names) and not leaves_open

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
            node = nodes[location] = self._nodes[location]
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
        branches = [self._nodes[b] for b in group.branches]
        types = [b.types for b in branches]
        apart = len(frozenset().union(*types)) == sum(len(t) for t in types)
        if all(says_only(b, TYPES) for b in branches) and (apart or group.kind == "anyOf"):
            place = at.below(group.kind)
            nodes[place] = Node(place, {}, Draft.D2020, {"types": frozenset[str]().union(*types)})
            return
        values = [joined_values([b]) or {} for b in branches]
        united = {key: value for keyed in values for key, value in keyed.items()}
        apart = len(united) == sum(len(keyed) for keyed in values)
        listed = all(b.enums and says_only(b, ENUMS) for b in branches)
        if listed and (apart or group.kind == "anyOf"):
            place = at.below(group.kind)
            nodes[place] = Node(place, {}, Draft.D2020, {"enums": (tuple(united.values()),)})
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
        plain = len(nulls) == 1 and says_only(self._nodes[nulls[0]], VALUES)
        if not plain or not others or len(written) != 1 or len(written[0].groups) != 1:
            return None
        if any(NULL in self.types(b) for b in others):
            return None
        if not all(says_only(n, CHOICES) for n in nodes):
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
            node = self._nodes[location]
            names.update(node.properties)
            waiting.extend(in_place(node))
        return frozenset(names)


def _has_more(nodes: tuple[Node, ...]) -> bool:
    return any(n.groups or n.condition is not None or n.dependent_schemas for n in nodes)
