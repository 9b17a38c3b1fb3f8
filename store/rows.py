"""The declarative base of all rows and the column types they share.

Rows never leave this package: repositories take and return domain values.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, DateTime, MetaData, Text, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import UserDefinedType
from uuid_utils.compat import uuid7

from domain.json_types import JsonObject

T = TypeVar("T")


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


class Wire(Generic[T]):
    """A dataclass of the domain as it is kept in a JSONB column."""

    def __init__(self, kind: type[T]) -> None:
        self._adapter = TypeAdapter(kind)

    def write(self, value: T) -> JsonObject:
        """Return the JSON form."""
        written: JsonObject = self._adapter.dump_python(value, mode="json")
        return written

    def read(self, stored: Mapping[str, object]) -> T:
        """Return the domain value; the column is ours, so a mismatch is a defect."""
        return self._adapter.validate_python(stored)
