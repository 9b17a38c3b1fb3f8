"""JSON as a type, and the two ways in which this product calls two JSON values the same.

`canonical_text` is JSON Schema's equality written down: `1` and `1.0` are one value, `1` and `true`
are two, and the order of an object's names means nothing. Content hashes are taken of it, because
a database may well give `1.0` back as `1` and the names in another order.
"""

import json
from collections.abc import Mapping
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


def canonical_text(value: JSON) -> str:
    """Equal for values that are equal as JSON, and only for those."""
    return json.dumps(_with_plain_numbers(value), sort_keys=True, separators=(",", ":"))


def _with_plain_numbers(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {name: _with_plain_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_plain_numbers(member) for member in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def as_object(value: object) -> dict[str, JSON]:
    """The value if it is a JSON object, else an empty one: for reading optional parts."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[JSON]:
    return value if isinstance(value, list) else []


def shown(value: JSON, limit: int = 60) -> str:
    """A value as people read it in a sentence, cut where it would drown the sentence."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def listed(values: Mapping[str, JSON], limit: int = 5) -> str:
    """`"a", "b" and 3 more`: in the order of the canonical text, so the same every time."""
    ordered = [shown(values[key]) for key in sorted(values)]
    named, rest = ordered[:limit], len(ordered) - limit
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")
