"""One schema object, read in its draft and written down in the terms of 2020-12.

A node is local: it points at its subschemas and never holds them, so that nothing is ever expanded
and recursion is only a pointer back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from domain.json_values import JSON
from domain.schemas.json_schema.dialects import Draft
from domain.schemas.json_schema.references import Location

# The types as sets that do not overlap: a number is an integer or has a fraction.
NULL, BOOLEAN, OBJECT, ARRAY = "null", "boolean", "object", "array"
STRING, INTEGER, FRACTION = "string", "integer", "fraction"
ALL_TYPES = frozenset({NULL, BOOLEAN, OBJECT, ARRAY, STRING, INTEGER, FRACTION})
Types = frozenset[str]
# Numbers are exact. A whole one is an int, which costs less and has the same parts; so `/` is
# never used on one that may be whole.
Exact: TypeAlias = int | Fraction

# Limits of which the larger one is the stricter; of the others it is the smaller one.
LOWER_LIMITS = ("minLength", "minItems", "minProperties")
UPPER_LIMITS = ("maxLength", "maxItems", "maxProperties")


class Bound(NamedTuple):
    value: Exact
    exclusive: bool


# The parts of a node that are not as they are when nothing is said.
Parts: TypeAlias = Mapping[str, Any]


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


NOTHING: Mapping[str, Any] = MappingProxyType({})


@lru_cache(maxsize=1024)
def _one_set(parts: tuple[str, ...]) -> frozenset[str]:
    """The same object for all nodes that say the same parts in this order."""
    return frozenset(parts)


class Node:
    """What is not said is as the class has it, and costs nothing."""

    types: Types = ALL_TYPES
    enums: tuple[tuple[JSON, ...], ...] = ()
    lower: tuple[Bound, ...] = ()
    upper: tuple[Bound, ...] = ()
    multiples: tuple[Exact, ...] = ()
    limits: Mapping[str, int] = NOTHING
    texts: frozenset[tuple[str, str]] = frozenset()  # pattern, format, contentEncoding, …
    unique: bool = False
    required: frozenset[str] = frozenset()
    properties: Mapping[str, Location] = NOTHING
    patterns: Mapping[str, Location] = NOTHING
    additional: Location | None = None
    names: Location | None = None
    prefix: tuple[Location, ...] = ()
    items: Location | None = None
    contains: Contains | None = None
    all_of: tuple[Location, ...] = ()
    groups: tuple[Group, ...] = ()
    negated: Location | None = None
    condition: tuple[Location, Location | None, Location | None] | None = None
    dependent_schemas: Mapping[str, Location] = NOTHING
    dependent_required: Mapping[str, frozenset[str]] = NOTHING
    left_names: Location | None = None  # `unevaluated…`, where it says more than `additional`
    left_items: Location | None = None

    def __init__(
        self, location: Location, raw: Mapping[str, JSON], draft: Draft, parts: Parts
    ) -> None:
        self.location = location
        self.raw = raw
        self.draft = draft
        said = []
        for part, value in parts.items():
            setattr(self, part, value)
            if value != _UNSAID[part]:
                said.append(part)
        self.said = _one_set(tuple(said))
        """The parts that assert anything."""

    @property
    def unevaluated(self) -> bool:
        return self.left_names is not None or self.left_items is not None


def exact(number: int | float) -> Exact:
    """0.1 is a tenth here, as its writer meant, and not the float nearest to it."""
    return number if isinstance(number, int) else _exact(number)


@lru_cache(maxsize=4096)
def _exact(number: float) -> Fraction:
    return Fraction(repr(number))


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


_UNSAID: Mapping[str, Any] = {name: getattr(Node, name) for name in Node.__annotations__}


def says_only(node: Node, parts: frozenset[str]) -> bool:
    return node.said <= parts


# What is asked of nodes: whether nothing is said beyond these parts.
TYPES = frozenset({"types"})
ENUMS = frozenset({"enums"})
VALUES = TYPES | ENUMS
ALL_OF = frozenset({"all_of"})
CHOICES = ALL_OF | {"groups"}
TYPED_CHOICES = CHOICES | TYPES
TYPED_VALUES = ALL_OF | VALUES
BOUNDS = TYPES | {"lower", "upper", "limits"}
