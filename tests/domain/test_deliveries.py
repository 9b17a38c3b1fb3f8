"""How often and for how long a delivery is tried."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.deliveries import PAUSES, SPREAD, Sent, pause_after, spread_of

DAY = timedelta(days=1)


def test_thirteen_attempts_reach_over_three_days() -> None:
    pauses = [pause_after(attempt, None) for attempt in range(1, 13)]
    assert pauses == list(PAUSES)
    assert pause_after(13, None) is None
    assert 3 * DAY < sum(PAUSES, timedelta()) < 4 * DAY


def test_the_receiver_may_ask_for_a_longer_pause_but_not_for_ever() -> None:
    assert pause_after(1, timedelta(minutes=5)) == timedelta(minutes=5)
    assert pause_after(1, timedelta(days=400)) == DAY


def test_the_receiver_cannot_ask_to_be_hammered() -> None:
    assert pause_after(6, timedelta(seconds=1)) == timedelta(hours=1)


def test_a_wish_for_later_does_not_prolong_the_last_attempt() -> None:
    assert pause_after(13, timedelta(hours=1)) is None


def test_what_failed_together_is_not_tried_together() -> None:
    """By the delivery and the attempt, so that the same is said however often it is asked."""
    spreads = [spread_of(UUID(int=number), 3) for number in range(1000)]
    assert spreads == [spread_of(UUID(int=number), 3) for number in range(1000)]
    assert spreads != [spread_of(UUID(int=number), 4) for number in range(1000)]
    assert all(0 <= each < 1 for each in spreads)
    tenths = [sum(each * 10 // 1 == tenth for each in spreads) for tenth in range(10)]
    assert min(tenths) > 60  # of 100, if they lie evenly


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_a_pause_is_never_shorter_than_what_was_asked_for(spread: float) -> None:
    minute = timedelta(minutes=1)
    for attempt, asked in ((1, minute), (1, None), (9, minute), (12, DAY)):
        least = pause_after(attempt, asked)
        pause = pause_after(attempt, asked, spread)
        assert least is not None
        assert pause == least * (1 + SPREAD * spread)


@pytest.mark.parametrize(
    ("code", "taken", "gone"),
    [
        (200, True, False),
        (204, True, False),
        (299, True, False),
        (302, False, False),
        (404, False, False),
        (410, False, True),
        (500, False, False),
        (None, False, False),
    ],
)
def test_any_2xx_is_taken_and_410_is_for_ever(code: int | None, taken: bool, gone: bool) -> None:
    sent = Sent(status_code=code, error=None, duration=timedelta())
    assert (sent.taken, sent.gone) == (taken, gone)
