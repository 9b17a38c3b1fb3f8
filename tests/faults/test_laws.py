"""That the laws of coordination notice a breach: records by hand, each sound but for one thing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.coordination_laws import (
    all_or_nothing_is_published,
    every_retirement_ends,
    the_latest_is_settled,
)
from tests.faults.findings import Findings, Law
from tests.faults.whole_record import TABLES, Record

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)
Rows = dict[str, list[dict[str, object]]]


def sound() -> Rows:
    """A release of two that is published, and the end of what one of them replaced."""
    rows: Rows = {name: [] for name in TABLES}
    rows["releases"] = [
        {"id": "r", "status": "published", "failed_proposal_id": None, "ended_at": NOON}
    ]
    for name in ("one", "two"):
        rows["proposals"].append(
            {
                "id": name,
                "status": "published",
                "cause": "all_approved",
                "content_hash": "new",
                "release_id": "r",
            }
        )
        rows["contracts"].append(
            {"id": f"of {name}", "proposal_id": name, "content_hash": "new", "status": "active"}
        )
        rows["events"] += [
            _event("proposal.opened", name, 1, after={"content_hash": "old"}),
            _event("proposal.revision_recorded", name, 2, after={"content_hash": "new"}),
            _event("proposal.published", name, 3),
        ]
    rows["events"] += [
        _event("release.opened", None, 1),
        _event("retirement.set", None, 3, contract_id="before"),
        _event("retirement.retired", None, 4, contract_id="before"),
    ]
    rows["contracts"].append(
        {"id": "before", "proposal_id": None, "content_hash": "old", "status": "retired"}
    )
    rows["retirements"] = [
        {
            "contract_id": "before",
            "status": "retired",
            "sunset_at": NOON,
            "stuck": None,
            "ended_at": NOON + timedelta(hours=1),
        }
    ]
    rows["movers"] = [
        {"contract_id": "before", "moved": None, "extension": {"until": NOON.isoformat()}}
    ]
    return rows


def _event(
    type_: str, proposal_id: str | None, transaction: int, **payload: object
) -> dict[str, object]:
    return {
        "id": f"{type_} {proposal_id}",
        "type": type_,
        "proposal_id": proposal_id,
        "transaction": transaction,
        "payload": payload,
    }


def broken(rows: Rows) -> set[Law]:
    record, findings = Record(rows), Findings()
    for proposal in record.proposals.values():
        the_latest_is_settled(findings, record, proposal)
    all_or_nothing_is_published(findings, record)
    every_retirement_ends(findings, record)
    return {law for law, _ in findings.broken}


def test_a_sound_record_breaks_none() -> None:
    assert broken(sound()) == set()


@pytest.mark.parametrize(
    ("table", "place", "change", "law"),
    [
        ("releases", 0, {"status": "open", "ended_at": None}, Law.TOGETHER),
        ("releases", 0, {"status": "cancelled"}, Law.TOGETHER),
        ("releases", 0, {"status": "failed", "failed_proposal_id": None}, Law.TOGETHER),
        ("proposals", 1, {"status": "rejected"}, Law.TOGETHER),
        ("events", 5, {"transaction": 4}, Law.TOGETHER),
        ("events", 6, {"type": "release.changed"}, Law.TOGETHER),
        ("proposals", 0, {"content_hash": "old"}, Law.LATEST),
        ("contracts", 0, {"content_hash": "old"}, Law.LATEST),
        ("events", 1, {"type": "proposal.revised"}, Law.LATEST),
        ("retirements", 0, {"status": "open"}, Law.RETIRED),
        ("retirements", 0, {"stuck": "a reason"}, Law.RETIRED),
        ("retirements", 0, {"ended_at": NOON - timedelta(hours=1)}, Law.RETIRED),
        ("movers", 0, {"extension": {"until": "2027-02-01T00:00:00+00:00"}}, Law.RETIRED),
        ("contracts", 2, {"status": "deprecated"}, Law.RETIRED),
        ("events", 7, {"type": "retirement.retired"}, Law.RETIRED),
    ],
)
def test_a_breach_is_noticed(
    table: str, place: int, change: Mapping[str, object], law: Law
) -> None:
    rows = sound()
    rows[table][place] |= change
    assert broken(rows) == {law}
