"""Blocks of tokens from Postgres: all that is wanted at a moment in one statement, one at a time.

However many callers and addresses there are, a process has at most one statement on the way. Where
Postgres is slow nobody waits for it longer than a moment, and it is not asked any oftener.
"""

import asyncio
import time
from dataclasses import dataclass

import structlog

from domain.errors import TesseraError
from domain.rate_limits import Leased, Limit, Purse
from store.database import Database
from store.rate_limits import Ask
from store.transaction import Transaction

PATIENCE_SECONDS = 0.25
"""So long a request waits to be counted; then it goes on uncounted."""

_log = structlog.get_logger("api")


@dataclass(frozen=True, slots=True)
class _Wanted:
    limit: Limit
    purse: Purse
    filled: "asyncio.Future[None]"


class Leases:
    """Fills purses."""

    def __init__(self, database: Database, *, patience: float = PATIENCE_SECONDS) -> None:
        self._database = database
        self._patience = patience
        self._wanted: dict[str, _Wanted] = {}
        self._on_the_way: dict[str, _Wanted] = {}
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = 0.0

    async def fill(self, key: str, limit: Limit, purse: Purse) -> None:
        """Return when the purse was filled, or when that takes too long."""
        now = time.monotonic()
        if self._asking is not None and now - self._asked_at > self._patience:
            purse.lend(now)
            return
        wanted = self._on_the_way.get(key) or self._wanted.get(key)
        if wanted is None:
            filled = asyncio.get_running_loop().create_future()
            wanted = self._wanted[key] = _Wanted(limit, purse, filled)
            if self._asking is None:
                self._asked_at = now
                self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({wanted.filled}, timeout=self._patience)
        if not done:
            purse.lend(time.monotonic())

    async def _ask(self) -> None:
        try:
            while self._wanted:
                self._on_the_way, self._wanted = self._wanted, {}
                await self._fill_all(self._on_the_way)
        finally:
            self._on_the_way, self._asking = {}, None

    async def _fill_all(self, batch: dict[str, _Wanted]) -> None:
        self._asked_at = asked_at = time.monotonic()
        asks = [
            Ask(key, each.limit, each.purse.wanted(asked_at)) for key, each in sorted(batch.items())
        ]

        async def work(tx: Transaction) -> dict[str, Leased]:
            return await tx.rate_limits.lease(asks)

        leased: dict[str, Leased] = {}
        try:
            leased = await self._database.at_once(work)
        except TesseraError as error:
            _log.warning("requests are not counted", error=error.detail)
        except Exception:  # noqa: BLE001  # whatever it is, requests go on
            _log.exception("requests are not counted")
        now = time.monotonic()
        for key, each in batch.items():
            if key in leased:
                each.purse.fill(leased[key], asked_at, now)
            else:
                each.purse.lend(now)
            if not each.filled.done():
                each.filled.set_result(None)
