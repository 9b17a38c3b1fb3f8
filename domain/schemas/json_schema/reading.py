"""Reads one schema object, in the terms of its draft, into a node in the terms of 2020-12."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from domain.json_values import JSON, as_list, as_object
from domain.schemas.json_schema.assertions import PLAIN, names_listed, number
from domain.schemas.json_schema.dialects import ASSERTING, REFERENCES, Draft
from domain.schemas.json_schema.nodes import Contains, Group, Node
from domain.schemas.json_schema.references import Bundle, Location, references_of

# What may evaluate names and items besides the schema's own lists of them.
_EVALUATING = {
    *("$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "if"),
    *("dependentSchemas", "dependencies", "contains"),
}

# What holds schemas or refers to them; and the drafts that know all keywords that do not.
_LEADING_ON = {draft: (ASSERTING[draft] - PLAIN.keys()) | REFERENCES[draft] for draft in Draft}
_KNOWING_ALL_PLAIN = frozenset(draft for draft in Draft if ASSERTING[draft] >= PLAIN.keys())


class Nodes(dict[Location, Node]):
    """Of one bundle, each read when it is asked for and kept."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self._bundle = bundle

    def __missing__(self, location: Location) -> Node:
        value, draft = self._bundle.value(location), self._bundle.draft(location)
        if isinstance(value, dict):
            node = Node(location, value, draft, _parts(self._bundle, location, value, draft))
        else:
            node = Node(location, {}, draft, {} if value else {"types": frozenset()})
        self[location] = node
        return node


def _parts(bundle: Bundle, location: Location, value: dict[str, JSON], draft: Draft) -> "Parts":
    known, leads_on = value, not _LEADING_ON[draft].isdisjoint(value)
    if leads_on or draft not in _KNOWING_ALL_PLAIN:
        known = _known(value, draft)
    parts: Parts = {}
    for keyword in known:
        plain = PLAIN.get(keyword)
        if plain is not None:
            part, read = plain
            parts[part] = read(known)
    if leads_on:
        _Reader(bundle, location, value, draft, known).read_into(parts)
    return parts


def _known(schema: dict[str, JSON], draft: Draft) -> dict[str, JSON]:
    """What a schema asserts in its draft."""
    if "$ref" in schema and draft.ref_hides_siblings:
        return {}
    asserting = ASSERTING[draft]
    return {keyword: said for keyword, said in schema.items() if keyword in asserting}


Parts: TypeAlias = dict[str, Any]


class _Reader:
    """Of the keywords that hold schemas or refer to them."""

    def __init__(
        self,
        bundle: Bundle,
        location: Location,
        raw: dict[str, JSON],
        draft: Draft,
        known: dict[str, JSON],
    ) -> None:
        self._bundle = bundle
        self._at = location
        self._raw = raw
        self._draft = draft
        self._known = known

    def read_into(self, parts: Parts) -> None:
        known = self._known
        for keyword in known:
            if keyword in self._READERS:
                self._READERS[keyword](self, parts)
        if not REFERENCES[self._draft].isdisjoint(self._raw):
            self._read_references(parts)
        if "allOf" in known:
            parts["all_of"] = parts.get("all_of", ()) + self._list("allOf")

    # --- one reader for each family of keywords -------------------------------------------------

    def _read_fields(self, parts: Parts) -> None:
        parts["properties"] = self._members("properties")

    def _read_patterns(self, parts: Parts) -> None:
        parts["patterns"] = self._members("patternProperties")

    def _read_other_names(self, parts: Parts) -> None:
        parts["additional"], parts["left_names"] = self._what_is_left(
            self._one("additionalProperties"), "Properties"
        )

    def _read_items(self, parts: Parts) -> None:
        parts["prefix"] = self._prefix()
        parts["items"], parts["left_items"] = self._what_is_left(self._rest_of_items(), "Items")

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
        "properties": _read_fields,
        "patternProperties": _read_patterns,
        **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), _read_other_names),
        **dict.fromkeys(
            ("items", "prefixItems", "additionalItems", "unevaluatedItems"), _read_items
        ),
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

    def _read_references(self, parts: Parts) -> None:
        parts["all_of"] = tuple(
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
        if keyword == "dependencies":
            members = {n: m for n, m in members.items() if not isinstance(m, list)}
        return self._bundle.members(self._at.below(keyword), members)

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
        least, most = (number(self._known.get(f"{side}Contains")) for side in ("min", "max"))
        return Contains(
            self._at.below("contains"),
            1 if least is None else int(least),
            None if most is None else int(most),
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
        return {
            name: names_listed(value) for name, value in members.items() if isinstance(value, list)
        }
