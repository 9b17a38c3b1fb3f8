"""Objections in Postgres: appended, never rewritten."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.actors import Caller
from domain.json_types import JsonObject
from domain.objections import Objection
from domain.pages import Page, PageRequest
from store.pages import page_by_id
from store.rows import Id, Row, Stamp, Wire, among, new_id
from store.sql import Sql

_CALLER = Wire(Caller)


class ObjectionRow(Row):
    """One objection; ids are UUIDv7, and those of one proposal are written under its lock."""

    __tablename__ = "objections"

    id: Mapped[Id]
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"))
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"))
    reason: Mapped[str]
    caller: Mapped[JsonObject]
    recorded_at: Mapped[Stamp]


Index("ix_objections_proposal_id_id", ObjectionRow.proposal_id, ObjectionRow.id)
_OF_PROPOSALS = (
    select(ObjectionRow).where(among(ObjectionRow.proposal_id)).order_by(ObjectionRow.id)
)


class Objections:
    """Appends and reads objections."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def append(
        self, *, proposal_id: UUID, team_id: UUID, reason: str, caller: Caller
    ) -> Objection:
        """Append an objection; the proposal's lock is held."""
        objection_id = new_id()
        row = {
            "id": objection_id,
            "proposal_id": proposal_id,
            "team_id": team_id,
            "reason": reason,
            "caller": _CALLER.write(caller),
        }
        return Objection(
            id=objection_id,
            proposal_id=proposal_id,
            team_id=team_id,
            reason=reason,
            caller=caller,
            recorded_at=await self._sql.stamped(ObjectionRow, row, ObjectionRow.recorded_at),
        )

    async def of_proposals(self, proposal_ids: Iterable[UUID]) -> tuple[Objection, ...]:
        """Return the objections to these proposals, oldest first."""
        rows = await self._sql.rows(_OF_PROPOSALS, {"ids": list(proposal_ids)})
        return tuple(_objection(row) for row in rows)

    async def page(self, request: PageRequest, proposal_id: UUID) -> Page[Objection]:
        """Return the objections to a proposal, newest first."""
        statement = select(ObjectionRow).where(ObjectionRow.proposal_id == proposal_id)
        return await page_by_id(
            self._sql, "objections", statement, ObjectionRow.id, request, _objection
        )


def _objection(row: ObjectionRow) -> Objection:
    return Objection(
        id=row.id,
        proposal_id=row.proposal_id,
        team_id=row.team_id,
        reason=row.reason,
        caller=_CALLER.read(row.caller),
        recorded_at=row.recorded_at,
    )
