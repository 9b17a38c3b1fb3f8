"""Assets in Postgres; their row is the lock under which contracts and registrations change."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    Select,
    Text,
    bindparam,
    cast,
    exists,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.assets import Asset, AssetFilter, AssetKind, AssetPolicy, AssetState
from domain.compatibility import ContentModel, Mode
from domain.contracts import ContractStatus
from domain.pages import Deleted, Page, PageRequest
from domain.teams import Team
from domain.versioning import SemverMode
from store.contracts import ContractRow
from store.fixed import fixed
from store.pages import page_by_id
from store.proposals import IS_OPEN, ProposalRow
from store.rows import Id, Part, Row, Stamp, among, new_id, table_of
from store.sql import Sql
from store.stewards import StewardRow
from store.teams import TeamRow, team_from, with_deleted


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
    description: Mapped[str | None]


Index(
    "uq_assets_fqn_environment",
    AssetRow.fqn,
    AssetRow.environment,
    unique=True,
    postgresql_where=AssetRow.deleted_at.is_(None),
)
Index(
    "ix_assets_tags",
    AssetRow.tags,
    postgresql_using="gin",
    postgresql_ops={"tags": "jsonb_path_ops"},
)


_LOCK = fixed(
    select(AssetRow.id).where(AssetRow.id == bindparam("asset_id")).with_for_update(key_share=True)
)
_LOCK_THESE = fixed(
    select(AssetRow.id)
    .where(among(AssetRow.id))
    .order_by(AssetRow.id)
    .with_for_update(key_share=True)
)
_LIVING = fixed(
    select(AssetRow).where(AssetRow.id == bindparam("asset_id"), AssetRow.deleted_at.is_(None))
)
_THESE = fixed(select(AssetRow).where(among(AssetRow.id)))
_ASSET = Part(AssetRow, after=None)
OWNER = Part(TeamRow, after=_ASSET)
WITH_OWNER = select(*_ASSET.columns, *OWNER.columns).join_from(
    AssetRow, TeamRow, TeamRow.id == AssetRow.owner_team_id
)
_LISTED = {each: with_deleted(WITH_OWNER, AssetRow.deleted_at, each) for each in Deleted}
_ONE_WITH_OWNER = fixed(
    WITH_OWNER.where(AssetRow.id == bindparam("asset_id"), AssetRow.deleted_at.is_(None))
)
_STATES = {
    AssetState.PROPOSED: AssetRow.id.in_(select(ProposalRow.asset_id).where(IS_OPEN)),
    AssetState.UNPUBLISHED: ~exists().where(
        ContractRow.asset_id == AssetRow.id, ContractRow.status == ContractStatus.ACTIVE
    ),
}
_OWNED = fixed(
    select(AssetRow).where(AssetRow.owner_team_id == bindparam("team")).order_by(AssetRow.id)
)
_OF_OWNERS = WITH_OWNER.where(
    among(AssetRow.owner_team_id), AssetRow.deleted_at.is_(None)
).order_by(AssetRow.fqn, AssetRow.environment)
_RETAG = (
    update(table_of(AssetRow))
    .where(among(AssetRow.id))
    .values(tags=bindparam("tags", type_=JSONB).op("->")(cast(AssetRow.id, Text)))
)


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
        description: str | None = None,
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
                description=description,
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
        return None if found is None else with_owner(found)

    async def of_owners(
        self, team_ids: Iterable[UUID], limit: int
    ) -> tuple[tuple[Asset, Team], ...]:
        """Return so many assets of these teams with their owners, by their names."""
        rows = await self._sql.execute(_OF_OWNERS.limit(limit), {"ids": list(team_ids)})
        return tuple(with_owner(row) for row in rows)

    async def by_id(self, asset_ids: Iterable[UUID]) -> dict[UUID, Asset]:
        """Return the assets of these ids, deleted ones too: old proposals show their names."""
        rows = await self._sql.rows(_THESE, {"ids": list(set(asset_ids))})
        return {row.id: asset_from(row) for row in rows}

    async def page(self, request: PageRequest, wanted: AssetFilter) -> Page[tuple[Asset, Team]]:
        """Return assets with their owners, newest first; words are `search`'s to find."""
        statement = _narrowed(_LISTED[wanted.deleted], wanted)
        return await page_by_id(self._sql, "assets", statement, AssetRow.id, request, with_owner)

    async def ids(
        self, wanted: AssetFilter, limit: int, among_ids: Iterable[UUID] | None = None
    ) -> tuple[UUID, ...]:
        """Return the ids of at most so many assets that are wanted, optionally of these only."""
        statement = narrowed(select(AssetRow.id), wanted).order_by(AssetRow.id).limit(limit)
        if among_ids is not None:
            statement = statement.where(AssetRow.id.in_(set(among_ids)))
        return tuple(await self._sql.values(statement))

    async def lock_these(self, asset_ids: Iterable[UUID]) -> None:
        """Wait for the rows of assets, in order of id; read everything after this."""
        await self._sql.execute(_LOCK_THESE, {"ids": list(set(asset_ids))})

    async def owned_by(self, team_id: UUID) -> tuple[Asset, ...]:
        """Return everything that a team owns, deleted assets too."""
        return tuple(asset_from(row) for row in await self._sql.rows(_OWNED, {"team": team_id}))

    async def named(self, fqn: str, environment: str) -> Asset | None:
        """Return the asset that has this FQN now."""
        statement = select(AssetRow).where(
            AssetRow.fqn == fqn, AssetRow.environment == environment, AssetRow.deleted_at.is_(None)
        )
        row = await self._sql.row(statement)
        return None if row is None else asset_from(row)

    async def ids_named(self, names: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], UUID]:
        """Return the ids of the assets that have these FQNs and environments now."""
        statement = select(AssetRow.fqn, AssetRow.environment, AssetRow.id).where(
            tuple_(AssetRow.fqn, AssetRow.environment).in_(set(names)),
            AssetRow.deleted_at.is_(None),
        )
        found = await self._sql.execute(statement)
        return {(fqn, environment): asset_id for fqn, environment, asset_id in found}

    async def save(self, asset: Asset) -> None:
        """Write an asset's kind, tags and description."""
        await self._sql.execute(
            update(AssetRow)
            .where(AssetRow.id == asset.id)
            .values(kind=asset.kind, tags=list(asset.tags), description=asset.description)
        )

    async def retag(self, tags: Mapping[UUID, Iterable[str]]) -> None:
        """Write the tags of many assets."""
        written = {str(asset_id): list(each) for asset_id, each in tags.items()}
        await self._sql.execute(_RETAG, {"ids": list(tags), "tags": written})

    async def assign(self, asset_ids: Iterable[UUID], team_id: UUID) -> None:
        """Make assets a team's."""
        await self._sql.execute(
            update(AssetRow).where(AssetRow.id.in_(set(asset_ids))).values(owner_team_id=team_id)
        )

    async def delete(self, asset_ids: Iterable[UUID]) -> None:
        """Delete assets softly."""
        await self._sql.execute(
            update(AssetRow)
            .where(AssetRow.id.in_(set(asset_ids)))
            .values(deleted_at=func.clock_timestamp())
        )

    async def restore(self, asset_id: UUID) -> bool:
        """Let a deleted asset be there again; False if its FQN is taken meanwhile."""
        return await self._sql.unless_taken(
            update(AssetRow).where(AssetRow.id == asset_id).values(deleted_at=None)
        )

    async def set_policy(self, asset_id: UUID, policy: AssetPolicy) -> None:
        """Replace the asset's policy."""
        await self._sql.execute(
            update(AssetRow).where(AssetRow.id == asset_id).values(**_policy_columns(policy))
        )


def with_owner(row: Any) -> tuple[Asset, Team]:
    """Return the asset of a row of `WITH_OWNER`, and its owner."""
    return asset_from(_ASSET.of(row)), team_from(OWNER.of(row))


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
        description=row.description,
        deleted_at=row.deleted_at,
    )


def narrowed(statement: Select[Any], wanted: AssetFilter) -> Select[Any]:
    """Return the statement for the assets that are wanted, whatever words they have."""
    return _narrowed(with_deleted(statement, AssetRow.deleted_at, wanted.deleted), wanted)


def _narrowed(statement: Select[Any], wanted: AssetFilter) -> Select[Any]:
    for column, value in (
        (AssetRow.fqn, wanted.fqn),
        (AssetRow.environment, wanted.environment),
        (AssetRow.kind, wanted.kind),
        (AssetRow.owner_team_id, wanted.owner_team_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.state is not None:
        statement = statement.where(_STATES[wanted.state])
    if wanted.tag is not None:
        statement = statement.where(AssetRow.tags.contains([wanted.tag]))
    if wanted.steward_id is not None:
        theirs = select(StewardRow.asset_id).where(StewardRow.user_id == wanted.steward_id)
        statement = statement.where(AssetRow.id.in_(theirs))
    return statement
