"""Reading the whole log with its seals in one snapshot, through cursors on the server.

Past any pool: it takes as long as the log is long, and at no time holds more than a few seals.
"""

import asyncio
import contextlib
from bisect import bisect_left
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from domain.errors import SetupFailed, Unavailable
from domain.flaws import OddRow
from domain.prunings import Mark, Reached, Told, checked
from domain.seals import BEGINNING, Leaves, LogLine, Seal
from store.log_tables import SHAPES, TABLES, TRUSTED_PATH, odd_shape
from store.schema import METADATA
from store.seals import CANONICAL, MARKS, SEAL_COLUMNS, mark_of, seal_of
from store.urls import dsn_of

_LINES = f"""
SELECT transaction::pg_catalog.text, sequence, {CANONICAL} FROM events e
WHERE transaction IS NOT NULL AND sequence IS NOT NULL ORDER BY e.transaction, e.sequence
"""
_WITHOUT_A_PLACE = """
SELECT id::pg_catalog.text, sequence, transaction IS NULL FROM events
WHERE transaction IS NULL OR sequence IS NULL ORDER BY sequence, id LIMIT 1000
"""
_SEALS = f"""
SELECT {SEAL_COLUMNS}, sequences, hashes
FROM seals LEFT JOIN seal_leaves ON seal OPERATOR(pg_catalog.=) number ORDER BY number
"""
_FIELDS = (
    *("number", "form", "start", "start", "end", "end", "count", "root"),
    *("digest of the numbers", "hash of the seal before", "time", "hash"),
)
"""What the columns of a seal are called when they are missing."""
_REACHED = """
SELECT number, hash, so_far FROM (
  SELECT number, hash, pg_catalog.sum(events) OVER (ORDER BY number) AS so_far FROM seals
) s WHERE number OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.int8[])
"""
_WAITED = """
SELECT (pg_catalog.extract('epoch', pg_catalog.clock_timestamp())
  OPERATOR(pg_catalog.-) pg_catalog.extract('epoch', pg_catalog.min(at)))::pg_catalog.float8
FROM events WHERE ROW(transaction, sequence) OPERATOR(pg_catalog.>=)
  ROW($1::pg_catalog.text::pg_catalog.xid8, $2::pg_catalog.int8)
"""
_LINES_AT_ONCE = 4000
_SEALS_AT_ONCE = 20
_CLOSED_WITHIN = 2.0
_LONGEST = timedelta(days=36_500)
"""Times of long ago are those that somebody wrote."""


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
        self._odd: list[OddRow] = []
        self._end = BEGINNING

    async def begin(self) -> None:
        """Fix where names are looked up; raises `SetupFailed` unless the tables are tables."""
        await self._connection.execute(TRUSTED_PATH)
        rows = {row[0]: row for row in await self._connection.fetch(SHAPES)}
        for name in TABLES:
            odd = odd_shape(rows[name], METADATA.tables[name]) if name in rows else None
            if odd:
                raise SetupFailed(
                    f"The log cannot be verified: {odd}.",
                    hint="Find out who did that: it can make a changed log look as it was sealed.",
                )

    async def events(self) -> int:
        """Return about how many events there are, for a progress bar."""
        counted: int = await self._connection.fetchval(
            "SELECT reltuples::pg_catalog.int8 FROM pg_catalog.pg_class WHERE oid"
            " OPERATOR(pg_catalog.=) 'events'::pg_catalog.regclass::pg_catalog.oid"
        )
        return max(counted, 0)

    async def told(self) -> Told:
        """Return what the log says of its pruning, held against the seals."""
        marks = [mark_of(row) for row in await self._connection.fetch(MARKS)]
        return checked(marks, await self._reached(marks))

    async def _reached(self, marks: list[Mark]) -> Mapping[int, Reached]:
        numbers = sorted({number for mark in marks for number in mark.rests_on})
        rows = await self._connection.fetch(_REACHED, numbers) if numbers else []
        return {row[0]: Reached(row[1] or b"", int(row[2] or 0)) for row in rows}

    async def odd_rows(self) -> list[OddRow]:
        """Return rows that are in none of the parts; complete when those were read."""
        rows = await self._connection.fetch(_WITHOUT_A_PLACE)
        return self._odd + [
            OddRow(
                table="events",
                lacks="transaction" if row[2] else "number",
                number=row[1],
                event_id=row[0],
            )
            for row in rows
        ]

    async def waited(self) -> timedelta | None:
        """Return how old the oldest event behind the newest seal is, once the parts were read."""
        end = self._end
        seconds: float | None = await self._connection.fetchval(
            _WAITED, str(end.transaction), end.sequence
        )
        if seconds is None:
            return None
        return timedelta(seconds=min(max(seconds, 0), _LONGEST.total_seconds()))

    async def parts(self) -> AsyncGenerator[SealedPart, None]:
        """Yield every seal with its events, then what lies behind the newest, some at a time."""
        async with aclosing(self._batches()) as batches:
            waiting: list[LogLine] = []
            ended = False
            async for row in self._connection.cursor(_SEALS, prefetch=_SEALS_AT_ONCE):
                if (seal := self._whole(row)) is None:
                    continue
                while not ended and (not waiting or waiting[-1].place < seal.end):
                    batch = await anext(batches, None)
                    ended = batch is None
                    waiting += batch or []
                count = bisect_left(waiting, seal.end, key=lambda line: line.place)
                yield SealedPart(seal, _leaves_of(row), waiting[:count])
                waiting = waiting[count:]
                self._end = max(self._end, seal.end)
            yield SealedPart(None, None, waiting)
            async for batch in batches:
                yield SealedPart(None, None, batch)

    def _whole(self, row: Any) -> Seal | None:  # the columns of `_SEALS`
        lacks = next((name for name, value in zip(_FIELDS, row, strict=False) if value is None), "")
        if not lacks:
            return seal_of(row)
        self._odd.append(OddRow(table="seals", lacks=lacks, number=row[0]))
        return None

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
    """Open the log for one reading; raises `Unavailable` when Postgres cannot be reached or goes
    away, `SetupFailed` when it has no log of this release."""
    try:
        connection = await asyncpg.connect(dsn_of(url), timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"Postgres cannot be reached: {error}.") from error
    try:
        # Ended with the connection: a ROLLBACK would wait for a server that does not answer.
        await connection.transaction(isolation="repeatable_read", readonly=True).start()
        yield LogReader(connection)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _refusal(error) from error
    finally:
        await _end(connection)


def _refusal(error: Exception) -> SetupFailed | Unavailable:
    """Say what is missing, or that Postgres ended it; neither says anything about the log."""
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError):
        hint = "`tessera server migrate` makes its tables."
        return SetupFailed(f"The log cannot be read: {error}.", hint=hint)
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        hint = "Use a Postgres user that may read events, seals and seal_leaves."
        return SetupFailed(f"The log cannot be read: {error}.", hint=hint)
    return Unavailable(f"Postgres ended the reading before the log was compared: {error}.")


async def _end(connection: asyncpg.Connection) -> None:
    """Close in good order, or else at once: what is gone already must not be waited for."""
    try:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.wait_for(connection.close(), _CLOSED_WITHIN)
    finally:
        if not connection.is_closed():
            connection.terminate()
