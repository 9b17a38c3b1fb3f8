"""How many tokens a process takes at a time, and how long they are good."""

import pytest

from domain.rate_limits import LEASE, Leased, Limit, Purse

LIMIT = Limit("credential", quota=3000)


def filled(granted: int, at: float = 0.0) -> Purse:
    purse = Purse(LIMIT)
    purse.fill(Leased(granted=granted, fills_in=10), at, at)
    return purse


@pytest.mark.parametrize("quota", [1, 2, 5, 10, 20, 300, 3000, 1_000_000])
@pytest.mark.parametrize("lease", [0.5, 1.0, LEASE])
def test_a_bucket_holds_so_little_that_leases_make_no_more_of_it(quota: int, lease: float) -> None:
    """What is spent in T seconds was leased in T seconds and one lease."""
    limit = Limit("any", quota, lease=lease)
    assert 1 <= limit.capacity <= quota
    assert 1 <= limit.most <= limit.capacity
    if quota > 1:
        assert limit.capacity + limit.rate * lease <= quota + 1e-6


def test_tokens_are_spent_while_they_are_good() -> None:
    purse = filled(2)
    assert purse.spend(0.0)
    assert not purse.spend(LEASE)
    assert purse.spend(LEASE - 0.01)
    assert not purse.spend(LEASE - 0.01)


def test_a_block_that_is_gone_at_once_is_doubled_up_to_a_limit() -> None:
    purse, sizes = Purse(LIMIT), []
    for second in range(12):
        now = second / 10
        sizes.append(purse.wanted(now))
        purse.fill(Leased(granted=sizes[-1], fills_in=0), now, now)
        while purse.spend(now):
            pass
    assert sizes[:5] == [4, 8, 16, 32, 64]
    assert sizes[-1] == LIMIT.most == LIMIT.capacity // 8


def test_a_block_that_was_not_needed_shrinks_to_what_was() -> None:
    purse = Purse(LIMIT)
    assert purse.wanted(0.0) == 4
    purse.fill(Leased(granted=4, fills_in=0), 0.0, 0.0)
    assert purse.spend(1.0)
    assert purse.wanted(60.0) == 1


def test_a_part_of_a_block_that_was_not_needed_tells_how_much_is() -> None:
    purse = Purse(Limit("large", quota=60_000))
    for tenth in range(5):
        block = purse.wanted(tenth / 10)
        purse.fill(Leased(granted=block, fills_in=0), tenth / 10, tenth / 10)
        while purse.spend(tenth / 10):
            pass
    assert purse.wanted(0.6) == 128
    purse.fill(Leased(granted=5, fills_in=50), 0.6, 0.6)
    assert purse.spend(0.7)
    assert purse.spend(0.7)
    assert purse.wanted(60) == 2


def test_who_got_nothing_does_not_ask_again_for_a_second_at_least() -> None:
    purse = Purse(LIMIT)
    purse.fill(Leased(granted=0, fills_in=LIMIT.span), 5.0, 5.0)
    assert purse.refused_for(5.0) == pytest.approx(1.0)
    assert purse.refused_for(6.0) == 0
    slow = Purse(Limit("slow", quota=2))
    slow.fill(Leased(granted=0, fills_in=slow._limit.span), 5.0, 5.0)  # noqa: SLF001
    assert slow.refused_for(5.0) == pytest.approx(30.0)


def test_a_token_is_given_back_only_while_it_is_good() -> None:
    purse = filled(1)
    assert purse.spend(0.0)
    purse.give_back(1.0)
    assert purse.spend(2.0)
    purse.give_back(LEASE + 1)
    assert not purse.spend(LEASE + 1)


def test_on_credit_it_goes_on_at_the_rate_of_the_limit() -> None:
    purse = Purse(LIMIT)
    purse.lend(0.0)
    assert sum(purse.spend(0.5) for _ in range(1000)) == LIMIT.rate
    assert not purse.spend(1.0)
