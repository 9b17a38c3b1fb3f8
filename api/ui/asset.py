"""The page of one asset, its history, and the forms on it.

How a form takes effect and what becomes of one that is refused: `api.ui.steps`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from api.call import Call, May
from api.registrations import UsedByBody
from api.ui.asset_reading import (
    EVENTS_ON_A_PAGE,
    History,
    any_asset,
    history_of,
    read_asset,
)
from api.ui.entered import Entered, Rejected, wrong
from api.ui.named import needed_team
from api.ui.policy_lines import JUDGING, PRESETS
from api.ui.rendering import page
from api.ui.routing import PageRoute, address, id_of
from api.ui.steps import Effect, take
from domain.assets import Asset, AssetKind
from domain.pages import PageRequest
from domain.permissions import Action
from domain.registrations import UsedBy
from record import asset_lives, registrations
from record.asset_lives import AssetChange
from record.registrations import NewRegistration
from store.database import Runner
from store.transaction import Transaction

SAID = {
    "register": "The registration stands. Its team is asked before anything breaks what it reads.",
    "remove": "The registration is removed. Its team is asked nothing about this asset any more.",
    "published": "It is published.",
    "describe": "It is changed.",
    "steward": "They are a steward of it.",
    "no-steward": "They are no steward of it any more.",
    "give": "It is the other team's now.",
    "judging": "It is recorded how its changes are judged. An open proposal keeps what it has.",
    "timeline": "Its times are recorded. An open proposal keeps those that it was opened with.",
    "delete": "The asset is deleted. It can be restored as it was.",
    "restore": "The asset is restored, with its contracts and registrations.",
}
LONGEST_TAG = 100

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def _asset_id(asset_id: str) -> UUID:
    return id_of(asset_id, "asset")


def _registration_id(registration_id: str) -> UUID:
    return id_of(registration_id, "registration")


AssetId = Annotated[UUID, Depends(_asset_id)]
RegistrationId = Annotated[UUID, Depends(_registration_id)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Everything that a page of an asset's history shows."""

    now: datetime
    asset: Asset
    history: History
    cursor: str

    @property
    def next(self) -> str | None:
        """The address of what is older."""
        if self.history.next is None:
            return None
        return address(f"/assets/{self.asset.id}/history", cursor=self.history.next)


@router.get("/assets/{asset_id}")
async def show(
    call: Annotated[Call, Depends(May(Action.READ, "assets"))],
    asset_id: AssetId,
    said: str = "",
    field: str = "",
) -> HTMLResponse:
    """What it promises, who reads it, how its changes are judged, what happened to it."""
    return await _shown(call, asset_id, said=said, field=field)


@router.get("/assets/{asset_id}/history")
async def history(
    call: Annotated[Call, Depends(May(Action.READ, "events"))], asset_id: AssetId, cursor: str = ""
) -> HTMLResponse:
    """Everything that happened to it, newest first."""

    async def work(tx: Transaction) -> HistoryPage:
        asset, _ = await any_asset(tx, asset_id)
        request = PageRequest(limit=EVENTS_ON_A_PAGE, cursor=cursor or None)
        found = await history_of(tx, asset_id, request)
        return HistoryPage(now=await tx.now(), asset=asset, history=found, cursor=cursor)

    found = await call.resources.database.read(work)
    return page(call.request, "asset_history.html", {"page": found, "now": found.now})


@router.post("/assets/{asset_id}/register")
async def register(
    call: Annotated[Call, Depends(May(Action.REGISTER, "registrations"))], asset_id: AssetId
) -> Response:
    """Declare that a team reads it, all of it or some fields."""
    entered = await Entered.read(call.request, "register")

    async def effect(runner: Runner) -> object:
        team_id = await needed_team(call, entered, "team", "Name the team that reads it.")
        new = NewRegistration(
            asset_id=asset_id,
            consumer_team_id=team_id,
            fields=_lines(entered, "fields") or None,
            pinned_version=entered.text("pinned_version"),
            used_by=_use(entered),
        )
        return await registrations.register(runner, call.caller, new)

    return await took(call, asset_id, entered, effect, "consumers")


