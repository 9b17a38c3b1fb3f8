"""What a case of `tessera diff --batch` is answered, and how a wrong one is."""

import json

import pytest

from domain.answers import answer
from domain.json_values import JSON

INTEGER: JSON = {"type": "integer"}
NUMBER: JSON = {"type": "number"}
WITH_B: JSON = {"type": "object", "properties": {"a": {}, "b": {}}}
WITHOUT_B: JSON = {"type": "object", "properties": {"a": {}}}


def answered(**members: JSON) -> dict[str, JSON]:
    case = {"id": 1, "format": "json_schema", **members}
    return answer(json.dumps(case).encode())


def three(given: dict[str, JSON], suffix: str = "") -> tuple[JSON, JSON, JSON]:
    return given[f"backward{suffix}"], given[f"forward{suffix}"], given[f"full{suffix}"]


def test_the_verdict_is_the_languages_own() -> None:
    """A field that is only mentioned and goes away breaks nobody in JSON Schema itself."""
    assert three(answered(old=WITH_B, new=WITHOUT_B)) == (True, True, True)
    assert three(answered(old=WITH_B, new=WITHOUT_B, content_model="open")) == (True, True, True)
    closed = answered(old=WITH_B, new=WITHOUT_B, content_model="closed")
    assert three(closed) == (False, True, False)


def test_a_history_is_asked_about_besides() -> None:
    given = answered(old=INTEGER, new=NUMBER, history=[{"type": "string"}, INTEGER])
    assert three(given) == (True, False, False)
    assert three(given, "_transitive") == (False, False, False)
    assert "history[0]" in str(given["why"])
    assert "history[1]" not in str(given["why"])


def test_a_history_of_nothing_changes_nothing() -> None:
    given = answered(old=INTEGER, new=NUMBER, history=[])
    assert three(given) == three(given, "_transitive")
    assert "_transitive" not in "".join(answered(old=INTEGER, new=NUMBER, history=None))


def test_a_history_that_cannot_be_decided_leaves_only_a_no() -> None:
    doubtful: JSON = {"type": "string", "pattern": r"^(a+)\1$"}
    other: JSON = {"type": "string", "pattern": r"^(a|b)*\1$"}
    given = answered(old=other, new=other, history=[doubtful])
    assert three(given) == (True, True, True)
    assert three(given, "_transitive") == (None, None, None)


def test_imports_are_the_documents_that_are_referred_to() -> None:
    root: JSON = {"type": "object", "properties": {"n": {"$ref": "parts/n.json"}}}
    given = answered(
        old=root,
        new=root,
        old_imports={"parts/n.json": INTEGER},
        new_imports={"parts/n.json": NUMBER},
    )
    assert three(given) == (True, False, False)


def test_without_schema_it_is_draft_7_and_draft_4_for_boolean_bounds() -> None:
    pair: JSON = {"items": [{"type": "string"}]}
    wider: JSON = {"items": [{"type": ["string", "null"]}]}
    assert three(answered(old=pair, new=wider)) == (True, False, False)
    old: JSON = {"type": "integer", "minimum": 1, "exclusiveMinimum": True}
    new: JSON = {"type": "integer", "minimum": 2}
    assert three(answered(old=old, new=new)) == (True, True, True)


def test_the_draft_that_a_case_names_counts_more_than_its_schema() -> None:
    modern = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    old: JSON = {**modern, "items": [{"type": "string"}]}
    new: JSON = {**modern, "items": [{"type": ["string", "null"]}]}
    assert three(answered(old=old, new=new)) == (None, None, None)
    assert three(answered(old=old, new=new, draft="draft-07")) == (True, False, False)


def test_booleans_are_schemas() -> None:
    assert three(answered(old=False, new=True)) == (True, False, False)


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"old": True}, "has no `new`"),
        ({"old": True, "new": True, "format": "avro"}, "`avro` is not built yet"),
        ({"old": True, "new": True, "format": "cobol"}, "`cobol` is not a known format"),
        ({"old": True, "new": True, "format": 7}, "`format` is text"),
        ({"old": True, "new": True, "content_model": "ajar"}, "`content_model` is"),
        ({"old": True, "new": True, "draft": "1"}, "draft"),
        ({"old": True, "new": True, "draft": 7}, "`draft` is text"),
        ({"old": True, "new": True, "history": {}}, "`history` is a list"),
        ({"old": True, "new": True, "old_imports": []}, "`old_imports` is an object"),
        ({"old": {"type": "x"}, "new": True}, "`old` is not usable"),
        ({"old": True, "new": {"$ref": "nowhere"}}, "`new` is not usable"),
        ({"old": True, "new": True, "history": [{"type": "x"}]}, "`history[0]` is not usable"),
    ],
)
def test_what_cannot_be_answered_is_null_and_says_why(members: dict[str, JSON], why: str) -> None:
    given = answered(**members)
    assert given["id"] == 1
    assert three(given) == (None, None, None)
    assert why in str(given["why"])


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a": 1}{"a": 2}'])
def test_a_line_that_is_no_case_is_answered(line: bytes) -> None:
    given = answer(line)
    assert given["id"] is None
    assert three(given) == (None, None, None)
    assert str(given["why"]).startswith("The line is not")
