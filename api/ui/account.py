"""One's own page: who one is, where one is signed in, and the password."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.me import MeView, me
from api.problems import problem_of
from api.sessions import SessionView
from api.ui import sessions
from api.ui.agents import browser_name
from api.ui.entered import Entered
from api.ui.preferences import PACES, SEVERITIES, Preference, preferences
from api.ui.rendering import page as rendered_page
from api.ui.routing import PageRoute
from api.ui.sign_in import check_again
from api.ui.sign_in_page import PATH as SIGN_IN
from api.ui.sign_in_page import waiting
from domain.destinations import Destination
from domain.errors import InvalidRequest, TesseraError
from domain.pages import LARGEST_LIMIT, PageRequest
from domain.passwords import SHORTEST
from domain.permissions import Action
from record import passwords
from record import sessions as facts
from store.destinations import Owner
from store.transaction import Transaction

PATH = "/account"
router = APIRouter(route_class=PageRoute, include_in_schema=False)
_SAID = {
    "password": "Your password is changed. Everywhere else you are signed out.",
    "session": "That session is ended.",
    "told": "That is how you are told from now on.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """Everything that the page shows."""

    now: datetime
    me: MeView
    sessions: list[SessionView]
    has_password: bool
    this: UUID | None
    """The session that this page is looked at in."""
    told: list[Preference]
    digest_at: time

    def browser(self, session: SessionView) -> str:
        """Return what to call the browser of a session."""
        return browser_name(session.agent)


@router.get(PATH)
async def show_account(
    call: Annotated[Call, Depends(May(Action.READ, "users"))], said: str = ""
) -> Response:
    """Show who is signed in."""
    return await _page(call, said=_SAID.get(said, ""))


@router.post(f"{PATH}/password")
async def change_password(
    call: Annotated[Call, Depends(May(Action.CHANGE_PASSWORD, "passwords"))],
) -> Response:
    """Change one's own password by the old one."""
    request = call.request
    entered = await Entered.read(request, "password")
    browser = sessions.browser_of(request)
    try:
        check_again(entered, entered.values.get("password", ""))
        await passwords.change(
            call.resources.database,
            call.resources.hashing,
            call.caller,
            browser,
            _this(request),
            old=entered.values.get("old", ""),
            new=entered.values.get("password", ""),
        )
    except TesseraError as error:
        page = await _page(call, wrong=error.detail, status=problem_of(error).status)
        page.headers.update(waiting(error))
        return page
    response = RedirectResponse(f"{PATH}?said=password", 303)
    sessions.known(request, response, browser)
    return response


@router.post(f"{PATH}/sign-out")
async def sign_out_everywhere(
    call: Annotated[Call, Depends(May(Action.END_SESSIONS, "sessions"))],
) -> Response:
    """Sign out everywhere, here too."""
    user_id = user_of(call)
    await facts.sign_out_everywhere(call.resources.database, call.caller, user_id)
    response = RedirectResponse(f"{SIGN_IN}?said=everywhere", 303)
    sessions.Cookies(call.request).drop(response, sessions.SESSION)
    return response


@router.post(f"{PATH}/sessions/{{session_id}}/sign-out")
async def end_session(
    call: Annotated[Call, Depends(May(Action.END_SESSIONS, "sessions"))], session_id: UUID
) -> Response:
    """Sign out in one browser."""
    await facts.revoke(call.resources.database, call.caller, user_of(call), session_id)
    if session_id == _this(call.request):
        return RedirectResponse(SIGN_IN, 303)
    return RedirectResponse(f"{PATH}?said=session", 303)


async def _page(call: Call, *, said: str = "", wrong: str = "", status: int = 200) -> Response:
    async def work(tx: Transaction) -> AccountPage:
        return await _account(tx, call)

    account = await call.resources.database.read(work)
    context = {
        "account": account,
        "said": said,
        "wrong": wrong,
        "shortest": SHORTEST,
        "paces": PACES,
        "severities": SEVERITIES,
    }
    return rendered_page(call.request, "account.html", context, status)


async def _account(tx: Transaction, call: Call) -> AccountPage:
    now, idle, user_id = await tx.now(), call.resources.sessions.idle, call.principal.user_id
    open_ones: list[SessionView] = []
    has_password = False
    own: Sequence[Destination] = ()
    channels = call.resources.channels
    if user_id is not None:
        request = PageRequest(limit=LARGEST_LIMIT)
        found = await tx.sessions.page_of_user(request, user_id, open_since=now - idle)
        open_ones = [SessionView.of(each, now, idle) for each in found.items]
        has_password = await tx.passwords.get(user_id) is not None
        own = await tx.destinations.of_owner(Owner(user_id=user_id))
    return AccountPage(
        now=now,
        me=await me(tx, call.principal),
        sessions=open_ones,
        has_password=has_password,
        this=_this(call.request),
        told=preferences(own, channels),
        digest_at=channels.digest_at,
    )


def _this(request: Request) -> UUID | None:
    found = sessions.session_of(request)
    return None if found is None else found.session.id


def user_of(call: Call) -> UUID:
    """Return whose page it is; raises `InvalidRequest` for a key that is nobody's."""
    if call.principal.user_id is None:
        raise InvalidRequest("You signed in with a key that is nobody's.")
    return call.principal.user_id
