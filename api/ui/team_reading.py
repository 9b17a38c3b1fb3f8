"""What the page of one team shows, read in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api.call import Call
from api.ui.live import concerning, live, types_of
from api.ui.rendering import Live
from api.ui.routing import address
from api.ui.timeline_lines import TEAM, TimelineLine, said_observe, timeline_lines
from domain.assets import Asset, AssetFilter
from domain.authorization import Resource, allows
from domain.members import WORKING, Member
from domain.pages import LARGEST_LIMIT, Page, PageRequest
from domain.periods import Period
from domain.permissions import Action
from domain.response_times import ResponseTimes
from domain.team_policies import Fallback
from domain.teams import Team, TeamCounts
from domain.users import User
from domain.working_days import WorkCalendar
from record import inbox, lookup
from record.inbox import Inbox
from store.team_listing import Consumed, NamedDestination
from store.transaction import Transaction

MATTERS_SHOWN = 10
ASSETS_SHOWN = 12
TIMES_OF = timedelta(days=90)
"""The time of whose questions the response times are."""
_TYPES = types_of("team", "proposal", "retirement", "registration", "asset")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPage:
    """Everything that the page shows."""

    now: datetime
    live: Live
    team: Team
    merged_into: Team | None
    counts: TeamCounts
    members: Sequence[Member]
    calendar: WorkCalendar | None
    answerers: Sequence[str]
    """By name: whom the team has named to answer for it, as far as they still work for it."""
    fallback: str | None
    """Who is told of its silence last, as the form takes it: a team's name, or an address."""
    matters: Inbox
    owned: Page[tuple[Asset, Team]]
    consumed: Page[Consumed]
    times: ResponseTimes
    timeline: Sequence[TimelineLine]
    """The times of its assets that do not say them themselves."""
    observe: str
    """What it says about observing, as a form takes it."""
    observes: bool
    """Whether nobody is asked about its assets that do not say otherwise themselves."""
    destinations: Sequence[NamedDestination]
    """Empty for who may not see them."""
    sees_destinations: bool
    people: Sequence[User]
    """Those who could be added, for who may do that: the newest of them."""
    teams: Sequence[Team]
    """Those that could get what it has, for who may do that: the newest of them."""

    @property
    def working(self) -> Sequence[Member]:
        """Those who act for it, of whom some may be named to answer."""
        return _working(self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How far somebody has turned the pages of the lists."""

    owned: str = ""
    consumed: str = ""

    def address(self, team_id: UUID) -> str:
        """Return the address of the page of a team at the same place."""
        return address(f"/teams/{team_id}", owned=self.owned, consumed=self.consumed)


async def read_team(call: Call, team_id: UUID, places: Places) -> TeamPage:
    """Return what the page shows, or raise `NotFound`; a deleted team is shown too."""

    async def work(tx: Transaction) -> TeamPage:
        # The place in the log comes first: what is committed after it is streamed to the page.
        seen = await tx.events.latest()
        team, now = await lookup.any_team(tx, team_id), await tx.now()
        members = await tx.members.all_of(team_id)
        matters = await inbox.read(tx, [team_id], PageRequest(limit=MATTERS_SHOWN))
        server = call.resources.server_says
        sees = _may(call, Action.READ_DESTINATION, team_id)
        report = await tx.reports.response_times.of_teams(
            Period(since=now - TIMES_OF, until=now), [team_id]
        )
        return TeamPage(
            now=now,
            live=live(places.address(team_id), seen, concerning([team_id], matters), _TYPES),
            team=team,
            merged_into=await _merged_into(tx, team),
            counts=await tx.team_listing.counts(team_id),
            members=sorted(members, key=lambda each: each.user.name.casefold()),
            calendar=(await tx.team_calendars.of_teams([team_id])).get(team_id),
            answerers=[
                each.user.name
                for each in _working(members)
                if each.user.id in team.policy.answerers
            ],
            fallback=await _fallback(tx, team.policy.fallback),
            matters=matters,
            owned=await tx.assets.page(_request(places.owned), AssetFilter(owner_team_id=team_id)),
            consumed=await tx.team_listing.consumed(team_id, _request(places.consumed)),
            times=report.total,
            timeline=timeline_lines(server, (TEAM, team.policy.timeline)),
            observe=said_observe(team.observe),
            observes=server.observe if team.observe is None else team.observe,
            destinations=await tx.team_listing.destinations(team_id) if sees else (),
            sees_destinations=sees,
            people=await _people(tx, call, team_id, members),
            teams=await _others(tx, call, team_id),
        )

    return await call.resources.database.read(work)


def _working(members: Sequence[Member]) -> Sequence[Member]:
    return [each for each in members if each.role in WORKING and each.user.active]


def _request(cursor: str) -> PageRequest:
    return PageRequest(limit=ASSETS_SHOWN, cursor=cursor or None)


def _may(call: Call, action: Action, team_id: UUID) -> bool:
    return allows(call.principal, action, Resource(noun="teams", team_id=team_id))


async def _merged_into(tx: Transaction, team: Team) -> Team | None:
    return None if team.merged_into is None else await lookup.any_team(tx, team.merged_into)


async def _fallback(tx: Transaction, fallback: Fallback | None) -> str | None:
    if fallback is None:
        return None
    if fallback.team_id is not None:
        return (await lookup.any_team(tx, fallback.team_id)).name
    assert fallback.user_id is not None
    user = await lookup.user(tx, fallback.user_id)
    return user.email or user.name


async def _people(
    tx: Transaction, call: Call, team_id: UUID, members: Sequence[Member]
) -> Sequence[User]:
    if not _may(call, Action.CHANGE_MEMBERS, team_id):
        return ()
    there = {each.user.id for each in members}
    found = await tx.users.page(PageRequest(limit=LARGEST_LIMIT), active=True)
    return [each for each in found.items if each.id not in there]


async def _others(tx: Transaction, call: Call, team_id: UUID) -> Sequence[Team]:
    if not _may(call, Action.DELETE_TEAM, team_id):
        return ()
    found = await tx.teams.page(PageRequest(limit=LARGEST_LIMIT))
    return [each for each in found.items if each.id != team_id]
