"""Sealing what a test has written, however long other tests hold the snapshot's xmin back."""

import asyncio

from record.seals import seal_next
from store.database import Database


async def sealed_up_to_now(database: Database, events: int, per_seal: int) -> None:
    """Seal so many events; transactions of other tests' databases may hold that up a little."""
    async with asyncio.timeout(60):
        while events:
            sealed = await seal_next(database, min(per_seal, events))
            events -= sealed
            await asyncio.sleep(0 if sealed else 0.02)
