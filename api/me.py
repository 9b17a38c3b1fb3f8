"""Who one is, by the credential that one sends."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.call import Call, May
from api.routing import TesseraRoute
from api.users import UserView
from api.views import TeamRef, View
from domain.actors import ActorKind
from domain.api_keys import Scope
from domain.authorization import Principal
from domain.members import TeamRole
from domain.permissions import Action
from domain.teams import Team
from domain.users import User
from record import lookup
from store.transaction import Transaction

router = APIRouter(tags=["users"], route_class=TesseraRoute)


class TeamOfMineView(View):
    """What one is in a team."""

    team: TeamRef
    role: TeamRole


class MeView(View):
    """Who sends this request, as the log would call them."""

    kind: ActorKind
    name: str
    id: UUID | None = Field(description="Of the user, or of the team's key.")
    administrator: bool = Field(description="Whether this credential may do everything.")
    scope: Scope
    user: UserView | None = Field(description="Null for a team's key and the bootstrap key.")
    teams: list[TeamOfMineView]


@router.get("/me", summary="Who am I")
async def get_me(call: Annotated[Call, Depends(May(Action.READ, "users"))]) -> MeView:
    """Who the credential belongs to, how much it may do, and in which teams."""

    async def work(tx: Transaction) -> MeView:
        return await me(tx, call.principal)

    return await call.resources.database.read(work)


async def me(tx: Transaction, principal: Principal) -> MeView:
    """Return who a principal is, with the names of the teams."""
    user: User | None = None
    if principal.user_id is not None:
        user = await lookup.user(tx, principal.user_id)
    teams = await tx.teams.by_id(principal.teams)
    return MeView(
        kind=principal.actor.kind,
        name=principal.actor.name,
        id=principal.actor.id,
        administrator=principal.may_all,
        scope=principal.scope,
        user=None if user is None else UserView.of(user),
        teams=_roles(principal, sorted(teams.values(), key=lambda team: team.name)),
    )


def _roles(principal: Principal, teams: list[Team]) -> list[TeamOfMineView]:
    return [TeamOfMineView(team=TeamRef.of(team), role=principal.teams[team.id]) for team in teams]
