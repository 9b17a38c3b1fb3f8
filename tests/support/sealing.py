"""Sealing and following what a test wrote, though other tests hold the snapshot's xmin back."""

import asyncio

from sqlalchemy import text

from record.seals import seal_next
from store.database import Database
from store.transaction import Transaction


async def sealed_up_to_now(database: Database, events: int, per_seal: int) -> None:
    """Seal so many events, so many at a time.

    Transactions of other tests' databases may hold that up a little; it begins when none does, or a
    seal would cover what could be sealed by then.
    """
    async with asyncio.timeout(60):
        while await _can_be_sealed(database, events) < events:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.02)
        while events:
            events -= await seal_next(database, min(per_seal, events))


async def _can_be_sealed(database: Database, most: int) -> int:
    async def work(tx: Transaction) -> int:
        return len((await tx.seals.unsealed(await tx.seals.head(), most)).lines)

    return await database.read(work)


async def follows_from_here(database: Database) -> None:
    """Return when all that stands in the log can be followed: a new stream then shows none of it.

    Transactions of other tests' databases may hold that up a little.
    """

    async def behind(tx: Transaction) -> int:
        query = (
            "SELECT count(*) FROM events"
            " WHERE transaction >= pg_snapshot_xmin(pg_current_snapshot())"
        )
        return int((await tx.sql.execute(text(query))).scalar_one())

    async with asyncio.timeout(60):
        while await database.read(behind):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.02)
