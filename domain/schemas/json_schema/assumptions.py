"""Which draft a document is read in that does not say so, where no contract has been made of it.

Contracts without `$schema` are 2020-12. Documents that only are compared come from anywhere, and
most of them are draft 7; draft 4 gives itself away by boolean exclusive bounds.
"""

import re

from domain.errors import InvalidSchema
from domain.json_values import JSON
from domain.schemas.json_schema.dialects import Draft, metaschema_draft

_NAMED = re.compile(r"(?:draft|d)?[-_ ]?0*(4|6|7|2019|2020)(?:-(?:09|12))?", re.IGNORECASE)
_EXCLUSIVE = ("exclusiveMinimum", "exclusiveMaximum")


def assume_draft(document: JSON, named: str | None = None) -> JSON:
    """The document with a `$schema`: the draft `named`, else its own, else the likely one.

    Raises InvalidSchema for a name that is not one: `draft-07`, `7`, `2020-12` or a `$schema` URI.
    """
    draft = None if named is None else _called(named)
    if not isinstance(document, dict) or (draft is None and "$schema" in document):
        return document
    likely = Draft.D4 if _has_boolean_bound(document) else Draft.D7
    return {**document, "$schema": (draft or likely).uri}


def _called(name: str) -> Draft:
    match = _NAMED.fullmatch(name.strip())
    draft = Draft(int(match.group(1))) if match else metaschema_draft(name)
    if draft is None:
        raise InvalidSchema(
            f"The draft {name!r} is not known; known are 4, 6, 7, 2019-09 and 2020-12.",
            path="",
            keyword="$schema",
        )
    return draft


def _has_boolean_bound(document: JSON) -> bool:
    waiting: list[JSON] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            said = any(isinstance(value.get(keyword), bool) for keyword in _EXCLUSIVE)
            if said and _is_schema(value):
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _is_schema(value: dict[str, JSON]) -> bool:
    """Whether it cannot be a map of schemas, which may have any names."""
    return not all(isinstance(member, dict | bool) for member in value.values())
