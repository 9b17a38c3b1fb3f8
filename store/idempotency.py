"""Idempotency keys in Postgres: one effect and one answer per principal, route and key.

The row is inserted first in the transaction of the effect, so a second request with the same key
waits on the unique index until the first has committed, then reads its answer.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from store.rows import Row, Stamp
from store.sql import Sql

KEPT = timedelta(days=1)


class IdempotencyRow(Row):
    """`status` and `body` are NULL only inside the transaction that is making them."""

    __tablename__ = "idempotency_keys"

    principal: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None]
    created_at: Mapped[Stamp] = mapped_column(index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """What makes two requests the same one."""

    principal: str
    route: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The first answer, to the byte."""

    body_hash: str
    status: int
    body: str


class IdempotencyKeys:
    """Reserves keys and keeps answers."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def reserve(self, request: RequestKey) -> KeptAnswer | None:
        """Reserve the key, or return the answer that was kept under it."""
        await self._sql.execute(
            delete(IdempotencyRow).where(
                *_is(request), IdempotencyRow.created_at < func.clock_timestamp() - KEPT
            )
        )
        statement = (
            insert(IdempotencyRow)
            .values(
                principal=request.principal,
                route=request.route,
                key=request.key,
                body_hash=request.body_hash,
            )
            .on_conflict_do_nothing()
            .returning(IdempotencyRow.key)
        )
        row: IdempotencyRow | None = None
        while row is None:  # one that grows too old between the two statements is made anew
            if await self._sql.value(statement) is not None:
                return None
            row = await self._sql.row(select(IdempotencyRow).where(*_is(request)))
        return _answer(row)

    async def kept(self, request: RequestKey) -> KeptAnswer | None:
        """Return the answer that is committed under the key, without reserving it."""
        row = await self._sql.row(
            select(IdempotencyRow).where(
                *_is(request), IdempotencyRow.created_at >= func.clock_timestamp() - KEPT
            )
        )
        return None if row is None else _answer(row)

    async def keep(self, request: RequestKey, status: int, body: str) -> None:
        """Keep the answer with the effect."""
        await self._sql.execute(
            update(IdempotencyRow).where(*_is(request)).values(status=status, body=body)
        )

    async def forget_old(self) -> None:
        """Delete answers older than a day."""
        await self._sql.execute(
            delete(IdempotencyRow).where(IdempotencyRow.created_at < func.clock_timestamp() - KEPT)
        )


def _answer(row: IdempotencyRow) -> KeptAnswer:
    return KeptAnswer(body_hash=row.body_hash, status=row.status or 0, body=row.body or "")


def _is(request: RequestKey) -> tuple:  # type: ignore[type-arg]
    return (
        IdempotencyRow.principal == request.principal,
        IdempotencyRow.route == request.route,
        IdempotencyRow.key == request.key,
    )
