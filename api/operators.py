"""What operators do about a proposal: ask again, give more time, hand over, end it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api import steps, waiting
from api.call import Call, May
from api.json_bodies import Body
from api.once import Key
from api.proposal_views import ProposalView
from api.routing import TesseraRoute
from api.steps import Step
from api.waiting import Wait
from domain.errors import InvalidRequest
from domain.permissions import Action
from domain.proposals import Proposal
from domain.timeline import parse_duration
from record import operators
from store.database import Runner

router = APIRouter(prefix="/proposals", tags=["proposals"], route_class=TesseraRoute)

_WHY = "Stands in the log."


class AskAgainBody(Body):
    """Who is told once more."""

    team_id: UUID


class ExtendBody(Body):
    """How much longer everybody has."""

    by: str | float = Field(description="Seconds, `36h`, `7d` or ISO 8601.", examples=["P7D"])
    reason: str | None = Field(None, description=_WHY)


class ReassignBody(Body):
    """Who reads the asset, and answers, in whose place."""

    team_id: UUID
    to_team_id: UUID
    reason: str = Field(description=_WHY)


class CancelBody(Body):
    """Why it ends."""

    reason: str = Field(description=_WHY)


@router.post("/{proposal_id}/ask-again", response_model=ProposalView, summary="Ask a party again")
async def ask_party_again(
    call: Annotated[Call, Depends(May(Action.ASK_AGAIN, "proposals"))],
    key: Key,
    proposal_id: UUID,
    body: AskAgainBody,
) -> Response:
    """A reminder now, out of turn: after a channel was mended, say.

    Who was told within a minute is not told again.
    """

    async def effect(runner: Runner) -> Proposal:
        return await operators.ask_again(runner, call.caller, proposal_id, body.team_id)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=None)
    return await steps.take(step, effect, waiting.ended)


@router.post("/{proposal_id}/extend", response_model=ProposalView, summary="Give a proposal time")
async def extend_proposal(
    call: Annotated[Call, Depends(May(Action.EXTEND, "proposals"))],
    key: Key,
    proposal_id: UUID,
    body: ExtendBody,
) -> Response:
    """Everybody who is waited for has so much longer; in all at most `max_extension`."""
    try:
        by = parse_duration(body.by)
    except ValueError:
        raise InvalidRequest(
            "`by` is not a duration; write seconds, `36h`, `7d` or `P7D`.",
            errors=[{"path": "by", "message": "not a duration"}],
        ) from None

    async def effect(runner: Runner) -> Proposal:
        return await operators.extend(runner, call.caller, proposal_id, by, body.reason)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=None)
    return await steps.take(step, effect, waiting.ended)


@router.post("/{proposal_id}/reassign", response_model=ProposalView, summary="Reassign a party")
async def reassign_party(
    call: Annotated[Call, Depends(May(Action.REASSIGN, "proposals"))],
    key: Key,
    proposal_id: UUID,
    body: ReassignBody,
) -> Response:
    """The registration goes over to the other team, which is asked anew; for administrators."""

    async def effect(runner: Runner) -> Proposal:
        return await operators.reassign(
            runner, call.caller, proposal_id, body.team_id, body.to_team_id, body.reason
        )

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=None)
    return await steps.take(step, effect, waiting.ended)


@router.post("/{proposal_id}/cancel", response_model=ProposalView, summary="Cancel a proposal")
async def cancel_proposal(
    call: Annotated[Call, Depends(May(Action.CANCEL, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: CancelBody,
) -> Response:
    """Ends it in its producer's place; nothing is published; for administrators."""

    async def effect(runner: Runner) -> Proposal:
        return await operators.cancel(runner, call.caller, proposal_id, body.reason)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.ended)
