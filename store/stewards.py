"""Stewards in Postgres: one row per asset and user."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.pages import Page, PageRequest
from domain.stewards import Steward
from store.pages import page_by_id
from store.rows import Part, Row, Stamp
from store.sql import Sql
from store.users import UserRow, user_from


class StewardRow(Row):
    """A person to turn to about an asset."""

    __tablename__ = "stewards"

    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    added_at: Mapped[Stamp]


_USER = Part(UserRow, after=None)
_STEWARD = Part(StewardRow, after=_USER)
_WITH_USER = select(*_USER.columns, *_STEWARD.columns).join_from(
    UserRow, StewardRow, StewardRow.user_id == UserRow.id
)


class Stewards:
    """Reads and writes stewards; the asset's lock is held for writing."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def get(self, asset_id: UUID, user_id: UUID) -> Steward | None:
        """Return a steward of an asset."""
        statement = _WITH_USER.where(StewardRow.asset_id == asset_id, StewardRow.user_id == user_id)
        row = (await self._sql.execute(statement)).one_or_none()
        return None if row is None else _steward(row)

    async def add(self, asset_id: UUID, user_id: UUID) -> None:
        """Add a steward who is none yet."""
        await self._sql.execute(insert(StewardRow).values(asset_id=asset_id, user_id=user_id))

    async def remove(self, asset_id: UUID, user_id: UUID) -> None:
        """Take a steward away."""
        await self._sql.execute(
            delete(StewardRow).where(StewardRow.asset_id == asset_id, StewardRow.user_id == user_id)
        )

    async def page(self, request: PageRequest, asset_id: UUID) -> Page[Steward]:
        """Return an asset's stewards, the newest users first."""
        statement = _WITH_USER.where(StewardRow.asset_id == asset_id)
        return await page_by_id(self._sql, "stewards", statement, UserRow.id, request, _steward)


def _steward(row: Any) -> Steward:
    found = _STEWARD.of(row)
    return Steward(asset_id=found.asset_id, user=user_from(_USER.of(row)), added_at=found.added_at)
