"""What the engine compares: all schemas that bear on one place of an instance, seen as one.

A position is a set of schema locations that must all hold. Its view follows `$ref` and `allOf` and
joins what it finds into one set of assertions. Views are made lazily and once per position, so a
`$ref` graph that doubles at every level costs one view per level, and recursion costs nothing.

**Closed content model.** The record and every value inside it is closed as a whole: an object may
hold the names that any part of its schema mentions, through `$ref`, `allOf` and alternatives, and
no others. This holds unless the schema says `additionalProperties` or `unevaluatedProperties`
itself, or names no property at all (a free map). The alternatives of a union that names no
property outside of them are closed each by itself, since each describes a whole value.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

import jsonschema_rs

from domain.json_values import JSON, canonical_text
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    NOTHING,
    NULL,
    Bound,
    Contains,
    Exact,
    Group,
    Node,
    Types,
    type_of,
)
from domain.schemas.json_schema.references import Location


class Position(NamedTuple):
    """No location at all means that every value is fine."""

    locations: tuple[Location, ...]
    closed: bool
    non_null: bool = False

    def without_null(self) -> "Position":
        return self._replace(non_null=True)


ANYTHING = Position((), closed=False)


class View:
    """What none of the nodes says is as the class has it."""

    groups: tuple[Group, ...] = ()
    or_null: bool = False  # null passes, whatever the rest of the view says
    values: Mapping[str, JSON] | None = None  # by canonical text; None when there is no list
    lower: Bound | None = None
    upper: Bound | None = None
    multiple: Exact | None = None
    limits: Mapping[str, int] = NOTHING
    texts: frozenset[tuple[str, str]] = frozenset()
    unique: bool = False
    required: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()  # of the declared properties
    mentioned: Set[str] = frozenset()  # declared here, or in an alternative or condition
    closes: bool = False

    def __init__(
        self, position: Position, nodes: tuple[Node, ...], types: Types, said: frozenset[str]
    ) -> None:
        self.position = position
        self.nodes = nodes
        self.types = types
        self.said = said  # the parts of the nodes that assert anything

    @property
    def accepts_null(self) -> bool:
        if self.or_null:
            return True
        return NULL in self.types and (self.values is None or "null" in self.values)

    @property
    def contains(self) -> tuple[Contains, ...]:
        return tuple(node.contains for node in self.nodes if node.contains is not None)

    def patterns(self) -> dict[str, tuple[Location, ...]]:
        """The property patterns with all the schemas that each brings."""
        found: dict[str, tuple[Location, ...]] = {}
        for node in self.nodes:
            for pattern, location in node.patterns.items():
                found[pattern] = (*found.get(pattern, ()), location)
        return found

    def layers(self) -> tuple[Node, ...]:
        """The nodes that say something about names they do not declare."""
        return tuple(n for n in self.nodes if n.patterns or n.additional is not None)


def property_locations(view: View, name: str) -> tuple[Location, ...] | None:
    """The schemas for the value under a name; None when the name may not be there."""
    if len(view.nodes) == 1 and not view.nodes[0].patterns:
        location = view.nodes[0].properties.get(name)
        if location is not None:
            return (location,)
    found: list[Location] = []
    matched = False
    for node in view.nodes:
        own = [node.properties[name]] if name in node.properties else []
        own += [at for pattern, at in node.patterns.items() if matches(pattern, name)]
        matched = matched or bool(own)
        if not own and node.additional is not None:
            own = [node.additional]
        found += own
    if view.closes and not matched and name not in view.mentioned:
        return None
    return tuple(dict.fromkeys(found))


def rest_locations(view: View) -> tuple[Location, ...] | None:
    """The schemas for values under names that nothing mentions; None when there may be none."""
    if view.closes:
        return None
    return tuple(n.additional for n in view.nodes if n.additional is not None)


def item_locations(view: View, index: int | None) -> tuple[Location, ...]:
    """The schemas for one place of a list; None asks for the places after every prefix."""
    found: list[Location] = []
    for node in view.nodes:
        if index is not None and index < len(node.prefix):
            found.append(node.prefix[index])
        elif node.items is not None:
            found.append(node.items)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def matches(pattern: str, name: str) -> bool:
    """With the engine that validates, since Python reads regular expressions differently."""
    return _compiled(pattern).is_valid(name)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, offline=True)


def strictest(bounds: Sequence[Bound], *, lower: bool) -> Bound | None:
    if len(bounds) < 2:
        return bounds[0] if bounds else None

    def strictness(bound: Bound) -> tuple[Exact, bool]:
        return (bound.value if lower else -bound.value, bound.exclusive)

    return max(bounds, key=strictness)


def common_multiple(multiples: Iterable[Exact]) -> Exact | None:
    joined: Exact | None = None
    for multiple in multiples:
        joined = multiple if joined is None else _least_common(joined, multiple)
    return joined


def _least_common(one: Exact, other: Exact) -> Exact:
    return Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))


def joined_values(nodes: Iterable[Node]) -> dict[str, JSON] | None:
    """The values that every `enum` and `const` has, by canonical text."""
    joined: dict[str, JSON] | None = None
    for node in nodes:
        for enum in node.enums:
            keyed = {canonical_text(value): value for value in enum}
            joined = keyed if joined is None else {k: v for k, v in joined.items() if k in keyed}
    return joined


def joined_limits(nodes: Iterable[Node]) -> dict[str, int]:
    joined: dict[str, int] = {}
    for node in nodes:
        for keyword, limit in node.limits.items():
            strictest_of = max if keyword.startswith("min") else min
            joined[keyword] = strictest_of(joined.get(keyword, limit), limit)
    return joined


def types_of_values(values: Mapping[str, JSON] | None) -> Types:
    return ALL_TYPES if values is None else frozenset(type_of(value) for value in values.values())
