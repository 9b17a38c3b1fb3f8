"""That law 6 notices a breach: deliveries by hand, each sound but for one thing.

Event `once` came once. `twice` came twice, since its first sender was killed when it had sent it.
`over` was not sent, as nobody was waited for any more. The server's own destination gets them all.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.faults.arrivals import TRUE_FOR_A_WHILE, UNREAD, WINDOW_LASTS
from tests.faults.findings import Law
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
    hand.add("destinations", "server", team_id=None, address="all")
    hand.add("destinations", "team", team_id="t", address="of a team")
    hand.servers.kills = [Kill(AT + 1, Target.WORKER, FIRST, None)]
    for event, type_ in (
        ("once", "team.created"),
        ("twice", "asset.created"),
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
    hand.event("team.created", called="untold")


def delivered_to_a_team_alone(hand: ByHand) -> None:
    hand.event("team.created", called="untold")
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
        (came_without_an_attempt, "event twice to server came 2 times in 1 attempts"),
        (came_after_it_was_recorded, "event twice to server came 2 times in 2 attempts"),
        (
            superseded_though_true,
            "event over to server was not sent, though proposal.published stays true",
        ),
        (without_delivery, "event untold has no delivery"),
        (delivered_to_a_team_alone, "event untold has no delivery"),
        (forged, "signatures that do not verify: ['once: no matching signature']"),
    ],
)
def test_what_did_not_arrive_as_it_should_is_noticed(change: Change, breach: str) -> None:
    hand = sound()
    change(hand)
    assert hand.breaches() == [(Law.DELIVERED, breach)]


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
    ((law, breach),) = hand.breaches()
    assert law is Law.DELIVERED
    assert "event twice to server came and was not recorded" in breach


@pytest.mark.parametrize("after", [WINDOW_LASTS, 0, -UNREAD])
def test_what_came_twice_around_the_kill_of_its_sender_is_sound(after: float) -> None:
    hand = sound()
    _killed(hand, after, FIRST)
    assert hand.breaches() == []


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
    assert hand.broken() == (set() if excused else {Law.DELIVERED})


def test_a_failed_delivery_excuses_no_copy_that_came() -> None:
    """It is failed, and its only copy is a doubtful one."""
    hand = sound()
    hand.change("deliveries", "once", {"status": "failed"})
    hand.change("delivery_attempts", "once 1", {"status": "failed"})
    hand.receivers[0].copies[0] = Copy("once", AT, SECOND, b"")
    ((law, breach),) = hand.breaches()
    assert law is Law.DELIVERED
    assert "is failed: None; came and was not recorded" in breach


@pytest.mark.parametrize("type_", sorted(TRUE_FOR_A_WHILE))
def test_what_tells_of_somebody_waited_for_may_be_superseded(type_: str) -> None:
    hand = sound()
    hand.change("events", "over", {"type": type_})
    assert hand.breaches() == []


def test_what_is_superseded_and_came_is_noticed() -> None:
    """Nothing was sent, so nothing can have come."""
    hand = sound()
    _came(hand, "over", AT, FIRST)
    assert hand.broken() == {Law.DELIVERED}


def test_what_no_server_destination_ever_gets_needs_no_delivery() -> None:
    hand = sound()
    hand.event("log.pruned", called="of no destination")
    assert hand.breaches() == []
