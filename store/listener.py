"""LISTEN on a connection of its own, with polling as the fallback it always has.

Nobody may rely on a notification: behind a pooler or during a reconnect they are lost. `wait`
returns when one came or when the time is over, and the caller looks at the tables either way.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Self

import asyncpg
import structlog

from store.urls import direct_dsn

_log = structlog.get_logger(__name__)

RECONNECT_AFTER = 1.0


class Listener:
    """Wakes one waiter when any of the topics is notified; start it with `async with`."""

    def __init__(self, url: str, topics: Sequence[str]) -> None:
        self._dsn = direct_dsn(url)
        self._topics = tuple(topics)
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Return at the next notification, or after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # `wait_for` may swallow a cancellation
                await self._heard.wait()
        self._heard.clear()

    def nudge(self) -> None:
        """Wake the waiter by hand, for a shutdown."""
        self._heard.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen_for_ever(), name="listener")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen_until_broken()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("listen connection lost, polling meanwhile", error=str(error))
            await asyncio.sleep(RECONNECT_AFTER)

    async def _listen_until_broken(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=10)
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _connection: closed.set())
        try:
            for topic in self._topics:
                await connection.add_listener(topic, lambda *_heard: self._heard.set())
            self._heard.set()  # whatever came while nobody listened
            await closed.wait()
        finally:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=2)