@router.post("/assets/{asset_id}/registrations/{registration_id}/remove")
async def remove(
    call: Annotated[Call, Depends(May(Action.REGISTER, "registrations"))],
    asset_id: AssetId,
    registration_id: RegistrationId,
) -> Response:
    """Take a registration back."""
    entered = await Entered.read(call.request, "remove")

    async def effect(runner: Runner) -> None:
        await registrations.unregister(runner, call.caller, registration_id)

    return await took(call, asset_id, entered, effect, "consumers")


@router.post("/assets/{asset_id}/describe")
async def describe(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "assets"))], asset_id: AssetId
) -> Response:
    """Say what it is: its kind, its tags, its description."""
    entered = await Entered.read(call.request, "describe")

    async def effect(runner: Runner) -> object:
        wanted = AssetChange(
            kind=_kind(entered),
            tags=_tags(entered),
            description=entered.text("description") or "",
        )
        return await asset_lives.change(runner, call.caller, asset_id, wanted)

    return await took(call, asset_id, entered, effect)


@router.post("/assets/{asset_id}/delete")
async def delete(
    call: Annotated[Call, Depends(May(Action.DELETE_ASSET, "assets"))], asset_id: AssetId
) -> Response:
    """Delete it, softly."""
    entered = await Entered.read(call.request, "delete")

    async def effect(runner: Runner) -> object:
        return await asset_lives.delete(runner, call.caller, asset_id)

    return await took(call, asset_id, entered, effect)


@router.post("/assets/{asset_id}/restore")
async def restore(
    call: Annotated[Call, Depends(May(Action.DELETE_ASSET, "assets"))], asset_id: AssetId
) -> Response:
    """Let it be there again."""
    entered = await Entered.read(call.request, "restore")

    async def effect(runner: Runner) -> object:
        return await asset_lives.restore(runner, call.caller, asset_id)

    return await took(call, asset_id, entered, effect)


def _kind(entered: Entered) -> AssetKind | None:
    try:
        return AssetKind(entered.values["kind"]) if entered.values.get("kind") else None
    except ValueError:
        raise wrong("kind", "Choose one of the kinds.") from None


def _tags(entered: Entered) -> tuple[str, ...]:
    tags = tuple(tag.strip() for tag in (entered.text("tags") or "").split(",") if tag.strip())
    if any(len(tag) > LONGEST_TAG for tag in tags):
        raise wrong("tags", f"A tag has at most {LONGEST_TAG} characters.")
    return tags


def _lines(entered: Entered, name: str) -> tuple[str, ...]:
    lines = (line.strip() for line in (entered.text(name) or "").split("\n"))
    return tuple(line for line in lines if line)


def _use(entered: Entered) -> tuple[UsedBy, ...]:
    """Return what of the team reads it, checked as the API does."""
    name, link = entered.text("use"), entered.text("link")
    if name is None and link is None:
        return ()
    if name is None:
        raise wrong("use", "Say what the link leads to.")
    try:
        return (UsedByBody(name=name, link=link).use(),)
    except ValidationError:
        raise wrong("link", "A link begins with `http://` or `https://`.") from None


async def took(
    call: Call, asset_id: UUID, entered: Entered, effect: Effect, part: str = ""
) -> Response:
    """Take a step once and lead back to the page, or show the page with what is wrong."""
    refused = await take(call, entered, effect, "asset")
    if refused is not None:
        return await _shown(call, asset_id, rejected=refused.rejected, status=refused.status)
    place = f"#{part}" if part else ""
    return RedirectResponse(f"/assets/{asset_id}?said={entered.step}{place}", 303)


async def _shown(
    call: Call,
    asset_id: UUID,
    *,
    said: str = "",
    field: str = "",
    rejected: Rejected | None = None,
    status: int = 200,
) -> HTMLResponse:
    shown = await read_asset(call, asset_id, field)
    context = {
        "page": shown,
        "asset": shown.asset,
        "now": shown.now,
        "live": shown.live,
        "said": SAID.get(said, ""),
        "rejected": rejected,
        "KINDS": list(AssetKind),
        "JUDGING": JUDGING,
        "PRESETS": PRESETS,
    }
    return page(call.request, "asset.html", context, status)
