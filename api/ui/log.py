"""The event log: who did what to what, its place in the seals, and all of it as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.event_export import EventExport, ExportFormat
from api.event_views import EventView
from api.ui.administration import LOG, shown
from api.ui.entered import Rejected, team_of
from api.ui.live import live
from api.ui.rendering import Live
from api.ui.routing import PageRoute, address
from domain.actors import ActorKind
from domain.assets import AssetFilter
from domain.destinations import matches
from domain.events import Event, EventFilter, EventType
from domain.pages import LARGEST_LIMIT, Deleted, PageRequest
from domain.permissions import Action
from domain.seals import Seal
from domain.teams import Team
from store.transaction import Transaction

router = APIRouter(route_class=PageRoute, include_in_schema=False)
EXPORT, VERIFY = f"{LOG}/export", f"{LOG}/verify"
_EVERY_TYPE = frozenset(EventType)
_FORMATS = {"csv": ExportFormat.CSV, "ndjson": ExportFormat.NDJSON}


def _grouped() -> Mapping[str, Sequence[str]]:
    groups: dict[str, list[str]] = {}
    for each in EventType:
        groups.setdefault(each.value.partition(".")[0], []).append(each.value)
    return dict(sorted(groups.items()))


TYPES = _grouped()
"""Every type of event, by what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the log is narrowed to, as it was entered."""

    type: str = ""
    actor: str = ""
    kind: str = ""
    team: str = ""
    asset: str = ""
    proposal: str = ""
    begin: str = ""
    end: str = ""
    cursor: str = ""

    def query(self) -> dict[str, str]:
        """Return the fields of the form that are filled in."""
        given = {
            "type": self.type,
            "actor": self.actor,
            "kind": self.kind,
            "team": self.team,
            "asset": self.asset,
            "proposal": self.proposal,
            "from": self.begin,
            "to": self.end,
        }
        return {name: value for name, value in given.items() if value}

    def address(self, cursor: str = "") -> str:
        """Return the address of another page of the same list."""
        return address(LOG, **self.query(), cursor=cursor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An event, what it is about, and the seal that covers it."""

    event: EventView
    team: str
    asset: str
    acting_for: str
    seal: int | None
    seal_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Everything that the page shows."""

    now: datetime
    live: Live | None
    wanted: Wanted
    faults: Mapping[str, str]
    """What of the filter cannot be meant, by its fields."""
    lines: tuple[Line, ...]
    next: str | None
    head: Seal | None
    teams: Sequence[Team]
    may_verify: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a filter means: what is wanted of the log, and what of it cannot be meant."""

    events: EventFilter
    faults: Mapping[str, str]


async def _wanted(request: Request) -> Wanted:
    given = request.query_params

    def text(name: str) -> str:
        return given.get(name, "").strip()[:500].replace("\0", "")

    return Wanted(
        type=text("type"),
        actor=text("actor"),
        kind=text("kind") if text("kind") in set(ActorKind) else "",
        team=text("team"),
        asset=text("asset"),
        proposal=text("proposal"),
        begin=text("from"),
        end=text("to"),
        cursor=text("cursor"),
    )


Narrowed = Annotated[Wanted, Depends(_wanted)]
Reads = Annotated[Call, Depends(May(Action.READ, "events"))]


@router.get(LOG)
async def show_log(call: Reads, wanted: Narrowed) -> Response:
    """The log, newest first; the first page is live."""
    return await log_shown(call, wanted)


async def log_shown(
    call: Call, wanted: Wanted, rejected: Rejected | None = None, status: int = 200
) -> Response:
    """Return the page; with the form for its verification as it was refused."""
    page = await call.resources.database.read(lambda tx: _read(tx, call, wanted))
    context = {
        "page": page,
        "now": page.now,
        "live": page.live,
        "types": TYPES,
        "actors": [each.value for each in ActorKind],
        "export": EXPORT,
        "verify": VERIFY,
        "rejected": rejected,
    }
    return shown(call, "log.html", context, 422 if page.faults else status)


@router.get(EXPORT)
async def export_log(call: Reads, wanted: Narrowed, format: str = "csv") -> Response:  # noqa: A002
    """All that is wanted as a file, oldest first; what cannot be meant leads back to the page."""
    meant = await call.resources.database.read(lambda tx: _meant(tx, wanted))
    form = _FORMATS.get(format)
    if meant.faults or form is None:
        return RedirectResponse(wanted.address(), 303)
    return EventExport(call.resources.database, form, meant.events, None)


