"""Guarantees: reading them, refusing them, and what became of them in the next version."""

import pickle

import pytest

from domain.compatibility import ChangeKind, Mode
from domain.errors import InvalidGuarantees
from domain.guarantees import Guarantees, compare_guarantees
from domain.json_values import JSON
from domain.schemas import field_tree
from tests.support.json_schemas import record, schema

FIELDS = field_tree(schema(record(id={}, email={}, status={}, at={}, address=record(city={}))))

FULL: JSON = {
    "nullability": {"address.city": "never", "email": "never"},
    "unique": ["id", ["email", "status"]],
    "accepted_values": {"status": ["open", "paid"]},
    "freshness": {"max_age": "24h", "column": "at"},
    "volume": {"min_rows": 1, "max_rows": 1000},
    "custom": [{"type": "sql", "name": "no_orphans", "sql": "select 1", "severity": "warn"}],
}


def test_guarantees_go_to_the_wire_and_back() -> None:
    read = Guarantees.parse(FULL, FIELDS)
    assert read.to_wire() == FULL
    assert Guarantees.from_wire(read.to_wire()) == read
    assert pickle.loads(pickle.dumps(read)) == read
    assert Guarantees.parse(None, FIELDS).to_wire() == {}
    assert Guarantees.parse({"freshness": "7d"}, FIELDS).to_wire() == {
        "freshness": {"max_age": "7d"}
    }


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({"nullable": {}}, "/nullable"),
        ({"nullability": {"email": "sometimes"}}, "/nullability/email"),
        ({"nullability": {"e/mail": "never"}}, "/nullability/e~1mail"),
        ({"unique": "id"}, "/unique"),
        ({"unique": [[]]}, "/unique/0"),
        ({"unique": ["id", "nothing"]}, "/unique/1"),
        ({"accepted_values": {"status": []}}, "/accepted_values/status"),
        ({"accepted_values": {"status": "open"}}, "/accepted_values/status"),
        ({"freshness": "soon"}, "/freshness"),
        ({"freshness": {"column": "at"}}, "/freshness/max_age"),
        ({"freshness": {"max_age": "1d", "every": 1}}, "/freshness/every"),
        ({"freshness": {"max_age": "1d", "column": "gone"}}, "/freshness/column"),
        ({"volume": {}}, "/volume"),
        ({"volume": {"min_rows": True}}, "/volume/min_rows"),
        ({"volume": {"min_rows": 9, "max_rows": 1}}, "/volume"),
        ({"custom": [{"sql": "select 1"}]}, "/custom/0/type"),
        ({"custom": [{"type": "sql", "name": 1}]}, "/custom/0/name"),
        ({"custom": ["sql"]}, "/custom/0"),
    ],
)
def test_a_wrong_guarantee_is_refused_with_its_path(document: JSON, path: str) -> None:
    with pytest.raises(InvalidGuarantees) as refusal:
        Guarantees.parse(document, FIELDS)
    assert refusal.value.extra["path"] == path


@pytest.mark.parametrize(
    ("old", "new", "kind", "sentence"),
    [
        (
            {},
            {"nullability": {"email": "never"}},
            ChangeKind.GUARANTEE_ADDED,
            "`email` is now guaranteed never to be null.",
        ),
        (
            {"unique": ["id"]},
            {},
            ChangeKind.GUARANTEE_REMOVED,
            "`id` is no longer guaranteed to be unique.",
        ),
        (
            {"accepted_values": {"status": ["a"]}},
            {"accepted_values": {"status": ["a", "b"]}},
            ChangeKind.GUARANTEE_WEAKENED,
            '`status` is now guaranteed to be one of "a", "b" (was to be one of "a").',
        ),
        (
            {"accepted_values": {"status": ["a", "b"]}},
            {"accepted_values": {"status": ["b"]}},
            ChangeKind.GUARANTEE_STRENGTHENED,
            None,
        ),
        (
            {"freshness": "1h"},
            {"freshness": "1d"},
            ChangeKind.GUARANTEE_WEAKENED,
            "The data is now guaranteed to be no older than 1d (was to be no older than 1h).",
        ),
        ({"freshness": "60m"}, {"freshness": "30m"}, ChangeKind.GUARANTEE_STRENGTHENED, None),
        (
            {"volume": {"min_rows": 5}},
            {"volume": {"min_rows": 1}},
            ChangeKind.GUARANTEE_WEAKENED,
            None,
        ),
        (
            {"volume": {"max_rows": 5}},
            {"volume": {"max_rows": 1}},
            ChangeKind.GUARANTEE_STRENGTHENED,
            None,
        ),
        (
            {"custom": [{"type": "sql", "name": "n", "sql": "a"}]},
            {"custom": [{"type": "sql", "name": "n", "sql": "b"}]},
            ChangeKind.GUARANTEE_WEAKENED,
            None,
        ),
    ],
)
def test_what_became_of_a_promise_is_told_and_gates_nothing(
    old: JSON, new: JSON, kind: ChangeKind, sentence: str | None
) -> None:
    (change,) = compare_guarantees(Guarantees.parse(old, FIELDS), Guarantees.parse(new, FIELDS))
    assert change.kind is kind
    assert not any(mode.gates(change) for mode in Mode)
    if sentence is not None:
        assert change.sentence == sentence


def test_the_same_promises_are_no_change() -> None:
    one = Guarantees.parse(FULL, FIELDS)
    assert compare_guarantees(one, one) == ()
