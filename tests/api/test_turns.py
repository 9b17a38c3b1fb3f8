"""A proposal that many answer at once holds up nobody else, and is shown to all of them at once."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import pytest

from api.turns import Turns
from store.database import Database
from store.transaction import Transaction
from tests.support.api_client import Api

MORE_THAN_THERE_ARE_CONNECTIONS = 8


async def test_answers_that_wait_for_a_proposal_leave_connections_to_others(
    api: Api, database_url: str
) -> None:
    readers = [await api.team() for _ in range(MORE_THAN_THERE_ARE_CONNECTIONS)]
    proposal = await api.proposal(*readers)
    locked, done = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        await tx.proposals.lock(UUID(proposal["id"]))
        locked.set()
        await done.wait()

    async with Database.connect(database_url, pool_size=1).closing() as another:
        holding = asyncio.create_task(another.run(hold))
        await locked.wait()
        answers = [
            asyncio.create_task(api.answer(proposal, reader, "approved")) for reader in readers
        ]
        await asyncio.sleep(0.5)
        await api.team("nobody of these")  # without a connection it would be refused
        assert not any(answer.done() for answer in answers)
        done.set()
        await holding
    statuses = [(await answer).status_code for answer in answers]
    assert statuses == [200] * len(readers)


class Showing:
    """Counts how often each proposal was made, and makes it when it is let."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.begun: Counter[UUID] = Counter()
        self.may_end = asyncio.Event()

    async def shown(self, proposal_id: UUID) -> str:
        async def make() -> str:
            self.begun[proposal_id] += 1
            number = self.begun[proposal_id]
            await self.may_end.wait()
            return f"made {number}"

        return await self.turns.shown(proposal_id, make)

    def asked(self, proposal_id: UUID) -> asyncio.Task[str]:
        return asyncio.create_task(self.shown(proposal_id))


async def begun() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_many_ask_for_at_once_is_made_once_and_never_before_they_asked() -> None:
    showing, proposal, other = Showing(), uuid4(), uuid4()
    first = showing.asked(proposal)
    await begun()
    crowd = [showing.asked(proposal) for _ in range(20)]
    beside = showing.asked(other)
    await begun()
    assert showing.begun == {proposal: 1, other: 1}
    showing.may_end.set()
    assert [await first, await beside] == ["made 1", "made 1"]
    assert [await each for each in crowd] == ["made 2"] * 20
    assert await showing.asked(proposal) == "made 3"


async def test_it_is_made_when_those_who_waited_before_have_had_their_turn() -> None:
    showing, proposal, order = Showing(), uuid4(), []
    showing.may_end.set()

    async def answers(name: str) -> None:
        async with showing.turns.of(proposal):
            order.append(name)
            await begun()
        order.append(f"{name} is shown: {await showing.shown(proposal)}")

    await asyncio.gather(*(answers(name) for name in "abc"))
    assert order[:3] == ["a", "b", "c"]
    assert sorted(order[3:]) == [f"{name} is shown: made 1" for name in "abc"]


async def test_who_goes_away_does_not_take_it_from_the_others() -> None:
    showing, proposal = Showing(), uuid4()
    gone, stays = showing.asked(proposal), showing.asked(proposal)
    await begun()
    gone.cancel()
    await begun()
    showing.may_end.set()
    assert await stays == "made 1"
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_what_fails_is_told_to_all_who_wait_and_the_next_one_is_tried_anew() -> None:
    turns, proposal = Turns(), uuid4()

    async def fails() -> str:
        raise LookupError("gone")

    async def works() -> str:
        return "made"

    told = await asyncio.gather(
        *(turns.shown(proposal, fails) for _ in range(3)), return_exceptions=True
    )
    assert [str(each) for each in told] == ["gone"] * 3
    assert await turns.shown(proposal, works) == "made"


async def test_each_of_many_who_answer_at_once_is_shown_its_own_answer(api: Api) -> None:
    readers = [await api.team() for _ in range(MORE_THAN_THERE_ARE_CONNECTIONS)]
    proposal = await api.proposal(*readers, await api.team())
    answers = await asyncio.gather(
        *(api.answer(proposal, reader, "approved", note=reader["name"]) for reader in readers)
    )
    for reader, answer in zip(readers, answers, strict=True):
        notes = {each["team"]["id"]: each["note"] for each in answer.json()["parties"]}
        assert notes[reader["id"]] == reader["name"]
