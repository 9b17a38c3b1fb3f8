"""That law 6 notices a breach: deliveries by hand, each sound but for one thing; who is told.

Event `once` came once. `twice` came twice, since its first sender was killed when it had sent it.
`over` was not sent, as nobody was waited for any more. The server's own destination gets them all.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from domain.event_kinds import SENT
from notify.webhook import TOTAL_SECONDS
from tests.faults.arrivals import (
    TO_ALL,
    TO_ITS_TEAM,
    TO_THE_OWNER,
    TO_THE_PRODUCER,
    TRUE_FOR_A_WHILE,
    UNREAD,
    WINDOW_LASTS,
    everything_arrives,
)
from tests.faults.findings import Findings, Law
from tests.faults.receivers import Copy, Receiver
from tests.faults.records_by_hand import NOON, ByHand
from tests.faults.servers import Kill, Target

AT = NOON.timestamp()
FIRST, SECOND = 101, 102
"""The processes of two workers."""
Change = Callable[[ByHand], None]


def sound() -> ByHand:
    """What came once, what came twice with the kill of its first sender, and what is over."""
    hand = ByHand(receivers=[Receiver(url="all"), Receiver(url="of a team")])
    hand.add("destinations", "server", team_id=None, user_id=None, address="all")
    hand.add("destinations", "team", team_id="t", user_id=None, address="of a team")
    hand.add("destinations", "person", team_id=None, user_id="u", address="of a person")
    hand.servers.kills = [Kill(AT + 1, Target.WORKER, FIRST, None)]
    for event, type_ in (
        ("once", "asset.reassigned"),
        ("twice", "registration.reassigned"),
        ("over", "proposal.asked"),
    ):
        hand.event(type_, called=event)
    _delivery(hand, "once", "delivered", "delivered")
    _delivery(hand, "twice", "delivered", "unknown", "delivered")
    _delivery(hand, "over", "superseded")
    _came(hand, "once", AT, FIRST)
    _came(hand, "twice", AT, FIRST)
    _came(hand, "twice", AT + 70, SECOND)
    return hand


def _delivery(hand: ByHand, event: str, status: str, *attempts: str) -> None:
    """Of the server's own destination."""
    hand.add(
        "deliveries",
        event,
        event_id=event,
        destination_id="server",
        status=status,
        last_error="410 Gone" if status == "failed" else None,
    )
    for number, attempt in enumerate(attempts, 1):
        _attempt(hand, event, number, attempt)


def _attempt(hand: ByHand, event: str, number: int, status: str) -> None:
    hand.add(
        "delivery_attempts",
        f"{event} {number}",
        delivery_id=event,
        number=number,
        status=status,
        error=None,
        started_at=NOON + timedelta(seconds=70 * (number - 1)),
    )


def _came(hand: ByHand, event: str, at: float, sender: int | None, receiver: int = 0) -> None:
    hand.receivers[receiver].copies.append(Copy(event, at, sender, b""))


def _killed(hand: ByHand, after: float, sender: int, target: Target = Target.WORKER) -> None:
    """The only kill of all."""
    hand.servers.kills = [Kill(AT + after, target, sender, None)]


def _forget(hand: ByHand, *copies: int) -> None:
    kept = [copy for place, copy in enumerate(hand.receivers[0].copies) if place not in copies]
    hand.receivers[0].copies = kept


def test_a_sound_record_breaks_none() -> None:
    assert sound().breaches() == []


def breaches(hand: ByHand) -> list[tuple[Law, str]]:
    findings = Findings()
    by_url = {each.url: each for each in hand.receivers}
    everything_arrives(findings, hand.record(), by_url, hand.servers)
    return findings.broken


def broken(hand: ByHand) -> set[Law]:
    return {law for law, _ in breaches(hand)}


def failed(hand: ByHand) -> None:
    hand.change("deliveries", "once", {"status": "failed", "last_error": "410 Gone"})
    hand.change("delivery_attempts", "once 1", {"status": "failed"})
    _forget(hand, 0)


def pending(hand: ByHand) -> None:
    hand.change("deliveries", "over", {"status": "pending"})


def never_came(hand: ByHand) -> None:
    _forget(hand, 0)


def came_elsewhere(hand: ByHand) -> None:
    _forget(hand, 0)
    _came(hand, "once", AT, FIRST, receiver=1)


def came_three_times(hand: ByHand) -> None:
    """Each time with the kill of its sender, as if that were an excuse."""
    hand.change("delivery_attempts", "twice 2", {"status": "unknown"})
    _attempt(hand, "twice", 3, "delivered")
    hand.servers.kills.append(Kill(AT + 71, Target.WORKER, SECOND, None))
    _came(hand, "twice", AT + 140, SECOND)


def came_without_an_attempt(hand: ByHand) -> None:
    hand.change("delivery_attempts", "twice 1", None)


def came_after_it_was_recorded(hand: ByHand) -> None:
    hand.change("delivery_attempts", "twice 1", {"status": "delivered"})


