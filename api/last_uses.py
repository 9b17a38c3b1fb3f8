"""When keys and sessions were used last: noted beside the requests, once a minute per process.

It tells people which keys they may revoke, and ends sessions that nobody uses. What is lost with a
process is lost.
"""

import asyncio
import time
from uuid import UUID

import structlog

from domain.errors import TesseraError
from store.database import Database, Work
from store.transaction import Transaction

EVERY_SECONDS = 60.0
_MOST_KEPT = 10_000

_log = structlog.get_logger("api")


class LastUses:
    """Writes in tasks of its own; a request never waits for it."""

    def __init__(self) -> None:
        self._noted: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def of_key(self, database: Database, key_id: UUID) -> None:
        """Have it written that a key was used, if that is due."""

        async def work(tx: Transaction) -> None:
            await tx.api_keys.used(key_id)

        self._note(database, key_id, work)

    def of_session(self, database: Database, session_id: UUID) -> None:
        """Have it written that a session was used, if that is due."""

        async def work(tx: Transaction) -> None:
            await tx.sessions.seen(session_id)

        self._note(database, session_id, work)

    async def written(self) -> None:
        """Return when nothing is being written any more."""
        await asyncio.gather(*self._writing)

    def _note(self, database: Database, used: UUID, work: Work[None]) -> None:
        now = time.monotonic()
        if now - self._noted.get(used, -EVERY_SECONDS) < EVERY_SECONDS:
            return
        if len(self._noted) >= _MOST_KEPT:
            self._noted.clear()
        self._noted[used] = now
        task = asyncio.get_running_loop().create_task(_write(database, work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


async def _write(database: Database, work: Work[None]) -> None:
    try:
        await database.run(work)
    except TesseraError as error:
        _log.info("a last use is not noted", error=error.detail)
