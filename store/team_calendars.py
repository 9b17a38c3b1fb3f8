"""When teams work, in Postgres: read only where a question is put by working days."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.json_types import JsonObject
from domain.working_days import WorkCalendar
from store.rows import Row, among
from store.sql import Sql


class TeamCalendarRow(Row):
    """A team without one works as usual, in UTC."""

    __tablename__ = "team_calendars"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    calendar: Mapped[JsonObject]


_THESE = select(TeamCalendarRow).where(among(TeamCalendarRow.team_id))


class TeamCalendars:
    """Reads and writes the calendars of teams; for writing the team's lock is held."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of_teams(self, team_ids: Iterable[UUID]) -> dict[UUID, WorkCalendar]:
        """Return the calendars of those of these teams that have one."""
        wanted = list(set(team_ids))
        if not wanted:
            return {}
        rows = await self._sql.rows(_THESE, {"ids": wanted})
        return {row.team_id: WorkCalendar.from_wire(row.calendar) for row in rows}

    async def put(self, team_id: UUID, calendar: WorkCalendar | None) -> None:
        """Give a team a calendar, or take it away."""
        if calendar is None:
            await self._sql.execute(
                delete(TeamCalendarRow).where(TeamCalendarRow.team_id == team_id)
            )
            return
        what = {"calendar": calendar.to_wire()}
        await self._sql.execute(
            insert(TeamCalendarRow)
            .values(team_id=team_id, **what)
            .on_conflict_do_update(index_elements=["team_id"], set_=what)
        )
