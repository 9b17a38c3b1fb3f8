"""What a publication looks at: before the lock, and again under it. One statement each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select

from domain.assets import Asset
from domain.contracts import Contract, ContractStatus
from store.assets import AssetRow, asset_from
from store.contracts import ContractRow, contract_from
from store.proposals import OPEN, ProposalRow
from store.rows import OuterPart, Part
from store.sql import Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an asset stands: by ids alone, since schemas were read before the lock."""

    asset: Asset
    active_id: UUID | None
    open_proposal_id: UUID | None
    read_at: datetime
    """Postgres' time."""


_ASSET = Part(AssetRow, after=None)
_CONTRACT = OuterPart(ContractRow, after=_ASSET)
_ACTIVE = and_(
    ContractRow.asset_id == AssetRow.id, ContractRow.status == ContractStatus.ACTIVE.value
)
_THIS = and_(AssetRow.id == bindparam("asset_id"), AssetRow.deleted_at.is_(None))
_BASE = (
    select(*_ASSET.columns, *_CONTRACT.columns)
    .join_from(AssetRow, ContractRow, _ACTIVE, isouter=True)
    .where(_THIS)
)
_STANDING = (
    select(*_ASSET.columns, ContractRow.id, ProposalRow.id, func.clock_timestamp())
    .join_from(AssetRow, ContractRow, _ACTIVE, isouter=True)
    .join(
        ProposalRow,
        and_(ProposalRow.asset_id == AssetRow.id, ProposalRow.status.in_(OPEN)),
        isouter=True,
    )
    .where(_THIS)
)


class Publications:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def base(self, asset_id: UUID) -> tuple[Asset, Contract | None] | None:
        """Return an asset that is not deleted, with its active version."""
        row = (await self._sql.execute(_BASE, {"asset_id": asset_id})).one_or_none()
        if row is None:
            return None
        active = _CONTRACT.found(row)
        return asset_from(_ASSET.of(row)), None if active is None else contract_from(active)

    async def standing(self, asset_id: UUID) -> Standing | None:
        """Return how an asset that is not deleted stands now."""
        row = (await self._sql.execute(_STANDING, {"asset_id": asset_id})).one_or_none()
        if row is None:
            return None
        active_id, open_proposal_id, read_at = row[_ASSET.end :]
        return Standing(
            asset=asset_from(_ASSET.of(row)),
            active_id=active_id,
            open_proposal_id=open_proposal_id,
            read_at=read_at,
        )
