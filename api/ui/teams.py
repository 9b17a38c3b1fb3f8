"""Teams: looked for by name, made, and the page of each one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.call import Call, May
from api.once import Answer, answered
from api.problems import problem_of
from api.ui.entered import Entered, Rejected
from api.ui.rendering import page
from api.ui.reports import took
from api.ui.routing import PageRoute, address, id_of
from api.ui.team_reading import Places, read_team
from domain.errors import Forbidden, TesseraError
from domain.pages import Deleted, Page, PageRequest
from domain.permissions import Action
from domain.teams import NAME_LIMIT, Team
from domain.working_days import WEEKDAYS, WorkCalendar
from record import teams
from store.database import Runner
from store.team_listing import ListedTeam
from store.transaction import Transaction

PATH = "/teams"
ON_A_PAGE = 50
WEEKDAY_NAMES = dict(
    zip(
        WEEKDAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
SAID = {
    "created": "The team is created. Add its people, so that somebody answers for it.",
    "rename": "The team has its new name.",
    "calendar": "It is recorded when the team works. Questions that are open keep their times.",
    "timeline": "Its assets' times are recorded. Open proposals keep those they were opened with.",
    "answering": "It is recorded who answers for the team.",
    "member": "The team's people are as you said.",
    "remove": "They are no longer in the team.",
    "delete": "The team is deleted.",
    "restore": "The team is there again.",
    "merge": "All that the team had is the other team's now.",
}
_USUAL = WorkCalendar()

router = APIRouter(prefix=PATH, route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Call, Depends(May(Action.READ, "teams"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to, as it was entered."""

    q: str = ""
    deleted: bool = False
    cursor: str = ""

    def query(self, cursor: str = "") -> str:
        """Return the address of a page of the same list."""
        return address(PATH, q=self.q, deleted="1" if self.deleted else "", cursor=cursor)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsPage:
    """Everything that the list shows."""

    now: datetime
    wanted: Wanted
    found: Page[ListedTeam]
    rejected: Rejected | None = None


def _team_id(team_id: str) -> UUID:
    return id_of(team_id, "team")


Id = Annotated[UUID, Depends(_team_id)]


@router.get("")
async def list_teams(
    call: Reader, q: str = "", deleted: bool = False, cursor: str = ""
) -> HTMLResponse:
    """Teams by name, with how much each has to do with."""
    return await _listed(call, Wanted(q=q.strip(), deleted=deleted, cursor=cursor))


@router.post("")
async def create(call: Annotated[Call, Depends(May(Action.CREATE_TEAM, "teams"))]) -> Response:
    """Make a team and lead to its page."""
    entered = await Entered.read(call.request, "create")

    async def effect(runner: Runner) -> Team:
        return await teams.create(runner, call.caller, entered.text("name") or "")

    async def render(_tx: Transaction, team: Team) -> Answer:
        return Answer(status=303, body=f"{PATH}/{team.id}?said=created")

    try:
        answer = await answered(call, entered.key(call), effect, render)
    except Forbidden:
        raise
    except TesseraError as error:
        problem = problem_of(error)
        if problem.status >= 500:
            raise
        rejected = Rejected.of(entered, problem.title, error)
        return await _listed(call, Wanted(), rejected, problem.status)
    return RedirectResponse(answer.body, 303)


async def _listed(
    call: Call, wanted: Wanted, rejected: Rejected | None = None, status: int = 200
) -> HTMLResponse:
    request = PageRequest(limit=ON_A_PAGE, cursor=wanted.cursor or None)
    which = Deleted.ONLY if wanted.deleted else Deleted.EXCLUDE

    async def work(tx: Transaction) -> TeamsPage:
        found = await tx.team_listing.page(request, wanted.q, which)
        return TeamsPage(now=await tx.now(), wanted=wanted, found=found, rejected=rejected)

    shown = await call.resources.database.read(work)
    context = {"page": shown, "now": shown.now, "longest": NAME_LIMIT}
    return page(call.request, "teams.html", context, status)


@router.get("/{team_id}")
async def show(
    call: Reader, team_id: Id, said: str = "", owned: str = "", consumed: str = ""
) -> HTMLResponse:
    """Who is in it, what it owns and reads, what waits for it, and how quickly it answers."""
    return await shown_team(call, team_id, Places(owned=owned, consumed=consumed), said=said)


async def shown_team(
    call: Call,
    team_id: UUID,
    places: Places | None = None,
    *,
    said: str = "",
    rejected: Rejected | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Return the page of a team, with what was said or refused."""
    places = places or Places()
    shown = await read_team(call, team_id, places)
    context = {
        "page": shown,
        "team": shown.team,
        "now": shown.now,
        "live": shown.live,
        "places": places,
        "said": SAID.get(said, ""),
        "rejected": rejected,
        "calendar": shown.calendar or _USUAL,
        "WEEKDAYS": WEEKDAYS,
        "WEEKDAY_NAMES": WEEKDAY_NAMES,
        "longest": NAME_LIMIT,
        "took": took,
    }
    return page(call.request, "team.html", context, status)
