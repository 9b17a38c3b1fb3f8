"""Dependencies in Postgres: one row for each two assets of which one is made of the other."""

from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.assets import Asset
from domain.dependencies import MOST_DOWNSTREAM, Dependency
from domain.pages import Page, PageRequest
from store.assets import AssetRow, asset_from
from store.pages import page_by_id
from store.rows import Id, Row, Stamp, new_id
from store.sql import Sql


class DependencyRow(Row):
    """An edge; both assets' locks are held for writing."""

    __tablename__ = "dependencies"
    __table_args__ = (UniqueConstraint("upstream_asset_id", "downstream_asset_id"),)

    id: Mapped[Id]
    upstream_asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    downstream_asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"), index=True)
    declared_by: Mapped[str]
    declared_at: Mapped[Stamp]


_NEXT = select(DependencyRow.downstream_asset_id.label("id")).join(
    AssetRow,
    and_(AssetRow.id == DependencyRow.downstream_asset_id, AssetRow.deleted_at.is_(None)),
)
_FIRST = _NEXT.where(DependencyRow.upstream_asset_id == bindparam("asset_id")).cte(
    "reached", recursive=True
)
_REACHED = _FIRST.union(_NEXT.join(_FIRST, DependencyRow.upstream_asset_id == _FIRST.c.id))
_DOWNSTREAM = (
    select(AssetRow)
    .join(_REACHED, _REACHED.c.id == AssetRow.id)
    .where(AssetRow.id != bindparam("asset_id"))
    .order_by(AssetRow.id)
    .limit(MOST_DOWNSTREAM)
)
"""`UNION` keeps each asset once, so that a circle ends."""


class Dependencies:
    """Reads and writes dependencies."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def get(self, upstream_id: UUID, downstream_id: UUID) -> Dependency | None:
        """Return the dependency between two assets."""
        row = await self._sql.row(select(DependencyRow).where(_between(upstream_id, downstream_id)))
        return None if row is None else _dependency(row)

    async def add(self, upstream_id: UUID, downstream_id: UUID, declared_by: str) -> None:
        """Add a dependency that is not there yet."""
        row = {
            "id": new_id(),
            "upstream_asset_id": upstream_id,
            "downstream_asset_id": downstream_id,
            "declared_by": declared_by,
        }
        await self._sql.insert(DependencyRow, [row])

    async def remove(self, upstream_id: UUID, downstream_id: UUID) -> None:
        """Take a dependency away."""
        await self._sql.execute(delete(DependencyRow).where(_between(upstream_id, downstream_id)))

    async def count_upstream(self, downstream_id: UUID) -> int:
        """Return of how many assets one is made."""
        counted = select(func.count()).where(DependencyRow.downstream_asset_id == downstream_id)
        return await self._sql.one_value(counted)

    async def downstream(self, asset_id: UUID) -> tuple[Asset, ...]:
        """Return the assets that are made of one, by any number of steps; deleted ones end it."""
        rows = await self._sql.rows(_DOWNSTREAM, {"asset_id": asset_id})
        return tuple(asset_from(row) for row in rows)

    async def page(
        self, request: PageRequest, asset_id: UUID, *, downstream: bool
    ) -> Page[Dependency]:
        """Return what an asset is made of, or what is made of it, newest first."""
        column = (
            DependencyRow.upstream_asset_id if downstream else DependencyRow.downstream_asset_id
        )
        statement = select(DependencyRow).where(column == asset_id)
        return await page_by_id(
            self._sql, "dependencies", statement, DependencyRow.id, request, _dependency
        )


def _between(upstream_id: UUID, downstream_id: UUID) -> ColumnElement[bool]:
    return and_(
        DependencyRow.upstream_asset_id == upstream_id,
        DependencyRow.downstream_asset_id == downstream_id,
    )


def _dependency(row: DependencyRow) -> Dependency:
    return Dependency(
        id=row.id,
        upstream_asset_id=row.upstream_asset_id,
        downstream_asset_id=row.downstream_asset_id,
        declared_by=row.declared_by,
        declared_at=row.declared_at,
    )
