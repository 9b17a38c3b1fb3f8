"""Acknowledgments in Postgres: appended, never rewritten; the latest one counts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.acknowledgments import Acknowledgment, Response
from domain.actors import Caller
from domain.json_types import JsonObject
from domain.parties import NoticeKind
from store.fixed import fixed
from store.parties import NoticeRow
from store.rows import Id, Row, Stamp, Wire, new_id
from store.sql import Sql

_CALLER = Wire(Caller)


class AcknowledgmentRow(Row):
    """One answer; ids are UUIDv7, and answers of one proposal are written under its lock.

    One that is superseded counts no more: its team has become a larger one, which answers anew.
    """

    __tablename__ = "acknowledgments"

    id: Mapped[Id]
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"))
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"))
    revision: Mapped[int]
    changes_hash: Mapped[str]
    response: Mapped[str]
    note: Mapped[str | None]
    until: Mapped[datetime | None]
    caller: Mapped[JsonObject]
    recorded_at: Mapped[Stamp]
    superseded_at: Mapped[datetime | None]
    carried_from: Mapped[UUID | None]
    """The answer to an earlier proposal of which this one is the copy."""


Index(
    "ix_acknowledgments_latest",
    AcknowledgmentRow.proposal_id,
    AcknowledgmentRow.team_id,
    AcknowledgmentRow.recorded_at.desc(),
)


_WRITTEN = (
    *("id", "proposal_id", "team_id", "revision", "changes_hash", "response", "note", "until"),
    *("caller", "carried_from"),
)
_APPENDED = (
    insert(AcknowledgmentRow)
    .values({name: bindparam(f"new_{name}") for name in _WRITTEN})
    .returning(AcknowledgmentRow.recorded_at)
    .cte("appended")
)
_RECORDED_AT = fixed(select(_APPENDED.c.recorded_at))
_ASKED = and_(
    NoticeRow.proposal_id == bindparam("new_proposal_id", type_=Uuid),
    NoticeRow.team_id == bindparam("new_team_id", type_=Uuid),
    NoticeRow.kind == NoticeKind.ASK.value,
)
_LAST = select(func.max(NoticeRow.revision)).where(_ASKED).correlate(None).scalar_subquery()
_ANSWERED = (
    update(NoticeRow)
    .where(_ASKED, NoticeRow.answered_at.is_(None), NoticeRow.revision == _LAST)
    .values(answered_at=_RECORDED_AT.scalar_subquery(), closed_at=None)
)
_GIVE = fixed(_RECORDED_AT.add_cte(_ANSWERED.cte("answered")))
"""Appends, and notes beside what the team was asked last that this was its first answer to it."""


class Acknowledgments:
    """Appends and reads answers."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def append(
        self,
        *,
        proposal_id: UUID,
        team_id: UUID,
        revision: int,
        changes_hash: str,
        response: Response,
        note: str | None,
        until: datetime | None,
        caller: Caller,
        carried_from: UUID | None = None,
    ) -> Acknowledgment:
        """Append an answer; the proposal's lock is held."""
        acknowledgment_id = new_id()
        row: dict[str, object] = {
            "id": acknowledgment_id,
            "proposal_id": proposal_id,
            "team_id": team_id,
            "revision": revision,
            "changes_hash": changes_hash,
            "response": response,
            "note": note,
            "until": until,
            "caller": _CALLER.write(caller),
            "carried_from": carried_from,
        }
        statement = _GIVE if carried_from is None else _RECORDED_AT
        given = {f"new_{name}": row[name] for name in _WRITTEN}
        recorded_at = await self._sql.one_value(statement, given)
        return Acknowledgment(
            id=acknowledgment_id,
            proposal_id=proposal_id,
            team_id=team_id,
            revision=revision,
            changes_hash=changes_hash,
            response=response,
            note=note,
            until=until,
            caller=caller,
            recorded_at=recorded_at,
            carried_from=carried_from,
        )

    async def supersede(self, proposal_id: UUID, team_id: UUID) -> None:
        """Let no answer of a team count that it has given to this proposal."""
        await self._sql.execute(
            update(AcknowledgmentRow)
            .where(
                AcknowledgmentRow.proposal_id == proposal_id,
                AcknowledgmentRow.team_id == team_id,
                AcknowledgmentRow.superseded_at.is_(None),
            )
            .values(superseded_at=func.clock_timestamp())
        )

    async def move(self, proposal_id: UUID, team_id: UUID, to_team_id: UUID) -> None:
        """Make a team's answers to a proposal another team's."""
        await self._sql.execute(
            update(AcknowledgmentRow)
            .where(
                AcknowledgmentRow.proposal_id == proposal_id, AcknowledgmentRow.team_id == team_id
            )
            .values(team_id=to_team_id)
        )


def acknowledgment_from(row: AcknowledgmentRow) -> Acknowledgment:
    """Return the domain value of a row."""
    return Acknowledgment(
        id=row.id,
        proposal_id=row.proposal_id,
        team_id=row.team_id,
        revision=row.revision,
        changes_hash=row.changes_hash,
        response=Response(row.response),
        note=row.note,
        until=row.until,
        caller=_CALLER.read(row.caller),
        recorded_at=row.recorded_at,
        carried_from=row.carried_from,
    )
