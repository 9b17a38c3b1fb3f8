"""Requests about one proposal take turns in a process, before they take a connection.

The proposal's lock makes them wait too, but each with a connection in hand: a proposal that
hundreds answer at once would leave none to anybody else, and the last would be turned away.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    """One request at a time for each proposal; others are not held up."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, proposal_id: UUID) -> AsyncIterator[None]:
        """Run the block when it is its turn; whoever waits keeps the lock alive."""
        lock = self._locks.setdefault(proposal_id, asyncio.Lock())
        async with lock:
            yield
