"""Searches: one for all who ask, at most so many at once, and none that fails is kept."""

import asyncio
from collections.abc import Callable

import pytest

from domain.comparison import Evidence, Question
from domain.compatibility import Mode
from domain.errors import ComparisonTooLarge, Unavailable
from record.comparison import Comparer
from record.evidence import Searches
from tests.support.facts import Facts, content, table


class Search:
    """Ends when it is let go, and knows how often it was made."""

    def __init__(self, outcome: Callable[[], Evidence] = Evidence) -> None:
        self.outcome = outcome
        self.made = 0
        self.at_work = self.most_at_work = 0
        self.go_on = asyncio.Event()

    async def __call__(self) -> Evidence:
        self.made += 1
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        await self.go_on.wait()
        self.at_work -= 1
        return self.outcome()


def fails(error: Exception) -> Callable[[], Evidence]:
    def outcome() -> Evidence:
        raise error

    return outcome


async def test_who_asks_while_a_search_runs_waits_for_it_and_later_ones_get_it() -> None:
    searches, search = Searches(1), Search()
    waiting = [asyncio.ensure_future(searches.of("key", search)) for _ in range(3)]
    await asyncio.sleep(0)
    search.go_on.set()
    found = await asyncio.gather(*waiting)
    assert await searches.of("key", search) is found[0]
    assert search.made == 1
    await searches.of("another", search)
    assert search.made == 2


async def test_without_a_key_nothing_is_kept() -> None:
    searches, search = Searches(1), Search()
    search.go_on.set()
    await searches.of(None, search)
    await searches.of(None, search)
    assert search.made == 2


async def test_who_stops_waiting_stops_nothing() -> None:
    searches, search = Searches(1), Search()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await searches.of("key", search)
    search.go_on.set()
    await searches.of("key", search)
    assert search.made == 1


async def test_only_so_many_run_at_once() -> None:
    searches, search = Searches(2), Search()
    waiting = [asyncio.ensure_future(searches.of(key, search)) for key in range(5)]
    for _ in range(100):  # rounds of the loop, in which each of them comes as far as it may
        await asyncio.sleep(0)
    assert search.at_work == 2
    search.go_on.set()
    await asyncio.gather(*waiting)
    assert (search.made, search.most_at_work) == (5, 2)


async def test_what_is_comparison_too_large_is_nothing_found() -> None:
    searches, search = Searches(1), Search(fails(ComparisonTooLarge("no")))
    search.go_on.set()
    assert await searches.of("key", search) == Evidence()
    await searches.of("key", search)
    assert search.made == 1


async def test_a_search_that_failed_is_made_again() -> None:
    searches, search = Searches(1), Search(fails(Unavailable("away")))
    search.go_on.set()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await searches.of("key", search)
    assert search.made == 2


async def test_only_the_last_few_hundred_are_kept() -> None:
    searches, search = Searches(1), Search()
    search.go_on.set()
    for key in range(300):
        await searches.of(key, search)
    await searches.of(299, search)
    assert search.made == 300
    await searches.of(0, search)
    assert search.made == 301


async def test_a_child_finds_a_record_that_breaks() -> None:
    old, new = content(table("id", "email")), content(table("id"))
    question = Question(mode=Mode.BACKWARD, with_witnesses=True)
    async with Comparer(1) as comparer:
        changes = await comparer.changes([("1.0.0", old)], new, question.content_model)
        found = await comparer.evidence(old.schema, new.schema, changes, question)
    assert set(found.witnesses) == {0}
    record = found.witnesses[0].instance
    assert isinstance(record, dict)
    assert "email" in record


async def test_a_proposal_is_searched_once_for_all_who_look(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    proposal = await facts.proposed(asset, table("id"))
    base = content(table("id", "email"))
    first = await facts.comparer.evidence_of_proposal(proposal, base)
    assert await facts.comparer.evidence_of_proposal(proposal, base) is first
    assert first.witnesses
    assert await facts.comparer.evidence_of_proposal(proposal, None) == Evidence()
