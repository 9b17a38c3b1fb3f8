"""One's own keys: made where one is signed in, since no key makes another, shown once, revoked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.api_keys import ApiKeyView
from api.call import Call, May
from api.problems import problem_of
from api.ui.account import PATH as ACCOUNT
from api.ui.account import user_of
from api.ui.entered import Entered, wrong
from api.ui.rendering import page as rendered_page
from api.ui.routing import PageRoute
from api.ui.steps import shown_once
from domain.api_keys import Scope
from domain.authorization import Resource, authorize
from domain.errors import Forbidden, TesseraError
from domain.pages import LARGEST_LIMIT, PageRequest
from domain.permissions import Action
from record import api_keys
from record.api_keys import NewApiKey
from store.transaction import Transaction

PATH = f"{ACCOUNT}/keys"
router = APIRouter(route_class=PageRoute, include_in_schema=False)
LIVES: Mapping[str, timedelta | None] = {
    "30": timedelta(days=30),
    "90": timedelta(days=90),
    "365": timedelta(days=365),
    "never": None,
}
_SAID = {"revoked": "That key opens nothing any more."}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage:
    """Everything that the page shows; `text` is a key that was just made."""

    now: datetime
    keys: list[ApiKeyView]
    may_make: bool
    scopes: list[Scope]
    said: str = ""
    wrong: str = ""
    text: str = ""
    again: bool = False
    """Whether the form was sent twice: the key is there, and nobody can show it."""
    values: Mapping[str, str] = field(default_factory=dict)


@router.get(PATH)
async def show_own_keys(
    call: Annotated[Call, Depends(May(Action.READ_KEYS, "API keys"))], said: str = ""
) -> Response:
    """Show which keys one has."""
    return await _page(call, said=_SAID.get(said, ""))


@router.post(PATH)
async def make_own_key(
    call: Annotated[Call, Depends(May(Action.CREATE_KEYS, "API keys"))],
) -> Response:
    """Make a key and show it, this one time."""
    entered = await Entered.read(call.request, "key")
    try:
        new = await _wanted(call, entered)
        text = await shown_once(
            call,
            entered,
            lambda runner: api_keys.create(runner, call.caller, new),
            lambda minted: minted.text,
        )
    except Forbidden:
        raise
    except TesseraError as error:
        status = problem_of(error).status
        return await _page(call, wrong=error.detail, status=status, values=entered.values)
    if text is None:
        return await _page(call, again=True)
    return await _page(call, text=text, status=201)


@router.post(f"{PATH}/{{key_id}}/revoke")
async def revoke_own_key(
    call: Annotated[Call, Depends(May(Action.REVOKE_KEYS, "API keys"))], key_id: UUID
) -> Response:
    """Take a key out of use."""
    await api_keys.revoke(call.resources.database, call.caller, key_id)
    return RedirectResponse(f"{PATH}?said=revoked", 303)


def asked_for(entered: Entered) -> tuple[Scope, timedelta | None]:
    """Return what a key is to be for, and for how long it works; None is for ever."""
    lasts = entered.values.get("lasts", "")
    if lasts not in LIVES:
        raise wrong("lasts", "Choose for how long the key works.")
    try:
        scope = Scope(entered.values.get("scope", ""))
    except ValueError:
        raise wrong("scope", "Choose what the key may do.") from None
    return scope, LIVES[lasts]


async def _wanted(call: Call, entered: Entered) -> NewApiKey:
    whose = Resource(noun="API keys", user_id=call.principal.user_id)
    authorize(call.principal, Action.CREATE_KEYS, whose)
    user_id = user_of(call)
    scope, life = asked_for(entered)
    now = await call.resources.database.read(Transaction.now)
    return NewApiKey(
        name=entered.text("name") or "",
        scope=scope,
        user_id=user_id,
        expires_at=None if life is None else now + life,
    )


async def _page(call: Call, *, status: int = 200, **more: object) -> Response:
    principal = call.principal

    async def work(tx: Transaction) -> KeysPage:
        now = await tx.now()
        found: list[ApiKeyView] = []
        if principal.user_id is not None:
            request = PageRequest(limit=LARGEST_LIMIT)
            own = await tx.api_keys.page(request, user_id=principal.user_id)
            found = [ApiKeyView.of(each, principal.actor.name, now) for each in own.items]
        return KeysPage(
            now=now,
            keys=found,
            may_make=principal.user_id is not None and principal.key_id is None,
            scopes=[each for each in Scope if each is not Scope.ADMIN or principal.may_all],
            **more,  # type: ignore[arg-type]  # the fields that a caller names
        )

    page = await call.resources.database.read(work)
    return rendered_page(call.request, "own_keys.html", {"page": page, "lives": LIVES}, status)
