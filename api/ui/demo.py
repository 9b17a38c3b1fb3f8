"""The demo data: offered after the set-up, made by one click and taken away by another."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.problems import problem_of
from api.ui.rendering import page as rendered_page
from api.ui.routing import PageRoute
from api.ui.setup import DEMO
from domain.errors import Conflict
from domain.permissions import Action
from record import demo as facts

router = APIRouter(prefix=DEMO, route_class=PageRoute, include_in_schema=False)
Maker = Annotated[Call, Depends(May(Action.CREATE_TEAM, "demo data"))]
Remover = Annotated[Call, Depends(May(Action.DELETE_TEAM, "demo data"))]
_SAID = {
    "made": "The demo data is there.",
    "removed": "The demo data is taken away; the log keeps what happened.",
}


@router.get("")
async def show_demo(call: Maker, said: str = "") -> Response:
    """Show what the demo data is, and whether it is there."""
    return await _page(call, said=_SAID.get(said, ""))


@router.post("")
async def make_demo(call: Maker) -> Response:
    """Make it; what is there already stays as it is."""
    from record import demo_story

    resources = call.resources
    try:
        await demo_story.make(
            resources.database,
            resources.comparer,
            call.caller,
            resources.timeline,
            call.principal.user_id,
        )
    except Conflict as error:
        return await _page(call, wrong=error.detail, status=problem_of(error).status)
    return RedirectResponse(f"{DEMO}?said=made", 303)


@router.post("/remove")
async def remove_demo(call: Remover) -> Response:
    """Delete it softly."""
    await facts.remove(call.resources.database, call.caller)
    return RedirectResponse(f"{DEMO}?said=removed", 303)


async def _page(call: Call, *, said: str = "", wrong: str = "", status: int = 200) -> Response:
    standing = await call.resources.database.read(facts.find)
    context = {
        "demo": standing,
        "said": said,
        "wrong": wrong,
        "environment": facts.ENVIRONMENT,
        "team_names": (facts.OWNER, *facts.READERS),
    }
    return rendered_page(call.request, "demo.html", context, status)
