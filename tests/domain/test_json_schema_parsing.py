"""What is refused as a schema, and how the refusal says where."""

import json

import pytest

from domain.errors import InvalidSchema
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA, Schema, parse
from domain.schemas.json_schema.parsing import MAX_DEPTH
from tests.support.json_schemas import schema

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("document", "keyword", "path"),
    [
        ({"type": "text"}, "type", "/type"),
        ({"properties": {"type": {"minimum": "1"}}}, "minimum", "/properties/type/minimum"),
        ({"items": [{"type": "string"}]}, "items", "/items"),
        ({"required": ["a", 1]}, "required", "/required/1"),
        ({"properties": {"a/b": {"pattern": "("}}}, "pattern", "/properties/a~1b/pattern"),
        ({"patternProperties": {"[": {}}}, "patternProperties", "/patternProperties"),
        ({"allOf": [{}, {"enum": 1}]}, "enum", "/allOf/1/enum"),
        ({"$schema": "https://example.org/own"}, "$schema", "/$schema"),
        ({"$ref": "#/$defs/missing"}, "$ref", "/$ref"),
        ({"items": {"$ref": "other.json"}}, "$ref", "/items/$ref"),
        ({"$ref": "https://example.org/x.json#/a"}, "$ref", "/$ref"),
        ({"kept": {"type": "text"}, "$ref": "#/kept"}, "type", "/kept/type"),
        ({"$schema": DRAFT_7, "dependencies": {"a": 1}}, "dependencies", "/dependencies/a"),
    ],
)
def test_an_invalid_schema_names_keyword_and_path(document: JSON, keyword: str, path: str) -> None:
    with pytest.raises(InvalidSchema) as refusal:
        schema(document)
    assert refusal.value.extra["keyword"] == keyword
    assert refusal.value.extra["path"] == path
    assert f"`{keyword}`" in refusal.value.detail


@pytest.mark.parametrize("document", [None, 3, "string", [{"type": "string"}]])
def test_what_is_neither_an_object_nor_a_boolean_is_not_a_schema(document: JSON) -> None:
    with pytest.raises(InvalidSchema, match="an object or a boolean"):
        schema(document)


@pytest.mark.parametrize("text", ['{"maximum": Infinity}', '{"default": NaN}'])
def test_numbers_that_json_does_not_have_are_refused(text: str) -> None:
    with pytest.raises(InvalidSchema):
        schema(json.loads(text))


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_characters_that_no_database_keeps_are_refused(text: str) -> None:
    documents: list[JSON] = [{"const": text}, {"properties": {text: {}}}]
    for document in documents:
        with pytest.raises(InvalidSchema):
            schema(document)


def test_a_character_that_is_only_written_about_is_taken() -> None:
    document: JSON = {"description": "never \\u0000, nor \\ud800", "pattern": "^[^\\u0000]*$"}
    assert schema(document).document == document


def test_nesting_up_to_the_limit_is_taken() -> None:
    document: JSON = {"type": "string"}
    for _ in range(MAX_DEPTH - 2):
        document = {"items": document}
    assert schema(document).document == document
    with pytest.raises(InvalidSchema, match="levels deep"):
        schema({"items": document})


def test_nesting_beyond_the_limit_is_refused_and_not_a_crash() -> None:
    document: JSON = {"type": "string"}
    for _ in range(MAX_DEPTH * 20):
        document = {"items": document}
    with pytest.raises(InvalidSchema, match="levels deep"):
        schema(document)


@pytest.mark.parametrize(
    "document",
    [
        True,
        False,
        {},
        {"$schema": DRAFT_7, "items": [{"type": "string"}], "additionalItems": False},
        {
            "$schema": "http://json-schema.org/draft-04/schema",
            "exclusiveMinimum": True,
            "minimum": 1,
        },
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveRef": "#"},
        {"$ref": DRAFT_7},
        {"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}},
        {"enum": [{"$ref": "nowhere"}], "default": {"$ref": "nowhere"}, "examples": [{"type": 1}]},
        {"$ref": "#here", "$defs": {"x": {"$anchor": "here"}}},
        {"$id": "urn:example:a", "$ref": "#/$defs/x", "$defs": {"x": {}}},
        {"$id": "https://example.org/a", "$ref": "b", "$defs": {"x": {"$id": "b", "type": "null"}}},
        {"$ref": "#/$defs/a~1b%25", "$defs": {"a/b%": {}}},
    ],
)
def test_valid_schemas_of_all_drafts_are_taken(document: JSON) -> None:
    assert schema(document).document == document


def test_a_bundle_is_resolved_by_file_name_and_by_id() -> None:
    documents: dict[str, JSON] = {
        "bom.json": {
            "$schema": DRAFT_7,
            "$id": "http://example.org/schema/bom.json",
            "properties": {
                "by_name": {"$ref": "names.json#/definitions/name"},
                "by_id": {"$ref": "http://example.org/schema/ids.json"},
            },
        },
        "names.json": {"$schema": DRAFT_7, "definitions": {"name": {"type": "string"}}},
        "anything": {"$schema": DRAFT_7, "$id": "http://example.org/schema/ids.json"},
    }
    bundle = parse(JSON_SCHEMA, documents=documents, root="bom.json")
    assert Schema.from_wire(bundle.to_wire()) == bundle

    del documents["names.json"]
    with pytest.raises(InvalidSchema) as refusal:
        parse(JSON_SCHEMA, documents=documents, root="bom.json")
    assert refusal.value.extra["path"] == "/properties/by_name/$ref"
    assert refusal.value.extra["document"] == "bom.json"


@pytest.mark.parametrize("root", [None, "c"])
def test_a_bundle_of_several_documents_says_which_is_the_root(root: str | None) -> None:
    with pytest.raises(InvalidSchema, match="`root`"):
        parse(JSON_SCHEMA, documents={"a": {}, "b": {}}, root=root)


def test_one_document_is_its_own_root() -> None:
    assert parse(JSON_SCHEMA, documents={"a": {"type": "string"}}).root == "a"


def test_an_unknown_format_and_a_doubled_schema_are_refused() -> None:
    with pytest.raises(InvalidSchema, match="'cobol'"):
        parse("cobol", schema={})
    with pytest.raises(InvalidSchema, match="either"):
        parse(JSON_SCHEMA, schema={}, documents={"a": {}})


def test_the_content_hash_is_of_the_content_and_not_of_its_spelling() -> None:
    one = schema({"minimum": 1, "title": "x"})
    assert one.content_hash == schema({"title": "x", "minimum": 1.0}).content_hash
    assert one.content_hash != schema({"title": "y", "minimum": 1}).content_hash
    assert schema({"const": 1}).content_hash != schema({"const": True}).content_hash
