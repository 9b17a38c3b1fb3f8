"""Schemas in their own languages: parsing and the field tree, by format.

A language is one package here with three functions; `domain.compatibility.diff` has the third.
The package is imported by the function that needs it: most processes only hand schemas on to the
children that work on them, and an engine is 14 MiB and 80 ms of CPU.
"""

from collections.abc import Mapping

from domain.errors import InvalidSchema
from domain.fields import Field, touches
from domain.json_values import JSON
from domain.schemas.schema import JSON_SCHEMA, Schema

__all__ = ["FORMATS", "JSON_SCHEMA", "Field", "Schema", "field_tree", "parse", "touches"]

FORMATS = (JSON_SCHEMA,)


def parse(
    format: str,  # noqa: A002 - the word of the API
    *,
    schema: JSON = None,
    documents: Mapping[str, JSON] | None = None,
    root: str | None = None,
) -> Schema:
    """A checked schema, from one document or from a bundle `{uri: document}` with its `root`.

    Raises InvalidSchema; `path`, `keyword` and `document` in its `extra` say where.
    """
    if format not in FORMATS:
        raise InvalidSchema(
            f"The format {format!r} is not supported; known are: {', '.join(FORMATS)}.",
            path="",
            keyword="format",
        )
    from domain.schemas.json_schema import parse_json_schema

    if documents is None:
        return parse_json_schema({"": schema}, "")
    if schema is not None:
        raise InvalidSchema("Send either `schema` or `documents`.", path="", keyword="documents")
    return parse_json_schema(documents, _root(documents, root))


def _root(documents: Mapping[str, JSON], root: str | None) -> str:
    if root is None and len(documents) == 1:
        return next(iter(documents))
    if root is None or root not in documents:
        named = ", ".join(sorted(documents)) or "none"
        raise InvalidSchema(
            f"`root` must name one of the documents ({named}).", path="", keyword="root"
        )
    return root


def field_tree(schema: Schema, limit: int = 5000) -> tuple[Field, ...]:
    """The fields of a record in the order of the schema; at most `limit`, upper levels first."""
    from domain.schemas.json_schema import json_schema_fields

    return json_schema_fields(schema, limit)
