"""Teams: who owns assets and answers proposals."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView, View
from domain.authorization import Action
from domain.pages import Page
from domain.teams import Team
from record import lookup, teams
from store.transaction import Transaction

router = APIRouter(prefix="/teams", tags=["teams"], route_class=TesseraRoute)


class NewTeamBody(Body):
    """A team to be made."""

    name: str = Field(description="Unique.", examples=["checkout"])


class TeamView(View):
    """A team."""

    id: UUID
    name: str
    created_at: datetime

    @classmethod
    def of(cls, team: Team) -> "TeamView":
        """Return the view of a team."""
        return cls(id=team.id, name=team.name, created_at=team.created_at)


@router.post("", status_code=201, response_model=TeamView, summary="Create a team")
async def create_team(
    call: Annotated[Call, Depends(May(Action.CREATE_TEAM, "teams"))], key: Key, body: NewTeamBody
) -> Response:
    """The name is unique; a name that is taken is a `conflict` with the team's id."""

    async def render(_tx: Transaction, team: Team) -> Answer:
        return Answer(status=201, body=TeamView.of(team).model_dump_json())

    answer = await answered(
        call, key, lambda runner: teams.create(runner, call.caller, body.name), render
    )
    return answer.response()


@router.get("", summary="List teams")
async def list_teams(
    call: Annotated[Call, Depends(May(Action.READ, "teams"))],
    page: Paging,
    name: Annotated[str | None, Query(description="Exactly this name.")] = None,
) -> PageView[TeamView]:
    """Newest first."""

    async def work(tx: Transaction) -> Page[Team]:
        return await tx.teams.page(page, name=name)

    return PageView[TeamView].of(await call.resources.database.read(work), TeamView.of)


@router.get("/{team_id}", summary="Get a team")
async def get_team(
    call: Annotated[Call, Depends(May(Action.READ, "teams"))], team_id: UUID
) -> TeamView:
    """One team by its id."""

    async def work(tx: Transaction) -> Team:
        return await lookup.team(tx, team_id)

    return TeamView.of(await call.resources.database.read(work))
