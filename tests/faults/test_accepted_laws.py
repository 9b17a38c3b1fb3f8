"""That the laws of requests notice a breach: what was accepted and is lost, or there twice."""

from collections.abc import Mapping
from datetime import timedelta

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
LATER = NOON + timedelta(days=1)
GIVEN: Mapping[str, object] = {"before": {"extended_by": "PT0S"}, "after": {"extended_by": "PT1H"}}
ENDING: Mapping[str, Mapping[str, object]] = {
    Kind.SUNSET: {"reason": Kind.SUNSET, "sunset_at": NOON.isoformat()},
    Kind.MOVED: {"note": Kind.MOVED, "moved": True, "until": None},
    Kind.KEPT_LONGER: {"note": Kind.KEPT_LONGER, "moved": False, "until": LATER.isoformat()},
}


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
        _told(hand, type_, kind, {name: kind, **(GIVEN if kind == Kind.LENGTHENED else {})}, "p")
        hand.caller.accept(kind, "p", kind, "p")
    hand.change("proposals", "p", {"extended_by": timedelta(hours=1)})
    _an_end_that_is_cancelled(hand)
    for kind, type_ in OF_NO_PROPOSAL.items():
        _told(hand, type_, kind, {"contract_id": "replaced", **ENDING.get(kind, {"reason": kind})})
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


def _told(
    hand: ByHand, type_: str, kind: str, payload: Mapping[str, object], proposal: str | None = None
) -> None:
    """An event, called as what it tells of; the team is called so too."""
    hand.event(type_, proposal, kind, called=kind)
    hand.change("events", kind, {"payload": payload})


def _an_end_that_is_cancelled(hand: ByHand) -> None:
    hand.contract("replaced", "another asset", "1.0.0")
    hand.contract("replacement", "another asset", "2.0.0")
    hand.change("contracts", "replaced", {"status": "deprecated"})
    hand.add("retirements", "end", contract_id="replaced", status="cancelled", stuck=None)
    hand.change("retirements", "end", {"sunset_at": NOON, "reason": Kind.SUNSET, "ended_at": NOON})
    for kind in (Kind.MOVED, Kind.KEPT_LONGER):
        hand.add("movers", kind, contract_id="replaced", team_id=kind)
    before = {"note": "needs longer, it said before"}
    hand.change("movers", Kind.MOVED, {"moved": {"note": Kind.MOVED}, "extension": before})
    until = {"note": Kind.KEPT_LONGER, "until": LATER.isoformat()}
    hand.change("movers", Kind.KEPT_LONGER, {"moved": None, "extension": until})


def _new() -> dict[str, object]:
    return {"content_hash": "new"}


def _row_of(hand: ByHand, table: str) -> str:
    if table == "releases":
        cancelled = {"by": "somebody", "reason": Kind.RELEASE_CANCELLED}
        hand.add(table, "r", status="cancelled", failed_proposal_id=None, ended_at=NOON)
        hand.change(table, "r", {"cancelled": cancelled})
        hand.event("release.opened")
    elif table == "registrations":
        hand.registered("one of assets", "reader")
    elif not hand.tables[table]:
        hand.add(table, f"one of {table}", owner_team_id="owner")
    return next(iter(hand.tables[table]))


def test_a_sound_record_breaks_none_and_knows_every_kind() -> None:
    hand = sound()
    assert hand.breaches() == []
    assert {each.kind for each in hand.caller.accepted} == set(EVERY_KIND)


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


@pytest.mark.parametrize("kind", ROWS)
def test_what_is_in_the_record_and_nobody_was_told_of_is_noticed(kind: str) -> None:
    """As a second one, by a key that was forgotten."""
    hand = sound()
    subject = next(each.subject for each in hand.caller.accepted if each.kind == kind)
    hand.caller.accepted = [each for each in hand.caller.accepted if each.subject != subject]
    assert (
        Law.KEPT,
        f"in {ROWS[kind]}, and nobody was told of it: {subject}",
    ) in hand.breaches()


@pytest.mark.parametrize("kind", [Kind.TEAM, Kind.ASSET, Kind.REGISTRATION, Kind.RELEASE])
def test_a_second_row_of_one_request_is_noticed(kind: str) -> None:
    hand = sound()
    called = next(each.subject for each in hand.caller.accepted if each.kind == kind)
    hand.repeat(ROWS[kind], called)
    if kind == Kind.RELEASE:
        hand.event("release.opened", called="opened again")
    what = f"in {ROWS[kind]}, and nobody was told of it: {called} again"
    assert hand.breaches() == [(Law.KEPT, what)]


