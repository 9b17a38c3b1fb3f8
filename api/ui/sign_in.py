"""The way in, by password, key, or the identity provider's word, and the way out."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.problems import problem_of
from api.refusals import RateLimited
from api.resources import resources_of
from api.routing import check_site
from api.ui import sessions
from api.ui.entered import Entered, wrong
from api.ui.rendering import rendered
from api.ui.routing import counted
from api.ui.sessions import SESSION, Cookies
from api.ui.sign_in_page import PATH, SignInPage, own_path, refusal_page
from domain.actors import Caller, Origin
from domain.authorization import Role
from domain.errors import LinkUsed, SignInRefused, TesseraError
from domain.sessions import SignInMethod
from domain.sign_ins import masked
from record import passwords
from record import sessions as facts
from record.passwords import Refused
from record.sessions import Started

router = APIRouter(include_in_schema=False, dependencies=[Depends(check_site), Depends(counted)])
_SAID = {
    "out": "You are signed out.",
    "everywhere": "You are signed out everywhere.",
    "password": "Your password is set. Sign in with it.",
}


@router.get(PATH)
async def show_form(
    request: Request,
    next: str = "/",  # noqa: A002  # in the address
    said: str = "",
) -> Response:
    """Show the form, unless everybody may come in anyhow."""
    resources = resources_of(request)
    if resources.authenticator.anonymous.role is not Role.NOBODY:
        return RedirectResponse(own_path(next), 303)
    leave = resources.provider is not None and said == "out"
    page = SignInPage(goal=next, said=_SAID.get(said, ""), leave_provider=leave)
    return HTMLResponse(page.content(resources.provider))


@router.post(PATH)
async def sign_in(request: Request) -> Response:
    """Sign in with a password or a key, then go on to where one wanted to go."""
    entered = await Entered.read(request, "sign-in")
    goal = own_path(entered.values.get("next", "/"))
    key, email = (entered.values.get(name, "").strip() for name in ("key", "email"))
    try:
        if key:
            return await _by_key(request, goal, key)
        return await _by_password(request, goal, email, entered.values.get("password", ""))
    except RateLimited:
        raise
    except TesseraError as error:
        page = SignInPage(goal=goal, wrong=error.detail, email=email, by_key=bool(key))
        return refusal_page(page, resources_of(request).provider, error)


async def _by_key(request: Request, goal: str, key: str) -> Response:
    try:
        started = await sessions.sign_in_by_key(request, key)
    except SignInRefused as refusal:
        sessions.log_refusal(request, SignInMethod.KEY, refusal.detail)
        await resources_of(request).rate_limits.attempts.failed(request)
        raise
    return _done(request, goal, started)


async def _by_password(request: Request, goal: str, email: str, password: str) -> Response:
    resources, browser = resources_of(request), sessions.browser_of(request)
    # What others at the same address fail at must not keep anybody out of their own browser.
    is_known = await passwords.knows(resources.database, browser, email)
    if not is_known:
        await resources.rate_limits.attempts.begin(request)
    found = await passwords.sign_in(
        resources.database,
        resources.hashing,
        browser,
        sessions.beginning_of(request, SignInMethod.PASSWORD),
        email=email,
        password=password,
    )
    if isinstance(found, Refused):
        who = masked(email) if found.user_id is None else str(found.user_id)
        sessions.log_refusal(request, SignInMethod.PASSWORD, found.why.value, who)
        raise found.error()
    if not is_known:
        resources.rate_limits.attempts.succeeded(request)
    response = _done(request, goal, found)
    sessions.known(request, response, browser)
    return response


def _done(request: Request, goal: str, started: Started) -> Response:
    response = RedirectResponse(goal, 303)
    sessions.signed_in(request, response, started)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    principal = await sessions.principal_of(request)
    found = sessions.session_of(request)
    by_provider = found is not None and found.session.method is SignInMethod.PROVIDER
    response = RedirectResponse(f"{PATH}?said=out" if by_provider else PATH, 303)
    if principal is not None and found is not None:
        caller = Caller(
            actor=principal.actor, origin=Origin.PAGE, request_id=request.state.request_id
        )
        await facts.sign_out(resources_of(request).database, caller, found.session.id)
    Cookies(request).drop(response, SESSION)
    return response


@router.get("/set-password")
async def show_link(request: Request, link: str = "") -> Response:
    """Show the form that a one-time link leads to."""
    try:
        user = await passwords.user_of_link(resources_of(request).database, link)
    except TesseraError as error:
        return _set_password_page(request, error=error, status=410)
    return _set_password_page(request, link=link, name=user.name, email=user.email or "")


@router.post("/set-password")
async def set_password(request: Request) -> Response:
    """Set the password of whose link it is, once."""
    resources, browser = resources_of(request), sessions.browser_of(request)
    entered = await Entered.read(request, "set-password")
    link, password = entered.values.get("link", ""), entered.values.get("password", "")
    try:
        user = await passwords.user_of_link(resources.database, link)
    except TesseraError as error:
        return _set_password_page(request, error=error, status=410)
    try:
        check_again(entered, password)
        await passwords.set_by_link(
            resources.database, resources.hashing, browser, token=link, password=password
        )
    except TesseraError as error:
        status = problem_of(error).status
        kept = "" if isinstance(error, LinkUsed) else link
        return _set_password_page(
            request, link=kept, name=user.name, email=user.email or "", error=error, status=status
        )
    response = RedirectResponse(f"{PATH}?said=password", 303)
    sessions.known(request, response, browser)
    Cookies(request).drop(response, SESSION)
    return response


def check_again(entered: Entered, password: str) -> None:
    """Raise `InvalidRequest` when the password was not entered twice alike."""
    if entered.values.get("again", "") != password:
        raise wrong("again", "The two passwords are not the same.")


def _set_password_page(
    request: Request,
    *,
    link: str = "",
    name: str = "",
    email: str = "",
    error: TesseraError | None = None,
    status: int = 200,
) -> HTMLResponse:
    detail = "" if error is None else error.detail
    context = {"link": link, "name": name, "email": email, "wrong": detail}
    frame = {"viewer": None, "path": request.url.path, "live": None}
    return HTMLResponse(rendered("set_password.html", {**frame, **context}), status_code=status)
