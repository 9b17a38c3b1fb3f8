"""The drafts of JSON Schema: which keywords each knows and where schemas stand inside a schema.

Everything after this module speaks 2020-12; the differences between the drafts end in `nodes`.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, IntEnum

from domain.errors import InvalidSchema
from domain.json_values import JSON

Tokens = tuple[str, ...]


class Draft(IntEnum):
    D4 = 4
    D6 = 6
    D7 = 7
    D2019 = 2019
    D2020 = 2020

    @property
    def uri(self) -> str:
        return _URIS[self]

    @property
    def id_keyword(self) -> str:
        return "id" if self is Draft.D4 else "$id"

    @property
    def ref_hides_siblings(self) -> bool:
        return self <= Draft.D7


_URIS = {
    Draft.D4: "http://json-schema.org/draft-04/schema#",
    Draft.D6: "http://json-schema.org/draft-06/schema#",
    Draft.D7: "http://json-schema.org/draft-07/schema#",
    Draft.D2019: "https://json-schema.org/draft/2019-09/schema",
    Draft.D2020: "https://json-schema.org/draft/2020-12/schema",
}
_BY_NAME = {uri.split("://")[1].rstrip("#"): draft for draft, uri in _URIS.items()}


def draft_of(document: JSON, default: Draft = Draft.D2020) -> Draft:
    """The draft that `$schema` names; raises InvalidSchema for one that is not known."""
    if not isinstance(document, dict) or "$schema" not in document:
        return default
    named = document["$schema"]
    draft = metaschema_draft(named) if isinstance(named, str) else None
    if draft is None:
        raise InvalidSchema(
            f"`$schema` names {named!r}; known are the drafts 4, 6, 7, 2019-09 and 2020-12.",
            path="/$schema",
            keyword="$schema",
        )
    return draft


def metaschema_draft(uri: str) -> Draft | None:
    """The draft whose metaschema this URI names, if it is one of the published ones."""
    return _BY_NAME.get(uri.rstrip("#").partition("://")[2])


class Holds(Enum):
    """How a keyword holds schemas."""

    ONE = "one"
    LIST = "list"
    MAP = "map"
    ONE_OR_LIST = "one or list"


_SINCE_4 = {
    "not": Holds.ONE,
    "additionalProperties": Holds.ONE,
    "allOf": Holds.LIST,
    "anyOf": Holds.LIST,
    "oneOf": Holds.LIST,
    "properties": Holds.MAP,
    "patternProperties": Holds.MAP,
    "definitions": Holds.MAP,
    "dependencies": Holds.MAP,
}
_SINCE_6 = {"contains": Holds.ONE, "propertyNames": Holds.ONE}
_SINCE_7 = {"if": Holds.ONE, "then": Holds.ONE, "else": Holds.ONE}
_SINCE_2019 = {
    "$defs": Holds.MAP,
    "dependentSchemas": Holds.MAP,
    "unevaluatedItems": Holds.ONE,
    "unevaluatedProperties": Holds.ONE,
}
_ITEMS_UNTIL_2019 = {"items": Holds.ONE_OR_LIST, "additionalItems": Holds.ONE}
_ITEMS_SINCE_2020 = {"items": Holds.ONE, "prefixItems": Holds.LIST}

APPLICATORS: dict[Draft, dict[str, Holds]] = {
    Draft.D4: {**_SINCE_4, **_ITEMS_UNTIL_2019},
    Draft.D6: {**_SINCE_4, **_SINCE_6, **_ITEMS_UNTIL_2019},
    Draft.D7: {**_SINCE_4, **_SINCE_6, **_SINCE_7, **_ITEMS_UNTIL_2019},
    Draft.D2019: {**_SINCE_4, **_SINCE_6, **_SINCE_7, **_SINCE_2019, **_ITEMS_UNTIL_2019},
    Draft.D2020: {**_SINCE_4, **_SINCE_6, **_SINCE_7, **_SINCE_2019, **_ITEMS_SINCE_2020},
}

# Assertions that hold no schemas, with the first draft that knows them.
ASSERTIONS: dict[str, Draft] = {
    **dict.fromkeys(
        (
            "type",
            "enum",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "minItems",
            "maxItems",
            "uniqueItems",
            "minProperties",
            "maxProperties",
            "required",
        ),
        Draft.D4,
    ),
    "const": Draft.D6,
    "contentEncoding": Draft.D7,
    "contentMediaType": Draft.D7,
    "dependentRequired": Draft.D2019,
    "minContains": Draft.D2019,
    "maxContains": Draft.D2019,
}

# What each draft makes demands with.
ASSERTING: dict[Draft, frozenset[str]] = {
    draft: frozenset(APPLICATORS[draft])
    | {keyword for keyword, since in ASSERTIONS.items() if draft >= since}
    for draft in Draft
}

# Keywords that name or refer to schemas.
REFERENCES: dict[Draft, frozenset[str]] = {
    Draft.D4: frozenset({"$ref"}),
    Draft.D6: frozenset({"$ref"}),
    Draft.D7: frozenset({"$ref"}),
    Draft.D2019: frozenset({"$ref", "$recursiveRef"}),
    Draft.D2020: frozenset({"$ref", "$dynamicRef"}),
}
_NAMING = ("$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary")


# What each draft reads: all other keywords only describe.
READ: dict[Draft, frozenset[str]] = {
    draft: ASSERTING[draft].union(REFERENCES[draft], _NAMING) for draft in Draft
}


def annotations(draft: Draft, schema: Mapping[str, JSON]) -> list[str]:
    """The keywords that only describe: titles, examples, and whatever the draft does not know."""
    read = READ[draft]
    return [keyword for keyword in schema if keyword not in read]


def subschemas(draft: Draft, schema: dict[str, JSON]) -> Iterator[tuple[Tokens, JSON]]:
    """The schemas directly inside a schema, with the pointer tokens that lead to each."""
    for keyword, holds in APPLICATORS[draft].items():
        if keyword not in schema:
            continue
        value = schema[keyword]
        if isinstance(value, list) and holds in (Holds.LIST, Holds.ONE_OR_LIST):
            yield from (((keyword, str(i)), member) for i, member in enumerate(value))
        elif isinstance(value, dict) and holds is Holds.MAP:
            # `dependencies` holds lists of names beside schemas.
            yield from (
                ((keyword, name), member)
                for name, member in value.items()
                if not isinstance(member, list)
            )
        elif holds in (Holds.ONE, Holds.ONE_OR_LIST):
            yield (keyword,), value


def keyword_at(draft: Draft, path: list[str | int]) -> str:
    """The keyword that a path inside a schema document belongs to, for messages about it.

    `properties/type/minimum` is about `minimum`, `required/0` about `required`.
    """
    keyword, at = "", 0
    while at < len(path):
        keyword = str(path[at])
        holds = APPLICATORS[draft].get(keyword)
        if holds is None:
            break
        follows_member = at + 1 < len(path) and (
            holds in (Holds.LIST, Holds.MAP) or isinstance(path[at + 1], int)
        )
        at += 2 if follows_member else 1
    return keyword
