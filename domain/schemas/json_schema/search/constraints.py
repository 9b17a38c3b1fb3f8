"""What a value of one type must fulfil, once references and alternatives are followed.

A *literal* is a number that stands for a schema at a position: positive if the value must fit it,
negative if it must not. `ANYTHING` stands for the schema that every value fits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from domain.json_values import JSON
from domain.schemas.json_schema.nodes import Bound, Exact
from domain.schemas.json_schema.references import Location

Literal: TypeAlias = int
Literals: TypeAlias = frozenset[int]

ANYTHING: Literal = 0


class FieldLayer(Protocol):
    """What one schema says about the fields of an object."""

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def patterns(self) -> frozenset[str]: ...

    def at(self, name: str) -> Literal | None:
        """The schema for the value under a name; None if the name may not be there."""
        ...


class ItemLayer(Protocol):
    """What one schema says about the items of an array."""

    @property
    def prefix(self) -> int: ...

    def at(self, index: int) -> Literal | None: ...


@dataclass(frozen=True, slots=True)
class Among:
    """By canonical text, which is equality of JSON values."""

    values: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class NotAmong:
    texts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Edge:
    """A lower or an upper bound of a number."""

    bound: Bound
    lower: bool


@dataclass(frozen=True, slots=True)
class Multiple:
    of: Exact
    sign: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """`minLength` and its like, by the keyword."""

    keyword: str
    count: int


@dataclass(frozen=True, slots=True)
class Text:
    """`pattern`, `format`, `contentEncoding`, `contentMediaType`."""

    keyword: str
    text: str
    sign: bool


@dataclass(frozen=True, slots=True)
class Opaque:
    """What no rule reads: only the same text settles anything."""

    text: str
    sign: bool


@dataclass(frozen=True, slots=True)
class Fields:
    layer: FieldLayer


@dataclass(frozen=True, slots=True)
class BadField:
    """Some field is there that the layer refuses."""

    layer: FieldLayer


@dataclass(frozen=True, slots=True)
class Field:
    """A field is there, with a value that fits; a name of None is some name."""

    name: str | None
    literals: Literals = frozenset()


@dataclass(frozen=True, slots=True)
class NoField:
    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """All names fit, or some name does."""

    literal: Literal
    every: bool


@dataclass(frozen=True, slots=True)
class Items:
    layer: ItemLayer


@dataclass(frozen=True, slots=True)
class BadItem:
    layer: ItemLayer


@dataclass(frozen=True, slots=True)
class Item:
    """An item is there, with a value that fits; an index of None is some place."""

    index: int | None
    literals: Literals


@dataclass(frozen=True, slots=True)
class Contains:
    literal: Literal
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Unique:
    sign: bool


@dataclass(frozen=True, slots=True)
class Left:
    """`unevaluatedProperties` or `unevaluatedItems` of a node, until it is known what is left."""

    side: int
    node: Location
    sign: bool


Constraint: TypeAlias = (
    Among
    | NotAmong
    | Edge
    | Multiple
    | Limit
    | Text
    | Opaque
    | Fields
    | BadField
    | Field
    | NoField
    | Names
    | Items
    | BadItem
    | Item
    | Contains
    | Unique
    | Left
)
Demand: TypeAlias = "Literal | Constraint"
# Demands that must all be met.
Demands: TypeAlias = tuple[Demand, ...]
# Ways of which one must be gone.
Choice: TypeAlias = list[Demands]
