"""One user: what they are, where they are signed in, and what administrators do about it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.sessions import SET_PASSWORD, SessionView
from api.ui.administration import USERS, rejected, shown
from api.ui.agents import browser_name
from api.ui.entered import Entered, Rejected
from api.ui.routing import PageRoute
from api.ui.steps import once, shown_once
from api.users import UserView
from domain.authorization import allows
from domain.errors import TesseraError
from domain.members import TeamRole
from domain.pages import LARGEST_LIMIT, PageRequest
from domain.permissions import Action
from domain.teams import Team
from record import lookup, passwords, sessions, users
from record.users import UserChange
from store.database import Runner
from store.transaction import Transaction

ONE = f"{USERS}/{{user_id}}"
router = APIRouter(route_class=PageRoute, include_in_schema=False)
Changes = Annotated[Call, Depends(May(Action.CHANGE_USERS, "users"))]
Ends = Annotated[Call, Depends(May(Action.END_SESSIONS, "sessions"))]
_SAID = {
    "created": "The user is there. A person sets a password by a link, which you make below, or "
    "comes by the identity provider; a bot comes with a key.",
    "changed": "That is saved.",
    "deactivated": "From now on no key and no session of this user opens anything.",
    "reactivated": "The keys of this user work again, unless they are revoked or expired.",
    "ended": "That session is ended.",
    "everywhere": "This user is signed out everywhere.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage:
    """Everything that the page shows."""

    now: datetime
    user: UserView
    by_groups: bool
    """Whether the identity provider's groups make them an administrator."""
    teams: Sequence[tuple[Team, TeamRole]]
    may_change: bool
    has_password: bool
    sessions: Sequence[SessionView] | None
    """None where they are not for who looks."""
    said: str = ""
    link: str = ""
    again: bool = False
    rejected: Rejected | None = None

    def browser(self, session: SessionView) -> str:
        """Return what to call the browser of a session."""
        return browser_name(session.agent)


@router.get(ONE)
async def show_user(
    call: Annotated[Call, Depends(May(Action.READ, "users"))], user_id: UUID, said: str = ""
) -> Response:
    """One user."""
    return await _page(call, user_id, said=_SAID.get(said, ""))


@router.post(ONE)
async def change_user(call: Changes, user_id: UUID) -> Response:
    """Change a name, an address, or whether somebody may be an administrator."""
    entered = await Entered.read(call.request, "change")

    async def effect(runner: Runner) -> object:
        wanted = UserChange(
            name=entered.text("name") or "",
            email=entered.text("email"),
            administrator="administrator" in entered.values,
        )
        return await users.change(runner, call.caller, user_id, wanted)

    return await _take(call, user_id, entered, effect, "changed")


@router.post(f"{ONE}/deactivate")
async def deactivate(call: Changes, user_id: UUID) -> Response:
    """Let a user come in no more."""
    entered = await Entered.read(call.request, "deactivate")

    async def effect(runner: Runner) -> object:
        return await users.deactivate(runner, call.caller, user_id)

    return await _take(call, user_id, entered, effect, "deactivated")


@router.post(f"{ONE}/reactivate")
async def reactivate(call: Changes, user_id: UUID) -> Response:
    """Let a user come in again."""
    entered = await Entered.read(call.request, "reactivate")

    async def effect(runner: Runner) -> object:
        return await users.reactivate(runner, call.caller, user_id)

    return await _take(call, user_id, entered, effect, "reactivated")


@router.post(f"{ONE}/password-link")
async def link_password(
    call: Annotated[Call, Depends(May(Action.LINK_PASSWORD, "passwords"))], user_id: UUID
) -> Response:
    """Make a link by which the user sets a password, and show it, this one time."""
    entered = await Entered.read(call.request, "link")
    page = f"{call.resources.public_url}{SET_PASSWORD}"
    try:
        link = await shown_once(
            call,
            entered,
            lambda runner: passwords.create_link(runner, call.caller, user_id),
            lambda made: f"{page}?link={made[1]}",
        )
    except TesseraError as error:
        return await _refused(call, user_id, entered, error)
    if link is None:
        return await _page(call, user_id, again=True)
    return await _page(call, user_id, link=link, status=201)


@router.post(f"{ONE}/sign-out")
async def sign_out(call: Ends, user_id: UUID) -> Response:
    """End all sessions of a user."""
    entered = await Entered.read(call.request, "sign out")

    async def effect(runner: Runner) -> object:
        return await sessions.sign_out_everywhere(runner, call.caller, user_id)

    return await _take(call, user_id, entered, effect, "everywhere")


@router.post(f"{ONE}/sessions/{{session_id}}/end")
async def end_session(call: Ends, user_id: UUID, session_id: UUID) -> Response:
    """End one session of a user."""
    entered = await Entered.read(call.request, "end")

    async def effect(runner: Runner) -> object:
        return await sessions.revoke(runner, call.caller, user_id, session_id)

    return await _take(call, user_id, entered, effect, "ended")


async def _take(
    call: Call,
    user_id: UUID,
    entered: Entered,
    effect: Callable[[Runner], Awaitable[object]],
    said: str,
) -> Response:
    try:
        await once(call, entered, effect)
    except TesseraError as error:
        return await _refused(call, user_id, entered, error)
    return RedirectResponse(f"{USERS}/{user_id}?said={said}", 303)


async def _refused(call: Call, user_id: UUID, entered: Entered, error: TesseraError) -> Response:
    refusal, status = rejected(entered, "That was not done", error)
    return await _page(call, user_id, rejected=refusal, status=status)


async def _page(call: Call, user_id: UUID, *, status: int = 200, **more: object) -> Response:
    principal, idle = call.principal, call.resources.sessions.idle

    async def work(tx: Transaction) -> UserPage:
        user, now = await lookup.user(tx, user_id), await tx.now()
        roles = {each.team_id: each.role for each in await tx.members.of_user(user_id)}
        teams = await tx.teams.by_id(roles)
        open_ones = None
        if allows(principal, Action.READ_SESSIONS, sessions.resource_of(user_id)):
            request = PageRequest(limit=LARGEST_LIMIT)
            found = await tx.sessions.page_of_user(request, user_id, open_since=now - idle)
            open_ones = [SessionView.of(each, now, idle) for each in found.items]
        return UserPage(
            now=now,
            user=UserView.of(user),
            by_groups=user.administrator_by_groups,
            teams=[(each, roles[each.id]) for each in teams.values()],
            may_change=principal.may_all,
            has_password=await tx.passwords.get(user_id) is not None,
            sessions=open_ones,
            **more,  # type: ignore[arg-type]  # the fields that a caller names
        )

    page = await call.resources.database.read(work)
    return shown(call, "user.html", {"page": page, "now": page.now}, status)
