"""The lists: what is open, soonest due first, and what has ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.call import Call, May
from api.ui.live import OF_ROUNDS, live
from api.ui.rendering import Live, page
from api.ui.routing import PageRoute
from domain.listed_proposals import ListedProposal
from domain.pages import LARGEST_LIMIT, Page, PageRequest
from domain.permissions import Action
from domain.proposals import ProposalStatus
from domain.teams import Team
from record import listed_proposals
from store.transaction import Transaction

OPEN = tuple(status for status in ProposalStatus if status.is_open)
ENDED = tuple(status for status in ProposalStatus if not status.is_open)
ON_A_PAGE = 50
RECENTLY_ENDED = 8
PATH = "/proposals"
_ROLES = {"asked": "party_team_id", "proposing": "producer_team_id"}
_NEVER = datetime.max.replace(tzinfo=UTC)

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is narrowed to, as it was entered."""

    team: str = ""
    role: str = "asked"
    limit: int = ON_A_PAGE
    cursor: str = ""

    def query(self, cursor: str | None = None) -> str:
        """Return the query of another page of the same list."""
        given = {
            "team": self.team,
            "role": self.role if self.team else "",
            "limit": "" if self.limit == ON_A_PAGE else str(self.limit),
            "cursor": cursor or "",
        }
        return urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Everything that a list shows."""

    now: datetime
    live: Live
    wanted: Wanted
    unknown_team: bool
    teams: Sequence[str]
    """Names that are offered while somebody types one."""
    items: Sequence[ListedProposal]
    next: str | None
    recent: Sequence[ListedProposal] = ()


async def _wanted(
    team: str = "",
    role: str = "asked",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT)] = ON_A_PAGE,
) -> Wanted:
    known = role if role in _ROLES else "asked"
    return Wanted(team=team.strip(), role=known, cursor=cursor, limit=limit)


Narrowed = Annotated[Wanted, Depends(_wanted)]
Reader = Annotated[Call, Depends(May(Action.READ, "proposals"))]


@router.get(PATH)
async def open_proposals(call: Reader, wanted: Narrowed) -> HTMLResponse:
    """Open proposals, soonest due first; below them what ended lately."""
    return await show_open(call, wanted, PATH)


async def show_open(call: Call, wanted: Wanted, path: str) -> HTMLResponse:
    """Return the list of what is open as the page at a path."""
    found = await _read(call, wanted, OPEN, path, recent=RECENTLY_ENDED)
    return _shown(call, found, "open")


@router.get("/ended")
async def ended_proposals(call: Reader, wanted: Narrowed) -> HTMLResponse:
    """Everything that has ended, newest first."""
    return _shown(call, await _read(call, wanted, ENDED, "/ended"), "ended")


def _shown(call: Call, found: ListPage, which: str) -> HTMLResponse:
    context = {"page": found, "now": found.now, "live": found.live, "which": which}
    return page(call.request, "proposals.html", context, 404 if found.unknown_team else 200)


async def _read(
    call: Call,
    wanted: Wanted,
    statuses: tuple[ProposalStatus, ...],
    path: str,
    recent: int = 0,
) -> ListPage:
    async def work(tx: Transaction) -> ListPage:
        # The place in the log comes first: what is committed after it is streamed to the page.
        seen = await tx.events.latest()
        team = await tx.teams.named(wanted.team) if wanted.team else None
        unknown = bool(wanted.team) and team is None
        where = {} if team is None else {_ROLES[wanted.role]: team.id}

        async def listed(request: PageRequest, of: tuple[ProposalStatus, ...]) -> _Found:
            if unknown:
                return (), None
            found: Page[UUID] = await tx.proposals.page(request, where=where, statuses=of)
            return await listed_proposals.read(tx, found.items, now), found.next

        now = await tx.now()
        items, following = await listed(
            PageRequest(limit=wanted.limit, cursor=wanted.cursor or None), statuses
        )
        lately = () if not recent else (await listed(PageRequest(limit=recent), ENDED))[0]
        query = wanted.query(wanted.cursor)
        return ListPage(
            now=now,
            live=live(f"{path}?{query}" if query else path, seen, _about(team, items), OF_ROUNDS),
            wanted=wanted,
            unknown_team=unknown,
            teams=await tx.teams.newest_names(LARGEST_LIMIT),
            items=sorted(items, key=_by_deadline) if statuses is OPEN else items,
            next=None if following is None else f"{path}?{wanted.query(following)}",
            recent=sorted(lately, key=_ended_at, reverse=True),
        )

    return await call.resources.database.read(work)


def _about(team: Team | None, items: Sequence[ListedProposal]) -> Iterable[UUID] | None:
    """Return what the list of one team is about: what comes to it, and what is on the page."""
    return None if team is None else (team.id, *(each.id for each in items))


_Found = tuple[Sequence[ListedProposal], str | None]


def _by_deadline(listed: ListedProposal) -> datetime:
    return listed.deadline_at or _NEVER


def _ended_at(listed: ListedProposal) -> datetime:
    return listed.ended_at or _NEVER
