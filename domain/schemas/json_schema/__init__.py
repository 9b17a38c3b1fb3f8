"""JSON Schema, drafts 4 to 2020-12: parsing, comparison, field tree."""

from domain.schemas.json_schema.assumptions import assume_draft
from domain.schemas.json_schema.diffing import diff_json_schema
from domain.schemas.json_schema.parsing import parse_json_schema
from domain.schemas.json_schema.tree import json_schema_fields

__all__ = ["assume_draft", "diff_json_schema", "json_schema_fields", "parse_json_schema"]
