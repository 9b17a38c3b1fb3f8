"""Reading the whole log with its seals in one snapshot, through cursors on the server.

Past any pool: it takes as long as the log is long, and at no time holds more than a few seals.
"""

from bisect import bisect_left
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from domain.errors import SetupFailed, Unavailable
from domain.seals import Leaves, LogLine, Seal
from store.seals import CANONICAL, SEAL_COLUMNS, TELLS_OF_PRUNING, seal_of
from store.urls import direct_dsn

_LINES = f"""
SELECT transaction::text, sequence, {CANONICAL} FROM events e
ORDER BY e.transaction, e.sequence
"""
_SEALS = f"""
SELECT {SEAL_COLUMNS}, sequences, hashes FROM seals LEFT JOIN seal_leaves ON seal = number
ORDER BY number
"""
_PRUNED = f"""
SELECT payload ->> 'through_seal', summary FROM events WHERE {TELLS_OF_PRUNING}
ORDER BY transaction, sequence
"""
_LINES_AT_ONCE = 4000
_SEALS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class SealedPart:
    """A seal with the events in its range; without a seal: events that are not sealed yet."""

    seal: Seal | None
    leaves: Leaves | None
    lines: list[LogLine]


class LogReader:
    """One reading: what it shows is the log at the moment when it began."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def events(self) -> int:
        """Return about how many events there are, for a progress bar."""
        counted: int = await self._connection.fetchval(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = 'events'::regclass"
        )
        return max(counted, 0)

    async def pruned(self) -> tuple[int, tuple[str, ...]]:
        """Return up to which seal the log says it was pruned, and how it says so."""
        rows = await self._connection.fetch(_PRUNED)
        return max((int(row[0]) for row in rows), default=0), tuple(row[1] for row in rows)

    async def parts(self) -> AsyncGenerator[SealedPart, None]:
        """Yield every seal with its events, then what lies behind the newest, some at a time."""
        async with aclosing(self._batches()) as batches:
            waiting: list[LogLine] = []
            ended = False
            async for row in self._connection.cursor(_SEALS, prefetch=_SEALS_AT_ONCE):
                seal = seal_of(row)
                while not ended and (not waiting or waiting[-1].place < seal.end):
                    batch = await anext(batches, None)
                    ended = batch is None
                    waiting += batch or []
                count = bisect_left(waiting, seal.end, key=lambda line: line.place)
                yield SealedPart(seal, _leaves_of(row), waiting[:count])
                waiting = waiting[count:]
            yield SealedPart(None, None, waiting)
            async for batch in batches:
                yield SealedPart(None, None, batch)

    async def _batches(self) -> AsyncGenerator[list[LogLine], None]:
        cursor = await self._connection.cursor(_LINES)
        while rows := await cursor.fetch(_LINES_AT_ONCE):
            yield [LogLine(int(number), sequence, text) for number, sequence, text in rows]


def _leaves_of(row: Any) -> Leaves | None:  # the columns of `_SEALS`
    if row["sequences"] is None or row["hashes"] is None:
        return None
    return Leaves(sequences=row["sequences"], hashes=row["hashes"])


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[LogReader]:
    """Open the log for one reading; raises `Unavailable` when Postgres cannot be reached,
    `SetupFailed` when it has no log of this release."""
    try:
        connection = await asyncpg.connect(direct_dsn(url), timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"Postgres cannot be reached: {error}.") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield LogReader(connection)
    except asyncpg.PostgresError as error:
        raise SetupFailed(
            f"The log cannot be read: {error}.", hint="`tessera server migrate` makes its tables."
        ) from error
    finally:
        await connection.close()
