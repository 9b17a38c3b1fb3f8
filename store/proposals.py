"""Proposals in Postgres: one open proposal per asset, by index; the row is the round's lock."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    Select,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from domain.proposals import Proposal, ProposalStatus
from store.batches import Batch
from store.fixed import fixed
from store.outbox import is_attended, will_be_woken
from store.pages import page_by_id
from store.parties import PUT_PARTIES, Parties, PartyRow, StoredParty, party_arrays
from store.proposal_rows import proposal_columns, proposal_from
from store.rows import Id, Row, Stamp, among, table_of, written_out
from store.sql import Sql


class ProposalRow(Row):
    """What is proposed and how far it has come; `store/proposal_rows.py` translates it."""

    __tablename__ = "proposals"

    id: Mapped[Id]
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"), index=True)
    producer_team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), index=True)
    status: Mapped[str]
    cause: Mapped[str | None]
    revision: Mapped[int]
    base_contract_id: Mapped[UUID | None]
    base_version: Mapped[str | None]
    requested_version: Mapped[str | None]
    version: Mapped[str]
    schema: Mapped[JsonObject]
    guarantees: Mapped[JsonObject]
    content_hash: Mapped[str]
    changes: Mapped[list[JsonObject]]
    policy: Mapped[JsonObject]
    proposed_by: Mapped[JsonObject]
    opened_at: Mapped[Stamp]
    base_moved: Mapped[bool]
    confirmed_base_id: Mapped[UUID | None]
    confirmation_asked_at: Mapped[datetime | None]
    withdrawn: Mapped[JsonObject | None]
    cancelled: Mapped[JsonObject | None]
    force_requested: Mapped[JsonObject | None]
    forced: Mapped[JsonObject | None]
    publish_requested: Mapped[JsonObject | None]
    extended_by: Mapped[timedelta]
    publish_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    next_review_at: Mapped[datetime | None]
    stuck: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    together_at: Mapped[datetime | None]
    release_id: Mapped[UUID | None] = mapped_column(ForeignKey("releases.id"))


IS_OPEN = ProposalRow.status.in_(written_out(status for status in ProposalStatus if status.is_open))
LATE = func.clock_timestamp() - func.coalesce(ProposalRow.next_review_at, ProposalRow.opened_at)
"""How late its review is; of what no workflow ever looked at, since it was opened."""
WILL_BE_WOKEN = will_be_woken(ProposalRow.id)
Index(
    "uq_proposals_one_open",
    ProposalRow.asset_id,
    unique=True,
    postgresql_where=IS_OPEN,
)
Index(
    "ix_proposals_next_review",
    ProposalRow.next_review_at,
    postgresql_where=IS_OPEN,
)


Index(
    "ix_proposals_ended_at",
    ProposalRow.ended_at,
    ProposalRow.status,
    postgresql_where=ProposalRow.ended_at.is_not(None),
)
Index(
    "ix_proposals_release_id",
    ProposalRow.release_id,
    postgresql_where=ProposalRow.release_id.is_not(None),
)


_PROPOSALS = Batch(ProposalRow, [column.name for column in table_of(ProposalRow).c])
_OPENED = fixed(PUT_PARTIES.add_cte(_PROPOSALS.insertion.cte("opened")))
_LOCK = fixed(
    select(ProposalRow.id)
    .where(ProposalRow.id == bindparam("proposal_id"))
    .with_for_update(key_share=True)
)


_LOCK_THESE = fixed(
    select(ProposalRow.id)
    .where(among(ProposalRow.id))
    .order_by(ProposalRow.id)
    .with_for_update(key_share=True)
)
_OPEN_OF = fixed(
    select(ProposalRow).where(among(ProposalRow.asset_id), IS_OPEN).order_by(ProposalRow.id)
)
_LOCK_OPEN = fixed(
    select(ProposalRow.id)
    .where(among(ProposalRow.asset_id), IS_OPEN)
    .order_by(ProposalRow.id)
    .with_for_update(key_share=True)
)


class Proposals:
    """Reads, writes and locks proposals."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def insert(self, proposal: Proposal, parties: Iterable[StoredParty] = ()) -> None:
        """Insert a proposal that opens, with its parties; the asset's lock is held."""
        opened = _PROPOSALS.arrays([proposal_columns(proposal)])
        await self._sql.execute(_OPENED, opened | party_arrays(parties))

    async def lock(self, proposal_id: UUID) -> None:
        """Wait for the proposal's row; read everything after this, not before."""
        await self._sql.execute(_LOCK, {"proposal_id": proposal_id})

    async def lock_these(self, proposal_ids: Iterable[UUID]) -> None:
        """Wait for the rows of proposals, in order of id; read everything after this."""
        await self._sql.execute(_LOCK_THESE, {"ids": list(set(proposal_ids))})

    async def get(self, proposal_id: UUID) -> Proposal | None:
        """Return one proposal."""
        return await self._one(select(ProposalRow).where(ProposalRow.id == proposal_id))

    async def these(self, proposal_ids: Iterable[UUID]) -> list[Proposal]:
        """Return these proposals in order of id."""
        statement = select(ProposalRow).where(among(ProposalRow.id)).order_by(ProposalRow.id)
        rows = await self._sql.rows(statement, {"ids": list(set(proposal_ids))})
        return [proposal_from(row) for row in rows]

    async def versions(self, proposal_ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """Return the version that each of these proposals becomes."""
        statement = select(ProposalRow.id, ProposalRow.version).where(among(ProposalRow.id))
        rows = (await self._sql.execute(statement, {"ids": list(set(proposal_ids))})).all()
        return {row.id: row.version for row in rows}

    async def asset_of(self, proposal_id: UUID) -> UUID | None:
        """Return the asset of a proposal, which never changes: needed to lock in order."""
        statement = select(ProposalRow.asset_id).where(ProposalRow.id == proposal_id)
        return await self._sql.value(statement)

    async def open_of(self, asset_id: UUID) -> Proposal | None:
        """Return the open proposal of an asset."""
        return await self._one(select(ProposalRow).where(ProposalRow.asset_id == asset_id, IS_OPEN))

    async def lock_open_of(self, asset_ids: Iterable[UUID]) -> None:
        """Lock the open proposals of assets whose locks are held, in order of id."""
        await self._sql.execute(_LOCK_OPEN, {"ids": list(asset_ids)})

    async def all_open_of(self, asset_ids: Iterable[UUID]) -> tuple[Proposal, ...]:
        """Return the open proposals of these assets."""
        rows = await self._sql.rows(_OPEN_OF, {"ids": list(asset_ids)})
        return tuple(proposal_from(row) for row in rows)

    async def waiting_for(self, team_id: UUID) -> frozenset[UUID]:
        """Return the assets of whose open proposals a team is a party."""
        statement = (
            select(ProposalRow.asset_id)
            .join(PartyRow, PartyRow.proposal_id == ProposalRow.id)
            .where(
                PartyRow.team_id == team_id,
                PartyRow.released_at.is_(None),
                IS_OPEN,
            )
        )
        return frozenset(await self._sql.values(statement))

    async def hand_over(self, proposal_ids: Iterable[UUID], team_id: UUID) -> None:
        """Make open proposals another team's, whose the assets are now."""
        await self._sql.execute(
            update(ProposalRow)
            .where(ProposalRow.id.in_(set(proposal_ids)))
            .values(producer_team_id=team_id)
        )

    async def save(self, proposal: Proposal, now: datetime | None = None) -> None:
        """Write everything of a proposal whose lock is held; one that has ended asks nobody.

        `now` is the workflow's, when that ends it.
        """
        columns = proposal_columns(proposal)
        del columns["id"], columns["opened_at"]
        await self._sql.execute(
            update(ProposalRow).where(ProposalRow.id == proposal.id).values(**columns)
        )
        if not proposal.status.is_open:
            await Parties(self._sql).questions.close(proposal.id, now=now)

    async def set_next_review(self, proposal_id: UUID, at: datetime | None) -> None:
        """Write when the workflow looks at this proposal again."""
        await self._sql.execute(
            update(ProposalRow).where(ProposalRow.id == proposal_id).values(next_review_at=at)
        )

    async def overdue(self, by: timedelta, limit: int) -> tuple[UUID, ...]:
        """Return open proposals whose review is late, or that no workflow ever looked at.

        Those whose wake is on its way, or was set aside lately, do not hide the rest.
        """
        statement = (
            select(ProposalRow.id)
            .where(IS_OPEN, by < LATE, ~is_attended(ProposalRow.id))
            .order_by(ProposalRow.id)
            .limit(limit)
        )
        return tuple(await self._sql.values(statement))

    async def page(
        self, request: PageRequest, *, where: Mapping[str, UUID | None], statuses: Iterable[str]
    ) -> Page[UUID]:
        """Return the ids of proposals, newest first.

        `where` takes `asset_id`, `producer_team_id` and `party_team_id`.
        """
        statement = select(ProposalRow.id)
        if wanted := list(statuses):
            statement = statement.where(ProposalRow.status.in_(wanted))
        if (asset_id := where.get("asset_id")) is not None:
            statement = statement.where(ProposalRow.asset_id == asset_id)
        if (producer := where.get("producer_team_id")) is not None:
            statement = statement.where(ProposalRow.producer_team_id == producer)
        if (party := where.get("party_team_id")) is not None:
            own = select(PartyRow.proposal_id).where(
                PartyRow.team_id == party, PartyRow.released_at.is_(None)
            )
            statement = statement.where(ProposalRow.id.in_(own))
        return await page_by_id(self._sql, "proposals", statement, ProposalRow.id, request, _id_of)

    async def _one(self, statement: Select[ProposalRow]) -> Proposal | None:
        row = await self._sql.row(statement)
        return None if row is None else proposal_from(row)


def _id_of(row: Any) -> UUID:  # the one column that a page of ids selects
    found: UUID = row.id
    return found
