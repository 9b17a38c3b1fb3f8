"""What waits for teams, read in few statements however much it is, and without any schema."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, union

from domain.acknowledgments import Response
from domain.inbox import OwnProposal
from domain.proposals import ProposalStatus, extended
from domain.timeline import Timeline
from store.parties import PartyRow
from store.proposal_rows import policy_from
from store.proposals import IS_OPEN, ProposalRow
from store.rounds import ANSWER, MEMBERS, StoredMember, member_from
from store.rows import among
from store.sql import Sql

_ASKED = (
    MEMBERS.add_columns(
        ProposalRow.policy, ProposalRow.extended_by, ProposalRow.opened_at, func.clock_timestamp()
    )
    .join(ProposalRow, ProposalRow.id == PartyRow.proposal_id)
    .where(
        among(PartyRow.team_id, "teams"),
        ProposalRow.status == ProposalStatus.PENDING.value,
        or_(ANSWER.c.response.is_(None), ANSWER.c.response == Response.MIGRATING.value),
    )
)
_OWN = (
    select(
        ProposalRow.id,
        ProposalRow.producer_team_id,
        ProposalRow.status,
        ProposalRow.policy,
        ProposalRow.opened_at,
        ProposalRow.approved_at,
        ProposalRow.confirmation_asked_at,
        ProposalRow.publish_requested.is_not(None).label("publish_requested"),
        ProposalRow.publish_at,
    )
    .where(among(ProposalRow.producer_team_id, "teams"), IS_OPEN)
    .order_by(ProposalRow.id)
)
_ENDED = (
    select(ProposalRow.id)
    .where(
        ProposalRow.id.in_(
            union(
                select(ProposalRow.id).where(among(ProposalRow.producer_team_id, "teams")),
                select(PartyRow.proposal_id).where(
                    among(PartyRow.team_id, "teams"), PartyRow.released_at.is_(None)
                ),
            )
        ),
        ProposalRow.ended_at.is_not(None),
    )
    .order_by(ProposalRow.ended_at.desc(), ProposalRow.id.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A party that has not answered for good, and the times of its proposal."""

    member: StoredMember
    timeline: Timeline
    opened_at: datetime


class Inbox:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def asked(self, team_ids: Iterable[UUID]) -> Sequence[Asked]:
        """Return every open question to these teams."""
        rows = await self._sql.execute(_ASKED, {"teams": list(team_ids)})
        return [
            Asked(
                member=member_from(row),
                timeline=extended(policy_from(row[-4]).timeline, row[-3]),
                opened_at=row[-2],
            )
            for row in rows
        ]

    async def own(self, team_ids: Iterable[UUID]) -> Sequence[OwnProposal]:
        """Return every open proposal of these teams, the oldest first."""
        rows = await self._sql.execute(_OWN, {"teams": list(team_ids)})
        return [own_proposal_from(row) for row in rows]

    async def ended(self, team_ids: Iterable[UUID], limit: int) -> Sequence[UUID]:
        """Return what these teams proposed or were asked about, what ended last first."""
        found = await self._sql.execute(_ENDED.limit(limit), {"teams": list(team_ids)})
        return [row.id for row in found]


def own_proposal_from(row: Any) -> OwnProposal:  # columns named as in `_OWN`
    return OwnProposal(
        id=row.id,
        producer_team_id=row.producer_team_id,
        status=ProposalStatus(row.status),
        policy=policy_from(row.policy),
        opened_at=row.opened_at,
        approved_at=row.approved_at,
        confirmation_asked_at=row.confirmation_asked_at,
        publish_requested=row.publish_requested,
        publish_at=row.publish_at,
    )