def test_what_a_proposal_comes_to_is_told_of_by_the_proposal() -> None:
    hand = sound()
    hand.proposal("published", "published", "no_parties")
    assert hand.breaches() == []
    hand.change("contracts", "new published", {"proposal_id": None})
    assert (Law.KEPT, "in contracts, and nobody was told of it: new published") in hand.breaches()


def test_who_says_the_same_with_another_key_is_told_of_what_is_there() -> None:
    hand = sound()
    hand.caller.accept(Kind.PROPOSED, "p", "p")
    assert hand.breaches() == []


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


OUT_OF_ORDER = {Law.RETIRED}
"""An end of a version that was taken back without a word of it, or set when it had ended."""


@pytest.mark.parametrize("called", [*MARKED, *OF_NO_PROPOSAL, *SAID, "reader on p"])
def test_what_is_gone_from_the_log_is_noticed(called: str) -> None:
    hand = sound()
    hand.change("events", called, None)
    assert hand.broken() - OUT_OF_ORDER == {Law.KEPT}


@pytest.mark.parametrize("called", [*MARKED, *OF_NO_PROPOSAL, *SAID, Kind.REVISED, "reader on p"])
def test_what_is_in_the_log_twice_is_noticed(called: str) -> None:
    hand = sound()
    hand.repeat("events", called)
    assert hand.broken() - OUT_OF_ORDER == {Law.KEPT}


@pytest.mark.parametrize(
    ("table", "called", "change"),
    [
        ("teams", "one of teams", None),
        ("assets", "one of assets", None),
        ("registrations", "reader on one of assets", None),
        ("contracts", "replacement", {"id": "another"}),
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
    ("table", "called", "change"),
    [
        ("proposals", "p", {"extended_by": timedelta(0)}),
        ("proposals", "p", {"extended_by": timedelta(hours=2)}),
        ("retirements", "end", None),
        ("retirements", "end", {"sunset_at": LATER}),
        ("retirements", "end", {"reason": "another"}),
        ("movers", Kind.MOVED, None),
        ("movers", Kind.MOVED, {"moved": None}),
        ("movers", Kind.MOVED, {"moved": {"note": "another"}}),
        ("movers", Kind.KEPT_LONGER, None),
        ("movers", Kind.KEPT_LONGER, {"moved": {"note": Kind.KEPT_LONGER}}),
        ("movers", Kind.KEPT_LONGER, {"extension": None}),
        (
            "movers",
            Kind.KEPT_LONGER,
            {"extension": {"note": "another", "until": LATER.isoformat()}},
        ),
        (
            "movers",
            Kind.KEPT_LONGER,
            {"extension": {"note": Kind.KEPT_LONGER, "until": NOON.isoformat()}},
        ),
    ],
)
def test_a_record_that_does_not_keep_the_last_word_is_noticed(
    table: str, called: str, change: Mapping[str, object] | None
) -> None:
    hand = sound()
    hand.change(table, called, change)
    assert hand.broken() == {Law.KEPT}


def test_of_two_words_the_later_one_has_to_stand() -> None:
    hand = sound()
    hand.event("retirement.moved", team=Kind.KEPT_LONGER, called="later")
    later = {"contract_id": "replaced", "note": "later", "moved": True, "until": None}
    hand.change("events", "later", {"payload": later})
    hand.caller.accept(Kind.MOVED, "r", "later")
    assert hand.broken() == {Law.KEPT}
    hand.change("movers", Kind.KEPT_LONGER, {"moved": {"note": "later"}})
    assert hand.broken() == set()


@pytest.mark.parametrize(("before", "law"), [("PT1H", set()), ("PT0S", {Law.KEPT})])
def test_time_that_is_given_twice_adds_up(before: str, law: set[Law]) -> None:
    hand = sound()
    again = {"before": {"extended_by": before}, "after": {"extended_by": "PT3H"}, "reason": "again"}
    _told(hand, "proposal.extended", "again", again, "p")
    hand.caller.accept(Kind.LENGTHENED, "p", "again", "p")
    assert hand.broken() == {Law.KEPT}
    hand.change("proposals", "p", {"extended_by": timedelta(hours=3)})
    assert hand.broken() == law


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
    ("table", "called"), [("events", "published alone"), ("contracts", "alone")]
)
def test_a_contract_without_its_event_is_noticed_and_an_event_without_its_contract(
    table: str, called: str
) -> None:
    hand = sound()
    hand.contract("alone", "asset of its own", "1.0.0")
    hand.caller.accepted.pop()
    if table == "events":
        hand.caller.accept(Kind.PUBLISHED, "alone", "asset of its own")
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
