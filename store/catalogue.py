"""What stands beside each asset of a list: read for all of them by one statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select

from domain.contracts import ContractStatus
from store.assets import AssetRow
from store.contracts import ContractRow
from store.proposals import IS_OPEN, ProposalRow
from store.registrations import RegistrationRow
from store.rows import among
from store.sql import Sql

_CONSUMERS = (
    select(func.count())
    .where(RegistrationRow.asset_id == AssetRow.id, RegistrationRow.ended_at.is_(None))
    .scalar_subquery()
)
_BESIDE = (
    select(
        AssetRow.id,
        ContractRow.version.label("active"),
        _CONSUMERS.label("consumers"),
        ProposalRow.id.label("proposal_id"),
        ProposalRow.version.label("proposed"),
    )
    .outerjoin(
        ContractRow,
        and_(
            ContractRow.asset_id == AssetRow.id, ContractRow.status == ContractStatus.ACTIVE.value
        ),
    )
    .outerjoin(ProposalRow, and_(ProposalRow.asset_id == AssetRow.id, IS_OPEN))
    .where(among(AssetRow.id))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is active of an asset, how many teams read it, and what is proposed."""

    active: str | None
    consumers: int
    proposal_id: UUID | None
    proposed: str | None


class Catalogue:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def beside(self, asset_ids: Iterable[UUID]) -> Mapping[UUID, Beside]:
        """Return what stands beside these assets, by asset."""
        rows = await self._sql.execute(_BESIDE, {"ids": list(set(asset_ids))})
        return {
            row.id: Beside(
                active=row.active,
                consumers=row.consumers,
                proposal_id=row.proposal_id,
                proposed=row.proposed,
            )
            for row in rows
        }
