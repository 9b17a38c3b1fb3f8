"""The one way to Postgres: an engine, a transaction runner, and what a transaction offers.

READ COMMITTED throughout; locks are statements of their own and everything is read after them.
Serialisation failures and deadlocks are retried here and nowhere else, so a unit of work may run
more than once and must not touch anything outside its transaction.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol, Self, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from domain.errors import InvalidRequest, Unavailable
from store.notifier import Notifier
from store.transaction import Transaction
from store.urls import async_url

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[T]]

_ATTEMPTS = 6
_FRESH = {"populate_existing": True}
"""A row read again after a lock shows what the lock waited for, not what was read before it."""
_RETRIED = frozenset({"40001", "40P01"})
"""SQLSTATEs after which the same unit of work may succeed: serialisation failure, deadlock."""
_UNSTORABLE = frozenset({"22021", "22P05"})
"""SQLSTATEs of text that Postgres cannot keep, such as one with a NUL in it."""


class Runner(Protocol):
    """Runs a unit of work in one transaction: the database, or the database once per key."""

    async def run(self, work: Work[T]) -> T:
        """Return what the work returns, after its commit."""
        ...


class Database:
    """Owns the connection pool; one per process, handed in by the composition root."""

    def __init__(self, engine: AsyncEngine, notifier: Notifier | None = None) -> None:
        self._engine = engine
        self._notifier = notifier

    @classmethod
    def connect(cls, url: str, *, pool_size: int = 10, notifier: Notifier | None = None) -> Self:
        """Return a database over a lazy pool; nothing is dialled before the first use."""
        engine = create_async_engine(
            async_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={"timeout": 10, "server_settings": {"application_name": "tessera"}},
        )
        return cls(engine, notifier)

    async def run(self, work: Work[T]) -> T:
        """Run `work` in one transaction and return its result after the commit.

        Raises `Unavailable` when Postgres cannot be reached. Nothing is half written then; if it
        went away during the commit, the work may have been committed, so whoever repeats it does
        so under a key.
        """
        for attempt in range(_ATTEMPTS):
            try:
                result, topics = await self._once(work)
            except (DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError) as error:
                _refuse_unless_retried(error, attempt)
            else:
                if self._notifier is not None:
                    self._notifier.poke(topics)
                return result
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
        raise AssertionError("unreachable: the last attempt raises")

    async def _once(self, work: Work[T]) -> tuple[T, frozenset[str]]:
        async with AsyncSession(
            self._engine, expire_on_commit=False, execution_options=_FRESH
        ) as session:
            transaction = Transaction(session)
            result = await work(transaction)
            await session.commit()
            return result, frozenset(transaction.topics)

    async def ping(self) -> None:
        """Return when Postgres answers; raises `Unavailable` otherwise."""

        async def work(tx: Transaction) -> None:
            await tx.session.execute(text("SELECT 1"))

        await self.run(work)

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()

    @asynccontextmanager
    async def closing(self) -> AsyncIterator[Self]:
        """Close the pool when the block ends."""
        try:
            yield self
        finally:
            await self.close()


def _refuse_unless_retried(error: Exception, attempt: int) -> None:
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    if state in _RETRIED and attempt < _ATTEMPTS - 1:
        return
    if _means_unavailable(error, state):
        raise Unavailable("The database does not answer.") from error
    if state in _UNSTORABLE:
        raise InvalidRequest("A text holds a character that cannot be kept.") from error
    raise error


def _means_unavailable(error: Exception, state: str | None) -> bool:
    """Whether Postgres cannot be reached, is starting, stopping, full, or takes no connection."""
    if isinstance(error, PoolTimeout | OSError | InterfaceError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return state is not None and state[:2] in ("08", "53", "57")
