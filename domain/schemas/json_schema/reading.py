"""Reads one schema object, in the terms of its draft, into a node in the terms of 2020-12."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from domain.json_values import JSON, as_list, as_object
from domain.schemas.json_schema.dialects import ASSERTING, Draft
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    FRACTION,
    INTEGER,
    LOWER_LIMITS,
    UNSAID,
    UPPER_LIMITS,
    Bound,
    Contains,
    Group,
    Node,
    Types,
    exact,
)
from domain.schemas.json_schema.references import Bundle, Location, Members, references_of

# What may evaluate names and items besides the schema's own lists of them.
_EVALUATING = {
    *("$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "if"),
    *("dependentSchemas", "dependencies", "contains"),
}


def read_node(bundle: Bundle, location: Location) -> Node:
    value, draft = bundle.value(location), bundle.draft(location)
    if not isinstance(value, dict):
        return Node(location, {}, draft, types=ALL_TYPES if value else frozenset())
    return _Reader(bundle, location, value, draft).node()


# The parts of a node that are not as they are when nothing is said.
Parts: TypeAlias = dict[str, Any]


_TEXTS = ("pattern", "format", "contentEncoding", "contentMediaType")


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
            read = self._READERS.get(keyword)
            if read is not None:
                read(self, parts)
        all_of = self._references()
        if "allOf" in known:
            all_of += self._list("allOf")
        if all_of:
            parts["all_of"] = all_of
        said = frozenset(part for part, value in parts.items() if value != UNSAID[part])
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

    # By the keyword that calls for it; families are read whole, at the first of their keywords.
    _READERS: ClassVar[Mapping[str, Callable[["_Reader", Parts], None]]] = {
        "type": _read_types,
        **dict.fromkeys(("enum", "const"), _read_values),
        **dict.fromkeys(("minimum", "exclusiveMinimum"), _read_lower),
        **dict.fromkeys(("maximum", "exclusiveMaximum"), _read_upper),
        "multipleOf": _read_multiples,
        **dict.fromkeys(LOWER_LIMITS + UPPER_LIMITS, _read_limits),
        **dict.fromkeys(_TEXTS, _read_texts),
        "properties": _read_fields,
        "patternProperties": _read_patterns,
        "required": _read_required,
        **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), _read_other_names),
        **dict.fromkeys(
            ("items", "prefixItems", "additionalItems", "unevaluatedItems"), _read_items
        ),
        "uniqueItems": _read_repetition,
        "propertyNames": _read_names_of_names,
        "contains": _read_contains,
        **dict.fromkeys(("anyOf", "oneOf"), _read_groups),
        "not": _read_negation,
        "if": _read_condition,
        **dict.fromkeys(
            ("dependencies", "dependentSchemas", "dependentRequired"), _read_dependents
        ),
    }

    # --- what they are made of ------------------------------------------------------------------

    def _references(self) -> tuple[Location, ...]:
        return tuple(
            self._bundle.target(self._at, keyword, reference)
            for keyword, reference in references_of(self._raw, self._draft)
        )

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
