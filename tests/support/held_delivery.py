"""A Postgres that goes away just when an attempt of a delivery is begun or recorded.

The delivery's row is locked from outside; whoever waits for it has its session ended, as by a
Postgres that restarts, and finds it locked until the block ends.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

GIVES_UP_AFTER = 6
"""So often the transaction runner begins again before it says that Postgres is not available."""
_WAITING = "SELECT pid FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))"


@dataclass(frozen=True, slots=True)
class HeldDelivery:
    """The locked row of a delivery."""

    locker: asyncpg.Connection
    watcher: asyncpg.Connection

    async def waiting(self) -> int:
        """The session of who waits for the row, as soon as somebody does."""
        async with asyncio.timeout(60):
            while True:
                found = await self.watcher.fetchval(_WAITING, self.locker.get_server_pid())
                if found is not None:
                    return int(found)
                await asyncio.sleep(0.01)

    async def cut(self) -> None:
        """End the session of who waits for the row, until they take Postgres for gone."""
        for _ in range(GIVES_UP_AFTER):
            session = await self.waiting()
            await self.watcher.execute("SELECT pg_terminate_backend($1, 5000)", session)


@asynccontextmanager
async def held_delivery(database_url: str, delivery_id: UUID) -> AsyncIterator[HeldDelivery]:
    """Lock it while the block runs."""
    locker = await asyncpg.connect(database_url)
    watcher = await asyncpg.connect(database_url)
    try:
        async with locker.transaction():
            await locker.execute("SELECT FROM deliveries WHERE id = $1 FOR UPDATE", delivery_id)
            yield HeldDelivery(locker, watcher)
    finally:
        await watcher.close()
        await locker.close()
