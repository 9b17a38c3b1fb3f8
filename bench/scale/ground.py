"""Thousands of proposals as rows: one is made through the record, the others are its copies.

No workflow knows of a copy until a row of the outbox says so, as after a real opening.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete

from domain.acknowledgments import Response
from domain.proposals import Proposal
from domain.teams import Team
from record import wakes
from store.outbox import OutboxRow
from store.transaction import Transaction
from tests.support.copies import Original
from tests.support.facts import Facts, table
from tests.support.multitude import readers

COLUMNS = tuple(f"column_{number}" for number in range(20))
DROPPED = COLUMNS[-1]
READERS = 3
BATCH = 200


class Ground:
    """Proposals that ask three teams, two of which were quick and are ready already."""

    def __init__(self, facts: Facts, proposal: Proposal, original: Original, last: Team) -> None:
        self._facts = facts
        self._database = facts.database
        self._proposal = proposal
        self._original = original
        self.last = last
        """The team that has not answered."""

    @classmethod
    async def made(cls, facts: Facts) -> "Ground":
        """Make the first one through the record; it gets no workflow."""
        owner = await facts.team("owner")
        *quick, last = [await facts.team(f"reader-{number}") for number in range(READERS)]
        asset = await facts.asset(owner)
        await facts.publish(asset, table(*COLUMNS))
        for reader in (*quick, last):
            await facts.register(asset, reader, [DROPPED])
        proposal = await facts.proposed(asset, table(*COLUMNS[:-1]))
        for reader in quick:
            await facts.answer(proposal, reader, Response.APPROVED)

        async def work(tx: Transaction) -> Original:
            await tx.sql.execute(delete(OutboxRow))
            return await Original.of(tx, asset.id, asset.fqn)

        return cls(facts, proposal, await facts.database.run(work), last)

    async def prepare(self, count: int) -> list[UUID]:
        """Return the ids of so many new proposals that nobody looks after yet."""
        prepared: list[UUID] = []
        while len(prepared) < count:
            batch = min(BATCH, count - len(prepared))

            async def work(tx: Transaction, batch: int = batch) -> list[UUID]:
                copies = await self._original.copies(tx, batch)
                return [copy.ids[self._proposal.id] for copy in copies]

            prepared += await self._database.run(work)
        return prepared

    async def wake(self, proposals: Sequence[UUID]) -> None:
        """Put a row into the outbox for each, and tell the relay."""
        await wakes.wake(self._database, proposals, "measured")

    async def crowded(self, parties: int) -> tuple[UUID, Sequence[UUID]]:
        """Return a proposal that asks so many teams, and those teams."""
        asset = await self._facts.asset(await self._facts.team("owner"))
        await self._facts.publish(asset, table(*COLUMNS))
        teams = await self._database.run(lambda tx: readers(tx, asset, [DROPPED], parties))
        proposal = await self._facts.proposed(asset, table(*COLUMNS[:-1]))
        return proposal.id, teams