async def _read(tx: Transaction, call: Call, wanted: Wanted) -> LogPage:
    # The place in the log comes first: what is committed after it is streamed to the page.
    seen = await tx.events.latest()
    meant = await _meant(tx, wanted)
    found: Sequence[Event] = ()
    following = None
    if not meant.faults:
        request = PageRequest(cursor=wanted.cursor or None)
        page = await tx.events.page(request, meant.events)
        found, following = page.items, page.next
    is_live = not wanted.cursor and not meant.faults
    return LogPage(
        now=await tx.now(),
        live=live(wanted.address(), seen, types=_EVERY_TYPE) if is_live else None,
        wanted=wanted,
        faults=meant.faults,
        lines=await _lines(tx, found),
        next=None if following is None else wanted.address(following),
        head=await tx.seals.head(),
        teams=(await tx.teams.page(PageRequest(limit=LARGEST_LIMIT))).items,
        may_verify=call.principal.may_all and call.resources.verifications is not None,
    )


async def _lines(tx: Transaction, found: Sequence[Event]) -> tuple[Line, ...]:
    actors = [each.caller.actor.acting_for for each in found]
    of_teams = [each.team_id for each in found]
    teams = await tx.teams.by_id(each for each in (*actors, *of_teams) if each)
    assets = await tx.assets.by_id(each.asset_id for each in found if each.asset_id)
    seals = await tx.seals.covering([each.cursor for each in found])

    def team(team_id: UUID | None) -> str:
        return teams[team_id].name if team_id in teams else ""

    def asset(asset_id: UUID | None) -> str:
        return assets[asset_id].fqn if asset_id in assets else ""

    def line(event: Event) -> Line:
        number, hashed = seals.get(event.cursor, (None, ""))
        return Line(
            event=EventView.of(event),
            team=team(event.team_id),
            asset=asset(event.asset_id),
            acting_for=team(event.caller.actor.acting_for),
            seal=number,
            seal_hash=hashed,
        )

    return tuple(map(line, found))


# --- what a filter means --------------------------------------------------------------------------


async def _meant(tx: Transaction, wanted: Wanted) -> Meant:
    faults: dict[str, str] = {}
    team_id = asset_id = None
    if wanted.team:
        team = await team_of(tx, wanted.team)
        team_id = None if team is None else team.id
        if team is None:
            faults["team"] = "There is no team of this name."
    if wanted.asset:
        asset_id = await _asset_id(tx, wanted.asset, faults)
    begin, end = _day("from", wanted.begin, faults), _day("to", wanted.end, faults)
    events = EventFilter(
        types=_types(wanted.type, faults),
        asset_id=asset_id,
        proposal_id=_id("proposal", wanted.proposal, faults),
        team_id=team_id,
        actor_kind=ActorKind(wanted.kind) if wanted.kind else None,
        actor=wanted.actor or None,
        since=begin,
        until=None if end is None else end + timedelta(days=1),
    )
    return Meant(events=events, faults=faults)


def _types(text: str, faults: dict[str, str]) -> frozenset[EventType]:
    found = frozenset(each for each in EventType if matches(each.value, (text,)))
    if text and not found:
        faults["type"] = "No event has this type."
    return found


async def _asset_id(tx: Transaction, text: str, faults: dict[str, str]) -> UUID | None:
    """Return the asset of an FQN, with or without `@` and its environment."""
    fqn, _, environment = text.partition("@")
    wanted = AssetFilter(fqn=fqn, environment=environment or None, deleted=Deleted.INCLUDE)
    found = (await tx.assets.page(PageRequest(limit=2), wanted)).items
    if not found:
        faults["asset"] = "There is no asset of this name."
    elif len(found) > 1:
        faults["asset"] = f"There are several: add the environment, as in {fqn}@production."
    return found[0][0].id if len(found) == 1 else None


def _id(name: str, text: str, faults: dict[str, str]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        faults[name] = "This is not an id; it stands in the address of a proposal's page."
        return None


def _day(name: str, text: str, faults: dict[str, str]) -> datetime | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = None
    if day is not None and date.min < day < date.max:
        return datetime.combine(day, time(), UTC)
    if text:
        faults[name] = "Write the date as year-month-day, such as 2030-12-31."
    return None
