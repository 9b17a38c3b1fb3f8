"""What parties answered before to the same question, in Postgres."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from domain.acknowledgments import Acknowledgment
from domain.consent import UNPUBLISHED
from store.acknowledgments import AcknowledgmentRow, acknowledgment_from
from store.proposals import ProposalRow
from store.registrations import TakeoverRow
from store.rows import among
from store.sql import Sql
from store.teams import TeamRow

_SINCE_MERGED = exists().where(
    TeamRow.merged_into == AcknowledgmentRow.team_id,
    TeamRow.deleted_at > AcknowledgmentRow.recorded_at,
)
"""The team has become a larger one since, which answers anew."""
_SINCE_TAKEN_OVER = exists().where(
    TakeoverRow.asset_id == ProposalRow.asset_id,
    TakeoverRow.team_id == AcknowledgmentRow.team_id,
    TakeoverRow.since > AcknowledgmentRow.recorded_at,
)
"""The team answers in another one's place too since, which it did not speak for."""
_THIS = ProposalRow.id == bindparam("proposal_id")
_GIVEN = (
    select(AcknowledgmentRow)
    .join(ProposalRow, ProposalRow.id == AcknowledgmentRow.proposal_id)
    .where(
        ProposalRow.asset_id == bindparam("asset_id"),
        or_(_THIS, ProposalRow.status.in_([status.value for status in UNPUBLISHED])),
        among(AcknowledgmentRow.team_id),
        AcknowledgmentRow.changes_hash == any_(bindparam("hashes", type_=ARRAY(Text))),
        AcknowledgmentRow.superseded_at.is_(None),
        or_(_THIS, AcknowledgmentRow.carried_from.is_(None)),
        or_(_THIS, ~_SINCE_MERGED),
        or_(_THIS, ~_SINCE_TAKEN_OVER),
    )
    .ext(distinct_on(AcknowledgmentRow.team_id, AcknowledgmentRow.changes_hash))
    .order_by(
        AcknowledgmentRow.team_id,
        AcknowledgmentRow.changes_hash,
        _THIS.desc(),
        AcknowledgmentRow.recorded_at.desc(),
        AcknowledgmentRow.id.desc(),
    )
)


class Consent:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def earlier(
        self, asset_id: UUID, proposal_id: UUID, asked: Mapping[UUID, str]
    ) -> tuple[Acknowledgment, ...]:
        """Return the last answer of each team to the question that `asked` has for it.

        Of proposals of the asset that ended unpublished. Who has answered the same to this proposal
        already is left out: that answer counts by itself.
        """
        given = {
            "asset_id": asset_id,
            "proposal_id": proposal_id,
            "ids": list(asked),
            "hashes": list(set(asked.values())),
        }
        rows = await self._sql.rows(_GIVEN, given)
        return tuple(
            acknowledgment_from(row)
            for row in rows
            if row.proposal_id != proposal_id and asked[row.team_id] == row.changes_hash
        )
