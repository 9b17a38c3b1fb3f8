"""Whom silence is escalated to at last: whether they are still there, and what reaches them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from domain.members import WORKING
from domain.team_policies import Fallback
from store.destinations import DestinationRow
from store.members import MemberRow
from store.rows import among
from store.sql import Sql
from store.teams import TeamRow
from store.users import UserRow

_LISTED = 1000
_WORKS = and_(DestinationRow.removed_at.is_(None), DestinationRow.disabled_at.is_(None))
_NAMED = (
    select(TeamRow.name, TeamRow.fallback)
    .where(TeamRow.deleted_at.is_(None), TeamRow.fallback.is_not(None))
    .order_by(TeamRow.name)
    .limit(_LISTED)
)
_OWN = exists().where(DestinationRow.user_id == UserRow.id, _WORKS)
_BY_ITS_PEOPLE = (
    select(MemberRow.team_id)
    .join(UserRow, UserRow.id == MemberRow.user_id)
    .join(DestinationRow, DestinationRow.user_id == UserRow.id)
    .where(
        MemberRow.team_id == TeamRow.id,
        MemberRow.role.in_([role.value for role in WORKING]),
        UserRow.deactivated_at.is_(None),
        _WORKS,
    )
    .exists()
)
_OF_TEAM: ColumnElement[bool] = or_(
    exists().where(DestinationRow.team_id == TeamRow.id, _WORKS), _BY_ITS_PEOPLE
)
_TEAMS = select(TeamRow.id, TeamRow.name, TeamRow.deleted_at.is_(None), _OF_TEAM).where(
    among(TeamRow.id)
)
_USERS = select(UserRow.id, UserRow.name, UserRow.deactivated_at.is_(None), _OWN).where(
    among(UserRow.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A team or a user as a fallback."""

    name: str
    there: bool
    """Not deleted, not deactivated."""
    reached: bool
    """Whether any working destination is theirs; of a team also those of its people."""


class Fallbacks:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def of_teams(self) -> Mapping[str, Fallback]:
        """Return what teams name as their fallback, by their names."""
        found: dict[str, Fallback] = {}
        for name, stored in await self._sql.execute(_NAMED):
            fallback = Fallback.from_wire(stored)
            if fallback is not None:
                found[name] = fallback
        return found

    async def reach(self, fallbacks: Iterable[Fallback]) -> Mapping[UUID, Reach]:
        """Return what there is of these teams and users, by their ids."""
        wanted = list(fallbacks)
        asked = (
            (_TEAMS, [each.team_id for each in wanted if each.team_id is not None]),
            (_USERS, [each.user_id for each in wanted if each.user_id is not None]),
        )
        return {
            id_: Reach(name=name, there=there, reached=reached)
            for statement, ids in asked
            if ids
            for id_, name, there, reached in await self._sql.execute(statement, {"ids": ids})
        }
