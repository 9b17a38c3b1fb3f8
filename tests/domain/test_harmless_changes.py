"""What one rule alone would call a break is none where the whole place says otherwise."""

import pytest

from domain.compatibility import ContentModel
from domain.json_values import JSON
from tests.support.json_schemas import changes_of, record
from tests.support.schema_pairs import ARRAY, INTEGER, TEXT, array, fields, integer, number, text


@pytest.mark.parametrize("model", list(ContentModel))
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            fields(properties={"a": False, "b": TEXT}),
            fields(properties={"a": False, "b": TEXT}, dependentRequired={"a": ["b"]}),
        ),
        (
            fields(patternProperties={"": INTEGER}, additionalProperties=True),
            fields(patternProperties={"": INTEGER}, additionalProperties=False),
        ),
        (ARRAY, array(contains=INTEGER, minContains=0)),
        (array(maxItems=0), array(maxItems=0, uniqueItems=True)),
        (array(maxItems=1), array(maxItems=1, uniqueItems=True)),
        (text(pattern="^a+$"), text(pattern="^aa*$")),
        (text(pattern="^.{3}$"), text(pattern="^.{3}$", minLength=2)),
        (text(pattern="^[ab]{3}$"), text(pattern="^[ab]{3}$", maxLength=3)),
        (integer(multipleOf=5), {**integer(multipleOf=5), "not": {"const": 3}}),
        (number(multipleOf=4, minimum=1), number(multipleOf=4, minimum=4)),
        (integer(multipleOf=7, maximum=20), integer(multipleOf=7, maximum=14)),
        (
            fields(propertyNames={"maxLength": 1}),
            fields(propertyNames={"maxLength": 1}, patternProperties={"^..": False}),
        ),
        (fields(propertyNames={"pattern": "^x$"}), fields(propertyNames={"const": "x"})),
        (
            fields(dependentSchemas={"a": {"required": ["b"]}}),
            fields(dependentRequired={"a": ["b"]}),
        ),
        (fields(minProperties=1, required=["a"]), fields(required=["a"])),
        ({"anyOf": [integer(maximum=5), integer(minimum=3)]}, INTEGER),
        (
            {"oneOf": [integer(maximum=5), integer(minimum=6)]},
            {"anyOf": [integer(maximum=5), integer(minimum=6)]},
        ),
        ({"type": "integer", "if": {"minimum": 5}, "then": {"minimum": 2}}, INTEGER),
        (array(contains=INTEGER, items=INTEGER), array(minItems=1, items=INTEGER)),
        (
            fields(allOf=[{"properties": {"a": INTEGER}}], unevaluatedProperties=False),
            fields(properties={"a": INTEGER}, additionalProperties=False),
        ),
    ],
)
def test_what_is_harmless_stays_so_beside_a_break(
    old: JSON, new: JSON, model: ContentModel
) -> None:
    found = changes_of(record(it=old, other=TEXT), record(it=new, other=INTEGER), model)
    breaking = {c.path for c in found.changes if c.breaks_backward or c.breaks_forward}
    assert breaking == {"other"}
    assert {c.path for c in found.changes} == {"it", "other"}
    assert not any(c.undecided for c in found.changes)


def test_a_first_pattern_narrows_whatever_it_says() -> None:
    unread: JSON = {"type": "string", "pattern": r"^(a)\1$"}
    (change,) = changes_of(record(it=TEXT), record(it=unread)).changes
    assert (change.breaks_backward, change.breaks_forward, change.undecided) == (True, False, False)


def test_a_name_that_is_only_mentioned_to_be_refused() -> None:
    refusing: JSON = {"type": "object", "properties": {"a": TEXT, "b": False}}
    (lost,) = changes_of(record(a=TEXT), refusing, ContentModel.OPEN).changes
    assert (lost.path, lost.sentence) == ("b", "`b` is now refused.")
    assert (lost.breaks_backward, lost.breaks_forward) == (True, False)
    (gained,) = changes_of(refusing, record(a=TEXT), ContentModel.OPEN).changes
    assert (gained.path, gained.sentence) == ("b", "`b` is no longer refused.")
    assert (gained.breaks_backward, gained.breaks_forward) == (False, True)
    assert not changes_of(refusing, record(a=TEXT), ContentModel.CLOSED).breaks_backward
