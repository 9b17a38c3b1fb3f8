"""The page of one proposal, and the forms on it.

How a form takes effect and what becomes of one that is refused: `api.ui.steps`.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.call import Call, May
from api.ui.acknowledgments import acknowledge
from api.ui.entered import Entered, Rejected, wrong
from api.ui.reading import read_proposal
from api.ui.rendering import page
from api.ui.routing import PageRoute, id_of
from api.ui.schemas import read_schemas
from api.ui.steps import Effect, Refused, take_about
from domain.permissions import Action
from record import comments, delegations, objections, proposals
from record.comments import NewComment
from record.delegations import Handed
from store.database import Runner

STEPS = (
    *("answer", "delegate", "comment", "object"),
    *("withdraw", "force", "publish", "confirm"),
    *("revise", "ask-again", "extend", "reassign", "cancel"),
)
PROPOSED = "proposed"
"""What the page says to who comes from the form that proposed it."""
router = APIRouter(prefix="/proposals", route_class=PageRoute, include_in_schema=False)


def _proposal_id(proposal_id: str) -> UUID:
    return id_of(proposal_id, "proposal")


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


@router.post("/{proposal_id}/answer")
async def answer(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "proposals"))], proposal_id: Id
) -> Response:
    """Record one team's answer."""
    entered = await Entered.read(call.request, "answer")

    return await led(call, proposal_id, entered, await acknowledge(call, proposal_id, entered))


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

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/delegate")
async def delegate(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "proposals"))], proposal_id: Id
) -> Response:
    """Hand a team's answer to one of its people, or take it back."""
    entered = await Entered.read(call.request, "delegate")

    async def effect(runner: Runner) -> None:
        handed = Handed(team_id=entered.team_id(), user_id=_person_of(entered))
        await delegations.delegate(runner, call.caller, proposal_id, handed)

    return await took(call, proposal_id, entered, effect)


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

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/withdraw")
async def withdraw(
    call: Annotated[Call, Depends(May(Action.WITHDRAW, "proposals"))], proposal_id: Id
) -> Response:
    """Take the proposal back."""
    entered = await Entered.read(call.request, "withdraw")

    async def effect(runner: Runner) -> object:
        return await proposals.withdraw(runner, call.caller, proposal_id, entered.text("reason"))

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/force")
async def force(
    call: Annotated[Call, Depends(May(Action.FORCE, "proposals"))], proposal_id: Id
) -> Response:
    """Publish it without the missing answers."""
    entered = await Entered.read(call.request, "force")

    async def effect(runner: Runner) -> object:
        reason = entered.text("reason") or ""
        return await proposals.force(runner, call.caller, proposal_id, reason)

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/publish")
async def publish(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "proposals"))], proposal_id: Id
) -> Response:
    """Publish an approved proposal that waits for this."""
    entered = await Entered.read(call.request, "publish")

    async def effect(runner: Runner) -> object:
        return await proposals.request_publication(runner, call.caller, proposal_id)

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/confirm")
async def confirm(
    call: Annotated[Call, Depends(May(Action.CONFIRM, "proposals"))], proposal_id: Id
) -> Response:
    """Confirm it against what was published meanwhile."""
    entered = await Entered.read(call.request, "confirm")

    async def effect(runner: Runner) -> object:
        return await proposals.confirm(runner, call.caller, proposal_id)

    return await took(call, proposal_id, entered, effect)


async def took(call: Call, proposal_id: UUID, entered: Entered, effect: Effect) -> Response:
    """Take a step once and lead back to the page, or show the page with what is wrong."""
    return await led(
        call, proposal_id, entered, await take_about(call, proposal_id, entered, effect)
    )


async def led(call: Call, proposal_id: UUID, entered: Entered, refused: Refused | None) -> Response:
    """Lead back to the page, or show it with what is wrong."""
    if refused is None:
        return RedirectResponse(f"/proposals/{proposal_id}?said={entered.step}", 303)
    return await _shown(call, proposal_id, rejected=refused.rejected, status=refused.status)


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
        "said": said if said in STEPS or said == PROPOSED else "",
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
