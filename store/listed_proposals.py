"""Proposals as lines of a list, read without their schemas."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.changes import Change
from domain.listed_proposals import ListedProposal
from domain.proposals import Cause, ProposalStatus
from store.assets import AssetRow
from store.fixed import fixed
from store.proposal_rows import policy_from
from store.proposals import ProposalRow
from store.rows import among
from store.sql import Sql
from store.teams import TeamRow

_LISTED = fixed(
    select(
        *(ProposalRow.id, AssetRow.fqn, AssetRow.environment, TeamRow.name),
        *(ProposalRow.status, ProposalRow.cause, ProposalRow.base_version, ProposalRow.version),
        *(ProposalRow.policy, ProposalRow.changes, ProposalRow.opened_at, ProposalRow.ended_at),
    )
    .join_from(ProposalRow, AssetRow, AssetRow.id == ProposalRow.asset_id)
    .join(TeamRow, TeamRow.id == ProposalRow.producer_team_id)
    .where(among(ProposalRow.id))
)


class ListedProposals:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of(self, proposal_ids: Iterable[UUID]) -> Sequence[ListedProposal]:
        """Return these proposals in their order, without whom they wait for."""
        wanted = list(proposal_ids)
        rows = await self._sql.execute(_LISTED, {"ids": wanted})
        found = {row.id: _listed(row) for row in rows}
        return [found[each] for each in wanted if each in found]


def _listed(row: Any) -> ListedProposal:  # the columns of `_LISTED`
    policy = policy_from(row.policy)
    changes = (Change.from_wire(each) for each in row.changes)
    return ListedProposal(
        id=row.id,
        asset=row.fqn,
        environment=row.environment,
        producer=row.name,
        status=ProposalStatus(row.status),
        cause=None if row.cause is None else Cause(row.cause),
        base_version=row.base_version,
        version=row.version,
        breaks=tuple(change.sentence for change in changes if policy.gates(change)),
        opened_at=row.opened_at,
        ended_at=row.ended_at,
    )
