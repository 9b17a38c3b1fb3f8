"""What is known of pairs of schemas is what verdict, changes and witnesses say."""

import pytest

from domain.compatibility import ContentModel, diff
from domain.json_values import JSON
from domain.verdicts import decide
from domain.witness import Direction, witnesses
from tests.support.json_schemas import schema
from tests.support.schema_pairs import (
    APART,
    EQUAL,
    EQUAL_IF_CLOSED,
    NARROWER,
    NARROWER_IF_CLOSED,
    Pair,
)

OPEN, CLOSED = ContentModel.OPEN, ContentModel.CLOSED

# A format that nobody can check and what a text carries are read as demands by policy; no validator
# refuses a value for them, so there is no witness.
BY_POLICY = ("colour", "taste", "contentEncoding", "contentMediaType", "idn-email")


def by_policy(pair: Pair) -> bool:
    return any(word in str(pair) for word in BY_POLICY)


def found(old: JSON, new: JSON, model: ContentModel) -> tuple[bool | None, bool | None]:
    """The verdict, which the changes must share."""
    verdict = decide(schema(old), schema(new), model)
    changes = diff(schema(old), schema(new), model)
    assert changes.breaks_backward is (verdict.backward is not True)
    assert changes.breaks_forward is (verdict.forward is not True)
    return verdict.backward, verdict.forward


def shown(old: JSON, new: JSON, model: ContentModel) -> set[Direction]:
    """The directions in which a record proves a break."""
    changes = diff(schema(old), schema(new), model).changes
    return {each.direction for each in witnesses(schema(old), schema(new), changes, model).values()}


@pytest.mark.parametrize(
    "pair", [pair for pair in (*EQUAL, *NARROWER, *APART) if not by_policy(pair)]
)
def test_every_no_has_a_witness_however_the_model_closes_the_schemas(pair: Pair) -> None:
    verdict = decide(schema(pair[0]), schema(pair[1]), CLOSED)
    denied = {Direction.BACKWARD: verdict.backward, Direction.FORWARD: verdict.forward}
    expected = {direction for direction, answer in denied.items() if answer is False}
    proven = shown(*pair, CLOSED)
    # One way is enough: a change that breaks both ways is shown backward.
    assert proven <= expected
    assert bool(proven) is bool(expected)


WITH_MODEL = [*((pair, OPEN) for pair in EQUAL), *((pair, CLOSED) for pair in EQUAL_IF_CLOSED)]


@pytest.mark.parametrize(("pair", "model"), WITH_MODEL)
def test_two_spellings_of_one_set_are_compatible_both_ways(pair: Pair, model: ContentModel) -> None:
    old, new = pair
    assert found(old, new, model) == (True, True)


NARROWER_WITH_MODEL = [
    *((pair, OPEN) for pair in NARROWER),
    *((pair, CLOSED) for pair in NARROWER_IF_CLOSED),
]


@pytest.mark.parametrize(("pair", "model"), NARROWER_WITH_MODEL)
def test_a_set_inside_of_another_is_compatible_one_way(pair: Pair, model: ContentModel) -> None:
    narrow, wide = pair
    assert found(narrow, wide, model) == (True, False)
    mirrored = decide(schema(wide), schema(narrow), model)
    assert (mirrored.backward, mirrored.forward, mirrored.full) == (False, True, False)


@pytest.mark.parametrize("pair", APART)
def test_sets_of_which_each_has_more_are_compatible_no_way(pair: Pair) -> None:
    assert found(*pair, OPEN) == (False, False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Of a format no language is known, only examples and its shape.
        ({"type": "string", "format": "date"}, {"const": "2020-01-01"}),
        # The specification and the validators differ on what `contains` evaluates.
        (
            {
                "$schema": "https://json-schema.org/draft/2019-09/schema",
                "type": "array",
                "contains": {"type": "integer"},
                "unevaluatedItems": False,
            },
            {"const": []},
        ),
        # Beyond what is worth a search.
        ({"type": "string", "minLength": 4999}, {"type": "string", "minLength": 5000}),
        ({"type": "object", "minProperties": 1999}, {"type": "object", "minProperties": 2000}),
    ],
)
def test_what_takes_too_much_is_left_undecided(old: JSON, new: JSON) -> None:
    assert decide(schema(old), schema(new), OPEN).backward is None
    assert diff(schema(old), schema(new), OPEN).breaks_backward
