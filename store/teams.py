"""Teams in Postgres."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Select, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from domain.json_types import JsonObject
from domain.pages import Deleted, Page, PageRequest
from domain.team_policies import NO_POLICY, Fallback, TeamPolicy, WhoAnswers
from domain.teams import Team
from store.fixed import fixed
from store.pages import page_by_id
from store.rows import Id, Row, Stamp, among, new_id
from store.sql import Sql


class TeamRow(Row):
    """A name is unique among the teams that are not deleted."""

    __tablename__ = "teams"

    id: Mapped[Id]
    name: Mapped[str]
    observe: Mapped[bool | None]
    timeline: Mapped[dict[str, str]] = mapped_column(server_default="{}")
    who_answers: Mapped[str] = mapped_column(server_default=WhoAnswers.MEMBERS.value)
    answerers: Mapped[list[str]] = mapped_column(server_default="[]")
    fallback: Mapped[JsonObject | None]
    created_at: Mapped[Stamp]
    deleted_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))


Index("uq_teams_name", TeamRow.name, unique=True, postgresql_where=TeamRow.deleted_at.is_(None))


_LIVING = fixed(
    select(TeamRow).where(TeamRow.id == bindparam("team_id"), TeamRow.deleted_at.is_(None))
)
_LOCKED = fixed(
    select(TeamRow.id).where(TeamRow.id == bindparam("team_id")).with_for_update(key_share=True)
)
_STANDING = fixed(_LIVING.with_for_update(read=True, key_share=True))
_ALONE = fixed(select(TeamRow.id).where(TeamRow.id == bindparam("team_id")).with_for_update())
_NEWEST = fixed(
    select(TeamRow.name)
    .where(TeamRow.deleted_at.is_(None))
    .order_by(TeamRow.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)
_THESE = fixed(select(TeamRow).where(among(TeamRow.id)))


class Teams:
    """Reads and writes teams."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def insert(self, name: str) -> Team | None:
        """Insert a team; None when the name is taken."""
        statement = (
            insert(TeamRow)
            .values(id=new_id(), name=name)
            .on_conflict_do_nothing(
                index_elements=["name"], index_where=TeamRow.deleted_at.is_(None)
            )
            .returning(TeamRow)
        )
        row = await self._sql.row(statement)
        return None if row is None else team_from(row)

    async def lock(self, team_id: UUID) -> None:
        """Lock the team's row; who only refers to it is not held up."""
        await self._sql.execute(_LOCKED, {"team_id": team_id})

    async def get(self, team_id: UUID) -> Team | None:
        """Return a team that is not deleted."""
        row = await self._sql.row(_LIVING, {"team_id": team_id})
        return None if row is None else team_from(row)

    async def standing(self, team_id: UUID) -> Team | None:
        """Return a team that is not deleted, and is not until the end of this transaction.

        Who adds something that a deletion takes away reads the team so; they do not hold up
        each other.
        """
        row = await self._sql.row(_STANDING, {"team_id": team_id})
        return None if row is None else team_from(row)

    async def lock_alone(self, team_id: UUID) -> None:
        """Lock the team's row against those too who begin to refer to it."""
        await self._sql.execute(_ALONE, {"team_id": team_id})

    async def rename(self, team_id: UUID, name: str) -> bool:
        """Give the team another name; False if that is taken."""
        return await self._sql.unless_taken(
            update(TeamRow).where(TeamRow.id == team_id).values(name=name)
        )

    async def delete(self, team_id: UUID, merged_into: UUID | None = None) -> Team:
        """Delete a team softly."""
        statement = (
            update(TeamRow)
            .where(TeamRow.id == team_id)
            .values(deleted_at=func.clock_timestamp(), merged_into=merged_into)
            .returning(TeamRow)
        )
        return team_from(await self._sql.one(statement))

    async def restore(self, team_id: UUID, name: str) -> bool:
        """Let a deleted team be there again under a name; False if that is taken."""
        return await self._sql.unless_taken(
            update(TeamRow).where(TeamRow.id == team_id).values(deleted_at=None, name=name)
        )

    async def set_observe(self, team_id: UUID, observe: bool | None) -> None:
        """Say whether the team's assets observe that do not say it themselves."""
        await self._sql.execute(
            update(TeamRow).where(TeamRow.id == team_id).values(observe=observe)
        )

    async def set_policy(self, team_id: UUID, policy: TeamPolicy) -> None:
        """Write what the team says; its lock is held."""
        await self._sql.execute(
            update(TeamRow)
            .where(TeamRow.id == team_id)
            .values(
                timeline=dict(policy.timeline),
                who_answers=policy.who_answers.value,
                answerers=[str(user_id) for user_id in policy.answerers],
                fallback=None if policy.fallback is None else policy.fallback.to_wire(),
            )
        )

    async def fall_back_to(self, team_id: UUID, from_team_id: UUID) -> None:
        """Make a team the fallback of those that had another one as theirs."""
        had, gets = Fallback(team_id=from_team_id), Fallback(team_id=team_id)
        await self._sql.execute(
            update(TeamRow)
            .where(TeamRow.fallback == had.to_wire(), TeamRow.id != team_id)
            .values(fallback=gets.to_wire())
        )

    async def named(self, name: str) -> Team | None:
        """Return the team of this name."""
        statement = select(TeamRow).where(TeamRow.name == name, TeamRow.deleted_at.is_(None))
        row = await self._sql.row(statement)
        return None if row is None else team_from(row)

    async def by_id(self, team_ids: Iterable[UUID]) -> dict[UUID, Team]:
        """Return the named teams, deleted ones too: old proposals still show their names."""
        wanted = list(set(team_ids))
        if not wanted:
            return {}
        rows = await self._sql.rows(_THESE, {"ids": wanted})
        return {row.id: team_from(row) for row in rows}

    async def newest_names(self, most: int) -> Sequence[str]:
        """Return the names of so many teams, the newest first."""
        return await self._sql.values(_NEWEST, {"most": most})

    async def page(
        self,
        request: PageRequest,
        *,
        name: str | None = None,
        deleted: Deleted = Deleted.EXCLUDE,
    ) -> Page[Team]:
        """Return teams, newest first, optionally those of an exact name."""
        statement = with_deleted(select(TeamRow), TeamRow.deleted_at, deleted)
        if name is not None:
            statement = statement.where(TeamRow.name == name)
        return await page_by_id(self._sql, "teams", statement, TeamRow.id, request, team_from)


def team_from(row: TeamRow) -> Team:
    """Return the domain value of a row."""
    return Team(
        id=row.id,
        name=row.name,
        observe=row.observe,
        policy=_policy_of(row),
        created_at=row.created_at,
        deleted_at=row.deleted_at,
        merged_into=row.merged_into,
    )


def _policy_of(row: TeamRow) -> TeamPolicy:
    """Most teams say nothing of this."""
    usual = row.who_answers == WhoAnswers.MEMBERS.value and row.fallback is None
    if usual and not row.timeline and not row.answerers:
        return NO_POLICY
    return TeamPolicy(
        timeline=row.timeline,
        who_answers=WhoAnswers(row.who_answers),
        answerers=tuple(UUID(user_id) for user_id in row.answerers),
        fallback=Fallback.from_wire(row.fallback),
    )


def with_deleted(
    statement: Select[Any], deleted_at: InstrumentedAttribute[datetime | None], deleted: Deleted
) -> Select[Any]:
    """Return the statement for what is not deleted, for all, or for what is."""
    if deleted is Deleted.INCLUDE:
        return statement
    is_living = deleted_at.is_(None)
    return statement.where(is_living if deleted is Deleted.EXCLUDE else ~is_living)
