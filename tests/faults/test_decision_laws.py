"""That the laws of decisions and of publishing notice a breach: records sound but for one thing."""

from collections.abc import Mapping

import pytest

from tests.faults.callers import Kind
from tests.faults.findings import Law
from tests.faults.records_by_hand import NOON, ByHand
from tests.support.facts import table

BY_SOMEBODY = {"by": "somebody"}


def sound() -> ByHand:
    """A proposal for each way to end, with a reader who is asked, and by two a second one."""
    hand = ByHand()
    hand.proposal("agreed", "published", "all_approved")
    hand.proposal("silent", "published", "deadline", silence="approve")
    hand.proposal("forced", "published", "forced")
    hand.change("proposals", "forced", {"forced": BY_SOMEBODY})
    hand.proposal("blocked", "rejected", "blocked")
    hand.proposal("withdrawn", "withdrawn", "withdrawn")
    hand.change("proposals", "withdrawn", {"withdrawn": BY_SOMEBODY})
    hand.proposal("cancelled", "expired", "cancelled")
    hand.change("proposals", "cancelled", {"cancelled": BY_SOMEBODY})
    hand.proposal("expired", "expired", "silence")
    hand.proposal("unpublished", "expired", "not_published")
    hand.proposal("with it", "expired", "release_failed")
    for called in hand.tables["proposals"]:
        hand.asked(called, "reader")
    for called in ("silent", "expired"):
        hand.asked(called, "writer")
    for called in ("agreed", "silent", "cancelled", "expired", "unpublished"):
        hand.answer(called, "reader", "approved")
    for called in ("blocked", "withdrawn"):
        hand.answer(called, "reader", "blocked")
    hand.add("releases", "r", status="failed", failed_proposal_id="blocked", ended_at=NOON)
    hand.caller.accept(Kind.RELEASE, "r", "r")
    hand.event("release.opened")
    for called in ("blocked", "with it"):
        hand.change("proposals", called, {"release_id": "r"})
    return hand


def test_a_sound_record_breaks_none() -> None:
    assert sound().breaches() == []


@pytest.mark.parametrize(
    ("table", "called", "change"),
    [
        ("contracts", "old agreed", {"version": "2.0.0"}),
        ("contracts", "old agreed", {"status": "active"}),
        ("contracts", "new agreed", {"status": "deprecated"}),
        ("contracts", "old agreed", {"proposal_id": "agreed", "content_hash": "new"}),
        ("contracts", "old expired", {"proposal_id": "expired", "content_hash": "new"}),
    ],
    ids=["a version", "two active", "none active", "a proposal", "unpublished"],
)
def test_what_is_published_twice_is_noticed(
    table: str, called: str, change: Mapping[str, object]
) -> None:
    hand = sound()
    hand.change(table, called, change)
    assert hand.broken() == {Law.ONCE}


def test_what_is_published_by_no_proposal_and_nobody_was_told_of_is_noticed() -> None:
    hand = sound()
    hand.change("contracts", "new agreed", {"proposal_id": None})
    assert hand.broken() == {Law.ONCE, Law.KEPT}


@pytest.mark.parametrize(
    ("table", "called", "change"),
    [
        ("events", "reader on agreed", None),
        ("events", "reader on agreed", {"team_id": "writer"}),
        ("events", "reader on agreed", {"type": "proposal.objected"}),
        ("acknowledgments", "reader on agreed", {"changes_hash": "asked before"}),
        ("parties", "reader on agreed", {"changes_hash": "asked anew"}),
        ("proposals", "silent", {"policy": {"timeline": {"on_deadline": "expire"}}}),
        ("proposals", "silent", {"policy": {"timeline": {"on_deadline": "escalate"}}}),
        ("proposals", "silent", {"cause": "all_approved"}),
        ("notices", "writer on silent", {"delivered_at": None}),
        ("notices", "writer on silent", {"team_id": "reader"}),
        ("notices", "writer on silent", {"proposal_id": "agreed"}),
        ("notices", "writer on silent", None),
        ("proposals", "forced", {"forced": None}),
        ("proposals", "forced", {"cause": "all_approved"}),
    ],
)
def test_who_is_passed_over_while_pending_is_noticed(
    table: str, called: str, change: Mapping[str, object] | None
) -> None:
    hand = sound()
    hand.change(table, called, change)
    assert hand.broken() == {Law.NOBODY_PASSED}


def test_a_party_that_came_and_was_not_waited_for_is_noticed() -> None:
    hand = sound()
    hand.asked("agreed", "writer")
    assert hand.broken() == {Law.NOBODY_PASSED}


def without_parties() -> ByHand:
    """A proposal that is published, as the record says it had to: it names nobody to ask."""
    hand = sound()
    hand.proposal("of nobody", "published", "no_parties")
    return hand


