"""Teams: who owns assets and answers proposals."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging, WithDeleted
from api.routing import TesseraRoute
from api.views import PageView, View
from domain.pages import Deleted, Page
from domain.permissions import Action
from domain.teams import Team
from record import lookup, merging, team_lives, teams
from store.transaction import Transaction

router = APIRouter(prefix="/teams", tags=["teams"], route_class=TesseraRoute)


class NewTeamBody(Body):
    """A team to be made."""

    name: str = Field(description="Unique.", examples=["checkout"])


class TeamBody(Body):
    """What the team is to be called."""

    name: str = Field(description="Unique among the teams that are not deleted.")


class RestoredTeamBody(Body):
    """How a deleted team comes back."""

    name: str | None = Field(None, description="Another name, if its own is taken meanwhile.")


class MergeBody(Body):
    """Where everything goes."""

    into: UUID = Field(description="The team that gets all that this one has.")


class TeamView(View):
    """A team."""

    id: UUID
    name: str
    created_at: datetime
    deleted_at: datetime | None
    merged_into: UUID | None = Field(description="The team that has all that this one had.")

    @classmethod
    def of(cls, team: Team) -> "TeamView":
        """Return the view of a team."""
        return cls(
            id=team.id,
            name=team.name,
            created_at=team.created_at,
            deleted_at=team.deleted_at,
            merged_into=team.merged_into,
        )


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
    deleted: WithDeleted = Deleted.EXCLUDE,
) -> PageView[TeamView]:
    """Newest first."""

    async def work(tx: Transaction) -> Page[Team]:
        return await tx.teams.page(page, name=name, deleted=deleted)

    return PageView[TeamView].of(await call.resources.database.read(work), TeamView.of)


@router.get("/{team_id}", summary="Get a team")
async def get_team(
    call: Annotated[Call, Depends(May(Action.READ, "teams"))],
    team_id: UUID,
    deleted: WithDeleted = Deleted.EXCLUDE,
) -> TeamView:
    """One team by its id."""

    async def work(tx: Transaction) -> Team:
        return await lookup.shown_team(tx, team_id, deleted)

    return TeamView.of(await call.resources.database.read(work))


@router.patch("/{team_id}", summary="Rename a team")
async def rename_team(
    call: Annotated[Call, Depends(May(Action.RENAME_TEAM, "teams"))], team_id: UUID, body: TeamBody
) -> TeamView:
    """For owners of the team. A name that is taken is a `conflict` with the id of who has it."""
    database = call.resources.database
    return TeamView.of(await team_lives.rename(database, call.caller, team_id, body.name))


@router.delete("/{team_id}", status_code=204, summary="Delete a team")
async def delete_team(
    call: Annotated[Call, Depends(May(Action.DELETE_TEAM, "teams"))],
    team_id: UUID,
    reassign_to: Annotated[
        UUID | None, Query(description="The team that gets its assets, in the same transaction.")
    ] = None,
) -> None:
    """For administrators. A team that owns assets is `team_owns_assets` without `reassign_to`.

    What it reads counts no more, open proposals wait for it no longer, its keys stop working;
    `restore` brings all of that back. Deleting a team that is deleted is no error.
    """
    await team_lives.delete(call.resources.database, call.caller, team_id, reassign_to)


@router.post("/{team_id}/restore", response_model=TeamView, summary="Restore a deleted team")
async def restore_team(
    call: Annotated[Call, Depends(May(Action.DELETE_TEAM, "teams"))],
    key: Key,
    team_id: UUID,
    body: RestoredTeamBody | None = None,
) -> Response:
    """For administrators. Its members, keys and registrations are there again.

    A registration of which the asset has no field any more is not; the event says which. A name
    that is taken is a `conflict`, a merged team is `team_merged`.
    """
    name = None if body is None else body.name
    answer = await answered(
        call, key, lambda runner: team_lives.restore(runner, call.caller, team_id, name), _rendered
    )
    return answer.response()


@router.post("/{team_id}/merge", response_model=TeamView, summary="Merge a team into another one")
async def merge_team(
    call: Annotated[Call, Depends(May(Action.DELETE_TEAM, "teams"))],
    key: Key,
    team_id: UUID,
    body: MergeBody,
) -> Response:
    """For administrators. The answer is the merged team, which is deleted for good.

    Assets, registrations, members (in the higher of two roles), keys, open questions with their
    answers, and the webhook if the other team has none go over.
    """
    answer = await answered(
        call, key, lambda runner: merging.merge(runner, call.caller, team_id, body.into), _rendered
    )
    return answer.response()


async def _rendered(_tx: Transaction, team: Team) -> Answer:
    return Answer(status=200, body=TeamView.of(team).model_dump_json())
