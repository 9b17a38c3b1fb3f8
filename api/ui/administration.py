"""Administration: what its pages have in common, and where they begin."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.call import Call, May
from api.problems import problem_of
from api.ui.entered import Entered, Rejected
from api.ui.rendering import page_text
from api.ui.routing import PageRoute
from domain.errors import Forbidden, NotFound, TesseraError
from domain.permissions import Action

PATH = "/administration"
KEYS = f"{PATH}/keys"
USERS = f"{PATH}/users"
DESTINATIONS = f"{PATH}/destinations"
SLACK = f"{PATH}/slack"
LOG = f"{PATH}/log"
AREAS: Mapping[str, str] = {
    KEYS: "Keys",
    USERS: "Users",
    DESTINATIONS: "Destinations",
    SLACK: "Slack",
    LOG: "Event log",
}

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(PATH)
async def administration(
    call: Annotated[Call, Depends(May(Action.READ_KEYS, "API keys"))],
) -> RedirectResponse:
    """Lead to the first of its pages."""
    del call
    return RedirectResponse(KEYS, 303)


def shown(call: Call, template: str, context: Mapping[str, object], status: int = 200) -> Response:
    """Return a page with the ways to the others."""
    return HTMLResponse(content(call, template, context), status_code=status)


def content(call: Call, template: str, context: Mapping[str, object]) -> str:
    """Return the text of such a page."""
    areas = {
        path: name
        for path, name in AREAS.items()
        if path != SLACK or call.principal.may_all  # refused to all others
    }
    return page_text(call.request, template, {"areas": areas, **context})


def rejected(entered: Entered, title: str, error: TesseraError) -> tuple[Rejected, int]:
    """Return how the page shows a form that was refused; raises again what no form can mend."""
    status = problem_of(error).status
    if status >= 500 or isinstance(error, Forbidden | NotFound):
        raise error
    return Rejected.of(entered, title, error), status
