"""The records that are shown as proofs: as small as they can be, and about their change."""

import pytest

from domain.compatibility import ContentModel, diff
from domain.json_values import JSON
from domain.witness import Direction, Witness, witnesses
from tests.support.json_schemas import record, schema
from tests.support.schema_pairs import (
    ARRAY,
    INTEGER,
    NUMBER,
    TEXT,
    array,
    fields,
    integer,
    number,
    text,
)


@pytest.mark.parametrize("model", list(ContentModel))
@pytest.mark.parametrize(
    ("old", "new", "instance", "direction"),
    [
        (record(a=TEXT), record(a=TEXT, b=TEXT, required=["b"]), {}, Direction.BACKWARD),
        (record(a=TEXT), record(a=TEXT, required=["a"]), {}, Direction.BACKWARD),
        (record(a=TEXT, required=["a"]), record(a=TEXT), {}, Direction.FORWARD),
        (record(a=NUMBER), record(a=INTEGER), {"a": 0.1}, Direction.BACKWARD),
        (record(a=INTEGER), record(a=NUMBER), {"a": 0.1}, Direction.FORWARD),
        (record(a=INTEGER), record(a=TEXT), {"a": 0}, Direction.BACKWARD),
        (record(a={"type": ["string", "null"]}), record(a=TEXT), {"a": None}, Direction.BACKWARD),
        (record(a=TEXT), record(a={"type": ["string", "null"]}), {"a": None}, Direction.FORWARD),
        (
            record(a={"enum": ["xx", "yy"]}),
            record(a={"enum": ["yy"]}),
            {"a": "xx"},
            Direction.BACKWARD,
        ),
        (
            record(a={"enum": ["yy"]}),
            record(a={"enum": ["yy", "zz"]}),
            {"a": "zz"},
            Direction.FORWARD,
        ),
        (
            record(a=text(maxLength=5)),
            record(a=text(maxLength=3)),
            {"a": "aaaa"},
            Direction.BACKWARD,
        ),
        (record(a=text(minLength=2)), record(a=text(minLength=4)), {"a": "aa"}, Direction.BACKWARD),
        (record(a=NUMBER), record(a=number(minimum=10)), {"a": 0}, Direction.BACKWARD),
        (record(a=INTEGER), record(a=integer(maximum=10)), {"a": 11}, Direction.BACKWARD),
        (record(a=INTEGER), record(a=integer(multipleOf=3)), {"a": 1}, Direction.BACKWARD),
        (
            record(a=ARRAY),
            record(a=array(maxItems=2)),
            {"a": [None, None, None]},
            Direction.BACKWARD,
        ),
        (
            record(a=ARRAY),
            record(a=array(uniqueItems=True)),
            {"a": [None, None]},
            Direction.BACKWARD,
        ),
        (record(a=array(contains=INTEGER)), record(a=ARRAY), {"a": []}, Direction.FORWARD),
        (record(a=TEXT), record(a=text(pattern="^x")), {"a": ""}, Direction.BACKWARD),
        (
            record(a=text(pattern="^x+$")),
            record(a=text(pattern="^xx+$")),
            {"a": "x"},
            Direction.BACKWARD,
        ),
        (record(a=TEXT), record(a=text(format="date")), {"a": ""}, Direction.BACKWARD),
        (
            record(a=text(format="date")),
            record(a=text(format="date-time")),
            {"a": "2020-01-01"},
            Direction.BACKWARD,
        ),
        (
            record(l=array(items=record(x=TEXT, y=INTEGER, required=["x"]))),
            record(l=array(items=record(x=TEXT, y=TEXT, required=["x"]))),
            {"l": [{"x": "", "y": 0}]},
            Direction.BACKWARD,
        ),
        (
            record(m=fields(additionalProperties=NUMBER)),
            record(m=fields(additionalProperties=INTEGER)),
            {"m": {"a": 0.1}},
            Direction.BACKWARD,
        ),
        (
            record(
                o=record(p=record(q=NUMBER, r=TEXT, required=["r"]), required=["p"]),
                k=TEXT,
                required=["k"],
            ),
            record(
                o=record(p=record(q=INTEGER, r=TEXT, required=["r"]), required=["p"]),
                k=TEXT,
                required=["k"],
            ),
            {"k": "", "o": {"p": {"r": "", "q": 0.1}}},
            Direction.BACKWARD,
        ),
        (
            {**record(v=NUMBER, next={"$ref": "#"})},
            {**record(v=INTEGER, next={"$ref": "#"})},
            {"v": 0.1},
            Direction.BACKWARD,
        ),
        (
            record(
                a={
                    "oneOf": [
                        record(k={"const": "c"}, x=TEXT, required=["k"]),
                        record(k={"const": "d"}, y=TEXT, required=["k"]),
                    ]
                }
            ),
            record(
                a={
                    "oneOf": [
                        record(k={"const": "c"}, x=INTEGER, required=["k"]),
                        record(k={"const": "d"}, y=TEXT, required=["k"]),
                    ]
                }
            ),
            {"a": {"x": "", "k": "c"}},
            Direction.BACKWARD,
        ),
        (
            record(a=integer(minimum=5, maximum=100)),
            record(a=integer(minimum=50, maximum=100)),
            {"a": 5},
            Direction.BACKWARD,
        ),
        (
            record(a=array(items=integer(minimum=7), minItems=2)),
            record(a=array(items=integer(minimum=7), minItems=3)),
            {"a": [7, 7]},
            Direction.BACKWARD,
        ),
        (
            record(a=text(minLength=3), b=TEXT, required=["a"]),
            record(a=text(minLength=3), b=INTEGER, required=["a"]),
            {"a": "aaa", "b": ""},
            Direction.BACKWARD,
        ),
    ],
)
def test_the_smallest_record_that_proves_a_break(
    old: JSON, new: JSON, instance: JSON, direction: Direction, model: ContentModel
) -> None:
    (change,) = diff(schema(old), schema(new), model).changes
    found = witnesses(schema(old), schema(new), [change], model)
    assert found == {0: Witness(instance, direction)}


def test_a_witness_says_which_side_takes_it() -> None:
    assert Witness(1, Direction.BACKWARD).to_wire() == {
        "instance": 1,
        "direction": "backward",
        "valid_before": True,
        "valid_after": False,
    }
    assert Witness(None, Direction.FORWARD).to_wire() == {
        "instance": None,
        "direction": "forward",
        "valid_before": False,
        "valid_after": True,
    }


def test_what_only_one_of_the_validators_can_read_is_not_shown() -> None:
    """A record with a letter: the second validator knows no properties of characters."""
    letter: JSON = {"type": "string", "pattern": r"^\p{L}$"}
    old, new = (
        schema(record(it=letter, required=["it"])),
        schema(record(it=INTEGER, required=["it"])),
    )
    (change,) = diff(old, new).changes
    assert change.breaks_backward
    assert witnesses(old, new, [change]) == {}
