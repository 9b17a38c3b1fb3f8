"""NOTIFY after the commit, coalesced, on a connection of its own.

A NOTIFY inside a transaction takes a global lock at commit and so serialises all commits; here at
most one is under way per process, and pokes that arrive meanwhile are folded into the next. Losing
one is harmless: everybody who listens also polls.
"""

import asyncio
from collections.abc import Iterable
from typing import Self

import asyncpg

from store.direct import DirectConnection

OUTBOX = "tessera_outbox"
EVENTS = "tessera_events"
PAUSE = 0.005
"""Seconds between two notifications; the first one after a while goes out at once."""


class Notifier:
    """Sends the topics that commits poked; start it with `async with`."""

    def __init__(self, url: str) -> None:
        self._due: set[str] = set()
        self._poked = asyncio.Event()
        self._connection = DirectConnection(url, "notifier", self._send)

    def poke(self, topics: Iterable[str]) -> None:
        """Ask for a NOTIFY on each topic soon; never blocks and never fails."""
        self._due.update(topics)
        if self._due:
            self._poked.set()

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._connection.__aexit__(*exc)

    async def _send(self, connection: asyncpg.Connection) -> None:
        while True:
            await self._poked.wait()
            self._poked.clear()
            topics, self._due = self._due, set()
            await connection.execute(
                "SELECT pg_notify(topic, '') FROM unnest($1::text[]) AS topic", sorted(topics)
            )
            await asyncio.sleep(PAUSE)
