"""Words about an old version against its end: what was taken counts, what came late is refused."""

import asyncio
from datetime import timedelta

from domain.contracts import ContractStatus
from domain.errors import RetirementEnded
from domain.retirements import RetirementStatus
from record.settlement import Settled
from store.transaction import Transaction
from tests.races.arena import Arena
from tests.support.window_keeper import Keeper, replaced

DAY = timedelta(days=1)
TIMES = 8
TAKEN, REFUSED = "taken", "refused"


async def at_its_end(arena: Arena) -> Keeper:
    """A version whose one mover was asked and reached, on the day of its sunset."""
    keeper = await replaced(arena.facts, "reader")
    await keeper.carry_on()
    asks = await arena.facts.log(asset_id=keeper.asset.id)
    at = keeper.now

    async def arrive(tx: Transaction) -> None:
        for each in asks:
            await tx.movers.mark_delivered(each.id, at)

    await arena.facts.database.run(arrive)
    keeper.now += 30 * DAY
    return keeper


async def said(word: object) -> str:
    assert asyncio.iscoroutine(word)
    try:
        await word
    except RetirementEnded:
        return REFUSED
    return TAKEN


async def test_two_confirmations_at_once_are_one(arena: Arena) -> None:
    keeper = await replaced(arena.facts, "reader")
    said_both = await asyncio.gather(*(said(keeper.moved()) for _ in range(2)))
    assert said_both == [TAKEN, TAKEN]
    assert (await keeper.log()).count("retirement.moved") == 1


async def test_a_confirmation_against_the_end(arena: Arena) -> None:
    for _ in range(TIMES):
        keeper = await at_its_end(arena)
        word, settled = await asyncio.gather(said(keeper.moved()), keeper.settle())
        assert settled is Settled.DONE
        assert await keeper.status() is RetirementStatus.RETIRED
        log = await keeper.log()
        assert log.count("retirement.moved") == (word == TAKEN)
        assert log.count("retirement.retired") == 1
        assert log[-1] == "retirement.retired"
        moved = (await keeper.detail()).movers[0].stored.moved
        assert (moved is not None) == (word == TAKEN)


async def test_an_extension_against_the_end(arena: Arena) -> None:
    """Either the version stays until the later date, or the date is refused: never both."""
    for _ in range(TIMES):
        keeper = await at_its_end(arena)
        until = (await keeper.detail()).retirement.sunset_at + 5 * DAY
        word, settled = await asyncio.gather(said(keeper.extended(until)), keeper.settle())
        status = await keeper.status()
        if word == TAKEN:
            assert (status, settled) == (RetirementStatus.OPEN, Settled.AGAIN)
            assert await keeper.contract_status() is ContractStatus.DEPRECATED
        else:
            assert (status, settled) == (RetirementStatus.RETIRED, Settled.DONE)
            assert await keeper.contract_status() is ContractStatus.RETIRED


async def test_two_workers_retire_it_once(arena: Arena) -> None:
    keeper = await at_its_end(arena)
    settled = await asyncio.gather(keeper.settle(), keeper.settle())
    assert set(settled) == {Settled.DONE}
    assert (await keeper.log()).count("retirement.retired") == 1
