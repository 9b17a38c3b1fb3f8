"""How a refused schema says what is wrong with it and where; and which draft is meant."""

import pytest

from domain.compatibility import ContentModel
from domain.errors import InvalidSchema
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA, parse
from domain.schemas.json_schema import assume_draft
from domain.verdicts import decide
from tests.support.json_schemas import schema
from tests.support.schema_pairs import (
    DRAFT_4,
    DRAFT_6,
    DRAFT_7,
    DRAFT_2019,
    INTEGER,
    NUMBER,
    TEXT,
)

D2020 = "https://json-schema.org/draft/2020-12/schema"
NOWHERE = "leads nowhere."
NOT_SENT = "is not part of what was sent; references are never fetched."


@pytest.mark.parametrize(
    ("document", "sentence", "path"),
    [
        (
            {"$ref": "#/$defs/missing"},
            f"`$ref` at `/$ref` refers to '#/$defs/missing', which {NOWHERE}",
            "/$ref",
        ),
        ({"$ref": "#gone"}, f"`$ref` at `/$ref` refers to '#gone', which {NOWHERE}", "/$ref"),
        (
            {"$dynamicRef": "#gone"},
            f"`$dynamicRef` at `/$dynamicRef` refers to '#gone', which {NOWHERE}",
            "/$dynamicRef",
        ),
        (
            {"$ref": "#/allOf/1", "allOf": [{}]},
            f"`$ref` at `/$ref` refers to '#/allOf/1', which {NOWHERE}",
            "/$ref",
        ),
        (
            {"$ref": "#/required/0", "required": ["a"]},
            f"`$ref` at `/$ref` refers to '#/required/0', which {NOWHERE}",
            "/$ref",
        ),
        (
            {"items": {"$ref": "other.json"}},
            f"`$ref` at `/items/$ref` refers to 'other.json', which {NOT_SENT}",
            "/items/$ref",
        ),
        (
            {"$schema": "https://example.org/own"},
            "`$schema` names 'https://example.org/own'; "
            "known are the drafts 4, 6, 7, 2019-09 and 2020-12.",
            "/$schema",
        ),
        (
            {"properties": {"a": {"minLength": -1}}},
            "`minLength` at `/properties/a/minLength` is not valid: "
            "-1 is less than the minimum of 0"
            f" (read as {D2020}; `$schema` says otherwise)",
            "/properties/a/minLength",
        ),
        (
            {"$schema": DRAFT_7, "minLength": -1},
            "`minLength` at `/minLength` is not valid: -1 is less than the minimum of 0",
            "/minLength",
        ),
        (
            {"pattern": "("},
            "`pattern` at `/pattern` is not a regular expression: '('",
            "/pattern",
        ),
        ({"const": "a\x00"}, "`/const` has a character that cannot be stored.", "/const"),
        (
            {"maximum": float("inf")},
            "`/maximum` is not a number that JSON can hold.",
            "/maximum",
        ),
        ([1], "A JSON Schema is an object or a boolean.", ""),
    ],
)
def test_a_refusal_in_words(document: JSON, sentence: str, path: str) -> None:
    with pytest.raises(InvalidSchema) as refusal:
        schema(document)
    assert refusal.value.detail == sentence
    assert refusal.value.extra["path"] == path


def test_a_refusal_names_the_document_of_a_bundle() -> None:
    documents: dict[str, JSON] = {"a.json": {"$ref": "b.json"}, "b.json": {"$ref": "#/gone"}}
    with pytest.raises(InvalidSchema) as refusal:
        parse(JSON_SCHEMA, documents=documents, root="a.json")
    assert refusal.value.detail == (
        f"`$ref` at `/$ref` of 'b.json' refers to '#/gone', which {NOWHERE}"
    )
    assert refusal.value.extra == {"path": "/$ref", "keyword": "$ref", "document": "b.json"}


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        *((name, DRAFT_4) for name in ("4", "draft4", "draft-04", DRAFT_4.rstrip("#"))),
        *((name, DRAFT_6) for name in ("06", "d6", "DRAFT_06")),
        *((name, DRAFT_7) for name in ("7", " draft-07 ", "draft 7")),
        *((name, DRAFT_2019) for name in ("2019", "2019-09", "draft2019-09", f"{DRAFT_2019}#")),
        *((name, D2020) for name in ("2020", "2020-12", "draft-2020-12")),
    ],
)
def test_a_draft_may_be_called_by_many_names(name: str, uri: str) -> None:
    assert assume_draft({"type": "null"}, name) == {"type": "null", "$schema": uri}


def test_a_draft_that_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidSchema) as refusal:
        assume_draft({}, "draft-05")
    assert refusal.value.detail == (
        "The draft 'draft-05' is not known; known are 4, 6, 7, 2019-09 and 2020-12."
    )
    assert refusal.value.extra == {"path": "", "keyword": "$schema"}


@pytest.mark.parametrize(
    ("document", "uri"),
    [
        ({"items": [{"minimum": 1, "exclusiveMinimum": True}]}, DRAFT_4),
        ({"not": {"maximum": 1, "exclusiveMaximum": False}}, DRAFT_4),
        ({"exclusiveMaximum": 1}, DRAFT_7),
        ({"exclusiveMinimum": 1}, DRAFT_7),
        ({}, DRAFT_7),
    ],
)
def test_boolean_bounds_give_draft_4_away(document: dict[str, JSON], uri: str) -> None:
    assert assume_draft(document) == {**document, "$schema": uri}


# --- why ------------------------------------------------------------------------------------------

FITS = "All that the {} schema accepts, the {} accepts."
FITS_NOT = "The {} schema accepts {}, the {} does not."


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (NUMBER, {"title": "N", **NUMBER}, [FITS.format("old", "new"), FITS.format("new", "old")]),
        (NUMBER, NUMBER, ["Both are the same."]),
        (
            NUMBER,
            INTEGER,
            [FITS_NOT.format("old", "0.1", "new"), FITS.format("new", "old")],
        ),
        (
            INTEGER,
            TEXT,
            [FITS_NOT.format("old", "0", "new"), FITS_NOT.format("new", '""', "old")],
        ),
        (
            {"type": "string", "pattern": r"^(a)\1$"},
            {"type": "string", "maxLength": 9},
            [
                "Whether the new schema accepts all of the old could not be decided.",
                FITS_NOT.format("new", '""', "old"),
            ],
        ),
    ],
)
def test_a_verdict_says_why(old: JSON, new: JSON, why: list[str]) -> None:
    assert decide(schema(old), schema(new), ContentModel.OPEN).why == " ".join(why)
