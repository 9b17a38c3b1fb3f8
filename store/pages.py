"""Cursors: opaque to clients, bound to the listing that made them."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from domain.errors import InvalidCursor
from domain.pages import Page, PageRequest
from domain.periods import Period
from store.sql import Sql

R = TypeVar("R")
T = TypeVar("T")


def written_cursor(listing: str, key: str) -> str:
    """Return the opaque cursor for a place in a listing."""
    return base64.urlsafe_b64encode(f"{listing}:{key}".encode()).rstrip(b"=").decode()


def read_cursor(listing: str, cursor: str) -> str:
    """Return the key in a cursor, or raise `InvalidCursor`."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        name, _, key = base64.urlsafe_b64decode(padded).decode().partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        name, key = "", ""
    if name != listing or not key:
        raise InvalidCursor("This cursor is not one of this listing's; start without one.")
    return key


def written_place(listing: str, period: Period, *key: object) -> str:
    """Return the cursor for a place in a report, with the period that the report is about."""
    parts = (period.since.isoformat(), period.until.isoformat(), *map(str, key))
    return written_cursor(listing, " ".join(parts))


def read_place(listing: str, cursor: str, read: Callable[..., T]) -> tuple[Period, T]:
    """Return period and place of a cursor; `read` makes the place of the key's parts as text."""
    since, until, *key = (read_cursor(listing, cursor) + " ").split(" ")
    try:
        return Period(since=_moment(since), until=_moment(until)), read(*key[:-1])
    except (ValueError, TypeError, OverflowError):
        raise InvalidCursor("This cursor is damaged; start without one.") from None


def read_whole(text: str) -> int:
    """Return a number of a cursor; raises `ValueError` for one that Postgres has no room for."""
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


async def page_by_id(
    sql: Sql,
    listing: str,
    statement: Select[R],
    id_column: InstrumentedAttribute[UUID],
    request: PageRequest,
    to_domain: Callable[[R], T],
) -> Page[T]:
    """Return a page, newest first: ids are UUIDv7, so they sort by creation."""
    if request.cursor is not None:
        try:
            after = UUID(read_cursor(listing, request.cursor))
        except ValueError:
            raise InvalidCursor("This cursor is damaged; start without one.") from None
        statement = statement.where(id_column < after)
    rows = await sql.rows(statement.order_by(id_column.desc()).limit(request.limit + 1))
    shown = rows[: request.limit]
    more = len(rows) > request.limit
    last: Any = shown[-1] if shown else None  # a row; its id is read by the column's own name
    return Page(
        items=tuple(to_domain(row) for row in shown),
        next=written_cursor(listing, str(getattr(last, id_column.key))) if more else None,
    )
