"""A proposal that many answer at once holds up nobody else."""

import asyncio
from uuid import UUID

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
