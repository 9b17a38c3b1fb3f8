"""What all steps of a proposal share: take effect once, wait if asked to, answer with the state."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import Response

from api.call import Call
from api.once import Answer, answered
from api.proposal_views import ProposalView, proposal_view
from api.waiting import Reached, applied, wait_for
from store.database import Runner
from store.idempotency import RequestKey
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing said about one proposal."""

    call: Call
    proposal_id: UUID
    key: RequestKey | None
    wait: float | None


async def take(
    step: Step, effect: Callable[[Runner], Awaitable[object]], reached: Reached
) -> Response:
    """Take the step and answer with the proposal.

    It is rendered under the proposal's lock only if it has to be kept with the effect: one with
    hundreds of parties takes longer to show than to answer, so those who answer at once share that.
    """

    async def render(tx: Transaction, _result: object) -> Answer:
        body = "" if step.key is None else (await shown(tx, step)).model_dump_json()
        return Answer(status=200, body=body)

    async with step.call.resources.turns.of(step.proposal_id):
        answer = await answered(step.call, step.key, effect, render)
    if step.wait is not None:
        await wait_for(step.call, step.proposal_id, reached, step.wait)
    if step.wait is not None or step.key is None:
        turns = step.call.resources.turns
        answer = replace(answer, body=await turns.shown(step.proposal_id, lambda: _body(step)))
    response = answer.response()
    response.headers.update(applied(step.wait))
    return response


async def _body(step: Step) -> str:
    view = await step.call.resources.database.read(lambda tx: shown(tx, step))
    return view.model_dump_json()


async def shown(tx: Transaction, step: Step) -> ProposalView:
    """Return the proposal as it stands."""
    return await proposal_view(tx, step.call.resources, step.proposal_id)
