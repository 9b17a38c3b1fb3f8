"""Reads the keywords that bound a value by themselves: they hold no schemas and need no place."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from domain.json_values import JSON, as_list
from domain.schemas.json_schema.nodes import (
    ALL_TYPES,
    FRACTION,
    INTEGER,
    LOWER_LIMITS,
    UPPER_LIMITS,
    Bound,
    Exact,
    Types,
    exact,
)

# The keywords of one schema that its draft knows.
Known = Mapping[str, JSON]

_TEXTS = ("pattern", "format", "contentEncoding", "contentMediaType")
_LIMITS = LOWER_LIMITS + UPPER_LIMITS


def types_named(value: JSON) -> Types:
    """What `type` says."""
    if isinstance(value, str):
        return _ONE_TYPE.get(value) or frozenset({value})
    named = frozenset([name for name in as_list(value) if isinstance(name, str)])
    return (named - {"number"}) | {INTEGER, FRACTION} if "number" in named else named


_ONE_TYPE: Mapping[str, Types] = {
    "number": frozenset({INTEGER, FRACTION}),
    **{name: frozenset({name}) for name in ALL_TYPES - {FRACTION}},
}


def names_listed(value: JSON) -> frozenset[str]:
    return frozenset([name for name in as_list(value) if isinstance(name, str)])


def number(value: JSON) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _types(known: Known) -> Types:
    named = known["type"]
    if isinstance(named, str):
        return _ONE_TYPE.get(named) or frozenset({named})
    return ALL_TYPES if named is None else types_named(named)


def _enums(known: Known) -> tuple[tuple[JSON, ...], ...]:
    enums = [tuple(as_list(known["enum"]))] if "enum" in known else []
    if "const" in known:
        enums.append((known["const"],))
    return tuple(enums)


def _lower(known: Known) -> tuple[Bound, ...]:
    plain, strict = known.get("minimum"), known.get("exclusiveMinimum")
    return _whole(plain) if strict is None and type(plain) is int else _bounds(plain, strict)


def _upper(known: Known) -> tuple[Bound, ...]:
    plain, strict = known.get("maximum"), known.get("exclusiveMaximum")
    return _whole(plain) if strict is None and type(plain) is int else _bounds(plain, strict)


def _bounds(plain: JSON, strict: JSON) -> tuple[Bound, ...]:
    # Draft 4 has a boolean beside the limit, later drafts a limit of its own.
    bounds = []
    limit, beyond = number(plain), number(strict)
    if limit is not None:
        bounds.append(Bound(exact(limit), strict is True))
    if beyond is not None:
        bounds.append(Bound(exact(beyond), exclusive=True))
    return tuple(bounds)


@lru_cache(maxsize=4096)
def _whole(limit: int) -> tuple[Bound, ...]:
    return (Bound(limit, exclusive=False),)


def _multiples(known: Known) -> tuple[Exact, ...]:
    step = number(known["multipleOf"])
    return () if step is None else (exact(step),)


def _limits(known: Known) -> dict[str, int]:
    limits = [(k, number(known[k])) for k in _LIMITS if k in known]
    return {keyword: int(limit) for keyword, limit in limits if limit is not None}


def _texts(known: Known) -> frozenset[tuple[str, str]]:
    return frozenset([(k, text) for k in _TEXTS if isinstance(text := known.get(k), str)])


# The part of a node that each keyword is about; a family is read whole, by any of its keywords.
PLAIN: Mapping[str, tuple[str, Callable[[Known], object]]] = {
    "type": ("types", _types),
    **dict.fromkeys(("enum", "const"), ("enums", _enums)),
    **dict.fromkeys(("minimum", "exclusiveMinimum"), ("lower", _lower)),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), ("upper", _upper)),
    "multipleOf": ("multiples", _multiples),
    **dict.fromkeys(_LIMITS, ("limits", _limits)),
    **dict.fromkeys(_TEXTS, ("texts", _texts)),
    "required": ("required", lambda known: names_listed(known["required"])),
    "uniqueItems": ("unique", lambda known: known["uniqueItems"] is True),
}
