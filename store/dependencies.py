"""Dependencies in Postgres: one row for each two assets of which one is made of the other."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    ForeignKey,
    Select,
    UniqueConstraint,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from domain.assets import Asset
from domain.dependencies import MOST_AROUND, MOST_DOWNSTREAM, MOST_EDGES_AROUND, Dependency
from domain.lineage import Edge, Relative
from domain.pages import Page, PageRequest
from store.assets import AssetRow, asset_from
from store.pages import page_by_id
from store.proposals import IS_OPEN, ProposalRow
from store.rows import Id, Row, Stamp, among, new_id
from store.sql import Sql
from store.teams import TeamRow


class DependencyRow(Row):
    """An edge; both assets' locks are held for writing."""

    __tablename__ = "dependencies"
    __table_args__ = (UniqueConstraint("upstream_asset_id", "downstream_asset_id"),)

    id: Mapped[Id]
    upstream_asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    downstream_asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"), index=True)
    declared_by: Mapped[str]
    declared_at: Mapped[Stamp]


def _reached(name: str, near: InstrumentedAttribute[UUID], far: InstrumentedAttribute[UUID]) -> CTE:
    """Return what one asset leads to, nearest first; `UNION` keeps each once: a circle ends."""
    following: Select[UUID] = select(far.label("id")).join(
        AssetRow, and_(AssetRow.id == far, AssetRow.deleted_at.is_(None))
    )
    first = following.where(near == bindparam("asset_id")).cte(name, recursive=True)
    return first.union(following.join(first, near == first.c.id))


_ABOVE = _reached("above", DependencyRow.downstream_asset_id, DependencyRow.upstream_asset_id)
_BELOW = _reached("below", DependencyRow.upstream_asset_id, DependencyRow.downstream_asset_id)
_DOWNSTREAM = (
    select(AssetRow)
    .join(_BELOW, _BELOW.c.id == AssetRow.id)
    .where(AssetRow.id != bindparam("asset_id"))
    .order_by(AssetRow.id)
    .limit(MOST_DOWNSTREAM)
)
_AROUND = union(
    select(bindparam("asset_id", type_=Uuid).label("id")),
    select(select(_ABOVE.c.id).limit(MOST_AROUND).subquery().c.id),
    select(select(_BELOW.c.id).limit(MOST_AROUND).subquery().c.id),
).cte("around")
_OWN = or_(
    DependencyRow.upstream_asset_id == bindparam("asset_id"),
    DependencyRow.downstream_asset_id == bindparam("asset_id"),
)
_AMONG_AROUND = (
    select(DependencyRow.upstream_asset_id, DependencyRow.downstream_asset_id)
    .where(
        DependencyRow.upstream_asset_id.in_(select(_AROUND.c.id)),
        DependencyRow.downstream_asset_id.in_(select(_AROUND.c.id)),
    )
    .order_by(_OWN.desc(), DependencyRow.id)
    .limit(MOST_EDGES_AROUND)
)
"""Both sides are only walked as far as their limit: a recursion is read as it goes."""
_RELATIVES = (
    select(
        AssetRow.id, AssetRow.fqn, AssetRow.environment, TeamRow.id, TeamRow.name, ProposalRow.id
    )
    .join_from(AssetRow, TeamRow, TeamRow.id == AssetRow.owner_team_id)
    .outerjoin(ProposalRow, and_(ProposalRow.asset_id == AssetRow.id, IS_OPEN))
    .where(among(AssetRow.id))
)


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

    async def around(self, asset_id: UUID) -> tuple[Edge, ...]:
        """Return the edges between one asset and all that it leads to on either side."""
        found = await self._sql.execute(_AMONG_AROUND, {"asset_id": asset_id})
        return tuple((upstream, downstream) for upstream, downstream in found)

    async def relatives(self, asset_ids: Iterable[UUID]) -> dict[UUID, Relative]:
        """Return what is shown of assets in somebody's lineage."""
        found = await self._sql.execute(_RELATIVES, {"ids": list(set(asset_ids))})
        return {
            asset_id: Relative(
                id=asset_id,
                fqn=fqn,
                environment=environment,
                team_id=team_id,
                team=team,
                proposal_id=proposal_id,
            )
            for asset_id, fqn, environment, team_id, team, proposal_id in found
        }

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
