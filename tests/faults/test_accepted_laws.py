"""That the laws of requests notice a breach: what was accepted and is lost, or there twice."""

from collections.abc import Mapping

import pytest

from tests.faults.callers import Kind
from tests.faults.findings import Law
from tests.faults.records_by_hand import NOON, ByHand

EVERY_KIND = [kind for name, kind in vars(Kind).items() if name.isupper()]
ROWS = {
    Kind.TEAM: "teams",
    Kind.ASSET: "assets",
    Kind.REGISTRATION: "registrations",
    Kind.PUBLISHED: "contracts",
    Kind.PROPOSED: "proposals",
    Kind.RELEASE: "releases",
}
MARKED = {
    Kind.WITHDRAWN: ("proposal.withdrawal_recorded", "reason"),
    Kind.FORCED: ("proposal.force_recorded", "reason"),
    Kind.FORCE_REQUESTED: ("proposal.force_requested", "reason"),
    Kind.CANCELLED: ("proposal.cancellation_recorded", "reason"),
    Kind.LENGTHENED: ("proposal.extended", "reason"),
    Kind.COMMENTED: ("proposal.commented", "text"),
}
OF_NO_PROPOSAL = {
    Kind.RELEASE_CANCELLED: "release.cancelled",
    Kind.SUNSET: "retirement.set",
    Kind.MOVED: "retirement.moved",
    Kind.KEPT_LONGER: "retirement.extended",
    Kind.SUNSET_CANCELLED: "retirement.cancelled",
}
SAID = {Kind.CONFIRMED: "proposal.confirmed", Kind.ON_DEMAND: "proposal.publication_requested"}
"""The event says it all."""
DECREED = {
    Kind.WITHDRAWN: "withdrawn",
    Kind.FORCED: "forced",
    Kind.FORCE_REQUESTED: "force_requested",
    Kind.CANCELLED: "cancelled",
    Kind.ON_DEMAND: "publish_requested",
}
MARK = "0123456789abcdef" * 2


def sound() -> ByHand:
    """One request of every kind, about a proposal that is withdrawn; each mark is its kind."""
    hand = ByHand()
    hand.proposal("p", "withdrawn", "withdrawn")
    for kind, column in DECREED.items():
        reason = None if kind in SAID else kind
        hand.change("proposals", "p", {column: {"by": "somebody", "reason": reason}})
    for kind, table in ROWS.items():
        hand.caller.accept(kind, _row_of(hand, table), kind)
    for kind, (type_, name) in MARKED.items():
        hand.event(type_, "p", called=kind, **{name: kind})
        hand.caller.accept(kind, "p", kind, "p")
    for kind, type_ in OF_NO_PROPOSAL.items():
        hand.event(type_, called=kind, reason=kind, contract_id="not told of here")
        hand.caller.accept(kind, "r", kind)
    for kind, type_ in SAID.items():
        hand.event(type_, "p", called=kind)
        hand.caller.accept(kind, "p", "", "p")
    hand.add("comments", "comment", text=Kind.COMMENTED)
    hand.asked("p", "reader")
    hand.answer("p", "reader", "approved")
    hand.caller.accept(Kind.ANSWERED, "reader", "reader on p", "p")
    hand.event("proposal.revision_recorded", "p", called=Kind.REVISED, after=_new())
    hand.caller.accept(Kind.REVISED, "p", "new", "p")
    return hand


def _new() -> dict[str, object]:
    return {"content_hash": "new"}


def _row_of(hand: ByHand, table: str) -> str:
    if table == "releases":
        cancelled = {"by": "somebody", "reason": Kind.RELEASE_CANCELLED}
        hand.add(table, "r", status="cancelled", failed_proposal_id=None, ended_at=NOON)
        hand.change(table, "r", {"cancelled": cancelled})
        hand.event("release.opened")
    elif not hand.tables[table]:
        hand.add(table, f"one of {table}", owner_team_id="owner")
    return next(iter(hand.tables[table]))


def test_a_sound_record_breaks_none_and_knows_every_kind() -> None:
    hand = sound()
    assert hand.breaches() == []
    assert sorted(each.kind for each in hand.caller.accepted) == sorted(EVERY_KIND)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_was_accepted_and_is_nowhere_is_noticed(kind: str) -> None:
    """Another request of the kind, about something else."""
    hand = sound()
    hand.caller.accept(kind, "lost", "lost", "lost")
    (breach,) = hand.breaches()
    assert breach[0] is Law.KEPT
    assert repr(hand.caller.accepted[-1]) in breach[1]


