"""Statements on one connection, without the ORM's session: rows are read, never tracked.

An entity is selected as its columns; its row has them as attributes, as the entity would.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import CursorResult, Executable, Insert, Result, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.selectable import TypedReturnsRows

from store.fixed import FixedStatement, FixedStatements
from store.rows import Row, table_of

T = TypeVar("T")
_TAKEN = (IntegrityError, asyncpg.IntegrityConstraintViolationError)
_GOODBYE = asyncpg.InternalClientError
"""What the driver raises after Postgres has said that it ends the connection, and until the driver
hears that it hung up: `cannot switch to state …; another operation (2) is in progress`. SQLAlchemy
knows it of what it runs itself."""
_DRIVER_FAILED = (asyncpg.PostgresError, asyncpg.InterfaceError, _GOODBYE, OSError)
Parameters = Mapping[str, object] | Sequence[Mapping[str, object]]


@cache
def _insert(entity: type[Row]) -> Insert:
    return insert(table_of(entity)).inline()


@cache
def _stamped(
    entity: type[Row], stamp: InstrumentedAttribute[datetime]
) -> ReturningInsert[tuple[datetime]]:
    return insert(table_of(entity)).returning(stamp)


class Sql:
    """Runs statements; a unit of work that only reads may not write."""

    def __init__(
        self,
        connection: AsyncConnection,
        fixed: FixedStatements | None = None,
        *,
        reads_only: bool = False,
        begun: bool = False,
    ) -> None:
        self.connection = connection
        self.ran = 0
        """How many statements it has run."""
        self._fixed = fixed
        self._begun = begun
        self._reads_only = reads_only

    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Result[*tuple[Any, ...]]:
        """Run a statement and return what it gives."""
        known = self._fixed.get(statement) if self._fixed is not None and self._begun else None
        if known is None:
            return await self._executed(statement, parameters)
        self._noted(statement)
        return await self._driven(known, statement, parameters)

    async def touched(self, statement: Executable, parameters: Parameters | None = None) -> int:
        """Run a statement that writes; return how many rows it touched."""
        return (await self._executed(statement, parameters)).rowcount

    def _noted(self, statement: Executable) -> None:
        if self._reads_only and statement.is_dml:
            raise AssertionError(f"a unit of work that only reads writes: {statement}")
        self.ran += 1

    async def _executed(
        self, statement: Executable, parameters: Parameters | None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run it as SQLAlchemy does, which begins the transaction if nothing was run in it yet."""
        self._noted(statement)
        result = await self.connection.execute(statement, cast("Any", parameters))
        self._begun = True
        return result

    async def _driven(
        self, known: FixedStatement, statement: Executable, parameters: Parameters | None
    ) -> Result[*tuple[Any, ...]]:
        sync = self.connection.sync_connection
        assert sync is not None
        assert not isinstance(parameters, Sequence)
        driver = cast("asyncpg.Connection", sync.connection.driver_connection)
        try:
            return await known.run(driver, parameters or {})
        except _DRIVER_FAILED as error:
            if isinstance(error, _GOODBYE):
                driver.terminate()
            if driver.is_closed():  # SQLAlchemy finds it so too, and dials all of its pool anew
                await self.connection.execute(statement, cast("Any", parameters))
            raise

    async def unless_taken(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> bool:
        """Run a statement that gives something a unique name; False if another one has it."""
        try:
            async with self.connection.begin_nested():
                await self.execute(statement, parameters)
        except _TAKEN:
            return False
        return True

    async def insert(self, entity: type[Row], rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows that have the same columns; one round trip, however many they are."""
        if rows:
            await self.execute(_insert(entity), rows if len(rows) > 1 else rows[0])

    async def stamped(
        self, entity: type[Row], row: Mapping[str, object], stamp: InstrumentedAttribute[datetime]
    ) -> datetime:
        """Insert a row; return the time that Postgres put on it."""
        found: datetime = (await self.execute(_stamped(entity, stamp), row)).scalar_one()
        return found

    async def row(
        self, statement: TypedReturnsRows[T], parameters: Parameters | None = None
    ) -> T | None:
        """Return the only row of an entity, if there is one."""
        return cast("T | None", (await self.execute(statement, parameters)).one_or_none())

    async def one(self, statement: TypedReturnsRows[T], parameters: Parameters | None = None) -> T:
        """Return the row of an entity that is certainly there."""
        return cast("T", (await self.execute(statement, parameters)).one())

    async def rows(
        self, statement: TypedReturnsRows[T], parameters: Parameters | None = None
    ) -> Sequence[T]:
        """Return rows of an entity."""
        return cast("Sequence[T]", (await self.execute(statement, parameters)).all())

    async def value(
        self, statement: TypedReturnsRows[T], parameters: Parameters | None = None
    ) -> T | None:
        """Return the only column of the only row, if there is one."""
        return cast("T | None", (await self.execute(statement, parameters)).scalar_one_or_none())

    async def one_value(
        self, statement: TypedReturnsRows[T], parameters: Parameters | None = None
    ) -> T:
        """Return the only column of a row that is certainly there."""
        return cast("T", (await self.execute(statement, parameters)).scalar_one())

    async def values(
        self, statement: TypedReturnsRows[T], parameters: Parameters | None = None
    ) -> Sequence[T]:
        """Return the only column of each row."""
        return cast("Sequence[T]", (await self.execute(statement, parameters)).scalars().all())
