"""The way in where a key is needed, and the way out."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.resources import resources_of
from api.routing import check_site
from api.ui import sessions
from api.ui.entered import Entered
from api.ui.rendering import rendered
from domain.authorization import Role

PATH = "/sign-in"

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def ask_for_key(request: Request, next: str = "/") -> Response:  # noqa: A002  # in the address
    """Show the form, unless everybody may come in anyhow."""
    if resources_of(request).authenticator.anonymous.role is not Role.NOBODY:
        return RedirectResponse(own_path(next), 303)
    return HTMLResponse(sign_in_page(next))


@router.post(PATH)
async def sign_in(request: Request) -> Response:
    """Sign in with a key, then go on to where one wanted to go."""
    check_site(request)
    entered = await Entered.read(request, "sign-in")
    goal = own_path(entered.values.get("next", "/"))
    response = RedirectResponse(goal, 303)
    if await sessions.sign_in(request, response, entered.values.get("key", "").strip()):
        return response
    await resources_of(request).rate_limits.attempts.failed(request)
    return HTMLResponse(sign_in_page(goal, wrong=True), status_code=401)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget the session."""
    check_site(request)
    response = RedirectResponse(PATH, 303)
    sessions.sign_out(response)
    return response


def sign_in_page(goal: str, *, wrong: bool = False, unsent: bool = False, again: str = "") -> str:
    """Return the page with the form.

    `unsent` says that a form was not taken for want of a session; `again` is an address that the
    browser opens anew by itself.
    """
    context = {"goal": own_path(goal), "wrong": wrong, "unsent": unsent, "again": again}
    return rendered("sign_in.html", {"viewer": None, "path": PATH, "live": None, **context})


def own_path(goal: str) -> str:
    """Return a path of this server, whatever somebody put into the address."""
    if goal.startswith("/") and not goal.startswith(("//", "/\\")) and goal.isprintable():
        return goal
    return "/"
