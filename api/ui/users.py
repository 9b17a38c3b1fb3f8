"""The users: found while somebody types, and made by administrators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.once import Answer, answered
from api.ui.administration import USERS, rejected, shown
from api.ui.entered import Entered, Rejected, wrong
from api.ui.routing import PageRoute, address
from api.users import UserView
from domain.errors import TesseraError
from domain.pages import PageRequest
from domain.permissions import Action
from domain.users import User, UserKind
from record import users
from record.users import NewUser
from store.database import Runner
from store.transaction import Transaction

router = APIRouter(route_class=PageRoute, include_in_schema=False)
KINDS: Mapping[str, str] = {"": "people and bots", "person": "people", "bot": "bots"}
STATES: Mapping[str, str] = {
    "active": "who may come in",
    "deactivated": "deactivated",
    "all": "all",
}
_ACTIVE = {"active": True, "deactivated": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to, as it was entered."""

    words: str = ""
    kind: str = ""
    state: str = "active"
    cursor: str = ""

    def address(self, cursor: str = "") -> str:
        """Return the address of another page of the same list."""
        state = "" if self.state == "active" else self.state
        return address(USERS, q=self.words, kind=self.kind, state=state, cursor=cursor)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPage:
    """Everything that the page shows."""

    now: datetime
    wanted: Wanted
    users: list[UserView]
    next: str | None
    may_change: bool
    rejected: Rejected | None


async def _wanted(q: str = "", kind: str = "", state: str = "active", cursor: str = "") -> Wanted:
    return Wanted(
        words=" ".join(q.split())[:200].replace("\0", ""),
        kind=kind if kind in KINDS else "",
        state=state if state in STATES else "active",
        cursor=cursor,
    )


@router.get(USERS)
async def show_users(
    call: Annotated[Call, Depends(May(Action.READ, "users"))],
    wanted: Annotated[Wanted, Depends(_wanted)],
) -> Response:
    """Everybody, newest first."""
    return await _page(call, wanted)


@router.post(USERS)
async def make_user(
    call: Annotated[Call, Depends(May(Action.CHANGE_USERS, "users"))],
) -> Response:
    """Create a person or a bot, and lead to their page."""
    entered = await Entered.read(call.request, "make")

    async def effect(runner: Runner) -> User:
        return await users.create(runner, call.caller, _new(entered))

    async def render(_tx: Transaction, user: User) -> Answer:
        return Answer(status=303, body=str(user.id))

    try:
        answer = await answered(call, entered.key(call), effect, render)
    except TesseraError as error:
        refusal, status = rejected(entered, "The user was not created", error)
        return await _page(call, Wanted(), refusal, status)
    return RedirectResponse(f"{USERS}/{answer.body}?said=created", 303)


def _new(entered: Entered) -> NewUser:
    try:
        kind = UserKind(entered.values.get("kind", ""))
    except ValueError:
        raise wrong("kind", "Say whether it is a person or a bot.") from None
    return NewUser(
        name=entered.text("name") or "",
        email=entered.text("email"),
        kind=kind,
        administrator="administrator" in entered.values,
    )


async def _page(
    call: Call, wanted: Wanted, refusal: Rejected | None = None, status: int = 200
) -> Response:
    async def work(tx: Transaction) -> UsersPage:
        found = await tx.users.page(
            PageRequest(cursor=wanted.cursor or None),
            kind=UserKind(wanted.kind) if wanted.kind else None,
            active=_ACTIVE.get(wanted.state),
            words=wanted.words,
        )
        return UsersPage(
            now=await tx.now(),
            wanted=wanted,
            users=[UserView.of(each) for each in found.items],
            next=None if found.next is None else wanted.address(found.next),
            may_change=call.principal.may_all,
            rejected=refusal,
        )

    page = await call.resources.database.read(work)
    context = {"page": page, "now": page.now, "kinds": KINDS, "states": STATES}
    return shown(call, "users.html", context, status)