def test_what_nobody_reads_is_published_without_parties() -> None:
    hand = without_parties()
    hand.registered("of nobody", "reader")
    hand.change("registrations", "reader on of nobody", {"fields": ["name"]})
    assert hand.broken() == set()


@pytest.mark.parametrize("fields", [["email"], ["name", "email"], None])
def test_what_is_published_without_parties_past_who_reads_it_is_noticed(
    fields: list[str] | None,
) -> None:
    hand = without_parties()
    hand.registered("of nobody", "reader")
    hand.change("registrations", "reader on of nobody", {"fields": fields})
    assert hand.breaches() == [
        (
            Law.NOBODY_PASSED,
            "proposal of nobody changes ['email'] and asks [], where ['reader'] read that",
        )
    ]


def test_a_column_of_another_type_is_asked_about_too() -> None:
    hand = without_parties()
    hand.registered("of nobody", "reader")
    hand.change("proposals", "of nobody", {"schema": table("id", "name", email={"type": "null"})})
    assert hand.broken() == {Law.NOBODY_PASSED}


def test_a_blocking_party_that_the_record_lost_is_noticed() -> None:
    """What is left of its parties agrees, and it is published."""
    hand = sound()
    hand.asked("agreed", "blocker")
    hand.answer("agreed", "blocker", "blocked")
    hand.change("parties", "blocker on agreed", None)
    ((law, breach),) = hand.breaches()
    assert law is Law.NOBODY_PASSED
    assert breach.endswith("asks ['reader'], where ['blocker', 'reader'] read that")


@pytest.mark.parametrize("called", ["agreed", "blocked", "withdrawn", "expired", "with it"])
@pytest.mark.parametrize(
    "change", [{"fields": ["name"]}, {"ended_at": NOON}, {"asset_id": "another"}]
)
def test_a_party_that_reads_nothing_of_what_changes_is_noticed(
    called: str, change: Mapping[str, object] | None
) -> None:
    hand = sound()
    hand.change("registrations", f"reader on {called}", change)
    assert hand.broken() == {Law.NOBODY_PASSED}


def test_who_is_asked_though_nothing_of_it_changes_any_more_is_noticed() -> None:
    """A revision that keeps what they read waits for nobody."""
    hand = sound()
    hand.change("proposals", "agreed", {"schema": table("id", "email", "name", "note")})
    assert hand.broken() == {Law.NOBODY_PASSED}


@pytest.mark.parametrize("base", [None, "old silent"])
def test_a_proposal_that_changes_nothing_of_its_asset_is_noticed(base: str | None) -> None:
    hand = sound()
    hand.change("proposals", "agreed", {"base_contract_id": base})
    assert hand.broken() == {Law.NOBODY_PASSED}


@pytest.mark.parametrize(
    ("team", "asset", "excused"),
    [("reader", "of nobody", True), ("writer", "of nobody", False), ("reader", "agreed", False)],
)
def test_who_came_when_it_was_open_is_judged_by_how_it_stood(
    team: str, asset: str, excused: bool
) -> None:
    hand = without_parties()
    hand.registered("of nobody", "reader")
    hand.event("registration.created", team=team, called="came")
    hand.change("events", "came", {"asset_id": asset})
    assert hand.broken() == (set() if excused else {Law.NOBODY_PASSED})


def test_who_came_before_it_was_opened_has_to_be_asked() -> None:
    hand = sound()
    hand.event("registration.created", team="reader", called="came")
    hand.change("events", "came", {"asset_id": "of nobody"})
    hand.proposal("of nobody", "published", "no_parties")
    hand.registered("of nobody", "reader")
    assert hand.broken() == {Law.NOBODY_PASSED}


def test_who_changed_to_blocking_is_neither_passed_over_nor_left_uncounted() -> None:
    hand = sound()
    said = {"response": "blocked", "note": "reader on agreed"}
    hand.change("events", "reader on agreed", {"payload": said})
    assert hand.broken() == {Law.NOBODY_PASSED, Law.COUNTED}


def test_an_answer_of_the_log_that_the_record_lost_counts_for_nobody() -> None:
    hand = sound()
    hand.change("acknowledgments", "reader on agreed", None)
    hand.caller.accept(Kind.ANSWERED, "reader", "reader on agreed", "agreed")
    assert hand.broken() == {Law.KEPT, Law.NOBODY_PASSED}


def test_a_proposal_that_the_log_lost_is_noticed() -> None:
    hand = sound()
    hand.change("events", "proposal.opened agreed", None)
    assert hand.broken() == {Law.KEPT, Law.LATEST}


def test_of_several_answers_the_last_one_counts() -> None:
    hand = sound()
    hand.answer("blocked", "reader", "approved", again=" again")
    assert hand.broken() == {Law.COUNTED}
    hand.answer("blocked", "reader", "blocked", again=" at last")
    assert hand.broken() == set()


