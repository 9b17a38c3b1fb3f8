"""When keys were used last: noted beside the requests, once a minute per key and process at most.

It tells people which keys they may revoke, and nothing else hangs on it: what is lost with a
process is lost.
"""

import asyncio
import time
from uuid import UUID

import structlog

from domain.api_keys import Recognized
from domain.errors import TesseraError
from store.database import Database
from store.transaction import Transaction

EVERY_SECONDS = 60.0
_MOST_KEPT = 10_000

_log = structlog.get_logger("api")


class KeyUses:
    """Writes in tasks of its own; a request never waits for it."""

    def __init__(self) -> None:
        self._noted: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, database: Database, found: Recognized) -> None:
        """Have it written that a key was used, if that is due."""
        key, now = found.key, time.monotonic()
        if now - self._noted.get(key.id, -EVERY_SECONDS) < EVERY_SECONDS:
            return
        if len(self._noted) >= _MOST_KEPT:
            self._noted.clear()
        self._noted[key.id] = now
        task = asyncio.get_running_loop().create_task(_write(database, key.id))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def written(self) -> None:
        """Return when nothing is being written any more."""
        await asyncio.gather(*self._writing)


async def _write(database: Database, key_id: UUID) -> None:
    async def work(tx: Transaction) -> None:
        await tx.api_keys.used(key_id)

    try:
        await database.run(work)
    except TesseraError as error:
        _log.info("the use of a key is not noted", error=error.detail)
