"""What operators do about a proposal, by form: ask again, give more time, hand over, end it."""

import re
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.call import Call, May
from api.ui.entered import Entered, wrong
from api.ui.named import needed_team
from api.ui.proposal import Id, took
from api.ui.routing import PageRoute
from domain.permissions import Action
from record import operators
from store.database import Runner

LONGEST = 3650
"""Days that a form may name; what the policy allows is less."""
_DAYS = re.compile("[0-9]{1,9}")

router = APIRouter(prefix="/proposals", route_class=PageRoute, include_in_schema=False)


@router.post("/{proposal_id}/ask-again")
async def ask_again(
    call: Annotated[Call, Depends(May(Action.ASK_AGAIN, "proposals"))], proposal_id: Id
) -> Response:
    """Remind one party now, out of turn."""
    entered = await Entered.read(call.request, "ask-again")

    async def effect(runner: Runner) -> object:
        return await operators.ask_again(runner, call.caller, proposal_id, entered.team_id())

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/extend")
async def extend(
    call: Annotated[Call, Depends(May(Action.EXTEND, "proposals"))], proposal_id: Id
) -> Response:
    """Give everybody so many days more."""
    entered = await Entered.read(call.request, "extend")

    async def effect(runner: Runner) -> object:
        by, reason = _days(entered), entered.text("reason")
        return await operators.extend(runner, call.caller, proposal_id, by, reason)

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/reassign")
async def reassign(
    call: Annotated[Call, Depends(May(Action.REASSIGN, "proposals"))], proposal_id: Id
) -> Response:
    """Have another team asked in the place of one."""
    entered = await Entered.read(call.request, "reassign")

    async def effect(runner: Runner) -> object:
        team_id = entered.team_id()
        says = "Name the team that is asked instead."
        to_team_id = await needed_team(call, entered, "to_team", says)
        reason = entered.text("reason") or ""
        return await operators.reassign(
            runner, call.caller, proposal_id, team_id, to_team_id, reason
        )

    return await took(call, proposal_id, entered, effect)


@router.post("/{proposal_id}/cancel")
async def cancel(
    call: Annotated[Call, Depends(May(Action.CANCEL, "proposals"))], proposal_id: Id
) -> Response:
    """End it in its producer's place."""
    entered = await Entered.read(call.request, "cancel")

    async def effect(runner: Runner) -> object:
        reason = entered.text("reason") or ""
        return await operators.cancel(runner, call.caller, proposal_id, reason)

    return await took(call, proposal_id, entered, effect)


def _days(entered: Entered) -> timedelta:
    text = entered.values.get("by", "").strip()
    if not _DAYS.fullmatch(text) or not 0 < int(text) <= LONGEST:
        raise wrong("by", "Write how many days more, as a whole number.")
    return timedelta(days=int(text))
