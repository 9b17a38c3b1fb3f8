"""Acknowledgments: a party's answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi import Response as HttpResponse
from pydantic import Field

from api import steps, waiting
from api.call import Call, May
from api.json_bodies import Body, Moment
from api.once import Key
from api.proposal_views import ProposalView
from api.routing import TesseraRoute
from api.steps import Step
from api.waiting import Wait
from domain.acknowledgments import Acknowledgment, Response
from domain.permissions import Action
from record import acknowledgments, delegations
from record.acknowledgments import NewAnswer
from record.delegations import Handed
from store.database import Runner

router = APIRouter(prefix="/proposals", tags=["proposals"], route_class=TesseraRoute)


class AcknowledgmentBody(Body):
    """The answer of one team."""

    consumer_team_id: UUID
    response: Response = Field(
        description="`approved` (ready), `migrating` (needs time, `until` when) or `blocked`."
    )
    note: str | None = Field(None, examples=["The dashboard still reads it."])
    until: Moment | None = Field(
        None, description="With `migrating`: a time with its offset from UTC."
    )
    changes_hash: str | None = Field(
        None,
        description="The `changes_hash` that was shown for the team: if the team is asked "
        "something else by now, the answer is refused with `question_changed`.",
    )
    content_hash: str | None = Field(
        None, description="The proposal's `content_hash` that was shown; checked likewise."
    )


class DelegationBody(Body):
    """To whom a team hands its answer."""

    consumer_team_id: UUID
    user_id: UUID | None = Field(description="An owner or a member of the team; null: nobody.")


@router.post(
    "/{proposal_id}/delegate", response_model=ProposalView, summary="Hand an answer to somebody"
)
async def delegate_answer(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: DelegationBody,
) -> HttpResponse:
    """For those who may answer for the team. That person is asked in the place of the others.

    They may answer whatever the team's rule is, and those who may by the rule still may.
    """
    handed = Handed(team_id=body.consumer_team_id, user_id=body.user_id)

    async def effect(runner: Runner) -> None:
        await delegations.delegate(runner, call.caller, proposal_id, handed)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.rebased)


@router.post("/{proposal_id}/acknowledge", response_model=ProposalView, summary="Answer a proposal")
async def acknowledge_proposal(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "proposals"))],
    key: Key,
    wait: Wait,
    proposal_id: UUID,
    body: AcknowledgmentBody,
) -> HttpResponse:
    """An answer can be changed until the proposal is decided.

    It answers what the team is asked now; who names the hash of what was shown answers that and
    nothing else. Refused with `not_a_party`, `answers_closed` (it is approved), `question_changed`
    or `proposal_ended`.
    """
    given = NewAnswer(
        team_id=body.consumer_team_id,
        response=body.response,
        note=body.note,
        until=body.until,
        changes_hash=body.changes_hash,
        content_hash=body.content_hash,
    )

    async def effect(runner: Runner) -> Acknowledgment:
        return await acknowledgments.acknowledge(runner, call.caller, proposal_id, given)

    step = Step(call=call, proposal_id=proposal_id, key=key, wait=wait)
    return await steps.take(step, effect, waiting.decided)
