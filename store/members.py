"""Members in Postgres: one row per team and user."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, delete, false, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.members import Member, TeamRole
from domain.pages import Page, PageRequest
from store.pages import page_by_id
from store.rows import Part, Row, Stamp, table_of
from store.sql import Sql
from store.teams import TeamRow
from store.users import UserRow, user_from


class MemberRow(Row):
    """A user's role in a team."""

    __tablename__ = "members"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str]
    by_groups: Mapped[bool] = mapped_column(server_default=false())
    """Whether the identity provider's groups gave it, and may take it away again."""
    added_at: Mapped[Stamp]


_USER = Part(UserRow, after=None)
_MEMBER = Part(MemberRow, after=_USER)
_WITH_USER = select(*_USER.columns, *_MEMBER.columns).join_from(
    UserRow, MemberRow, MemberRow.user_id == UserRow.id
)


class Members:
    """Reads and writes members."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def get(self, team_id: UUID, user_id: UUID) -> Member | None:
        """Return what a user is in a team."""
        statement = _WITH_USER.where(MemberRow.team_id == team_id, MemberRow.user_id == user_id)
        row = (await self._sql.execute(statement)).one_or_none()
        return None if row is None else _member(row)

    async def put(
        self, team_id: UUID, user_id: UUID, role: TeamRole, *, by_groups: bool = False
    ) -> None:
        """Add a member, or give one another role."""
        what = {"role": role, "by_groups": by_groups}
        await self._sql.execute(
            insert(MemberRow)
            .values(team_id=team_id, user_id=user_id, **what)
            .on_conflict_do_update(index_elements=["team_id", "user_id"], set_=what)
        )

    async def of_user(self, user_id: UUID) -> list[Member]:
        """Return what a user is in each team that there is."""
        statement = (
            _WITH_USER.join(
                TeamRow, (TeamRow.id == MemberRow.team_id) & TeamRow.deleted_at.is_(None)
            )
            .where(MemberRow.user_id == user_id)
            .order_by(MemberRow.team_id)
        )
        return [_member(row) for row in (await self._sql.execute(statement)).all()]

    async def remove(self, team_id: UUID, user_id: UUID) -> None:
        """Take a member out of a team."""
        await self._sql.execute(
            delete(MemberRow).where(MemberRow.team_id == team_id, MemberRow.user_id == user_id)
        )

    async def all_of(self, team_id: UUID) -> tuple[Member, ...]:
        """Return everybody who is in a team."""
        found = await self._sql.execute(
            _WITH_USER.where(MemberRow.team_id == team_id).order_by(UserRow.id)
        )
        return tuple(_member(row) for row in found)

    async def put_all(self, team_id: UUID, members: Iterable[Member]) -> None:
        """Give each of these users in this team the role that they have in theirs."""
        new = insert(table_of(MemberRow))
        put = new.on_conflict_do_update(
            index_elements=["team_id", "user_id"],
            set_={"role": new.excluded.role, "by_groups": new.excluded.by_groups},
        )
        rows = [
            {
                "team_id": team_id,
                "user_id": member.user.id,
                "role": member.role,
                "by_groups": member.by_groups,
            }
            for member in members
        ]
        if rows:
            await self._sql.execute(put, rows)

    async def remove_all(self, team_id: UUID) -> None:
        """Take everybody out of a team."""
        await self._sql.execute(delete(MemberRow).where(MemberRow.team_id == team_id))

    async def page(self, request: PageRequest, team_id: UUID) -> Page[Member]:
        """Return a team's members, the newest users first."""
        statement = _WITH_USER.where(MemberRow.team_id == team_id)
        return await page_by_id(self._sql, "members", statement, UserRow.id, request, _member)


def _member(row: Any) -> Member:
    found = _MEMBER.of(row)
    return Member(
        team_id=found.team_id,
        user=user_from(_USER.of(row)),
        role=TeamRole(found.role),
        by_groups=found.by_groups,
        added_at=found.added_at,
    )
