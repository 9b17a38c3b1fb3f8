"""The destinations of teams and of the server: where they lead, whether they work; a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.destination_views import DestinationView
from api.once import Answer, answered
from api.ui.administration import DESTINATIONS, rejected, shown
from api.ui.entered import Entered, Rejected, team_of, wrong
from api.ui.keys import teams_of
from api.ui.preferences import SEVERITIES
from api.ui.routing import PageRoute, address
from domain.authorization import Principal
from domain.destinations import Destination, DestinationKind, Pace, Subscription
from domain.errors import Conflict, TesseraError
from domain.event_kinds import SENT
from domain.pages import PageRequest
from domain.permissions import Action
from domain.severity import Severity
from domain.teams import Team
from record import destinations
from record.destinations import Put, Wanted
from store.database import Runner
from store.destinations import Owner
from store.transaction import Transaction

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reads = Annotated[Call, Depends(May(Action.READ_DESTINATION, "destinations"))]
Changes = Annotated[Call, Depends(May(Action.CHANGE_DESTINATION, "destinations"))]
KINDS: Mapping[DestinationKind, str] = {
    DestinationKind.WEBHOOK: "Webhook",
    DestinationKind.SLACK: "Slack channel",
    DestinationKind.EMAIL: "E-mail address",
}
PACES: Mapping[Pace, str] = {
    Pace.AT_ONCE: "At once",
    Pace.DIGEST: "Once a day, together",
    Pace.OFF: "Not at all, but for reminders near a deadline",
}
STATES: Mapping[str, str] = {"all": "all", "enabled": "enabled", "disabled": "disabled"}
TYPES: Sequence[str] = [*sorted({f"{each.value.partition('.')[0]}.*" for each in SENT})] + [
    each.value for each in SENT
]
"""What a subscription may name, for those who write one."""
_DISABLED = {"enabled": False, "disabled": True}
_SAID = {"removed": "Nothing is sent there any more."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the list is narrowed to, as it was entered."""

    team: str = ""
    state: str = "all"
    cursor: str = ""

    def address(self, cursor: str = "") -> str:
        """Return the address of another page of the same list."""
        state = "" if self.state == "all" else self.state
        return address(DESTINATIONS, team=self.team, state=state, cursor=cursor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A destination as the list shows it."""

    view: DestinationView
    team: str | None
    """None: the server's own."""
    why: str | None
    """What went wrong last, where it is disabled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationsPage:
    """Everything that the page shows."""

    now: datetime
    wanted: Filter
    unknown_team: bool
    items: tuple[Line, ...]
    next: str | None
    teams: Sequence[Team]
    changeable: Sequence[Team]
    may_servers: bool
    said: str
    rejected: Rejected | None


async def _wanted(team: str = "", state: str = "all", cursor: str = "") -> Filter:
    return Filter(team=team.strip(), state=state if state in STATES else "all", cursor=cursor)


@router.get(DESTINATIONS)
async def show_destinations(
    call: Reads, wanted: Annotated[Filter, Depends(_wanted)], said: str = ""
) -> Response:
    """Those of one's teams; for administrators all, the server's among them."""
    return await _page(call, wanted, said=_SAID.get(said, ""))


@router.post(DESTINATIONS)
async def add_destination(call: Changes) -> Response:
    """Add a destination; a secret that is made for it is shown, this one time."""
    from api.ui.destination import show_secret

    entered = await Entered.read(call.request, "add")

    async def effect(runner: Runner) -> Put:
        owner, name = await _owner(call, entered), entered.text("name") or ""
        await _check_is_new(call, owner, name)
        return await destinations.put(runner, call.caller, owner, name, wanted_of(entered))

    async def render(_tx: Transaction, put: Put) -> Answer:
        id_ = str(put.destination.id)
        return Answer(status=201, body=f"{id_} {put.made_secret or ''}", kept_body=f"{id_} ")

    try:
        answer = await answered(call, entered.key(call), effect, render)
    except TesseraError as error:
        refusal, status = rejected(entered, "The destination was not added", error)
        return await _page(call, Filter(), rejected=refusal, status=status)
    id_, _, secret = answer.body.partition(" ")
    if not secret:
        return RedirectResponse(f"{DESTINATIONS}/{id_}?said=added", 303)
    return await show_secret(call, UUID(id_), secret)


async def _owner(call: Call, entered: Entered) -> Owner:
    """Return whose it is to be; who may say so is asked later."""
    name = entered.text("team")
    if name is None:
        return Owner()
    team = await call.resources.database.read(lambda tx: team_of(tx, name))
    if team is None:
        raise wrong("team", "There is no team of this name.")
    return Owner(team.id)


async def _check_is_new(call: Call, owner: Owner, name: str) -> None:
    there = await call.resources.database.read(lambda tx: tx.destinations.named(owner, name))
    if there is not None:
        raise Conflict(
            f"There is a destination `{name}` already. Change it on its page, or take another "
            "name.",
            existing_id=str(there.id),
        )


def wanted_of(entered: Entered, before: Destination | None = None) -> Wanted:
    """Return what a form wants of a destination, whose kind stays as it is."""
    values = entered.values
    try:
        kind = before.kind if before else DestinationKind(values.get("kind", ""))
        severity = Severity(values.get("severity", ""))
        pace = Pace(values["pace"]) if kind.is_read_by_people else None
    except (KeyError, ValueError):
        raise wrong("kind", "Choose by what, of what and when is told.") from None
    return Wanted(
        kind=kind,
        address=entered.text("address"),
        secret=entered.text("secret"),
        subscription=Subscription(
            events=tuple((entered.text("events") or "").split()),
            assets=tuple((entered.text("assets") or "").split()),
            severity=severity,
        ),
        pace=pace,
    )


async def _page(
    call: Call,
    wanted: Filter,
    *,
    said: str = "",
    rejected: Rejected | None = None,
    status: int = 200,
) -> Response:
    async def work(tx: Transaction) -> DestinationsPage:
        return await _read(tx, call.principal, wanted, said, rejected)

    page = await call.resources.database.read(work)
    context = {
        "page": page,
        "now": page.now,
        "kinds": {
            each: name for each, name in KINDS.items() if each in call.resources.channels.kinds
        },
        "kind_names": KINDS,
        "paces": PACES,
        "severities": SEVERITIES,
        "states": STATES,
        "types": TYPES,
    }
    return shown(call, "destinations.html", context, status)


async def _read(
    tx: Transaction, principal: Principal, wanted: Filter, said: str, rejected: Rejected | None
) -> DestinationsPage:
    team = await team_of(tx, wanted.team)
    unknown = bool(wanted.team) and team is None
    wanted = wanted if team is None else replace(wanted, team=team.name)
    items: Sequence[Destination] = ()
    following = None
    if not unknown:
        found = await tx.destinations.page(
            PageRequest(cursor=wanted.cursor or None),
            team_id=None if team is None else team.id,
            disabled=_DISABLED.get(wanted.state),
            seen_by=None if principal.may_all else principal.teams_for(Action.READ_DESTINATION),
        )
        items, following = found.items, found.next
    names = await tx.teams.by_id(each.team_id for each in items if each.team_id)
    why = await tx.delivery_history.last_errors(each.id for each in items if each.disabled_at)
    teams = await teams_of(tx, principal, Action.READ_DESTINATION)
    changed = principal.teams_for(Action.CHANGE_DESTINATION)
    return DestinationsPage(
        now=await tx.now(),
        wanted=wanted,
        unknown_team=unknown,
        items=tuple(
            Line(
                view=DestinationView.of(each),
                team=names[each.team_id].name if each.team_id else None,
                why=why.get(each.id),
            )
            for each in items
        ),
        next=None if following is None else wanted.address(following),
        teams=teams,
        changeable=[each for each in teams if principal.may_all or each.id in changed],
        may_servers=principal.may_all,
        said=said,
        rejected=rejected,
    )
