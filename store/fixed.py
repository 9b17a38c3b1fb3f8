"""Statements that are the same at every call: SQLAlchemy writes them once, the driver runs them.

SQLAlchemy takes some 130 µs of CPU for each run of a statement that it has compiled long ago, more
than the driver itself; a publication has six under the lock. What is said to be `fixed` goes past
that: SQL, parameters and columns are found out at its first run, by SQLAlchemy, and kept.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Dialect, Executable, Result
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

E = TypeVar("E", bound=Executable)
Given = Mapping[str, object]
Processor = Callable[[Any], Any]

_FIXED: set[Executable] = set()


def fixed(statement: E) -> E:
    """Say of a statement that its module builds it once, and that all it is given has a name.

    It cannot hold an `IN` of a list: `store.rows.among` and literals do.
    """
    _FIXED.add(statement)
    return statement


def every_fixed() -> frozenset[Executable]:
    """Return those of all modules that are imported."""
    return frozenset(_FIXED)


class FixedStatement:
    """One of them, as the driver runs it."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.post_compile_params, f"another text at each call: {compiled}"
        self._sql = compiled.string
        names = compiled.positiontup or ()
        self._needed = frozenset(name for name in names if compiled.binds[name].required)
        self._arguments = [
            (name, compiled.binds[name].value, _writes(compiled.binds[name].type, dialect))
            for name in names
        ]
        columns = compiled._result_columns  # noqa: SLF001  # a statement's own are without types
        self._names = SimpleResultMetaData([column.keyname for column in columns])
        reads = [_reads(column.type, dialect) for column in columns]
        self._reads = [(at, read) for at, read in enumerate(reads) if read is not None]

    async def run(self, driver: asyncpg.Connection, given: Given) -> Result[*tuple[Any, ...]]:
        """Run it on a connection of the driver; its errors are raised."""
        if missing := self._needed - given.keys():
            raise TypeError(f"not given: {', '.join(sorted(missing))}")
        arguments = []
        for name, value, write in self._arguments:
            wanted = given.get(name, value)
            arguments.append(wanted if write is None else write(wanted))
        rows = await driver.fetch(self._sql, *arguments)
        return IteratorResult(self._names, map(self._read, rows) if self._reads else iter(rows))

    def _read(self, row: asyncpg.Record) -> list[object]:
        values = list(row)
        for at, read in self._reads:
            values[at] = read(values[at])
        return values


class FixedStatements:
    """The fixed statements that a database has met."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Executable, FixedStatement] = {}

    def get(self, statement: Executable) -> FixedStatement | None:
        """Return how the driver runs it, or None if it is not fixed."""
        if statement not in _FIXED:
            return None
        found = self._known.get(statement)
        if found is None:
            found = self._known[statement] = FixedStatement(statement, self._dialect)
        return found


def _writes(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reads(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)
