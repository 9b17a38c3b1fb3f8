"""Sealing the log: in batches, behind the writers, each batch once."""

from domain.seals import BATCH, Leaves, sealed
from store.database import Runner
from store.transaction import Transaction


async def seal_next(runner: Runner, most: int = BATCH) -> int:
    """Seal the oldest events that no seal covers yet; return how many, 0 if there are none.

    While somebody else seals nothing is done. Safe to repeat: what was sealed is not sealed again.
    """

    async def work(tx: Transaction) -> int:
        if not await tx.seals.claim():
            return 0
        head = await tx.seals.head()
        unsealed = await tx.seals.unsealed(head, most)
        if unsealed.lines:
            leaves = Leaves.of(unsealed.lines)
            await tx.seals.insert(sealed(head, leaves, unsealed.end, await tx.now()), leaves)
        return len(unsealed.lines)

    return await runner.run(work)
