"""What became of each question, kept beside its ask: reports read it instead of working it out.

It is written in the transaction of the fact, under the lock of what is asked about.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from store.sql import Sql

_ASKS = "UPDATE {table} SET {set} WHERE {key} = :about AND kind = 'ask' AND "
_ANSWER = _ASKS.replace("{set}", "answered_at = :at, closed_at = NULL") + (
    "team_id = :team_id AND answered_at IS NULL AND revision = (SELECT max(revision)"
    " FROM {table} WHERE {key} = :about AND kind = 'ask' AND team_id = :team_id)"
)
_REMIND = _ASKS.replace("{set}", "reminders = reminders + 1") + (
    "(team_id, revision) IN (SELECT * FROM unnest(:team_ids, :revisions))"
)
_CLOSE = _ASKS.replace("{set}", "closed_at = greatest(clock_timestamp(), :at)") + (
    "answered_at IS NULL AND closed_at IS NULL"
    " AND (CAST(:team_ids AS uuid[]) IS NULL OR team_id = ANY(:team_ids))"
)
_REOPEN = _ASKS.replace("{set}", "closed_at = NULL") + (
    "closed_at IS NOT NULL AND revision = :revision AND team_id = ANY(:team_ids)"
)
_TYPES: Mapping[str, TypeEngine[Any]] = {
    "about": Uuid(),
    "team_id": Uuid(),
    "at": DateTime(timezone=True),
    "team_ids": ARRAY(Uuid()),
    "revision": BigInteger(),
    "revisions": ARRAY(BigInteger()),
}


@cache
def _statement(sql: str, table: str, key: str, *given: str) -> TextClause:
    """Return a statement about the questions of a table; it is put together once."""
    typed = [bindparam(name, type_=_TYPES[name]) for name in given]
    return text(sql.format(table=table, key=key)).bindparams(*typed)


class Asked:
    """Columns of a table of notices that only those have which ask."""

    due_at: Mapped[datetime | None]
    """Until when it asks for an answer."""
    reminders: Mapped[int] = mapped_column(server_default="0")
    answered_at: Mapped[datetime | None]
    """When the first answer came."""
    closed_at: Mapped[datetime | None]
    """Since when nobody waits for an answer, where none came."""


class Questions:
    """Writes what became of the questions of one table of notices.

    `key` is its column that says what is asked about.
    """

    def __init__(self, sql: Sql, table: str, key: str) -> None:
        self._sql = sql
        self._names = table, key

    async def answer(self, about: UUID, team_id: UUID, at: datetime) -> None:
        """Note that a team answers what it was asked last, unless it has before.

        After a revision it may do so before it is asked anew: then an answer came after all.
        """
        await self._run(_ANSWER, about=about, team_id=team_id, at=at)

    async def remind(self, about: UUID, reminded: Iterable[tuple[UUID, int]]) -> None:
        """Count one reminder more of the questions of these teams, each with its revision."""
        teams = dict(reminded)
        if teams:
            revisions = list(teams.values())
            await self._run(_REMIND, about=about, team_ids=list(teams), revisions=revisions)

    async def close(
        self, about: UUID, team_ids: Iterable[UUID] | None = None, *, now: datetime | None = None
    ) -> None:
        """Note that nobody waits any more for what these teams, or all, have not answered.

        With the workflow's `now`, by which a time is up, no sooner than that: Postgres' clock may
        be behind it, and what time has run out for is overdue.
        """
        teams = None if team_ids is None else list(team_ids)
        await self._run(_CLOSE, about=about, team_ids=teams, at=now)

    async def reopen(self, about: UUID, team_ids: Iterable[UUID], revision: int) -> None:
        """Note that these teams are waited for again, by what they were asked in this revision."""
        await self._run(_REOPEN, about=about, team_ids=list(team_ids), revision=revision)

    async def _run(self, sql: str, **given: object) -> None:
        await self._sql.execute(_statement(sql, *self._names, *given), given)
