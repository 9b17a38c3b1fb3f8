"""Rows of one table as arrays: any number is inserted by one statement, compiled and planned once.

Such a statement may stand in another one's `WITH`, so that rows of several tables take one round
trip.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.types import TypeEngine

from store.rows import Row, table_of


class Batch:
    """An insertion into some columns of a table."""

    def __init__(self, entity: type[Row], columns: Sequence[str]) -> None:
        table = table_of(entity)
        self._names = {column: f"{table.name}_{column}" for column in columns}
        arrays = [
            bindparam(name, type_=ARRAY(_type_of(table.c[column]), dimensions=1))
            for column, name in self._names.items()
        ]
        given = func.unnest(*arrays).table_valued(*columns).render_derived()
        self.insertion: Insert = insert(table).from_select(list(columns), select(given))
        """Takes the parameters that `arrays` gives, whose names begin with the table's."""

    def arrays(self, rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
        """Return the parameters that insert these rows, in their order."""
        return {name: [row[column] for row in rows] for column, name in self._names.items()}


def _type_of(column: Column[Any]) -> TypeEngine[Any]:
    """Return a column's type; one that refers to a table not yet declared does not know it."""
    return Uuid() if column.foreign_keys else column.type
