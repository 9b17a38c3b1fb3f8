"""One schema object, read in its draft and written down in the terms of 2020-12.

A node is local: it points at its subschemas and never holds them, so that nothing is ever expanded
and recursion is only a pointer back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from domain.json_values import JSON
from domain.schemas.json_schema.dialects import Draft
from domain.schemas.json_schema.references import Location

# The types as sets that do not overlap: a number is an integer or has a fraction.
NULL, BOOLEAN, OBJECT, ARRAY = "null", "boolean", "object", "array"
STRING, INTEGER, FRACTION = "string", "integer", "fraction"
ALL_TYPES = frozenset({NULL, BOOLEAN, OBJECT, ARRAY, STRING, INTEGER, FRACTION})
Types = frozenset[str]

# Limits of which the larger one is the stricter; of the others it is the smaller one.
LOWER_LIMITS = ("minLength", "minItems", "minProperties")
UPPER_LIMITS = ("maxLength", "maxItems", "maxProperties")


@dataclass(frozen=True, slots=True)
class Bound:
    value: Fraction
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Group:
    """`anyOf` or `oneOf`."""

    kind: Literal["anyOf", "oneOf"]
    branches: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    schema: Location
    least: int
    most: int | None


@dataclass(slots=True, eq=False)
class Node:
    location: Location
    raw: Mapping[str, JSON]
    draft: Draft = Draft.D2020
    types: Types = ALL_TYPES
    enums: tuple[tuple[JSON, ...], ...] = ()
    lower: tuple[Bound, ...] = ()
    upper: tuple[Bound, ...] = ()
    multiples: tuple[Fraction, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    texts: frozenset[tuple[str, str]] = frozenset()  # pattern, format, contentEncoding, …
    unique: bool = False
    required: frozenset[str] = frozenset()
    properties: Mapping[str, Location] = field(default_factory=dict)
    patterns: Mapping[str, Location] = field(default_factory=dict)
    additional: Location | None = None
    names: Location | None = None
    prefix: tuple[Location, ...] = ()
    items: Location | None = None
    contains: Contains | None = None
    all_of: tuple[Location, ...] = ()
    groups: tuple[Group, ...] = ()
    negated: Location | None = None
    condition: tuple[Location, Location | None, Location | None] | None = None
    dependent_schemas: Mapping[str, Location] = field(default_factory=dict)
    dependent_required: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_names: Location | None = None  # `unevaluated…`, where it says more than `additional`
    left_items: Location | None = None
    said: frozenset[str] | None = None  # the parts that assert anything, where they were counted

    @property
    def unevaluated(self) -> bool:
        return self.left_names is not None or self.left_items is not None


@lru_cache(maxsize=4096)
def exact(number: int | float) -> Fraction:
    """0.1 is a tenth here, as its writer meant, and not the float nearest to it."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def type_of(value: JSON) -> str:
    if value is None or isinstance(value, bool):
        return NULL if value is None else BOOLEAN
    if isinstance(value, int | float):
        return INTEGER if isinstance(value, int) or value.is_integer() else FRACTION
    if isinstance(value, str):
        return STRING
    return ARRAY if isinstance(value, list) else OBJECT


def in_place(node: Node) -> list[Location]:
    """The schemas that bear on the same value as this one, held by it or by a part of it."""
    found = list(node.all_of)
    for group in node.groups:
        found += group.branches
    if node.condition is not None:
        found += [part for part in node.condition if part is not None]
    found += node.dependent_schemas.values()
    return found


_SILENT = Node(Location("", ""), {})
UNSAID: Mapping[str, Any] = {
    name: getattr(_SILENT, name)
    for name in Node.__dataclass_fields__
    if name not in ("location", "raw", "draft", "said")
}


def said_parts(node: Node) -> frozenset[str]:
    """The parts of a node that assert anything."""
    if node.said is not None:
        return node.said
    return frozenset(name for name, unsaid in UNSAID.items() if getattr(node, name) != unsaid)
