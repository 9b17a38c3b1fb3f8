"""When a password may be tried."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sign_ins import (
    FROM_ALL_STRANGERS,
    FROM_ONE_PLACE,
    Place,
    Tally,
    counts_for_all,
    is_too_many,
    masked,
    strangers_key,
)

HOME = Place(device_id=UUID(int=1), address="192.0.2.1")


class Door:
    """The counts of one window, as the record keeps them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def is_closed(self, place: Place, account: str = "ada") -> bool:
        """Count a wrong password and return whether it was not looked at."""
        self.counts[place.key(account)] += 1
        tally = Tally(here=self.counts[place.key(account)])
        if counts_for_all(place, tally.here):
            self.counts[strangers_key(account)] += 1
            tally = Tally(here=tally.here, strangers=self.counts[strangers_key(account)])
        return is_too_many(tally)


def stranger(number: int) -> Place:
    return Place(device_id=None, address=f"10.0.{number // 250}.{number % 250}")


@given(st.lists(st.integers(0, 400), max_size=800))
def test_nobody_elsewhere_closes_the_door_to_a_known_browser(attack: list[int]) -> None:
    door = Door()
    for number in attack:
        door.is_closed(stranger(number))
    assert not any(door.is_closed(HOME) for _ in range(FROM_ONE_PLACE))
    assert door.is_closed(HOME)


@given(st.lists(st.integers(0, 400), max_size=800))
def test_no_attack_has_more_than_so_many_tries(attack: list[int]) -> None:
    door = Door()
    tries = Counter(number for number in attack if not door.is_closed(stranger(number)))
    assert tries.total() <= FROM_ALL_STRANGERS
    assert max(tries.values(), default=0) <= FROM_ONE_PLACE


def test_one_address_alone_closes_the_door_to_nobody_else() -> None:
    door = Door()
    for _ in range(10_000):
        door.is_closed(stranger(6))
    assert door.is_closed(stranger(6))
    assert not door.is_closed(stranger(7))


def test_the_last_try_of_a_limit_is_looked_at_and_the_next_is_not() -> None:
    assert not is_too_many(Tally(here=FROM_ONE_PLACE, strangers=FROM_ALL_STRANGERS))
    assert is_too_many(Tally(here=FROM_ONE_PLACE + 1))
    assert is_too_many(Tally(here=1, strangers=FROM_ALL_STRANGERS + 1))


def test_what_is_looked_at_counts_for_all_strangers_and_what_is_known_for_none() -> None:
    assert counts_for_all(stranger(1), FROM_ONE_PLACE)
    assert not counts_for_all(stranger(1), FROM_ONE_PLACE + 1)
    assert not counts_for_all(HOME, 1)


def test_accounts_are_counted_apart() -> None:
    door = Door()
    for _ in range(FROM_ONE_PLACE + 1):
        door.is_closed(stranger(6), "ada")
    assert not door.is_closed(stranger(6), "grace")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "192.0.2.1", False),
    ],
)
def test_a_network_of_ipv6_is_one_place(one: str, other: str, same: bool) -> None:
    keys = {Place(device_id=None, address=each).key("ada") for each in (one, other)}
    assert (len(keys) == 1) is same


def test_a_log_has_little_of_an_unknown_address() -> None:
    assert masked("ada.lovelace@example.com") == "a…@e…"
    assert masked("no address") == "n…"
