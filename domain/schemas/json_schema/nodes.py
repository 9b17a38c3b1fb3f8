"""One schema object, read in its draft and written down in the terms of 2020-12.

A node is local: it points at its subschemas and never holds them, so that nothing is ever expanded
and recursion is only a pointer back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from domain.json_values import JSON, as_list, as_object
from domain.schemas.json_schema.dialects import (
    ASSERTING,
    Draft,
)
from domain.schemas.json_schema.references import Bundle, Location, Members, references_of

# The types as sets that do not overlap: a number is an integer or has a fraction.
NULL, BOOLEAN, OBJECT, ARRAY = "null", "boolean", "object", "array"
STRING, INTEGER, FRACTION = "string", "integer", "fraction"
ALL_TYPES = frozenset({NULL, BOOLEAN, OBJECT, ARRAY, STRING, INTEGER, FRACTION})
Types = frozenset[str]

# What may evaluate names and items besides the schema's own lists of them.
_EVALUATING = {
    *("$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "if"),
    *("dependentSchemas", "dependencies", "contains"),
}

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
    opaque: frozenset[str] = frozenset()  # what no rule reads: known only as text
    said: frozenset[str] | None = None  # the parts that assert anything, where they were counted

    @property
    def unevaluated(self) -> bool:
        return self.left_names is not None or self.left_items is not None


def read_node(bundle: Bundle, location: Location) -> Node:
    value, draft = bundle.value(location), bundle.draft(location)
    if not isinstance(value, dict):
        return Node(location, {}, draft, types=ALL_TYPES if value else frozenset())
    return _Reader(bundle, location, value, draft).node()


# The parts of a node that are not as they are when nothing is said.
Parts: TypeAlias = dict[str, Any]


class _Reader:
    def __init__(
        self, bundle: Bundle, location: Location, raw: dict[str, JSON], draft: Draft
    ) -> None:
        self._bundle = bundle
        self._at = location
        self._raw = raw
        self._draft = draft
        hidden = draft.ref_hides_siblings and "$ref" in raw
        asserting = ASSERTING[draft]
        known = {} if hidden else {k: v for k, v in raw.items() if k in asserting}
        self._known: dict[str, JSON] = known

    def node(self) -> Node:
        """Reads what is there: most schemas say two or three things."""
        known, parts = self._known, dict[str, Any]()
        for keyword in known:
            read = _PARTS.get(keyword)
            if read is not None:
                read(self, parts)
        all_of, opaque = self._references()
        if "allOf" in known:
            all_of += self._list("allOf")
        if all_of:
            parts["all_of"] = all_of
        if opaque:
            parts["opaque"] = opaque
        said = frozenset(part for part, value in parts.items() if value != _UNSAID[part])
        return Node(self._at, self._raw, self._draft, said=said, **parts)

    # --- one reader for each family of keywords -------------------------------------------------

    def _read_types(self, parts: Parts) -> None:
        parts["types"] = _types(self._known["type"])

    def _read_values(self, parts: Parts) -> None:
        parts["enums"] = self._enums()

    def _read_lower(self, parts: Parts) -> None:
        parts["lower"] = self._bounds("inimum")

    def _read_upper(self, parts: Parts) -> None:
        parts["upper"] = self._bounds("aximum")

    def _read_multiples(self, parts: Parts) -> None:
        parts["multiples"] = tuple(exact(m) for m in self._numbers("multipleOf"))

    def _read_limits(self, parts: Parts) -> None:
        limits = LOWER_LIMITS + UPPER_LIMITS
        parts["limits"] = {k: int(n) for k in limits for n in self._numbers(k)}

    def _read_texts(self, parts: Parts) -> None:
        parts["texts"] = self._texts()

    def _read_fields(self, parts: Parts) -> None:
        parts["properties"] = self._members("properties")

    def _read_patterns(self, parts: Parts) -> None:
        parts["patterns"] = self._members("patternProperties")

    def _read_required(self, parts: Parts) -> None:
        parts["required"] = _names(self._known["required"])

    def _read_other_names(self, parts: Parts) -> None:
        parts["additional"], parts["left_names"] = self._what_is_left(
            self._one("additionalProperties"), "Properties"
        )

    def _read_items(self, parts: Parts) -> None:
        parts["prefix"] = self._prefix()
        parts["items"], parts["left_items"] = self._what_is_left(self._rest_of_items(), "Items")

    def _read_repetition(self, parts: Parts) -> None:
        parts["unique"] = self._known["uniqueItems"] is True

    def _read_names_of_names(self, parts: Parts) -> None:
        parts["names"] = self._one("propertyNames")

    def _read_contains(self, parts: Parts) -> None:
        parts["contains"] = self._contains()

    def _read_groups(self, parts: Parts) -> None:
        parts["groups"] = self._groups()

    def _read_negation(self, parts: Parts) -> None:
        parts["negated"] = self._one("not")

    def _read_condition(self, parts: Parts) -> None:
        parts["condition"] = self._condition()

    def _read_dependents(self, parts: Parts) -> None:
        schemas = {**self._members("dependencies"), **self._members("dependentSchemas")}
        parts["dependent_schemas"] = schemas
        parts["dependent_required"] = self._dependent_required()

    # --- what they are made of ------------------------------------------------------------------

    def _references(self) -> tuple[tuple[Location, ...], frozenset[str]]:
        """What is not known of a reference is kept as text: where it leads in the end."""
        targets, opaque = [], set()
        for keyword, reference in references_of(self._raw, self._draft):
            target = self._bundle.target(self._at, keyword, reference)
            if target is None:
                opaque.add(f"{keyword} {reference}")
            else:
                targets.append(target)
        return tuple(targets), frozenset(opaque)

    def _one(self, keyword: str) -> Location | None:
        return self._at.below(keyword) if keyword in self._known else None

    def _list(self, keyword: str) -> tuple[Location, ...]:
        members = as_list(self._known.get(keyword))
        return tuple(self._at.below(keyword, str(i)) for i in range(len(members)))

    def _members(self, keyword: str) -> Mapping[str, Location]:
        members = as_object(self._known.get(keyword))
        if any(isinstance(member, list) for member in members.values()):
            members = {n: m for n, m in members.items() if not isinstance(m, list)}
        return Members(self._at.below(keyword), members)

    def _numbers(self, keyword: str) -> tuple[int | float, ...]:
        value = self._known.get(keyword)
        return (value,) if isinstance(value, int | float) and not isinstance(value, bool) else ()

    def _bounds(self, side: Literal["inimum", "aximum"]) -> tuple[Bound, ...]:
        # Draft 4 has a boolean beside the limit, later drafts a limit of its own.
        return (
            *(Bound(exact(n), exclusive=True) for n in self._numbers(f"exclusiveM{side}")),
            *(
                Bound(exact(n), exclusive=self._known.get(f"exclusiveM{side}") is True)
                for n in self._numbers(f"m{side}")
            ),
        )

    def _enums(self) -> tuple[tuple[JSON, ...], ...]:
        enums = []
        if "enum" in self._known:
            enums.append(tuple(as_list(self._known["enum"])))
        if "const" in self._known:
            enums.append((self._known["const"],))
        return tuple(enums)

    def _texts(self) -> frozenset[tuple[str, str]]:
        return frozenset((k, v) for k in _TEXTS if isinstance(v := self._known.get(k), str))

    def _prefix(self) -> tuple[Location, ...]:
        keyword = "items" if isinstance(self._known.get("items"), list) else "prefixItems"
        return self._list(keyword)

    def _rest_of_items(self) -> Location | None:
        if isinstance(self._known.get("items"), list):
            return self._one("additionalItems")
        return self._one("items")

    def _what_is_left(
        self, additional: Location | None, named: Literal["Properties", "Items"]
    ) -> tuple[Location | None, Location | None]:
        """The schemas for undeclared and for unevaluated names or items.

        Where nothing else evaluates, both are one. What is additional leaves nothing unevaluated.
        """
        unevaluated = self._one(f"unevaluated{named}")
        if additional is not None or unevaluated is None:
            return additional, None
        if _EVALUATING & self._raw.keys():
            return None, unevaluated
        return unevaluated, None

    def _contains(self) -> Contains | None:
        if "contains" not in self._known:
            return None
        least, most = self._numbers("minContains"), self._numbers("maxContains")
        return Contains(
            self._at.below("contains"),
            int(least[0]) if least else 1,
            int(most[0]) if most else None,
        )

    def _groups(self) -> tuple[Group, ...]:
        kinds: tuple[Literal["anyOf"], Literal["oneOf"]] = ("anyOf", "oneOf")
        return tuple(Group(kind, self._list(kind)) for kind in kinds if kind in self._known)

    def _condition(self) -> tuple[Location, Location | None, Location | None] | None:
        condition = self._one("if")
        then, otherwise = self._one("then"), self._one("else")
        if condition is None or (then is None and otherwise is None):
            return None
        return condition, then, otherwise

    def _dependent_required(self) -> dict[str, frozenset[str]]:
        members = {
            **as_object(self._known.get("dependencies")),
            **as_object(self._known.get("dependentRequired")),
        }
        return {name: _names(value) for name, value in members.items() if isinstance(value, list)}


_Reading = Callable[[_Reader, Parts], None]
_TEXTS = ("pattern", "format", "contentEncoding", "contentMediaType")
# By the keyword that calls for it; families are read whole, at the first of their keywords.
_PARTS: Mapping[str, _Reading] = {
    "type": _Reader._read_types,
    **dict.fromkeys(("enum", "const"), _Reader._read_values),
    **dict.fromkeys(("minimum", "exclusiveMinimum"), _Reader._read_lower),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), _Reader._read_upper),
    "multipleOf": _Reader._read_multiples,
    **dict.fromkeys(LOWER_LIMITS + UPPER_LIMITS, _Reader._read_limits),
    **dict.fromkeys(_TEXTS, _Reader._read_texts),
    "properties": _Reader._read_fields,
    "patternProperties": _Reader._read_patterns,
    "required": _Reader._read_required,
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), _Reader._read_other_names),
    **dict.fromkeys(
        ("items", "prefixItems", "additionalItems", "unevaluatedItems"), _Reader._read_items
    ),
    "uniqueItems": _Reader._read_repetition,
    "propertyNames": _Reader._read_names_of_names,
    "contains": _Reader._read_contains,
    **dict.fromkeys(("anyOf", "oneOf"), _Reader._read_groups),
    "not": _Reader._read_negation,
    "if": _Reader._read_condition,
    **dict.fromkeys(
        ("dependencies", "dependentSchemas", "dependentRequired"), _Reader._read_dependents
    ),
}


@lru_cache(maxsize=4096)
def exact(number: int | float) -> Fraction:
    """0.1 is a tenth here, as its writer meant, and not the float nearest to it."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _names(value: JSON) -> frozenset[str]:
    return frozenset(name for name in as_list(value) if isinstance(name, str))


def _types(value: JSON) -> Types:
    if value is None:
        return ALL_TYPES
    named = value if isinstance(value, list) else [value]
    types = {name for name in named if isinstance(name, str)}
    if "number" in types:
        types = (types - {"number"}) | {INTEGER, FRACTION}
    return frozenset(types)


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
_UNSAID: Mapping[str, Any] = {
    name: getattr(_SILENT, name)
    for name in Node.__dataclass_fields__
    if name not in ("location", "raw", "draft", "said")
}


def said_parts(node: Node) -> frozenset[str]:
    """The parts of a node that assert anything."""
    if node.said is not None:
        return node.said
    return frozenset(name for name, unsaid in _UNSAID.items() if getattr(node, name) != unsaid)