def test_an_answer_that_was_carried_over_counts() -> None:
    hand = sound()
    hand.change("events", "reader on agreed", {"type": "proposal.answer_carried"})
    assert hand.broken() == set()


def test_silence_counts_for_nobody_who_blocks() -> None:
    hand = sound()
    hand.answer("silent", "writer", "blocked")
    assert hand.broken() == {Law.NOBODY_PASSED, Law.COUNTED}


def test_who_blocks_is_passed_over_by_force_alone() -> None:
    hand = sound()
    hand.answer("forced", "reader", "blocked")
    assert hand.broken() == set()
    hand.change("proposals", "forced", {"forced": None})
    assert hand.broken() == {Law.NOBODY_PASSED, Law.COUNTED}


@pytest.mark.parametrize(
    ("table", "called", "change"),
    [
        ("proposals", "agreed", {"withdrawn": BY_SOMEBODY}),
        ("proposals", "blocked", {"withdrawn": BY_SOMEBODY}),
        ("proposals", "withdrawn", {"withdrawn": None}),
        ("proposals", "agreed", {"cancelled": BY_SOMEBODY}),
        ("proposals", "expired", {"cancelled": BY_SOMEBODY}),
        ("proposals", "cancelled", {"cancelled": None}),
        ("proposals", "blocked", {"forced": BY_SOMEBODY}),
        ("proposals", "expired", {"forced": BY_SOMEBODY}),
        ("proposals", "unpublished", {"forced": BY_SOMEBODY}),
        ("proposals", "unpublished", {"cause": "silence"}),
        ("acknowledgments", "reader on blocked", {"changes_hash": "asked before"}),
        ("events", "reader on blocked", None),
        ("proposals", "with it", {"cause": "release_cancelled"}),
        ("releases", "r", {"status": "cancelled"}),
        ("proposals", "with it", {"release_id": None}),
    ],
)
def test_what_was_said_and_not_counted_is_noticed(
    table: str, called: str, change: Mapping[str, object] | None
) -> None:
    hand = sound()
    hand.change(table, called, change)
    assert hand.broken() == {Law.COUNTED}


def test_what_all_parties_agreed_on_and_expired_by_silence_is_noticed() -> None:
    hand = sound()
    hand.change("parties", "writer on expired", None)
    hand.change("registrations", "writer on expired", {"ended_at": NOON})
    assert hand.broken() == {Law.COUNTED}


def test_who_blocked_what_expired_was_not_counted() -> None:
    hand = sound()
    hand.answer("expired", "writer", "blocked")
    assert hand.broken() == {Law.COUNTED}


@pytest.mark.parametrize(
    "waits",
    [
        {"publish_at": NOON},
        {"release_id": "r"},
        {"policy": {"timeline": {"on_deadline": "expire", "publish": "on_demand"}}},
    ],
)
def test_a_force_of_what_waits_may_come_too_late(waits: Mapping[str, object]) -> None:
    hand = sound()
    hand.change("proposals", "unpublished", {"forced": BY_SOMEBODY, **waits})
    assert hand.broken() == set()


@pytest.mark.parametrize(
    ("table", "called", "change"),
    [
        ("events", "proposal.published agreed", None),
        ("events", "proposal.published agreed", {"type": "proposal.approved"}),
        ("events", "proposal.published agreed", {"type": "proposal.expired"}),
        ("events", "proposal.published agreed", {"proposal_id": "forced"}),
        ("events", "proposal.withdrawn withdrawn", {"type": "proposal.rejected"}),
        ("proposals", "agreed", {"ended_at": None}),
        ("proposals", "agreed", {"stuck": "a reason"}),
        ("proposals", "unpublished", {"status": "approved"}),
    ],
)
def test_what_did_not_end_is_noticed(
    table: str, called: str, change: Mapping[str, object] | None
) -> None:
    hand = sound()
    hand.change(table, called, change)
    assert hand.broken() == {Law.ENDED}


@pytest.mark.parametrize("called", ["blocked", "expired", "withdrawn"])
def test_what_is_open_has_neither_ended_nor_counted_what_was_said(called: str) -> None:
    hand = sound()
    hand.change("proposals", called, {"status": "pending"})
    assert hand.broken() == {Law.ENDED, Law.COUNTED}


def test_what_ended_twice_is_noticed() -> None:
    hand = sound()
    hand.repeat("events", "proposal.expired expired")
    assert hand.broken() == {Law.ENDED}


def test_what_is_left_in_the_outbox_is_noticed() -> None:
    hand = sound()
    hand.add("outbox", "a row")
    assert hand.broken() == {Law.ENDED}
