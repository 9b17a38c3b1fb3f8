"""The page of one proposal, and the forms on it.

A form does what the API does: the same `May`, the same function of `record/`, the same `answered`.
What is refused comes back on the page, with what was entered and the status of the problem.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api import problems, waiting
from api.call import Call, May
from api.once import Answer, answered
from api.ui.entered import Entered, Rejected, wrong
from api.ui.reading import read_proposal, read_schemas
from api.ui.rendering import page
from api.ui.routing import PageRoute
from domain.acknowledgments import Response as Given
from domain.errors import NotFound, TesseraError
from domain.permissions import Action
from domain.steps import StepKind
from record import acknowledgments, comments, delegations, objections, proposals, rounds
from record.acknowledgments import NewAnswer
from record.comments import NewComment
from record.delegations import Handed
from record.rounds import ProposalDetail
from store.database import Runner
from store.transaction import Transaction

STEPS = (
    *("answer", "delegate", "comment", "object"),
    *("withdraw", "force", "publish", "confirm"),
)
SETTLES_WITHIN = 1.5
"""Seconds for which a form waits for what it brought about, so that the next page shows it."""

router = APIRouter(prefix="/proposals", route_class=PageRoute, include_in_schema=False)

Effect = Callable[[Runner], Awaitable[object]]


def _proposal_id(proposal_id: str) -> UUID:
    try:
        return UUID(proposal_id)
    except ValueError:
        raise NotFound(
            f"There is no proposal `{proposal_id[:100]}`.", noun="proposal", key=proposal_id[:100]
        ) from None


Id = Annotated[UUID, Depends(_proposal_id)]


@router.get("/{proposal_id}")
async def show(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))],
    proposal_id: Id,
    said: str = "",
    team: str = "",
) -> HTMLResponse:
    """What breaks, who is asked, the answers as forms, what happened and what comes."""
    return await _shown(call, proposal_id, said=said, chosen=team)


@router.get("/{proposal_id}/schema")
async def schema(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))], proposal_id: Id
) -> HTMLResponse:
    """The proposed schema and the one that it would replace, whole."""
    proposal, texts = await read_schemas(call, proposal_id)
    return page(call.request, "schema.html", {"proposal": proposal, "texts": texts})


@router.get("/{proposal_id}/{step}")
async def back(proposal_id: Id, step: str) -> RedirectResponse:
    """Lead whoever asks for the address of a form to the page that it is on."""
    if step not in STEPS:
        raise NotFound(f"A proposal has no page `{step[:100]}`.", noun="page", key=step[:100])
    return RedirectResponse(f"/proposals/{proposal_id}", 303)


@router.post("/{proposal_id}/answer")
async def answer(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "proposals"))], proposal_id: Id
) -> Response:
    """Record one team's answer."""
    entered = await Entered.read(call.request, "answer")

    async def effect(runner: Runner) -> object:
        given = await _answer_of(call, proposal_id, entered)
        return await acknowledgments.acknowledge(runner, call.caller, proposal_id, given)

    return await _take(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/comment")
async def comment(
    call: Annotated[Call, Depends(May(Action.COMMENT, "comments"))], proposal_id: Id
) -> Response:
    """Say something about it for a team."""
    entered = await Entered.read(call.request, "comment")

    async def effect(runner: Runner) -> object:
        new = NewComment(
            team_id=entered.team_id(),
            text=entered.text("text") or "",
            reply_to=entered.id_of("reply_to"),
        )
        return await comments.comment(runner, call.caller, proposal_id, new)

    return await _take(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/delegate")
async def delegate(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "proposals"))], proposal_id: Id
) -> Response:
    """Hand a team's answer to one of its people, or take it back."""
    entered = await Entered.read(call.request, "delegate")

    async def effect(runner: Runner) -> None:
        handed = Handed(team_id=entered.team_id(), user_id=_person_of(entered))
        await delegations.delegate(runner, call.caller, proposal_id, handed)

    return await _take(call, proposal_id, entered, effect)


def _person_of(entered: Entered) -> UUID | None:
    user = entered.values.get("user", "")
    try:
        return UUID(user) if user else None
    except ValueError:
        raise wrong("user", "Choose somebody of the team.") from None


