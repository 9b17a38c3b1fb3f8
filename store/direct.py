"""A connection past any pool or pooler, made again whenever it breaks.

LISTEN and NOTIFY need one; whoever uses it also polls, so losing it for a moment harms nobody.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self

import asyncpg
import structlog

from store.urls import dsn_of

RECONNECT_AFTER = 1.0
_BROKEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

_log = structlog.get_logger(__name__)


class DirectConnection:
    """Keeps `use` running with a connection, as long as the context lasts."""

    def __init__(
        self, url: str, name: str, use: Callable[[asyncpg.Connection], Awaitable[None]]
    ) -> None:
        self._dsn = dsn_of(url)
        self._name = name
        self._use = use
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep(), name=self._name)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        while True:
            try:
                await self._until_broken()
            except _BROKEN as error:
                _log.warning("connection lost, polling meanwhile", of=self._name, error=str(error))
            await asyncio.sleep(RECONNECT_AFTER)

    async def _until_broken(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=10)
        try:
            await self._use(connection)
        finally:
            with contextlib.suppress(*_BROKEN):
                await connection.close(timeout=2)