def superseded_though_true(hand: ByHand) -> None:
    hand.change("events", "over", {"type": "proposal.published"})


def without_delivery(hand: ByHand) -> None:
    hand.event("asset.deleted", called="untold")


def delivered_to_a_team_alone(hand: ByHand) -> None:
    hand.event("asset.deleted", called="untold")
    _delivery(hand, "untold", "delivered", "delivered")
    hand.change("deliveries", "untold", {"destination_id": "team"})
    _came(hand, "untold", AT, FIRST, receiver=1)


def forged(hand: ByHand) -> None:
    hand.receivers[1].forged.append("once: no matching signature")


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        (failed, "event once to server is failed: 410 Gone"),
        (pending, "event over to server is pending: None"),
        (never_came, "event once to server is recorded as delivered and never came"),
        (came_elsewhere, "event once to server is recorded as delivered and never came"),
        (came_three_times, "event twice to server came 3 times"),
        (
            superseded_though_true,
            "event over to server was not sent, though proposal.published stays true",
        ),
        (without_delivery, "event untold, asset.deleted, not to ['server']"),
        (delivered_to_a_team_alone, "event untold, asset.deleted, not to ['server']"),
        (forged, "signatures that do not verify: ['once: no matching signature']"),
    ],
)
def test_what_did_not_arrive_as_it_should_is_noticed(change: Change, breach: str) -> None:
    hand = sound()
    change(hand)
    assert breaches(hand) == [(Law.DELIVERED, breach)]


@pytest.mark.parametrize(
    ("change", "attempts"), [(came_without_an_attempt, 1), (came_after_it_was_recorded, 2)]
)
def test_what_came_more_often_than_it_was_lost_is_noticed(change: Change, attempts: int) -> None:
    """And no kill excuses a copy of which no attempt was left unfinished."""
    hand = sound()
    change(hand)
    ((law, breach),) = breaches(hand)
    assert law is Law.DELIVERED
    assert breach.startswith(f"event twice to server came 2 times in {attempts} attempts; came and")


@pytest.mark.parametrize(
    ("status", "excused"),
    [("unknown", True), ("started", True), ("failed", False)],
)
def test_a_kill_excuses_only_what_was_left_unfinished(status: str, excused: bool) -> None:
    """Whoever told that it failed was not killed before it could tell."""
    hand = sound()
    hand.change("delivery_attempts", "twice 1", {"status": status, "error": "answered 500"})
    assert broken(hand) == (set() if excused else {Law.DELIVERED})


def test_another_attempt_that_was_left_unfinished_is_no_excuse() -> None:
    """The first one failed and came all the same; of the second one nothing came."""
    hand = sound()
    hand.change("delivery_attempts", "twice 1", {"status": "failed", "error": "answered 500"})
    hand.change("delivery_attempts", "twice 2", {"status": "unknown"})
    _attempt(hand, "twice", 3, "delivered")
    _forget(hand, 2)
    _came(hand, "twice", AT + 140, SECOND)
    assert broken(hand) == {Law.DELIVERED}
    hand.change("delivery_attempts", "twice 1", {"status": "unknown"})
    assert broken(hand) == set()


def test_an_earlier_attempt_that_was_left_unfinished_is_no_excuse() -> None:
    """Of the first one nothing came; the second one failed and came all the same."""
    hand = sound()
    hand.change("delivery_attempts", "twice 2", {"status": "failed", "error": "answered 500"})
    _attempt(hand, "twice", 3, "delivered")
    _forget(hand, 1)
    _came(hand, "twice", AT + 140, FIRST)
    _killed(hand, 71, SECOND)
    assert broken(hand) == {Law.DELIVERED}
    hand.change("delivery_attempts", "twice 2", {"status": "unknown"})
    assert broken(hand) == set()


@pytest.mark.parametrize(
    ("after", "killed", "target"),
    [
        (1, SECOND, Target.WORKER),
        (1, FIRST, Target.API),
        (1, FIRST, Target.POSTGRES),
        (WINDOW_LASTS + 1, FIRST, Target.WORKER),
        (-UNREAD - 1, FIRST, Target.WORKER),
    ],
)
def test_what_came_twice_without_the_kill_of_its_sender_is_noticed(
    after: float, killed: int, target: Target
) -> None:
    hand = sound()
    _killed(hand, after, killed, target)
    ((law, breach),) = breaches(hand)
    assert law is Law.DELIVERED
    assert "event twice to server came and was not recorded" in breach


@pytest.mark.parametrize("after", [WINDOW_LASTS, 0, -UNREAD])
def test_what_came_twice_around_the_kill_of_its_sender_is_sound(after: float) -> None:
    hand = sound()
    _killed(hand, after, FIRST)
    assert breaches(hand) == []


