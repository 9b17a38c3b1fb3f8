"""Revising a proposal: other content in the place of what is proposed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api import steps, waiting
from api.call import Call, May
from api.contracts import NewContractBody
from api.once import Key
from api.proposal_views import ProposalView
from api.revision_views import RevisionPreviewView
from api.routing import TesseraRoute
from api.steps import Step
from api.waiting import Wait
from domain.permissions import Action
from record import revise
from record.revise import Revised
from store.database import Runner

router = APIRouter(prefix="/proposals", tags=["proposals"], route_class=TesseraRoute)


@router.post(
    "/{proposal_id}/revise",
    response_model=ProposalView | RevisionPreviewView,
    response_description="The proposal; with `dry_run` what would become of it.",
    summary="Revise a proposal",
)
async def revise_proposal(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: NewContractBody,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
) -> Response:
    """Propose other content, compared anew with what is active.

    A party whose changes are the same keeps its answer, the others are asked anew, and whom nothing
    touches any more is released. An approved proposal is pending again. The same content changes
    nothing; if nobody has to be asked any more, it is published as its policy says. The requested
    version stays unless another one is named.

    With `dry_run` nothing is written: it says whose answers would stay, who would be asked or
    released, and what would break.
    """
    resources = call.resources
    revision = await revise.drafted(
        resources.database, resources.comparer, proposal_id, body.draft(), body.version
    )
    if dry_run:
        foreseen = await revise.preview(
            resources.database, resources.comparer, call.caller, proposal_id, revision
        )
        view = RevisionPreviewView.of(foreseen)
        return Response(view.model_dump_json(), media_type="application/json")

    async def effect(runner: Runner) -> Revised:
        return await revise.revise(
            resources.database, runner, resources.comparer, call.caller, proposal_id, revision
        )

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.decided)
