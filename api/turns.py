"""Requests about one proposal take turns in a process, before they take a connection.

The proposal's lock makes them wait too, but each with a connection in hand: a proposal that
hundreds answer at once would leave none to anybody else, and the last would be turned away. What
they are shown is the same for all of them, and takes longer than their answers: it is made once for
all who wait for it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary


class Turns:
    """One request at a time for each proposal; others are not held up."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._awaited: dict[UUID, asyncio.Task[str]] = {}

    @asynccontextmanager
    async def of(self, proposal_id: UUID) -> AsyncIterator[None]:
        """Run the block when it is its turn; whoever waits keeps the lock alive."""
        lock = self._locks.setdefault(proposal_id, asyncio.Lock())
        async with lock:
            yield

    async def shown(self, proposal_id: UUID, make: Callable[[], Awaitable[str]]) -> str:
        """Return what `make` makes, or what was made for another one since this was asked.

        That has a turn of its own, behind those who wait already: it is made for all of them. Who
        goes away does not take it from the others; what it raises, it raises for all of them.
        """
        task = self._awaited.get(proposal_id)
        if task is None:
            task = asyncio.create_task(self._made(proposal_id, make))
            task.add_done_callback(_looked_at)
            self._awaited[proposal_id] = task
        return await asyncio.shield(task)

    async def _made(self, proposal_id: UUID, make: Callable[[], Awaitable[str]]) -> str:
        async with self.of(proposal_id):
            del self._awaited[proposal_id]
            return await make()


def _looked_at(task: asyncio.Task[str]) -> None:
    """Whoever waited may be gone: nobody is told that its error was never looked at."""
    if not task.cancelled():
        task.exception()
