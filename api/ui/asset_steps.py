"""What is done on the page of an asset about itself: stewards, its owner, how it is judged, times.

How a form takes effect and what becomes of one that is refused: `api.ui.steps`.
"""

from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.ui.asset import AssetId, took
from api.ui.entered import Entered, wrong
from api.ui.named import named_user, needed_team
from api.ui.routing import PageRoute
from api.ui.timeline_lines import entered_observe, entered_timeline
from domain.assets import Preset
from domain.compatibility import ContentModel, Mode
from domain.permissions import Action
from domain.versioning import SemverMode
from record import asset_lives, assets, stewards
from record.asset_lives import AssetChange
from record.assets import PolicyChange
from store.database import Runner

Word = TypeVar("Word", bound=StrEnum)
router = APIRouter(prefix="/assets/{asset_id}", route_class=PageRoute, include_in_schema=False)
Ruler = Annotated[Call, Depends(May(Action.CHANGE_POLICY, "policies"))]
Changer = Annotated[Call, Depends(May(Action.CHANGE_ASSET, "stewards"))]


@router.get("/stewards")
@router.get("/give")
@router.get("/judging")
@router.get("/timeline")
async def back(asset_id: AssetId) -> RedirectResponse:
    """Lead whoever asks for the address of a form to the page that it is on."""
    return RedirectResponse(f"/assets/{asset_id}", 303)


@router.post("/stewards")
async def add_steward(call: Changer, asset_id: AssetId) -> Response:
    """Make somebody a steward, by e-mail address, or a bot by name."""
    entered = await Entered.read(call.request, "steward")

    async def effect(runner: Runner) -> object:
        user_id = await named_user(call, entered, "user")
        return await stewards.put(runner, call.caller, asset_id, user_id)

    return await took(call, asset_id, entered, effect)


@router.post("/stewards/{user_id}/remove")
async def remove_steward(call: Changer, asset_id: AssetId, user_id: UUID) -> Response:
    """Let somebody be no steward any more."""
    entered = await Entered.read(call.request, "no-steward")

    async def effect(runner: Runner) -> None:
        await stewards.remove(runner, call.caller, asset_id, user_id)

    return await took(call, asset_id, entered, effect)


@router.post("/give")
async def give(
    call: Annotated[Call, Depends(May(Action.ASSIGN_ASSET, "assets"))], asset_id: AssetId
) -> Response:
    """Give it to another team."""
    entered = await Entered.read(call.request, "give")

    async def effect(runner: Runner) -> object:
        says = "Name the team that owns it from now on."
        owner = await needed_team(call, entered, "team", says)
        wanted = AssetChange(owner_team_id=owner)
        return await asset_lives.change(runner, call.caller, asset_id, wanted)

    return await took(call, asset_id, entered, effect)


@router.post("/judging")
async def set_judging(call: Ruler, asset_id: AssetId) -> Response:
    """Say how its changes are judged, by a preset or word by word, and whether anybody is asked."""
    entered = await Entered.read(call.request, "judging")

    async def effect(runner: Runner) -> object:
        return await _change_policy(call, runner, asset_id, _judging(entered))

    return await took(call, asset_id, entered, effect)


@router.post("/timeline")
async def set_timeline(call: Ruler, asset_id: AssetId) -> Response:
    """Say its own times, or take them back."""
    entered = await Entered.read(call.request, "timeline")

    async def effect(runner: Runner) -> object:
        change = PolicyChange(timeline=entered_timeline(entered))
        return await _change_policy(call, runner, asset_id, change)

    return await took(call, asset_id, entered, effect)


async def _change_policy(
    call: Call, runner: Runner, asset_id: UUID, change: PolicyChange
) -> object:
    resources = call.resources
    return await assets.change_policy(
        runner,
        call.caller,
        asset_id,
        change,
        resources.timeline,
        observe=resources.observe,
        bounds=resources.server_policy.bounds,
    )


def _judging(entered: Entered) -> PolicyChange:
    if "preset" in entered.values:
        return PolicyChange(preset=_word(entered, "preset", Preset))
    observe = entered_observe(entered)
    return PolicyChange(
        mode=_word(entered, "mode", Mode),
        content_model=_word(entered, "content_model", ContentModel),
        semver_mode=_word(entered, "semver_mode", SemverMode),
        observe=observe,
        follows=observe is None,
    )


def _word(entered: Entered, name: str, words: type[Word]) -> Word:
    try:
        return words(entered.values.get(name, ""))
    except ValueError:
        raise wrong(name, "Choose one of those that are offered.") from None
