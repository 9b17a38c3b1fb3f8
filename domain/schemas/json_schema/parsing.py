"""Checks that documents are valid JSON Schema, and says which keyword and which path is not."""

import json
import math
from collections.abc import Mapping
from itertools import chain
from typing import NoReturn

import jsonschema_rs

from domain.errors import InvalidSchema
from domain.json_values import JSON
from domain.schemas.json_schema.dialects import Draft, draft_of, keyword_at
from domain.schemas.json_schema.references import Bundle, Location
from domain.schemas.schema import JSON_SCHEMA, Schema

# Deeper than any schema a person writes, and well within what every layer below can recurse into.
MAX_DEPTH = 100


def parse_json_schema(documents: Mapping[str, JSON], root: str) -> Schema:
    """Raises InvalidSchema with `path` (a JSON pointer), `keyword` and `document`."""
    for name, document in documents.items():
        _check_json(name, document)
        _check_metaschema(Location(name, ""), document, draft_of(document))
    bundle = Bundle(documents, root)
    known = set(bundle.locations())
    bundle.check_references()
    for location in bundle.locations():
        schema = bundle.value(location)
        if location not in known:  # under an unknown keyword, so no metaschema looked there
            _check_metaschema(location, schema, bundle.draft(location))
        if isinstance(schema, dict) and not _WITH_PATTERNS.isdisjoint(schema):
            _check_patterns(location, schema)
    return Schema(JSON_SCHEMA, root, documents)


def _check_json(name: str, document: JSON) -> None:
    if not isinstance(document, dict | bool):
        _refuse(Location(name, ""), "", "A JSON Schema is an object or a boolean.")
    if not _is_surely_stored(document):
        _check_values(name, document)


def _is_surely_stored(document: JSON) -> bool:
    """Whether nothing in a document is for a database to refuse; False is to look closer."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return False
    return "\\u0000" not in text and not _is_deep(document)


_CONTAINERS = (dict, list)


def _is_deep(document: JSON) -> bool:
    level = [document] if isinstance(document, _CONTAINERS) else []
    for _ in range(MAX_DEPTH - 1):
        members = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for each in chain.from_iterable(members) if isinstance(each, _CONTAINERS)]
        if not level:
            return False
    return True


def _check_values(name: str, document: JSON) -> None:
    """Names the place of what cannot be stored."""
    waiting: list[tuple[Location, JSON, int]] = [(Location(name, ""), document, 1)]
    while waiting:
        location, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            _refuse(location, "", f"The schema is nested more than {MAX_DEPTH} levels deep.")
        if isinstance(value, dict):
            for member in value:
                _check_text(location, member)
            waiting.extend((location.below(k), v, depth + 1) for k, v in value.items())
        elif isinstance(value, list):
            waiting.extend((location.below(str(i)), v, depth + 1) for i, v in enumerate(value))
        else:
            _check_scalar(location, value)


def _check_scalar(location: Location, value: JSON) -> None:
    if isinstance(value, str):
        _check_text(location, value)
    elif isinstance(value, float) and not math.isfinite(value):
        _refuse(location, "", f"`{location.pointer}` is not a number that JSON can hold.")


def _check_text(location: Location, text: str) -> None:
    """A database cannot keep these two; a pattern that needs them can write them escaped."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(location, "", f"`{location.pointer}` has a character that cannot be stored.")


def _check_metaschema(location: Location, schema: JSON, draft: Draft) -> None:
    if not isinstance(schema, dict):
        return
    try:
        # `offline` by construction: the metaschemas of the drafts are compiled into the library.
        jsonschema_rs.meta.validate({**schema, "$schema": draft.uri})
    except jsonschema_rs.ValidationError as error:
        keyword = keyword_at(draft, error.instance_path)
        place = location.below(*(str(token) for token in error.instance_path))
        said = "is required" if keyword == "" else f"is not valid: {error.message}"
        hint = "" if "$schema" in schema else f" (read as {draft.uri}; `$schema` says otherwise)"
        _refuse(place, keyword, f"`{keyword}` at `{place.pointer}` {said}{hint}")


_WITH_PATTERNS = frozenset({"pattern", "patternProperties"})


def _check_patterns(location: Location, schema: dict[str, JSON]) -> None:
    patterns = [("pattern", schema.get("pattern"))]
    named = schema.get("patternProperties")
    if isinstance(named, dict):
        patterns += [("patternProperties", pattern) for pattern in named]
    for keyword, pattern in patterns:
        if isinstance(pattern, str) and not is_pattern(pattern):
            place = location.below(keyword)
            _refuse(
                place,
                keyword,
                f"`{keyword}` at `{place.pointer}` is not a regular expression: {pattern!r}",
            )


def is_pattern(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, offline=True)
    except jsonschema_rs.ValidationError:
        return False
    return True


def _refuse(place: Location, keyword: str, sentence: str) -> NoReturn:
    raise InvalidSchema(
        sentence, path=place.pointer[:500], keyword=keyword, document=place.document
    )
