"""Retirements in Postgres: one for a contract; the row is the lock of its window."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.actors import Actor
from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from domain.retirements import Retirement, RetirementCause, RetirementStatus
from domain.timeline import Timeline
from store.movers import MoverRow, Movers
from store.outbox import is_attended, will_be_woken
from store.pages import page_by_id
from store.rows import Row, Stamp, Wire, among
from store.sql import Sql

_ACTOR = Wire(Actor)


class RetirementRow(Row):
    """The end of a version; `began_at` is when its present date was set."""

    __tablename__ = "retirements"

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"), index=True)
    version: Mapped[str]
    status: Mapped[str]
    cause: Mapped[str | None]
    revision: Mapped[int]
    timeline: Mapped[dict[str, str]]
    began_at: Mapped[datetime]
    sunset_at: Mapped[datetime]
    set_by: Mapped[JsonObject]
    reason: Mapped[str | None]
    next_review_at: Mapped[datetime | None]
    stuck: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]


IS_OPEN = RetirementRow.status == RetirementStatus.OPEN.value
Index("ix_retirements_next_review", RetirementRow.next_review_at, postgresql_where=IS_OPEN)
WILL_BE_WOKEN = will_be_woken(RetirementRow.contract_id)
_BY_ID = select(RetirementRow).where(among(RetirementRow.contract_id))


class Retirements:
    """Reads, writes and locks retirements."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def save(self, retirement: Retirement, now: datetime | None = None) -> None:
        """Write all of a retirement whose lock, or whose asset's, is held; an end asks nobody.

        `now` is the workflow's, when that ends it.
        """
        columns = _columns(retirement)
        changed = {name: value for name, value in columns.items() if name != "contract_id"}
        await self._sql.execute(
            insert(RetirementRow)
            .values(columns)
            .on_conflict_do_update(index_elements=["contract_id"], set_=changed)
        )
        if retirement.ended_at is not None:
            await Movers(self._sql).questions.close(retirement.contract_id, now=now)

    async def lock(self, contract_id: UUID) -> None:
        """Wait for the retirement's row; read everything after this, not before."""
        await self._sql.execute(
            select(RetirementRow.contract_id)
            .where(RetirementRow.contract_id == contract_id)
            .with_for_update(key_share=True)
        )

    async def get(self, contract_id: UUID) -> Retirement | None:
        """Return the retirement of a contract."""
        row = await self._sql.row(
            select(RetirementRow).where(RetirementRow.contract_id == contract_id)
        )
        return None if row is None else retirement_from(row)

    async def by_id(self, contract_ids: Iterable[UUID]) -> Mapping[UUID, Retirement]:
        """Return the retirements of these contracts, of those that have one."""
        rows = await self._sql.rows(_BY_ID, {"ids": list(set(contract_ids))})
        return {row.contract_id: retirement_from(row) for row in rows}

    async def open_of(self, asset_ids: Iterable[UUID]) -> tuple[Retirement, ...]:
        """Return the open retirements of versions of these assets, in order of contract."""
        statement = (
            select(RetirementRow)
            .where(among(RetirementRow.asset_id), IS_OPEN)
            .order_by(RetirementRow.contract_id)
        )
        rows = await self._sql.rows(statement, {"ids": list(set(asset_ids))})
        return tuple(retirement_from(row) for row in rows)

    async def set_next_review(self, contract_id: UUID, at: datetime | None) -> None:
        """Write when the workflow looks at this retirement again."""
        await self._sql.execute(
            update(RetirementRow)
            .where(RetirementRow.contract_id == contract_id)
            .values(next_review_at=at)
        )

    async def overdue(self, by: timedelta, limit: int) -> tuple[UUID, ...]:
        """Return open retirements whose review is late; as with proposals."""
        statement = (
            select(RetirementRow.contract_id)
            .where(
                IS_OPEN,
                func.coalesce(RetirementRow.next_review_at, RetirementRow.created_at)
                < func.clock_timestamp() - by,
                ~is_attended(RetirementRow.contract_id),
            )
            .order_by(RetirementRow.contract_id)
            .limit(limit)
        )
        return tuple(await self._sql.values(statement))

    async def open_for(self, team_ids: Iterable[UUID]) -> Sequence[tuple[UUID, UUID]]:
        """Return contract and team of all that these teams have yet to move off."""
        statement = (
            select(MoverRow.contract_id, MoverRow.team_id)
            .join(RetirementRow, RetirementRow.contract_id == MoverRow.contract_id)
            .where(
                among(MoverRow.team_id),
                IS_OPEN,
                MoverRow.moved.is_(None),
                MoverRow.released_at.is_(None),
            )
        )
        found = await self._sql.execute(statement, {"ids": list(set(team_ids))})
        return [(row.contract_id, row.team_id) for row in found]

    async def page(
        self,
        request: PageRequest,
        *,
        asset_id: UUID | None = None,
        mover_team_id: UUID | None = None,
        status: RetirementStatus | None = None,
    ) -> Page[UUID]:
        """Return the contracts of retirements, that of the newest contract first."""
        statement = select(RetirementRow.contract_id)
        if asset_id is not None:
            statement = statement.where(RetirementRow.asset_id == asset_id)
        if status is not None:
            statement = statement.where(RetirementRow.status == status)
        if mover_team_id is not None:
            own = select(MoverRow.contract_id).where(
                MoverRow.team_id == mover_team_id, MoverRow.released_at.is_(None)
            )
            statement = statement.where(RetirementRow.contract_id.in_(own))
        return await page_by_id(
            self._sql, "retirements", statement, RetirementRow.contract_id, request, _id_of
        )


def _id_of(row: Any) -> UUID:  # the one column that a page of ids selects
    found: UUID = row.contract_id
    return found


def _columns(retirement: Retirement) -> JsonObject:
    return {
        "contract_id": retirement.contract_id,
        "asset_id": retirement.asset_id,
        "version": retirement.version,
        "status": retirement.status,
        "cause": retirement.cause,
        "revision": retirement.revision,
        "timeline": retirement.timeline.to_wire(),
        "began_at": retirement.began_at,
        "sunset_at": retirement.sunset_at,
        "set_by": _ACTOR.write(retirement.set_by),
        "reason": retirement.reason,
        "next_review_at": retirement.next_review_at,
        "stuck": retirement.stuck,
        "ended_at": retirement.ended_at,
    }


def retirement_from(row: RetirementRow) -> Retirement:
    """Return the domain value of a row."""
    return Retirement(
        contract_id=row.contract_id,
        asset_id=row.asset_id,
        version=row.version,
        status=RetirementStatus(row.status),
        cause=None if row.cause is None else RetirementCause(row.cause),
        revision=row.revision,
        timeline=Timeline().overlaid(row.timeline),
        began_at=row.began_at,
        sunset_at=row.sunset_at,
        set_by=_ACTOR.read(row.set_by),
        reason=row.reason,
        next_review_at=row.next_review_at,
        stuck=row.stuck,
        ended_at=row.ended_at,
    )
