"""The start page: what waits for the teams of who is signed in, with the answers right there.

Where nobody signs in the start page is the list of what is open.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.call import Call, May
from api.ui import proposals
from api.ui.acknowledgments import acknowledge
from api.ui.entered import Entered, Rejected
from api.ui.inbox_reading import key_of, read_inbox
from api.ui.proposals import Narrowed, Wanted
from api.ui.rendering import Viewer, page
from api.ui.routing import PageRoute
from api.ui.steps import Refused, take
from domain.permissions import Action
from record import retirements, windows
from store.database import Runner

STEPS = ("answer", "moved", "extend")
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
async def start(
    call: Annotated[Call, Depends(May(Action.READ, "proposals"))],
    wanted: Narrowed,
    said: str = "",
    about: str = "",
) -> Response:
    """The inbox of who is signed in; else what is open."""
    if not Viewer(call.principal).signed_in:
        return await proposals.show_open(call, wanted, "/")
    if wanted.team:
        return RedirectResponse(f"{proposals.PATH}?{wanted.query()}", 303)
    return await _shown(call, wanted, said=said, about=about)


@router.get("/inbox")
async def back() -> RedirectResponse:
    """Lead whoever writes the address by hand to the page."""
    return RedirectResponse("/", 303)


@router.post("/inbox/{proposal_id}/answer")
async def answer(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "proposals"))], proposal_id: UUID
) -> Response:
    """Record one team's answer."""
    entered = await Entered.read(call.request, "answer")
    return await _led(call, proposal_id, entered, await acknowledge(call, proposal_id, entered))


@router.post("/inbox/retirements/{contract_id}/moved")
async def moved(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "retirements"))], contract_id: UUID
) -> Response:
    """Record that a team uses an old version no more."""
    entered = await Entered.read(call.request, "moved")

    async def effect(runner: Runner) -> None:
        team_id, note = entered.team_id(), entered.text("note")
        await retirements.move(runner, call.caller, contract_id, team_id, note)

    return await _led(call, contract_id, entered, await take(call, entered, effect, "contract"))


@router.post("/inbox/retirements/{contract_id}/extend")
async def extend(
    call: Annotated[Call, Depends(May(Action.ACKNOWLEDGE, "retirements"))], contract_id: UUID
) -> Response:
    """Record until when a team needs an old version."""
    entered = await Entered.read(call.request, "extend")

    async def effect(runner: Runner) -> None:
        team_id, note = entered.team_id(), entered.text("note")
        until = entered.end_of_day("until")
        until = await _within(call, contract_id, until)
        await retirements.extend(runner, call.caller, contract_id, team_id, until, note)

    return await _led(call, contract_id, entered, await take(call, entered, effect, "contract"))


async def _within(call: Call, contract_id: UUID, day: datetime) -> datetime:
    """Return the end of the day, or the furthest time that may be asked for on it."""
    found = await call.resources.database.read(lambda tx: windows.load(tx, [contract_id]))
    latest = found[0].retirement.latest_until if found else day
    return min(day, latest) if latest.date() == day.date() else day


async def _led(call: Call, about: UUID, entered: Entered, refused: Refused | None) -> Response:
    """Lead back to the inbox, or show it with what is wrong."""
    if refused is None:
        return RedirectResponse(f"/?said={entered.step}&about={about}", 303)
    wanted = Wanted(cursor=entered.values.get("cursor", ""))
    return await _shown(
        call, wanted, about=str(about), rejected=refused.rejected, status=refused.status
    )


async def _shown(
    call: Call,
    wanted: Wanted,
    *,
    said: str = "",
    about: str = "",
    rejected: Rejected | None = None,
    status: int = 200,
) -> HTMLResponse:
    shown = await read_inbox(call, wanted)
    refused = None
    if rejected is not None:
        refused = key_of(UUID(about), rejected.entered.values.get("team", ""))
    context = {
        "page": shown,
        "now": shown.now,
        "live": shown.live,
        "said": said if said in STEPS else "",
        "about": _id(about),
        "rejected": rejected,
        "refused": refused,
        "tomorrow": (shown.now + timedelta(days=1)).date().isoformat(),
    }
    return page(call.request, "inbox.html", context, status)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
