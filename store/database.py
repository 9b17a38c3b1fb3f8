"""The one way to Postgres: an engine, a transaction runner, and what a transaction offers.

READ COMMITTED throughout; locks are statements of their own and everything is read after them.
Serialisation failures and deadlocks are retried here and nowhere else, so a unit of work may run
more than once and must not touch anything outside its transaction.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol, Self, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.destinations import Channels
from domain.errors import InvalidRequest, Unavailable
from store.encryption import Encryption
from store.engine import engine_of
from store.fixed import FixedStatements
from store.json_columns import read_json
from store.notifier import Notifier
from store.sql import Sql
from store.transaction import Transaction

_ONE_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[T]]

_ATTEMPTS = 6
_RETRIED = frozenset({"40001", "40P01"})
"""SQLSTATEs after which the same unit of work may succeed: serialisation failure, deadlock."""
_UNSTORABLE = frozenset({"22021", "22P05"})
"""SQLSTATEs of text that Postgres cannot keep, such as one with a NUL in it."""


class Runner(Protocol):
    """Runs a unit of work in one transaction: the database, or the database once per key."""

    async def run(self, work: Work[T]) -> T:
        """Return what the work returns, after its commit."""
        ...


class Within:
    """Runs what would have a transaction of its own as a part of one that does more."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def run(self, work: Work[T]) -> T:
        """Return what the work returns; it is committed with the rest."""
        return await work(self._tx)


class Database:
    """Owns the connection pool; one per process, handed in by the composition root."""

    def __init__(
        self,
        engine: AsyncEngine,
        notifier: Notifier | None = None,
        encryption: Encryption | None = None,
        channels: Channels | None = None,
    ) -> None:
        self._engine = engine
        self._encryption = encryption or Encryption()
        self._channels = channels or Channels()
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._fixed = FixedStatements(engine.dialect)
        self._notifier = notifier

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        pool_size: int = 20,
        notifier: Notifier | None = None,
        encryption: Encryption | None = None,
        channels: Channels | None = None,
    ) -> Self:
        """Return a database over a lazy pool; nothing is dialled before the first use.

        Without `encryption` secrets are kept as they are; without `channels` events go to webhooks
        alone.
        """
        engine = engine_of(
            url,
            {"timeout": 10, "server_settings": {"application_name": "tessera"}},
            pool_size=pool_size,
            max_overflow=0,  # one beyond the pool would be dialled for each use anew
            pool_use_lifo=True,  # few connections in use stay few, and warm
            pool_timeout=10,
            json_deserializer=read_json,
        )
        return cls(engine, notifier, encryption, channels)

    async def run(self, work: Work[T]) -> T:
        """Run `work` in one transaction and return its result after the commit.

        Raises `Unavailable` when Postgres cannot be reached. Nothing is half written then; if it
        went away during the commit, the work may have been committed, so whoever repeats it does
        so under a key.
        """
        result, topics = await self._patiently(lambda: self._once(work))
        if self._notifier is not None:
            self._notifier.poke(topics)
        return result

    async def read(self, work: Work[T]) -> T:
        """Run `work`, which only reads, without a transaction: each statement sees what is now.

        That is what READ COMMITTED would show it too, two round trips dearer. Raises as `run` does.
        """
        return await self._patiently(lambda: self._read_once(work))

    async def snapshot(self, work: Work[T]) -> T:
        """Run `work`, which only reads, on one snapshot: all its statements see the same moment.

        For what is put together of many facts and must agree with itself. Raises as `run` does.
        """

        async def reading(tx: Transaction) -> T:
            await tx.sql.execute(_ONE_SNAPSHOT)
            return await work(tx)

        return await self.run(reading)

    async def at_once(self, work: Work[T]) -> T:
        """Run `work`, which is one statement that writes, without a transaction around it.

        It commits by itself, in one round trip. After a lost connection it is repeated although it
        may have been done: for what may happen twice.
        """
        return await self._patiently(lambda: self._read_once(work, reads_only=False))

    async def _patiently(self, once: Callable[[], Awaitable[T]]) -> T:
        for attempt in range(_ATTEMPTS):
            try:
                return await once()
            except _FAILURES as error:
                _refuse_unless_retried(error, attempt)
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
        raise AssertionError("unreachable: the last attempt raises")

    async def _once(self, work: Work[T]) -> tuple[T, frozenset[str]]:
        async with self._engine.connect() as connection:
            transaction = self._transaction(Sql(connection, self._fixed))
            with _lost_before_commit():
                result = await work(transaction)
                await transaction.finish()
            await connection.commit()
            return result, frozenset(transaction.topics)

    async def _read_once(self, work: Work[T], *, reads_only: bool = True) -> T:
        async with self._reading.connect() as connection:
            with _lost_before_commit():
                sql = Sql(connection, self._fixed, reads_only=reads_only, begun=True)
                return await work(self._transaction(sql))

    def _transaction(self, sql: Sql) -> Transaction:
        return Transaction(sql, self._encryption, self._channels)

    async def ping(self) -> None:
        """Return when Postgres answers; raises `Unavailable` otherwise."""

        async def work(tx: Transaction) -> None:
            await tx.sql.execute(text("SELECT 1"))

        await self.read(work)

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


class _ConnectionLost(Exception):
    """The connection broke before anything was committed: the work may simply run again.

    A pool finds out this way that Postgres was restarted; asking before each use would cost every
    unit of work a round trip.
    """


@contextmanager
def _lost_before_commit() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _ConnectionLost from error
        raise


READ_FAILED = (Unavailable, SQLAlchemyError, asyncpg.PostgresError)
"""What a read may end with: Postgres is away, or refuses; fixed statements say so as its driver."""
_FAILURES = (_ConnectionLost, DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError)


def _refuse_unless_retried(error: Exception, attempt: int) -> None:
    original = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None)
    may_pass = isinstance(error, _ConnectionLost) or state in _RETRIED
    if may_pass and attempt < _ATTEMPTS - 1:
        return
    if _means_unavailable(error, state):
        raise Unavailable("The database does not answer.") from error
    if state in _UNSTORABLE:
        raise InvalidRequest("A text holds a character that cannot be kept.") from error
    raise error


def _means_unavailable(error: Exception, state: str | None) -> bool:
    """Whether Postgres cannot be reached, is starting, stopping, full, or takes no connection."""
    if isinstance(error, _ConnectionLost | PoolTimeout | OSError | InterfaceError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return state is not None and state[:2] in ("08", "53", "57")
