"""The set-up of a server that nobody has: its first administrator, then data to try it on."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.problems import problem_of
from api.refusals import RateLimited
from api.resources import resources_of
from api.routing import check_site
from api.setup_code import SetUp
from api.ui import sessions
from api.ui.entered import Entered, Rejected, wrong
from api.ui.rendering import rendered
from api.ui.routing import SET_UP, counted, is_nobodys
from api.ui.sign_in import check_again
from api.ui.sign_in_page import PATH as SIGN_IN
from api.ui.sign_in_page import waiting
from domain.authorization import Role
from domain.errors import NotReady, SignInRefused, TesseraError
from domain.passwords import SHORTEST
from domain.sessions import SignInMethod
from record import first_administrator
from record.first_administrator import NewAdministrator
from record.sessions import Started

DEMO = f"{SET_UP}/demo"
router = APIRouter(include_in_schema=False, dependencies=[Depends(check_site), Depends(counted)])


@router.get(SET_UP)
async def show_set_up(request: Request) -> Response:
    """Show the form, as long as there is nobody."""
    if not await is_nobodys(request):
        return RedirectResponse(_elsewhere(request), 303)
    return _page(request)


@router.post(SET_UP)
async def set_up(request: Request) -> Response:
    """Make the first administrator, signed in; of many at once one is made."""
    entered = await Entered.read(request, "setup")
    if not await is_nobodys(request):
        return RedirectResponse(_elsewhere(request), 303)
    browser = sessions.browser_of(request)
    try:
        started = await _made(request, entered)
    except RateLimited:
        raise
    except NotReady:
        return RedirectResponse(SIGN_IN, 303)
    except TesseraError as error:
        problem = problem_of(error)
        rejected = Rejected.of(entered, problem.title, error)
        return _page(request, rejected, problem.status, waiting(error))
    response = RedirectResponse(DEMO, 303)
    sessions.signed_in(request, response, started)
    sessions.known(request, response, browser)
    return response


async def _made(request: Request, entered: Entered) -> Started:
    resources = resources_of(request)
    await resources.rate_limits.attempts.begin(request)
    if not _of(request).admits(resources.authenticator, entered.values.get("proof", "").strip()):
        sessions.log_refusal(request, SignInMethod.KEY, "not the proof that set-up asks for")
        what = "bootstrap key" if _of(request).code is None else "code that the server said"
        raise SignInRefused(
            f"That is not the {what}.", errors=[{"path": "proof", "message": "not the right one"}]
        )
    resources.rate_limits.attempts.succeeded(request)
    password = entered.values.get("password", "")
    check_again(entered, password)
    new = NewAdministrator(
        name=entered.text("name") or "", email=entered.text("email") or "", password=password
    )
    return await first_administrator.make(
        resources.database,
        resources.hashing,
        sessions.browser_of(request),
        sessions.beginning_of(request, SignInMethod.PASSWORD),
        new,
    )


def _of(request: Request) -> SetUp:
    found = resources_of(request).set_up
    if found is None:
        raise wrong("proof", "This server needs no set-up.")
    return found


def _elsewhere(request: Request) -> str:
    """Return where somebody goes where there is nothing to set up."""
    anonymous = resources_of(request).authenticator.anonymous
    return "/" if anonymous.role is Role.NOBODY else DEMO


def _page(
    request: Request,
    rejected: Rejected | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    context = {
        "by_code": _of(request).code is not None,
        "rejected": rejected,
        "values": {} if rejected is None else rejected.entered.values,
        "shortest": SHORTEST,
    }
    frame = {"viewer": None, "path": SET_UP, "live": None}
    content = rendered("setup.html", {**frame, **context})
    return HTMLResponse(content, status_code=status, headers=headers)
