"""Teams as people look for them: by name, with how much each has to do with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Uuid, bindparam, func, literal, or_, select, true, tuple_

from domain.acknowledgments import Response
from domain.assets import Asset
from domain.destinations import DestinationKind
from domain.errors import InvalidCursor
from domain.pages import Deleted, Page, PageRequest
from domain.proposals import ProposalStatus
from domain.registrations import Registration
from domain.teams import Team, TeamCounts
from store.assets import AssetRow, asset_from
from store.destinations import DestinationRow
from store.members import MemberRow
from store.pages import page_by_id, read_cursor, written_cursor
from store.parties import PartyRow
from store.proposals import IS_OPEN, ProposalRow
from store.registrations import RegistrationRow, registration_from
from store.rounds import ANSWER
from store.rows import Part
from store.sql import Sql
from store.teams import TeamRow, team_from, with_deleted

_LISTING = "teams by name"


def _count(*conditions: Any) -> ScalarSelect[int]:
    return select(func.count()).where(*conditions).correlate(TeamRow).scalar_subquery()


_WAITS = (
    select(func.count())
    .select_from(PartyRow)
    .join(ProposalRow, ProposalRow.id == PartyRow.proposal_id)
    .outerjoin(ANSWER, true())
    .where(
        PartyRow.team_id == TeamRow.id,
        PartyRow.released_at.is_(None),
        ProposalRow.status == ProposalStatus.PENDING.value,
        or_(ANSWER.c.response.is_(None), ANSWER.c.response == Response.MIGRATING.value),
    )
    .correlate(TeamRow)
    .scalar_subquery()
)
_DELETED = select(AssetRow.id).where(AssetRow.deleted_at.is_not(None))
"""Few, and so looked through once for a page: a join would look at every asset of each team."""
_TEAM = Part(TeamRow, after=None)
_COUNTS = (
    _count(MemberRow.team_id == TeamRow.id).label("members"),
    _count(AssetRow.owner_team_id == TeamRow.id, AssetRow.deleted_at.is_(None)).label("owned"),
    _count(
        RegistrationRow.consumer_team_id == TeamRow.id,
        RegistrationRow.ended_at.is_(None),
        RegistrationRow.asset_id.not_in(_DELETED),
    ).label("consumed"),
    _WAITS.label("waits"),
    _count(ProposalRow.producer_team_id == TeamRow.id, IS_OPEN).label("proposed"),
)
_PLACE = func.lower(TeamRow.name)
_LISTED = {
    each: with_deleted(
        select(*_TEAM.columns, *_COUNTS, _PLACE.label("place")), TeamRow.deleted_at, each
    ).order_by(_PLACE, TeamRow.id)
    for each in Deleted
}
_ONE = select(*_COUNTS).select_from(TeamRow).where(TeamRow.id == bindparam("team_id"))
_REGISTRATION = Part(RegistrationRow, after=None)
_ASSET = Part(AssetRow, after=_REGISTRATION)
_CONSUMED = (
    select(*_REGISTRATION.columns, *_ASSET.columns)
    .join_from(RegistrationRow, AssetRow, AssetRow.id == RegistrationRow.asset_id)
    .where(RegistrationRow.ended_at.is_(None), AssetRow.deleted_at.is_(None))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTeam:
    """A team with its counts."""

    team: Team
    counts: TeamCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumed:
    """What a team reads."""

    registration: Registration
    asset: Asset


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDestination:
    """That a team is told somewhere; where that is, is not among it."""

    name: str
    kind: DestinationKind
    disabled_at: datetime | None


class TeamListing:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def page(
        self, request: PageRequest, words: str = "", deleted: Deleted = Deleted.EXCLUDE
    ) -> Page[ListedTeam]:
        """Return teams in whose names the words stand, by name."""
        statement = _LISTED[deleted]
        if words:
            statement = statement.where(TeamRow.name.icontains(words, autoescape=True))
        if request.cursor is not None:
            statement = statement.where(tuple_(_PLACE, TeamRow.id) > _after(request.cursor))
        rows = (await self._sql.execute(statement.limit(request.limit + 1))).all()
        shown, more = rows[: request.limit], len(rows) > request.limit
        return Page(
            items=tuple(
                ListedTeam(team=team_from(_TEAM.of(row)), counts=_counts(row)) for row in shown
            ),
            next=written_cursor(_LISTING, f"{shown[-1].id} {shown[-1].place}") if more else None,
        )

    async def counts(self, team_id: UUID) -> TeamCounts:
        """Return the counts of one team."""
        return _counts((await self._sql.execute(_ONE, {"team_id": team_id})).one())

    async def consumed(self, team_id: UUID, request: PageRequest) -> Page[Consumed]:
        """Return what a team has registered to read, the newest first."""
        statement = _CONSUMED.where(RegistrationRow.consumer_team_id == team_id)
        listing = "what a team reads"
        return await page_by_id(
            self._sql, listing, statement, RegistrationRow.id, request, _consumed
        )

    async def destinations(self, team_id: UUID) -> Sequence[NamedDestination]:
        """Return by what a team is told, without any address or secret."""
        statement = (
            select(DestinationRow.name, DestinationRow.kind, DestinationRow.disabled_at)
            .where(DestinationRow.team_id == team_id, DestinationRow.removed_at.is_(None))
            .order_by(DestinationRow.name)
        )
        return [
            NamedDestination(
                name=row.name, kind=DestinationKind(row.kind), disabled_at=row.disabled_at
            )
            for row in await self._sql.execute(statement)
        ]


def _after(cursor: str) -> Any:
    team_id, _, place = read_cursor(_LISTING, cursor).partition(" ")
    try:
        return tuple_(literal(place), literal(UUID(team_id), Uuid))
    except ValueError:
        raise InvalidCursor("This cursor is damaged; start without one.") from None


def _counts(row: Any) -> TeamCounts:  # the columns of `_COUNTS`
    return TeamCounts(
        members=row.members,
        owned=row.owned,
        consumed=row.consumed,
        waits=row.waits,
        proposed=row.proposed,
    )


def _consumed(row: Any) -> Consumed:  # the columns of `_CONSUMED`
    return Consumed(
        registration=registration_from(_REGISTRATION.of(row)), asset=asset_from(_ASSET.of(row))
    )
