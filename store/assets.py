"""Assets in Postgres; their row is the lock under which contracts and registrations change."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.assets import Asset, AssetKind, AssetPolicy
from domain.compatibility import ContentModel, Mode
from domain.pages import Page, PageRequest
from domain.teams import Team
from domain.versioning import SemverMode
from store.pages import page_by_id
from store.rows import Id, Part, Row, Stamp, among, new_id
from store.sql import Sql
from store.teams import TeamRow, team_from


class AssetRow(Row):
    """An FQN is unique within its environment among the assets that are not deleted."""

    __tablename__ = "assets"

    id: Mapped[Id]
    fqn: Mapped[str]
    environment: Mapped[str]
    kind: Mapped[str]
    tags: Mapped[list[str]]
    owner_team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), index=True)
    mode: Mapped[str]
    content_model: Mapped[str]
    semver_mode: Mapped[str]
    observe: Mapped[bool | None]
    timeline: Mapped[dict[str, str]]
    created_at: Mapped[Stamp]
    deleted_at: Mapped[datetime | None]


Index(
    "uq_assets_fqn_environment",
    AssetRow.fqn,
    AssetRow.environment,
    unique=True,
    postgresql_where=AssetRow.deleted_at.is_(None),
)


_LOCK = (
    select(AssetRow.id).where(AssetRow.id == bindparam("asset_id")).with_for_update(key_share=True)
)
_LIVING = select(AssetRow).where(
    AssetRow.id == bindparam("asset_id"), AssetRow.deleted_at.is_(None)
)
_THESE = select(AssetRow).where(among(AssetRow.id))
_ASSET = Part(AssetRow, after=None)
_OWNER = Part(TeamRow, after=_ASSET)
_WITH_OWNER = (
    select(*_ASSET.columns, *_OWNER.columns)
    .join_from(AssetRow, TeamRow, TeamRow.id == AssetRow.owner_team_id)
    .where(AssetRow.deleted_at.is_(None))
)
_ONE_WITH_OWNER = _WITH_OWNER.where(AssetRow.id == bindparam("asset_id"))


class Assets:
    """Reads, writes and locks assets."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def insert(
        self,
        *,
        fqn: str,
        environment: str,
        kind: AssetKind,
        tags: tuple[str, ...],
        owner_team_id: UUID,
        policy: AssetPolicy,
    ) -> Asset | None:
        """Insert an asset; None when the FQN is taken in this environment."""
        statement = (
            insert(AssetRow)
            .values(
                id=new_id(),
                fqn=fqn,
                environment=environment,
                kind=kind,
                tags=list(tags),
                owner_team_id=owner_team_id,
                **_policy_columns(policy),
            )
            .on_conflict_do_nothing(
                index_elements=["fqn", "environment"], index_where=AssetRow.deleted_at.is_(None)
            )
            .returning(AssetRow)
        )
        row = await self._sql.row(statement)
        return None if row is None else asset_from(row)

    async def lock(self, asset_id: UUID) -> None:
        """Wait for the asset's row; read everything after this, not before."""
        await self._sql.execute(_LOCK, {"asset_id": asset_id})

    async def get(self, asset_id: UUID) -> Asset | None:
        """Return an asset that is not deleted."""
        row = await self._sql.row(_LIVING, {"asset_id": asset_id})
        return None if row is None else asset_from(row)

    async def with_owner(self, asset_id: UUID) -> tuple[Asset, Team] | None:
        """Return an asset that is not deleted, with the team that owns it."""
        found = (await self._sql.execute(_ONE_WITH_OWNER, {"asset_id": asset_id})).one_or_none()
        return None if found is None else _with_owner(found)

    async def by_id(self, asset_ids: Iterable[UUID]) -> dict[UUID, Asset]:
        """Return the assets of these ids, deleted ones too: old proposals show their names."""
        rows = await self._sql.rows(_THESE, {"ids": list(set(asset_ids))})
        return {row.id: asset_from(row) for row in rows}

    async def page(
        self,
        request: PageRequest,
        *,
        fqn: str | None = None,
        environment: str | None = None,
        owner_team_id: UUID | None = None,
        text: str | None = None,
    ) -> Page[tuple[Asset, Team]]:
        """Return assets with their owners, newest first; `text` is looked for in the FQN."""
        statement = _WITH_OWNER
        if fqn is not None:
            statement = statement.where(AssetRow.fqn == fqn)
        if environment is not None:
            statement = statement.where(AssetRow.environment == environment)
        if owner_team_id is not None:
            statement = statement.where(AssetRow.owner_team_id == owner_team_id)
        if text:
            statement = statement.where(AssetRow.fqn.icontains(text, autoescape=True))
        return await page_by_id(self._sql, "assets", statement, AssetRow.id, request, _with_owner)

    async def set_policy(self, asset_id: UUID, policy: AssetPolicy) -> None:
        """Replace the asset's policy."""
        await self._sql.execute(
            update(AssetRow).where(AssetRow.id == asset_id).values(**_policy_columns(policy))
        )


def _with_owner(row: Any) -> tuple[Asset, Team]:
    return asset_from(_ASSET.of(row)), team_from(_OWNER.of(row))


def _policy_columns(policy: AssetPolicy) -> dict[str, object]:
    return {
        "mode": policy.mode,
        "content_model": policy.content_model,
        "semver_mode": policy.semver_mode,
        "observe": policy.observe,
        "timeline": dict(policy.timeline),
    }


def asset_from(row: AssetRow) -> Asset:
    """Return the domain value of a row."""
    return Asset(
        id=row.id,
        fqn=row.fqn,
        environment=row.environment,
        kind=AssetKind(row.kind),
        tags=tuple(row.tags),
        owner_team_id=row.owner_team_id,
        policy=AssetPolicy(
            mode=Mode(row.mode),
            content_model=ContentModel(row.content_model),
            semver_mode=SemverMode(row.semver_mode),
            observe=row.observe,
            timeline=row.timeline,
        ),
        created_at=row.created_at,
    )
