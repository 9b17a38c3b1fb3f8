"""What a publication looks at: before the lock, and again under it. One statement each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, func

from domain.assets import Asset
from domain.consent import UNPUBLISHED
from domain.contracts import Contract, ContractStatus
from domain.teams import Team
from store.assets import OWNER, WITH_OWNER, AssetRow, with_owner
from store.contracts import ContractRow, contract_from
from store.dependencies import DependencyRow
from store.fixed import fixed
from store.proposals import IS_OPEN, ProposalRow
from store.rows import OuterPart, among, table_of, written_out
from store.sql import Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a publication is compared with."""

    asset: Asset
    owner: Team
    active: Contract | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an asset stands: by ids alone, since schemas were read before the lock."""

    asset: Asset
    owner: Team
    active_id: UUID | None
    open_proposal_id: UUID | None
    proposed_before: bool
    """Whether a proposal of it ended unpublished: only then may somebody have answered before."""
    feeds_others: bool
    """Whether somebody has said that another asset is made of it."""
    read_at: datetime
    """Postgres' time."""


_CONTRACT = OuterPart(ContractRow, after=OWNER)
_ACTIVE = and_(
    ContractRow.asset_id == AssetRow.id, ContractRow.status == ContractStatus.ACTIVE.value
)
_THIS = and_(AssetRow.id == bindparam("asset_id"), AssetRow.deleted_at.is_(None))
_STANDING_BASES = WITH_OWNER.add_columns(*_CONTRACT.columns).join(
    ContractRow, _ACTIVE, isouter=True
)
_ENDED = table_of(ProposalRow).alias()
"""No alias of the entity, for which all entities would be mapped at once."""
_PROPOSED_BEFORE = (
    exists()
    .where(
        _ENDED.c.asset_id == AssetRow.id,
        _ENDED.c.status.in_(written_out(UNPUBLISHED)),
    )
    .correlate(AssetRow)
)
_FEEDS_OTHERS = exists().where(DependencyRow.upstream_asset_id == AssetRow.id).correlate(AssetRow)
_BASE = fixed(_STANDING_BASES.where(_THIS))
_BASES = fixed(_STANDING_BASES.where(among(AssetRow.id), AssetRow.deleted_at.is_(None)))
_STANDING = fixed(
    WITH_OWNER.add_columns(
        ContractRow.id, ProposalRow.id, _PROPOSED_BEFORE, _FEEDS_OTHERS, func.clock_timestamp()
    )
    .join(ContractRow, _ACTIVE, isouter=True)
    .join(
        ProposalRow,
        and_(ProposalRow.asset_id == AssetRow.id, IS_OPEN),
        isouter=True,
    )
    .where(_THIS)
)


class Publications:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def base(self, asset_id: UUID) -> Base | None:
        """Return an asset that is not deleted, with its owner and its active version."""
        row = (await self._sql.execute(_BASE, {"asset_id": asset_id})).one_or_none()
        return None if row is None else _base(row)

    async def bases(self, asset_ids: Iterable[UUID]) -> Mapping[UUID, Base]:
        """Return the same of those of these assets that are not deleted."""
        rows = await self._sql.execute(_BASES, {"ids": list(set(asset_ids))})
        return {base.asset.id: base for base in map(_base, rows)}

    async def standing(self, asset_id: UUID) -> Standing | None:
        """Return how an asset that is not deleted stands now."""
        row = (await self._sql.execute(_STANDING, {"asset_id": asset_id})).one_or_none()
        if row is None:
            return None
        asset, owner = with_owner(row)
        active_id, open_proposal_id, proposed_before, feeds_others, read_at = row[OWNER.end :]
        return Standing(
            asset=asset,
            owner=owner,
            active_id=active_id,
            open_proposal_id=open_proposal_id,
            proposed_before=proposed_before,
            feeds_others=feeds_others,
            read_at=read_at,
        )


def _base(row: Any) -> Base:
    asset, owner = with_owner(row)
    active = _CONTRACT.found(row)
    return Base(asset=asset, owner=owner, active=None if active is None else contract_from(active))
