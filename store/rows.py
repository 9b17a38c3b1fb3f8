"""The declarative base of all rows and the column types they share.

Rows never leave this package: repositories take and return domain values.
"""

from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar, cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    MetaData,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, mapped_column
from sqlalchemy.types import UserDefinedType
from uuid_utils.compat import uuid7

from domain.json_types import JsonObject

T = TypeVar("T")
R = TypeVar("R", bound="Row")


class Xid8(UserDefinedType[int]):
    """Postgres' 64-bit transaction id; read and written through text casts."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


class Row(DeclarativeBase):
    """Base of all tables; constraint names follow one convention that migrations rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it from the class
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        JsonObject: JSONB(none_as_null=True),
        list[JsonObject]: JSONB(none_as_null=True),
        list[str]: JSONB(none_as_null=True),
        dict[str, str]: JSONB(none_as_null=True),
        UUID: Uuid,
    }


Id = Annotated[UUID, mapped_column(primary_key=True)]
Stamp = Annotated[datetime, mapped_column(server_default=func.clock_timestamp())]
"""A time that Postgres itself puts on the row; rules never compare it with a workflow's clock."""


def new_id() -> UUID:
    """Return a UUIDv7: unique without asking anybody, and sorted by creation."""
    return uuid7()


def table_of(entity: type[Row]) -> Table:
    """Return the table of an entity: statements on it know nothing of the ORM and cost less."""
    return cast("Table", entity.__table__)


class Part(Generic[R]):
    """An entity within the rows of a statement that joins several: its columns, in their order."""

    def __init__(self, entity: type[R], after: "Part[Any] | None") -> None:
        self.columns = tuple(table_of(entity).c)
        start = 0 if after is None else after.end
        self.end: int = start + len(self.columns)
        self._slice = slice(start, self.end)
        names = [column.name for column in self.columns]
        self._read = namedtuple(entity.__name__, names)  # type: ignore[misc]

    def of(self, row: Sequence[Any]) -> R:
        """Return the entity's part of a row, with its columns as attributes."""
        return cast("R", self._read(*row[self._slice]))


class OuterPart(Part[R]):
    """A part that an outer join may leave empty."""

    def found(self, row: Sequence[Any]) -> R | None:
        """Return the entity's part of a row, or None if it has none: its key is NULL."""
        return None if row[self._slice.start] is None else self.of(row)


class Wire(Generic[T]):
    """A dataclass of the domain as it is kept in a JSONB column."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        """What reads and writes it; made when it is first used, not at each process's start."""
        return TypeAdapter(self._kind)

    def write(self, value: T) -> JsonObject:
        """Return the JSON form."""
        written: JsonObject = self._adapter.dump_python(value, mode="json")
        return written

    def read(self, stored: Mapping[str, object]) -> T:
        """Return the domain value; the column is ours, so a mismatch is a defect."""
        return self._adapter.validate_python(stored)


def among(
    column: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None], name: str = "ids"
) -> ColumnElement[bool]:
    """Return the condition that a column is one of the ids that are given under this name.

    One statement for however many they are, so it is compiled and planned once.
    """
    return column == any_(bindparam(name, type_=ARRAY(Uuid)))


def written_out(words: Iterable[str]) -> list[ColumnElement[str]]:
    """Return words of our own, such as an enumeration's, as literals of a statement.

    Postgres sees that the partial indexes serve, SQLAlchemy has nothing to fill in.
    """
    return [literal_column(f"'{word}'", Text()) for word in words]
