"""Objections: of teams that a proposal affects only downstream."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import AssetRef, PageView, TeamRef, View
from domain.objections import REASON_LIMIT, Objection
from domain.permissions import Action
from domain.teams import Team
from record import dependencies, lookup, objections, rounds
from store.database import Runner
from store.transaction import Transaction

router = APIRouter(prefix="/proposals/{proposal_id}", tags=["proposals"], route_class=TesseraRoute)


class ObjectionBody(Body):
    """Why a team would rather that it is not published."""

    team_id: UUID
    reason: str = Field(description=f"At most {REASON_LIMIT} characters.")


class ObjectionView(View):
    """One objection; it is no veto."""

    id: UUID
    team: TeamRef
    reason: str
    by: str
    at: datetime

    @classmethod
    def of(cls, objection: Objection, team: Team) -> "ObjectionView":
        """Return the view of an objection."""
        return cls(
            id=objection.id,
            team=TeamRef.of(team),
            reason=objection.reason,
            by=objection.caller.actor.name,
            at=objection.recorded_at,
        )


class DownstreamView(View):
    """A team that is affected only downstream."""

    team: TeamRef
    assets: list[AssetRef] = Field(description="What it owns that is made of the asset.")


class AffectedView(View):
    """Who is affected without being asked."""

    items: list[DownstreamView]


@router.get("/downstream", summary="Get who is affected only downstream")
async def get_downstream(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))], proposal_id: UUID
) -> AffectedView:
    """Teams that own what is made of the asset, by any number of steps, and that are not asked."""

    async def work(tx: Transaction) -> AffectedView:
        detail = await rounds.load_one(tx, proposal_id)
        affected = await dependencies.affected(tx, detail.asset)
        asked = {party.team.id for party in detail.parties}
        teams = await tx.teams.by_id(affected.keys() - asked)
        return AffectedView(
            items=[
                DownstreamView(
                    team=TeamRef.of(team), assets=[AssetRef.of(each) for each in affected[team.id]]
                )
                for team in sorted(teams.values(), key=lambda team: team.name)
            ]
        )

    return await call.resources.database.read(work)


@router.get("/objections", summary="List the objections to a proposal")
async def list_objections(
    call: Annotated[Call, Depends(May(Action.READ, "objections"))], page: Paging, proposal_id: UUID
) -> PageView[ObjectionView]:
    """Newest first."""

    async def work(tx: Transaction) -> PageView[ObjectionView]:
        await lookup.proposal(tx, proposal_id)
        found = await tx.objections.page(page, proposal_id)
        teams = await tx.teams.by_id({each.team_id for each in found.items})
        return PageView[ObjectionView].of(
            found, lambda each: ObjectionView.of(each, teams[each.team_id])
        )

    return await call.resources.database.read(work)


@router.post(
    "/objections", status_code=201, response_model=ObjectionView, summary="Object to a proposal"
)
async def create_objection(
    call: Annotated[Call, Depends(May(Action.COMMENT, "objections"))],
    key: Key,
    proposal_id: UUID,
    body: ObjectionBody,
) -> Response:
    """For teams that own what is made of the asset and are not asked, while it is open.

    It is told to the producer and shown with the proposal; it decides nothing. Refused with
    `not_involved` or `proposal_ended`.
    """

    async def effect(runner: Runner) -> Objection:
        return await objections.object_to(
            runner, call.caller, proposal_id, body.team_id, body.reason
        )

    async def render(tx: Transaction, made: Objection) -> Answer:
        view = ObjectionView.of(made, await lookup.team(tx, made.team_id))
        return Answer(status=201, body=view.model_dump_json())

    return (await answered(call, key, effect, render)).response()
