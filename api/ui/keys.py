"""The keys of teams and users: made, shown once, replaced, revoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.api_keys import ApiKeyView, holders
from api.call import Call, May
from api.ui.administration import KEYS, rejected, shown
from api.ui.entered import Entered, Rejected, team_of, user_of, wrong
from api.ui.own_keys import LIVES, asked_for
from api.ui.routing import PageRoute, address
from api.ui.steps import once, shown_once
from domain.api_keys import ApiKey, KeyStatus, Scope
from domain.authorization import Principal, allows
from domain.errors import TesseraError
from domain.pages import LARGEST_LIMIT, PageRequest
from domain.permissions import Action
from domain.teams import Team
from record import api_keys
from record.api_keys import Minted, NewApiKey
from store.transaction import Transaction

router = APIRouter(route_class=PageRoute, include_in_schema=False)
STATES: Mapping[str, str] = {"working": "that work", "ended": "revoked or expired", "all": "all"}
OVERLAPS: Mapping[str, timedelta] = {
    "none": timedelta(0),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
OVERLAP_WORDS = {"none": "not at all", "1h": "for an hour", "1d": "for a day", "7d": "for a week"}
_WORKS = {"working": True, "ended": False}
_SAID = {"revoked": "That key opens nothing any more."}
_USABLE = (KeyStatus.ACTIVE, KeyStatus.RETIRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to, as it was entered."""

    team: str = ""
    user: UUID | None = None
    scope: Scope | None = None
    state: str = "working"
    cursor: str = ""

    def address(self, cursor: str = "") -> str:
        """Return the address of another page of the same list."""
        state = "" if self.state == "working" else self.state
        scope = self.scope and self.scope.value
        return address(
            KEYS, team=self.team, user=self.user, scope=scope, state=state, cursor=cursor
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """A key, and what who looks at it may do to it."""

    view: ApiKeyView
    may_rotate: bool
    may_revoke: bool

    @classmethod
    def of(cls, key: ApiKey, holder: str, now: datetime, principal: Principal) -> "KeyLine":
        """Return the line of a key."""
        whose, status = api_keys.resource_of(key), key.status(now)
        grants = key.scope is not Scope.ADMIN or allows(principal, Action.GRANT_ADMIN, whose)
        return cls(
            view=ApiKeyView.of(key, holder, now),
            may_rotate=status is KeyStatus.ACTIVE
            and grants
            and allows(principal, Action.ROTATE_KEYS, whose),
            may_revoke=status in _USABLE and allows(principal, Action.REVOKE_KEYS, whose),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage:
    """Everything that the page shows."""

    now: datetime
    wanted: Wanted
    unknown_team: bool
    of_user: str
    keys: tuple[KeyLine, ...]
    next: str | None
    teams: Sequence[Team]
    """Those whose keys are seen, for the filter."""
    holders: Sequence[Team]
    """Those for which a key may be made."""
    scopes: Sequence[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a form; `text` is a key that was just made."""

    said: str = ""
    text: str = ""
    again: bool = False
    rejected: Rejected | None = None


NOTHING = Outcome()


async def _wanted(
    team: str = "", user: str = "", scope: str = "", state: str = "working", cursor: str = ""
) -> Wanted:
    return Wanted(
        team=team.strip(),
        user=Entered(step="", values={"user": user}).id_of("user"),
        scope=Scope(scope) if scope in set(Scope) else None,
        state=state if state in STATES else "working",
        cursor=cursor,
    )


@router.get(KEYS)
async def show_keys(
    call: Annotated[Call, Depends(May(Action.READ_KEYS, "API keys"))],
    wanted: Annotated[Wanted, Depends(_wanted)],
    said: str = "",
) -> Response:
    """One's own keys and those of one's teams; administrators see all."""
    return await _page(call, wanted, Outcome(said=_SAID.get(said, "")))


@router.post(KEYS)
async def make_key(
    call: Annotated[Call, Depends(May(Action.CREATE_KEYS, "API keys"))],
) -> Response:
    """Make a key and show it, this one time."""
    entered = await Entered.read(call.request, "make")
    try:
        new = await call.resources.database.read(lambda tx: _new(tx, entered))
        text = await shown_once(
            call, entered, lambda runner: api_keys.create(runner, call.caller, new), _text
        )
    except TesseraError as error:
        return await _refused(call, entered, "The key was not made", error)
    return await _made(call, text)


@router.post(f"{KEYS}/{{key_id}}/rotate")
async def rotate_key(
    call: Annotated[Call, Depends(May(Action.ROTATE_KEYS, "API keys"))], key_id: UUID
) -> Response:
    """Make a key that takes the place of one, and show it, this one time."""
    entered = await Entered.read(call.request, "rotate")
    try:
        overlap = OVERLAPS.get(entered.values.get("overlap", ""))
        if overlap is None:
            raise wrong("overlap", "Choose for how long the old key still works.")
        text = await shown_once(
            call,
            entered,
            lambda runner: api_keys.rotate(runner, call.caller, key_id, overlap=overlap),
            _text,
        )
    except TesseraError as error:
        return await _refused(call, entered, "The key was not replaced", error)
    return await _made(call, text)


@router.post(f"{KEYS}/{{key_id}}/revoke")
async def revoke_key(
    call: Annotated[Call, Depends(May(Action.REVOKE_KEYS, "API keys"))], key_id: UUID
) -> Response:
    """Take a key out of use."""
    entered = await Entered.read(call.request, "revoke")
    await once(call, entered, lambda runner: api_keys.revoke(runner, call.caller, key_id))
    return RedirectResponse(f"{KEYS}?said=revoked", 303)


def _text(minted: Minted) -> str:
    return minted.text


async def _made(call: Call, text: str | None) -> Response:
    outcome = Outcome(again=True) if text is None else Outcome(text=text)
    return await _page(call, Wanted(), outcome, 200 if text is None else 201)


async def _refused(call: Call, entered: Entered, title: str, error: TesseraError) -> Response:
    refusal, status = rejected(entered, title, error)
    return await _page(call, Wanted(), Outcome(rejected=refusal), status)


async def _new(tx: Transaction, entered: Entered) -> NewApiKey:
    """Return the key that is asked for; names are looked up, who may make it is asked later."""
    scope, life = asked_for(entered)
    team, user = entered.text("team"), entered.text("user")
    now = await tx.now()
    return NewApiKey(
        name=entered.text("name") or "",
        scope=scope,
        team_id=await _team_id(tx, team) if team else None,
        user_id=await _user_id(tx, user) if user else None,
        expires_at=None if life is None else now + life,
    )


async def _team_id(tx: Transaction, name: str) -> UUID:
    team = await team_of(tx, name)
    if team is None:
        raise wrong("team", "There is no team of this name.")
    return team.id


async def _user_id(tx: Transaction, name: str) -> UUID:
    """Return the person of an e-mail address, or the bot of a name."""
    user = await user_of(tx, name)
    if user is None:
        raise wrong("user", "Nobody has this e-mail address, and no bot this name.")
    return user.id


async def _page(call: Call, wanted: Wanted, outcome: Outcome, status: int = 200) -> Response:
    found = await call.resources.database.read(lambda tx: _read(tx, call.principal, wanted))
    context = {
        "page": found,
        "now": found.now,
        "outcome": outcome,
        "lives": LIVES,
        "states": STATES,
        "overlaps": OVERLAP_WORDS,
    }
    return shown(call, "keys.html", context, status)


async def _read(tx: Transaction, principal: Principal, wanted: Wanted) -> KeysPage:
    seen_by = (
        None
        if principal.may_all
        else (
            principal.teams_for(Action.READ_KEYS),
            principal.user_id,
        )
    )
    now, team = await tx.now(), await team_of(tx, wanted.team)
    unknown = bool(wanted.team) and team is None
    wanted = wanted if team is None else replace(wanted, team=team.name)
    found: Sequence[ApiKey] = ()
    following = None
    if not unknown:
        page = await tx.api_keys.page(
            PageRequest(cursor=wanted.cursor or None),
            team_id=None if team is None else team.id,
            user_id=wanted.user,
            scope=wanted.scope,
            works=_WORKS.get(wanted.state),
            seen_by=seen_by,
        )
        found, following = page.items, page.next
    names = await holders(tx, found)
    teams = await teams_of(tx, principal, Action.READ_KEYS)
    may_make = {each.id for each in teams} & (
        {each.id for each in teams}
        if principal.may_all
        else principal.teams_for(Action.CREATE_KEYS)
    )
    of_user = {} if wanted.user is None else await tx.users.names([wanted.user])
    return KeysPage(
        now=now,
        wanted=wanted,
        unknown_team=unknown,
        of_user=next(iter(of_user.values()), ""),
        keys=tuple(KeyLine.of(each, names[each.id], now, principal) for each in found),
        next=None if following is None else wanted.address(following),
        teams=teams,
        holders=[each for each in teams if each.id in may_make],
        scopes=[each for each in Scope if each is not Scope.ADMIN or principal.may_all],
    )


async def teams_of(tx: Transaction, principal: Principal, action: Action) -> Sequence[Team]:
    """Return the teams for which somebody may do something; for administrators the newest ones."""
    if principal.may_all:
        found = (await tx.teams.page(PageRequest(limit=LARGEST_LIMIT))).items
    else:
        found = tuple((await tx.teams.by_id(principal.teams_for(action))).values())
    return sorted(found, key=lambda each: each.name.casefold())
