"""NOTIFY after the commit, coalesced, on a connection of its own.

A NOTIFY inside a transaction takes a global lock at commit and so serialises all commits; here at
most one is under way per process, and pokes that arrive meanwhile are folded into the next. Losing
one is harmless: everybody who listens also polls.
"""

import asyncio
import contextlib
from collections.abc import Iterable

import asyncpg
import structlog

from store.urls import direct_dsn

OUTBOX = "tessera_outbox"
EVENTS = "tessera_events"

_log = structlog.get_logger(__name__)


class Notifier:
    """Sends the topics that commits poked; start it with `async with`."""

    def __init__(self, url: str) -> None:
        self._dsn = direct_dsn(url)
        self._due: set[str] = set()
        self._poked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def poke(self, topics: Iterable[str]) -> None:
        """Ask for a NOTIFY on each topic soon; never blocks and never fails."""
        self._due.update(topics)
        if self._due:
            self._poked.set()

    async def __aenter__(self) -> "Notifier":
        self._task = asyncio.create_task(self._send_for_ever(), name="notifier")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _send_for_ever(self) -> None:
        while True:
            try:
                await self._send_until_broken()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("notify connection lost, polling meanwhile", error=str(error))
                await asyncio.sleep(1)

    async def _send_until_broken(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=10)
        try:
            while True:
                await self._poked.wait()
                self._poked.clear()
                topics, self._due = self._due, set()
                for topic in sorted(topics):
                    await connection.execute("SELECT pg_notify($1, '')", topic)
        finally:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=2)
