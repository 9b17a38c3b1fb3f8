"""Members: what users are in a team."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body
from api.paging import Paging
from api.routing import TesseraRoute
from api.users import UserView
from api.views import PageView, View
from domain.members import Member, TeamRole
from domain.pages import Page
from domain.permissions import Action
from record import lookup, members
from store.transaction import Transaction

router = APIRouter(prefix="/teams/{team_id}/members", tags=["teams"], route_class=TesseraRoute)


class MemberBody(Body):
    """What a user is to be in the team."""

    role: TeamRole = Field(
        description="`owner` does everything for the team, `member` all but its members, keys and "
        "looser policies, `viewer` only reads."
    )


class MemberView(View):
    """A user's role in a team."""

    team_id: UUID
    user_id: UUID
    user: UserView
    role: TeamRole
    added_at: datetime

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        """Return the view of a member."""
        return cls(
            team_id=member.team_id,
            user_id=member.user.id,
            user=UserView.of(member.user),
            role=member.role,
            added_at=member.added_at,
        )


@router.get("", summary="List a team's members")
async def list_members(
    call: Annotated[Call, Depends(May(Action.READ, "members"))], page: Paging, team_id: UUID
) -> PageView[MemberView]:
    """The newest users first."""

    async def work(tx: Transaction) -> Page[Member]:
        await lookup.team(tx, team_id)
        return await tx.members.page(page, team_id)

    return PageView[MemberView].of(await call.resources.database.read(work), MemberView.of)


@router.get("/{user_id}", summary="Get a team's member")
async def get_member(
    call: Annotated[Call, Depends(May(Action.READ, "members"))], team_id: UUID, user_id: UUID
) -> MemberView:
    """What one user is in the team."""
    return MemberView.of(await members.get(call.resources.database, team_id, user_id))


@router.put("/{user_id}", summary="Add a member, or change a role")
async def put_member(
    call: Annotated[Call, Depends(May(Action.CHANGE_MEMBERS, "members"))],
    team_id: UUID,
    user_id: UUID,
    body: MemberBody,
) -> MemberView:
    """For owners of the team and administrators. It holds from the answer on."""
    put = await members.put(call.resources.database, call.caller, team_id, user_id, body.role)
    return MemberView.of(put.member)


@router.delete("/{user_id}", status_code=204, summary="Remove a member")
async def remove_member(
    call: Annotated[Call, Depends(May(Action.CHANGE_MEMBERS, "members"))],
    team_id: UUID,
    user_id: UUID,
) -> None:
    """Removing who is not in the team is no error."""
    await members.remove(call.resources.database, call.caller, team_id, user_id)