@pytest.mark.parametrize("decree", [None, {"by": "somebody", "reason": "another"}])
@pytest.mark.parametrize("kind", DECREED)
def test_a_word_that_the_proposal_does_not_keep_is_noticed(
    kind: str, decree: Mapping[str, object] | None
) -> None:
    hand = sound()
    hand.change("proposals", "p", {DECREED[kind]: decree})
    assert Law.KEPT in hand.broken()


@pytest.mark.parametrize("decree", [None, {"by": "somebody", "reason": "another"}])
def test_a_cancellation_that_the_release_does_not_keep_is_noticed(
    decree: Mapping[str, object] | None,
) -> None:
    hand = sound()
    hand.change("releases", "r", {"cancelled": decree})
    assert hand.broken() == {Law.KEPT}


@pytest.mark.parametrize("type_", ["proposal.acknowledged", "proposal.withdrawal_recorded"])
def test_what_is_in_the_log_and_was_never_accepted_is_noticed(type_: str) -> None:
    """As what was refused, or said by nobody."""
    hand = sound()
    hand.event(type_, "p", called="refused", reason=MARK, response="approved", note=None)
    assert hand.breaches() == [
        (Law.KEPT, f"in the log and never accepted: {type_} p {MARK}"),
    ]


@pytest.mark.parametrize("kind", [Kind.ANSWERED, Kind.REVISED, *MARKED, *OF_NO_PROPOSAL])
def test_what_is_in_the_log_of_another_proposal_is_lost(kind: str) -> None:
    hand = sound()
    mark = next(each.mark for each in hand.caller.accepted if each.kind == kind)
    hand.caller.accept(kind, "p", mark, "another")
    assert hand.broken() == {Law.KEPT}


@pytest.mark.parametrize("called", [*MARKED, *OF_NO_PROPOSAL, *SAID, "reader on p"])
def test_what_is_gone_from_the_log_is_noticed(called: str) -> None:
    hand = sound()
    hand.change("events", called, None)
    assert hand.broken() == {Law.KEPT}


@pytest.mark.parametrize("called", [*MARKED, *OF_NO_PROPOSAL, *SAID, Kind.REVISED, "reader on p"])
def test_what_is_in_the_log_twice_is_noticed(called: str) -> None:
    hand = sound()
    hand.repeat("events", called)
    assert hand.broken() == {Law.KEPT}


@pytest.mark.parametrize(
    ("table", "called", "change"),
    [
        ("teams", "one of teams", None),
        ("assets", "one of assets", None),
        ("registrations", "one of registrations", None),
        ("contracts", "old p", {"id": "another"}),
        ("comments", "comment", None),
        ("comments", "comment", {"text": "another"}),
        ("acknowledgments", "reader on p", None),
        ("acknowledgments", "reader on p", {"note": "another"}),
        ("acknowledgments", "reader on p", {"carried_from": "another proposal"}),
    ],
)
def test_what_is_gone_from_the_record_is_noticed(
    table: str, called: str, change: Mapping[str, object] | None
) -> None:
    hand = sound()
    hand.change(table, called, change)
    assert hand.broken() == {Law.KEPT}


@pytest.mark.parametrize(
    ("table", "called"), [("acknowledgments", "reader on p"), ("comments", "comment")]
)
def test_what_is_in_the_record_twice_is_noticed(table: str, called: str) -> None:
    hand = sound()
    hand.repeat(table, called)
    assert hand.broken() == {Law.KEPT}


def test_an_answer_that_was_carried_over_is_not_another() -> None:
    hand = sound()
    hand.repeat("acknowledgments", "reader on p")
    hand.change("acknowledgments", "reader on p again", {"carried_from": "another proposal"})
    assert hand.broken() == set()


@pytest.mark.parametrize("called", ["proposal.opened p", "published old p"])
def test_what_was_opened_or_published_is_told_of_once(called: str) -> None:
    hand = sound()
    hand.repeat("events", called)
    assert hand.broken() == {Law.KEPT}


@pytest.mark.parametrize(
    ("table", "called"), [("events", "published old p"), ("contracts", "old p")]
)
def test_a_contract_without_its_event_is_noticed_and_an_event_without_its_contract(
    table: str, called: str
) -> None:
    hand = sound()
    hand.caller.accepted = [each for each in hand.caller.accepted if each.kind != Kind.PUBLISHED]
    hand.change(table, called, None)
    assert hand.broken() == {Law.KEPT}


def test_a_proposal_of_which_nothing_was_told_is_noticed() -> None:
    hand = sound()
    hand.change("events", "proposal.opened p", None)
    assert hand.broken() == {Law.KEPT}


@pytest.mark.parametrize("defect", ["500 internal_error: ", "not answered within 120 s: gone"])
def test_who_was_not_answered_is_noticed(defect: str) -> None:
    hand = sound()
    hand.caller.defects.append(defect)
    assert hand.breaches() == [(Law.ANSWERED, defect)]
