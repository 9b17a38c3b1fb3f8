"""LISTEN on a connection of its own, with polling as the fallback it always has.

Nobody may rely on a notification: behind a pooler or during a reconnect they are lost. `wait`
returns when one came or when the time is over, and the caller looks at the tables either way.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Self

import asyncpg

from store.direct import DirectConnection


class Listener:
    """Wakes one waiter when any of the topics is notified; start it with `async with`."""

    def __init__(self, url: str, topics: Sequence[str]) -> None:
        self._topics = tuple(topics)
        self._heard = asyncio.Event()
        self._connection = DirectConnection(url, "listener", self._listen)

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
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._connection.__aexit__(*exc)

    async def _listen(self, connection: asyncpg.Connection) -> None:
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _connection: closed.set())
        for topic in self._topics:
            await connection.add_listener(topic, lambda *_heard: self._heard.set())
        self._heard.set()  # whatever came while nobody listened
        await closed.wait()
