"""Registrations in Postgres: one per asset and consumer team."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from domain.registrations import Registration, UsedBy
from domain.teams import Team
from store.fixed import fixed
from store.pages import page_by_id
from store.rows import Id, Part, Row, Stamp, among, new_id
from store.sql import Sql
from store.teams import TeamRow, team_from

_USES = TypeAdapter(tuple[UsedBy, ...])


class RegistrationRow(Row):
    """`fields` NULL means all of them; one that ended with its team waits for its return."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("asset_id", "consumer_team_id"),)

    id: Mapped[Id]
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    consumer_team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), index=True)
    fields: Mapped[list[str] | None]
    pinned_version: Mapped[str | None]
    used_by: Mapped[list[JsonObject]]
    created_at: Mapped[Stamp]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]


class TakeoverRow(Row):
    """A team speaks for what another one declared, too; it stays so whatever it registers since."""

    __tablename__ = "takeovers"

    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    since: Mapped[Stamp]


_STANDING = select(RegistrationRow).where(RegistrationRow.ended_at.is_(None))
_OF_ASSET = fixed(
    select(RegistrationRow)
    .where(RegistrationRow.asset_id == bindparam("asset"), RegistrationRow.ended_at.is_(None))
    .order_by(RegistrationRow.id)
)
_REGISTRATION = Part(RegistrationRow, after=None)
_TEAM = Part(TeamRow, after=_REGISTRATION)
_CONSUMERS = (
    select(*_REGISTRATION.columns, *_TEAM.columns)
    .join_from(RegistrationRow, TeamRow, TeamRow.id == RegistrationRow.consumer_team_id)
    .where(RegistrationRow.ended_at.is_(None))
    .order_by(RegistrationRow.id)
)
_OF_ONE = fixed(_CONSUMERS.where(RegistrationRow.asset_id == bindparam("asset")))
_OF_MANY = fixed(_CONSUMERS.where(among(RegistrationRow.asset_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumers:
    """Everybody who is registered on an asset, and their teams by id."""

    registrations: tuple[Registration, ...]
    teams: Mapping[UUID, Team]


class Registrations:
    """Reads and writes registrations; writing is done under the asset's lock."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def insert(
        self,
        *,
        asset_id: UUID,
        consumer_team_id: UUID,
        fields: tuple[str, ...] | None,
        pinned_version: str | None,
        used_by: tuple[UsedBy, ...],
    ) -> Registration:
        """Insert a registration that is not there yet."""
        statement = (
            insert(RegistrationRow)
            .values(
                id=new_id(),
                asset_id=asset_id,
                consumer_team_id=consumer_team_id,
                fields=None if fields is None else list(fields),
                pinned_version=pinned_version,
                used_by=_USES.dump_python(used_by, mode="json"),
            )
            .returning(RegistrationRow)
        )
        return registration_from(await self._sql.one(statement))

    async def save(self, registration: Registration) -> Registration:
        """Write fields, pin and uses of a registration that is there."""
        statement = (
            update(RegistrationRow)
            .where(RegistrationRow.id == registration.id)
            .values(
                fields=None if registration.fields is None else list(registration.fields),
                pinned_version=registration.pinned_version,
                used_by=_USES.dump_python(registration.used_by, mode="json"),
                updated_at=func.clock_timestamp(),
            )
            .returning(RegistrationRow)
        )
        return registration_from(await self._sql.one(statement))

    async def take_over(self, registration: Registration) -> Registration:
        """Write a registration that is united with another team's from now on."""
        await self._note_takeovers([registration.id])
        return await self.save(registration)

    async def _note_takeovers(self, registration_ids: Iterable[UUID]) -> None:
        """Note that from now on the teams of these registrations speak for others, too."""
        speaking = select(RegistrationRow.asset_id, RegistrationRow.consumer_team_id).where(
            RegistrationRow.id.in_(set(registration_ids))
        )
        await self._sql.execute(
            insert(TakeoverRow)
            .from_select(["asset_id", "team_id"], speaking)
            .on_conflict_do_update(
                index_elements=["asset_id", "team_id"], set_={"since": func.clock_timestamp()}
            )
        )

    async def delete(self, registration_id: UUID) -> None:
        """Delete a registration; the log keeps what it was."""
        await self._sql.execute(
            delete(RegistrationRow).where(RegistrationRow.id == registration_id)
        )

    async def get(self, registration_id: UUID) -> Registration | None:
        """Return a registration by its id, read afresh."""
        statement = _STANDING.where(RegistrationRow.id == registration_id)
        row = await self._sql.row(statement)
        return None if row is None else registration_from(row)

    async def of_team(self, asset_id: UUID, consumer_team_id: UUID) -> Registration | None:
        """Return the registration of a team on an asset."""
        statement = _STANDING.where(
            RegistrationRow.asset_id == asset_id,
            RegistrationRow.consumer_team_id == consumer_team_id,
        )
        row = await self._sql.row(statement)
        return None if row is None else registration_from(row)

    async def of_teams(
        self, asset_id: UUID, consumer_team_ids: Iterable[UUID]
    ) -> tuple[Registration, ...]:
        """Return the registrations of these teams on an asset."""
        statement = _STANDING.where(
            RegistrationRow.asset_id == asset_id,
            RegistrationRow.consumer_team_id.in_(set(consumer_team_ids)),
        )
        return tuple(registration_from(row) for row in await self._sql.rows(statement))

    async def of_asset(self, asset_id: UUID) -> tuple[Registration, ...]:
        """Return everybody who is registered on an asset."""
        rows = await self._sql.rows(_OF_ASSET, {"asset": asset_id})
        return tuple(registration_from(row) for row in rows)

    async def consumers_of(self, asset_id: UUID) -> Consumers:
        """Return everybody who is registered on an asset, with their teams."""
        return _consumers((await self._sql.execute(_OF_ONE, {"asset": asset_id})).all())

    async def consumers_of_these(self, asset_ids: Iterable[UUID]) -> Mapping[UUID, Consumers]:
        """Return everybody who is registered on each of these assets, with their teams."""
        ids = list(set(asset_ids))
        found: dict[UUID, list[Any]] = {asset_id: [] for asset_id in ids}
        for row in await self._sql.execute(_OF_MANY, {"ids": ids}):
            found[_REGISTRATION.of(row).asset_id].append(row)
        return {asset_id: _consumers(rows) for asset_id, rows in found.items()}

    async def of_assets(self, asset_ids: Iterable[UUID]) -> tuple[Registration, ...]:
        """Return everybody who is registered on any of these assets."""
        rows = await self._sql.rows(
            _STANDING.where(among(RegistrationRow.asset_id)), {"ids": list(asset_ids)}
        )
        return tuple(registration_from(row) for row in rows)

    async def of_consumer(self, team_id: UUID, *, ended: bool = False) -> tuple[Registration, ...]:
        """Return all registrations of a team: those that count, or that ended with the team."""
        is_ended = RegistrationRow.ended_at.is_not(None)
        statement = (
            select(RegistrationRow)
            .where(RegistrationRow.consumer_team_id == team_id, is_ended if ended else ~is_ended)
            .order_by(RegistrationRow.asset_id)
        )
        return tuple(registration_from(row) for row in await self._sql.rows(statement))

    async def end(self, team_id: UUID) -> None:
        """Let none of a team's registrations count any more; they are kept."""
        await self._sql.execute(
            update(RegistrationRow)
            .where(RegistrationRow.consumer_team_id == team_id, RegistrationRow.ended_at.is_(None))
            .values(ended_at=func.clock_timestamp())
        )

    async def resume(self, registration_ids: Iterable[UUID]) -> None:
        """Let registrations that ended count again."""
        await self._sql.execute(
            update(RegistrationRow)
            .where(RegistrationRow.id.in_(set(registration_ids)))
            .values(ended_at=None)
        )

    async def move(self, registration_ids: Iterable[UUID], to_team_id: UUID) -> None:
        """Make registrations another team's, which has none on these assets."""
        moved = set(registration_ids)
        await self._sql.execute(
            update(RegistrationRow)
            .where(RegistrationRow.id.in_(moved))
            .values(consumer_team_id=to_team_id, updated_at=func.clock_timestamp())
        )
        await self._note_takeovers(moved)

    async def page(
        self,
        request: PageRequest,
        *,
        asset_id: UUID | None = None,
        consumer_team_id: UUID | None = None,
    ) -> Page[Registration]:
        """Return registrations, newest first."""
        statement = _STANDING
        if asset_id is not None:
            statement = statement.where(RegistrationRow.asset_id == asset_id)
        if consumer_team_id is not None:
            statement = statement.where(RegistrationRow.consumer_team_id == consumer_team_id)
        return await page_by_id(
            self._sql, "registrations", statement, RegistrationRow.id, request, registration_from
        )


def _consumers(rows: Sequence[Any]) -> Consumers:
    teams = [team_from(_TEAM.of(row)) for row in rows]
    return Consumers(
        registrations=tuple(registration_from(_REGISTRATION.of(row)) for row in rows),
        teams={team.id: team for team in teams},
    )


def registration_from(row: RegistrationRow) -> Registration:
    """Return the domain value of a row."""
    return Registration(
        id=row.id,
        asset_id=row.asset_id,
        consumer_team_id=row.consumer_team_id,
        fields=None if row.fields is None else tuple(row.fields),
        pinned_version=row.pinned_version,
        used_by=_USES.validate_python(row.used_by),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
