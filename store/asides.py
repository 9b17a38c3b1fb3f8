"""What stands beside proposals when they are shown: one statement, however many they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.actors import Caller
from domain.events import EventType
from domain.json_types import JsonObject
from domain.objections import Objection
from store.contracts import ContractRow
from store.events import EventRow
from store.fixed import fixed
from store.objections import ObjectionRow
from store.proposals import ProposalRow
from store.rows import Wire, among, written_out
from store.sql import Sql

_CALLER = Wire(Caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asides:
    """Whom the log has as told without being asked, in its order; who objects; the version."""

    told: tuple[UUID, ...]
    objections: tuple[Objection, ...]
    contract_id: UUID | None
    """What the proposal was published as."""


_TOLD = (
    select(func.jsonb_agg(aggregate_order_by(EventRow.payload["told"], EventRow.sequence)))
    .where(
        EventRow.proposal_id == ProposalRow.id,
        EventRow.type.in_(written_out([EventType.CONSUMERS_TOLD])),
    )
    .correlate(ProposalRow)
    .scalar_subquery()
)
_OBJECTED = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_array(
                    ObjectionRow.id,
                    ObjectionRow.team_id,
                    ObjectionRow.reason,
                    ObjectionRow.caller,
                    ObjectionRow.recorded_at,
                ),
                ObjectionRow.id,
            )
        )
    )
    .where(ObjectionRow.proposal_id == ProposalRow.id)
    .correlate(ProposalRow)
    .scalar_subquery()
)
_PUBLISHED_AS = (
    select(ContractRow.id)
    .where(ContractRow.proposal_id == ProposalRow.id)
    .correlate(ProposalRow)
    .scalar_subquery()
)
_BESIDE = fixed(
    select(ProposalRow.id, _TOLD, _OBJECTED, _PUBLISHED_AS).where(among(ProposalRow.id))
)


class BesideProposals:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of(self, proposal_ids: Iterable[UUID]) -> Mapping[UUID, Asides]:
        """Return what stands beside each of these proposals that there is."""
        found = await self._sql.execute(_BESIDE, {"ids": list(set(proposal_ids))})
        return {
            proposal_id: Asides(
                told=tuple(UUID(each["team_id"]) for those in told or () for each in those),
                objections=tuple(_objection(proposal_id, *each) for each in objected or ()),
                contract_id=contract_id,
            )
            for proposal_id, told, objected, contract_id in found
        }


def _objection(
    proposal_id: UUID, id_: str, team_id: str, reason: str, caller: JsonObject, recorded_at: str
) -> Objection:
    return Objection(
        id=UUID(id_),
        proposal_id=proposal_id,
        team_id=UUID(team_id),
        reason=reason,
        caller=_CALLER.read(caller),
        recorded_at=datetime.fromisoformat(recorded_at),
    )