@router.post("/{proposal_id}/object")
async def object_to(
    call: Annotated[Call, Depends(May(Action.COMMENT, "objections"))], proposal_id: Id
) -> Response:
    """Object to it for a team that is affected only downstream."""
    entered = await Entered.read(call.request, "object")

    async def effect(runner: Runner) -> object:
        team_id, reason = entered.team_id(), entered.text("text") or ""
        return await objections.object_to(runner, call.caller, proposal_id, team_id, reason)

    return await _take(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/withdraw")
async def withdraw(
    call: Annotated[Call, Depends(May(Action.WITHDRAW, "proposals"))], proposal_id: Id
) -> Response:
    """Take the proposal back."""
    entered = await Entered.read(call.request, "withdraw")

    async def effect(runner: Runner) -> object:
        return await proposals.withdraw(runner, call.caller, proposal_id, entered.text("reason"))

    return await _take(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/force")
async def force(
    call: Annotated[Call, Depends(May(Action.FORCE, "proposals"))], proposal_id: Id
) -> Response:
    """Publish it without the missing answers."""
    entered = await Entered.read(call.request, "force")

    async def effect(runner: Runner) -> object:
        reason = entered.text("reason") or ""
        return await proposals.force(runner, call.caller, proposal_id, reason)

    return await _take(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/publish")
async def publish(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "proposals"))], proposal_id: Id
) -> Response:
    """Publish an approved proposal that waits for this."""
    entered = await Entered.read(call.request, "publish")

    async def effect(runner: Runner) -> object:
        return await proposals.request_publication(runner, call.caller, proposal_id)

    return await _take(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/confirm")
async def confirm(
    call: Annotated[Call, Depends(May(Action.CONFIRM, "proposals"))], proposal_id: Id
) -> Response:
    """Confirm it against what was published meanwhile."""
    entered = await Entered.read(call.request, "confirm")

    async def effect(runner: Runner) -> object:
        return await proposals.confirm(runner, call.caller, proposal_id)

    return await _take(call, proposal_id, entered, effect)


async def _take(call: Call, proposal_id: UUID, entered: Entered, effect: Effect) -> Response:
    """Take a step once and lead back to the page, or show the page with what is wrong."""

    async def render(_tx: Transaction, _result: object) -> Answer:
        return Answer(status=303, body="")

    try:
        async with call.resources.turns.of(proposal_id):
            await answered(call, entered.key(call), effect, render)
    except TesseraError as error:
        problem = problems.problem_of(error)
        if problem.status >= 500 or error.extra.get("noun") == "proposal":
            raise
        rejected = Rejected.of(entered, problem.title, error)
        return await _shown(call, proposal_id, rejected=rejected, status=problem.status)
    await waiting.wait_for(call, proposal_id, _at_rest, SETTLES_WITHIN)
    return RedirectResponse(f"/proposals/{proposal_id}?said={entered.step}", 303)


def _at_rest(detail: ProposalDetail) -> bool:
    """Whether its workflow has nothing to carry out at once."""
    now = datetime.now(detail.proposal.opened_at.tzinfo)
    return detail.round.next_step(now).kind in (StepKind.WAIT, StepKind.ENDED)


async def _shown(
    call: Call,
    proposal_id: UUID,
    *,
    said: str = "",
    chosen: str = "",
    rejected: Rejected | None = None,
    status: int = 200,
) -> HTMLResponse:
    shown = await read_proposal(call, proposal_id)
    if rejected is not None:
        chosen = rejected.entered.values.get("team", "")
    context = {
        "page": shown,
        "proposal": shown.proposal,
        "now": shown.now,
        "live": replace(shown.live, page=f"{shown.live.page}{_query(chosen)}"),
        "said": said if said in STEPS else "",
        "chosen": chosen,
        "rejected": rejected,
        "tomorrow": (shown.now + timedelta(days=1)).date().isoformat(),
    }
    return page(call.request, "proposal.html", context, status)


def _query(chosen: str) -> str:
    """Return the query that chooses a team, if one of our forms or links has chosen one."""
    try:
        return f"?team={UUID(chosen)}"
    except ValueError:
        return ""


async def _answer_of(call: Call, proposal_id: UUID, entered: Entered) -> NewAnswer:
    try:
        response = Given(entered.values.get("response", ""))
    except ValueError:
        raise wrong("response", "Answer ready, needs time or blocked.") from None
    note = entered.text("note")
    if response is Given.BLOCKED and note is None:
        raise wrong("note", "Say why you block: the producer needs to know what to change.")
    team_id = entered.team_id()
    until = None
    if response is Given.MIGRATING:
        until = await _until(call, proposal_id, team_id, entered.end_of_day("until"))
    return NewAnswer(
        team_id=team_id,
        response=response,
        note=note,
        until=until,
        changes_hash=entered.text(f"asked-{team_id}"),
    )


async def _until(call: Call, proposal_id: UUID, team_id: UUID, day: datetime) -> datetime:
    """Return the end of the day, or of the party's time if that ends on the same day."""
    detail = await rounds.detail(call.resources.database, proposal_id)
    for each in detail.parties:
        latest = detail.round.latest_until(each.party)
        if each.team.id == team_id and latest is not None and latest.date() == day.date():
            return min(day, latest)
    return day