@pytest.mark.parametrize(
    ("after", "target", "excused"),
    [
        (-UNREAD, Target.WORKER, True),
        (0, Target.WORKER, True),
        (1, Target.WORKER, False),
        (-UNREAD - 1, Target.WORKER, False),
        (-1, Target.API, False),
    ],
)
def test_a_sender_that_nobody_saw_was_dead_already(
    after: float, target: Target, excused: bool
) -> None:
    """Its process is unknown: whichever worker was killed shortly before excuses it."""
    hand = sound()
    _forget(hand, 1)
    hand.receivers[0].copies.insert(1, Copy("twice", AT, None, b""))
    _killed(hand, after, SECOND, target)
    assert broken(hand) == (set() if excused else {Law.DELIVERED})


@pytest.mark.parametrize(
    ("after", "error", "excused"),
    [
        (TOTAL_SECONDS, "no answer within 20 s", True),
        (TOTAL_SECONDS - UNREAD - 1, "no answer within 20 s", False),
        (TOTAL_SECONDS + UNREAD + 1, "no answer within 20 s", False),
        (TOTAL_SECONDS, "the connection was closed", False),
    ],
)
def test_what_was_read_when_its_sender_waited_no_more_comes_again(
    after: float, error: str, excused: bool
) -> None:
    hand = sound()
    hand.servers.kills = []
    hand.change("delivery_attempts", "twice 1", {"status": "failed", "error": error})
    hand.receivers[0].copies[1] = Copy("twice", AT + after, None, b"")
    assert broken(hand) == (set() if excused else {Law.DELIVERED})


def test_a_failed_delivery_excuses_no_copy_that_came() -> None:
    """It is failed, and its only copy is a doubtful one."""
    hand = sound()
    hand.change("deliveries", "once", {"status": "failed"})
    hand.change("delivery_attempts", "once 1", {"status": "failed"})
    hand.receivers[0].copies[0] = Copy("once", AT, SECOND, b"")
    ((law, breach),) = breaches(hand)
    assert law is Law.DELIVERED
    assert "is failed: None; came and was not recorded" in breach


@pytest.mark.parametrize("type_", sorted(TRUE_FOR_A_WHILE))
def test_what_tells_of_somebody_waited_for_may_be_superseded(type_: str) -> None:
    hand = sound()
    hand.change("events", "over", {"type": type_})
    assert breaches(hand) == []


def test_what_is_superseded_and_came_is_noticed() -> None:
    """Nothing was sent, so nothing can have come."""
    hand = sound()
    _came(hand, "over", AT, FIRST)
    assert broken(hand) == {Law.DELIVERED}


def test_what_is_for_the_log_alone_needs_no_delivery() -> None:
    hand = sound()
    hand.event("log.pruned", called="of no destination")
    assert breaches(hand) == []


def told(hand: ByHand, type_: str, event: Mapping[str, object], *destinations: str) -> None:
    """An event of this type that came to these destinations, once each."""
    hand.event(type_, called="told", contract_id="c")
    hand.change("events", "told", event)
    for destination in destinations:
        called = f"told {destination}"
        of_server = destination == "server"
        hand.add("deliveries", called, event_id="told", destination_id=destination)
        hand.change("deliveries", called, {"status": "delivered", "last_error": None})
        _attempt(hand, called, 1, "delivered")
        _came(hand, "told", AT, FIRST, receiver=0 if of_server else 1)


def concerning(hand: ByHand, whom: str) -> Mapping[str, object]:
    """What makes an event concern team `t`, which has a destination, and nobody else with one."""
    who = {role: "t" if role == whom else "another" for role in ("owner", "producer", "party")}
    hand.add("assets", "a", owner_team_id=who["owner"])
    hand.add("proposals", "p", release_id=None, producer_team_id=who["producer"])
    hand.asked("p", who["party"])
    return {"asset_id": "a", "proposal_id": "p", "team_id": "t" if whom == "its team" else None}


@pytest.mark.parametrize(
    ("type_", "whom"),
    [
        *((type_, "its team") for type_ in sorted(TO_ITS_TEAM)),
        *((type_, "owner") for type_ in sorted(TO_THE_OWNER)),
        *((type_, "producer") for type_ in sorted(TO_THE_PRODUCER | TO_ALL)),
        *((type_, "party") for type_ in sorted(TO_ALL)),
    ],
)
def test_whom_an_event_concerns_and_who_has_no_delivery_of_it_is_noticed(
    type_: str, whom: str
) -> None:
    hand = sound()
    told(hand, type_, concerning(hand, whom), "server")
    assert breaches(hand) == [(Law.DELIVERED, f"event told, {type_}, not to ['team']")]
    hand = sound()
    told(hand, type_, concerning(hand, whom), "server", "team")
    assert breaches(hand) == []


def test_every_type_that_is_sent_reaches_the_server() -> None:
    for type_ in SENT:
        hand = sound()
        told(hand, type_, concerning(hand, "nobody"))
        assert breaches(hand) == [(Law.DELIVERED, f"event told, {type_}, not to ['server']")]
