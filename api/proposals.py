"""Proposals: breaking changes that wait, and what is said about them besides answering."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api import steps, waiting
from api.call import Call, May
from api.evidence import Include, beside, evidence_of_proposal
from api.json_bodies import Body
from api.once import Key
from api.paging import Paging
from api.proposal_views import ProposalView, proposal_view, proposal_views
from api.routing import TesseraRoute
from api.steps import Step
from api.views import PageView
from api.waiting import Wait
from domain.pages import Page
from domain.permissions import Action
from domain.proposals import Proposal, ProposalStatus
from record import proposals
from store.database import Runner
from store.transaction import Transaction

router = APIRouter(prefix="/proposals", tags=["proposals"], route_class=TesseraRoute)


class WithdrawBody(Body):
    """Why it is withdrawn."""

    reason: str | None = None


class ForceBody(Body):
    """Why it is published past its parties."""

    reason: str = Field(description="Stands in the log and is told to everybody.")


class NothingBody(Body):
    """No members; the body may be left out."""


@router.get("", summary="List proposals")
async def list_proposals(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))],
    page: Paging,
    status: Annotated[
        list[ProposalStatus] | None, Query(description="Only in these states; may be repeated.")
    ] = None,
    asset_id: Annotated[UUID | None, Query(description="Only of this asset.")] = None,
    party_team_id: Annotated[UUID | None, Query(description="Only those that ask it.")] = None,
    producer_team_id: Annotated[UUID | None, Query(description="Only of this owner.")] = None,
) -> PageView[ProposalView]:
    """Newest first."""
    where = {
        "asset_id": asset_id,
        "party_team_id": party_team_id,
        "producer_team_id": producer_team_id,
    }

    async def work(tx: Transaction) -> tuple[Page[UUID], list[ProposalView]]:
        found = await tx.proposals.page(page, where=where, statuses=status or ())
        return found, await proposal_views(tx, call.resources, found.items)

    found, views = await call.resources.database.read(work)
    return PageView[ProposalView](items=views, next=found.next)


@router.get("/{proposal_id}", summary="Get a proposal")
async def get_proposal(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))],
    proposal_id: UUID,
    include: Include = None,
) -> ProposalView:
    """What breaks, who is asked, who is pending and until when."""

    async def work(tx: Transaction) -> ProposalView:
        return await proposal_view(tx, call.resources, proposal_id)

    view = await call.resources.database.read(work)
    if not include:
        return view
    found = await evidence_of_proposal(call, include, proposal_id)
    return view.model_copy(update={"changes": beside(view.changes, found)})


@router.post("/{proposal_id}/withdraw", response_model=ProposalView, summary="Withdraw a proposal")
async def withdraw_proposal(
    call: Annotated[Call, Depends(May(Action.WITHDRAW, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: WithdrawBody | None = None,
) -> Response:
    """The producer takes it back; nothing is published."""
    reason = None if body is None else body.reason

    async def effect(runner: Runner) -> Proposal:
        return await proposals.withdraw(runner, call.caller, proposal_id, reason)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.ended)


@router.post("/{proposal_id}/force", response_model=ProposalView, summary="Force a proposal")
async def force_proposal(
    call: Annotated[Call, Depends(May(Action.FORCE, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: ForceBody,
) -> Response:
    """Publishes it without the missing answers; for administrators."""

    async def effect(runner: Runner) -> Proposal:
        return await proposals.force(runner, call.caller, proposal_id, body.reason)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.ended)


@router.post(
    "/{proposal_id}/publish", response_model=ProposalView, summary="Publish an approved proposal"
)
async def publish_proposal(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: NothingBody | None = None,
) -> Response:
    """For a policy of `publish: on_demand`, and before its time for one with `publish_at`.

    Any other publishes by itself.
    """
    del body

    async def effect(runner: Runner) -> Proposal:
        return await proposals.request_publication(runner, call.caller, proposal_id)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.published_or_reopened)


@router.post(
    "/{proposal_id}/confirm", response_model=ProposalView, summary="Confirm against a moved base"
)
async def confirm_proposal(
    call: Annotated[Call, Depends(May(Action.CONFIRM, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: NothingBody | None = None,
) -> Response:
    """Something else was published, and this would now break more than was asked about."""
    del body

    async def effect(runner: Runner) -> Proposal:
        return await proposals.confirm(runner, call.caller, proposal_id)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.rebased)
