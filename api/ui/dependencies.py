"""The page of an asset's dependencies: a picture, lists that say the same, and two forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.call import Call, May
from api.ui.asset import AssetId
from api.ui.entered import Entered, Rejected, wrong
from api.ui.layers import HEIGHT, WIDTH
from api.ui.lineage_choice import DEPTHS, FIT, Choice
from api.ui.lineage_lists import Entry, entries, folds
from api.ui.live import live
from api.ui.picture import HEAD, Picture, drawn
from api.ui.rendering import Live, page
from api.ui.routing import PageRoute
from api.ui.steps import Effect, take
from domain.assets import Asset, AssetFilter
from domain.events import EventType
from domain.lineage import MOST_SHOWN, Excerpt, Lineage, Relative, Side
from domain.pages import Deleted, PageRequest
from domain.permissions import Action
from domain.teams import Team
from record import dependencies, lookup
from store.database import Runner
from store.transaction import Transaction

FOUND = 8
"""So many assets are offered for some words; who means another one writes more of them."""
LONGEST_WORDS = 200
_TYPES = frozenset(
    {
        *(EventType.DEPENDENCY_ADDED, EventType.DEPENDENCY_REMOVED),
        *(EventType.ASSET_REASSIGNED, EventType.ASSET_DELETED, EventType.ASSET_RESTORED),
        *(EventType.PROPOSAL_OPENED, EventType.PROPOSAL_PUBLISHED, EventType.PROPOSAL_REJECTED),
        *(EventType.PROPOSAL_WITHDRAWN, EventType.PROPOSAL_EXPIRED),
    }
)
SAID = {
    "added": "It is recorded what it is made of.",
    "removed": "It is recorded that it is not made of it any more.",
}

router = APIRouter(
    prefix="/assets/{asset_id}/dependencies", route_class=PageRoute, include_in_schema=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DependenciesPage:
    """Everything that the page shows; without any dependency there is no picture."""

    live: Live
    asset: Asset
    owner: Team
    choice: Choice
    lineage: Lineage
    excerpt: Excerpt
    steps: int
    picture: Picture | None
    lists: Mapping[Side, Sequence[Entry]]
    upstream: Sequence[Relative]
    """What it is made of by one step, and may be said not to be."""
    words: str
    found: Sequence[tuple[Asset, Team]] | None
    """What the words find; None if nobody looked for anything."""

    def is_upstream(self, asset: Asset) -> bool:
        """Whether the asset is made of another one, or is itself that one."""
        return asset.id == self.asset.id or asset.id in {each.id for each in self.upstream}


async def _choice(
    asset_id: AssetId, depth: str = "", folded: str = "", opened: str = "", zoom: str = ""
) -> Choice:
    return Choice.read(asset_id, depth, folded, opened, zoom)


Chosen = Annotated[Choice, Depends(_choice)]


@router.get("")
async def show(
    call: Annotated[Call, Depends(May(Action.READ, "dependencies"))],
    choice: Chosen,
    find: str = "",
    said: str = "",
) -> HTMLResponse:
    """What an asset is made of and what is made of it, by as many steps as are wanted."""
    return await _shown(call, choice, find=find, said=said)


@router.post("/add")
async def add(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "dependencies"))], choice: Chosen
) -> Response:
    """Say that the asset is made of another one."""
    entered = await Entered.read(call.request, "added")

    async def effect(runner: Runner) -> object:
        return await dependencies.put(runner, call.caller, choice.middle, _upstream(entered))

    return await _take(call, choice, entered, effect)


@router.post("/remove")
async def remove(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "dependencies"))], choice: Chosen
) -> Response:
    """Say that the asset is not made of another one."""
    entered = await Entered.read(call.request, "removed")

    async def effect(runner: Runner) -> None:
        await dependencies.remove(runner, call.caller, choice.middle, _upstream(entered))

    return await _take(call, choice, entered, effect)


def _upstream(entered: Entered) -> UUID:
    upstream_id = entered.id_of("upstream")
    if upstream_id is None:
        raise wrong("upstream", "Choose the other asset.")
    return upstream_id


async def _take(call: Call, choice: Choice, entered: Entered, effect: Effect) -> Response:
    refused = await take(call, entered, effect, "asset", choice.middle)
    if refused is not None:
        return await _shown(call, choice, rejected=refused.rejected, status=refused.status)
    return RedirectResponse(f"{choice.path}?said={entered.step}", 303)


async def _shown(
    call: Call,
    choice: Choice,
    *,
    find: str = "",
    said: str = "",
    rejected: Rejected | None = None,
    status: int = 200,
) -> HTMLResponse:
    words = (find or ("" if rejected is None else rejected.entered.values.get("find", ""))).strip()

    async def work(tx: Transaction) -> DependenciesPage:
        return await read_page(tx, choice, words[:LONGEST_WORDS])

    database = call.resources.database
    shown = await (database.run(work) if words else database.read(work))
    context = {
        "page": shown,
        "live": shown.live,
        "choice": choice,
        "said": SAID.get(said, ""),
        "rejected": rejected,
        "Side": Side,
        "DEPTHS": DEPTHS,
        "FIT": FIT,
        "MOST_SHOWN": MOST_SHOWN,
        "WIDTH": WIDTH,
        "HEIGHT": HEIGHT,
        "HEAD": HEAD,
    }
    return page(call.request, "dependencies.html", context, status)


async def read_page(tx: Transaction, choice: Choice, words: str) -> DependenciesPage:
    """Read all of it by four statements, and two more if something is looked for."""
    # The place in the log comes first: what is committed after it is streamed to the page.
    seen = await tx.events.latest()
    asset, owner = await lookup.shown_asset(tx, choice.middle, Deleted.EXCLUDE)
    lineage = Lineage(asset.id, await tx.dependencies.around(asset.id))
    wanted = choice.wanted(lineage)
    excerpt = lineage.excerpt(wanted)
    direct = lineage.following(Side.UPSTREAM, asset.id)
    known = await tx.dependencies.relatives([*excerpt.assets, *direct])
    shown = {asset_id: known[asset_id] for asset_id in excerpt.assets}
    folding = folds(choice, excerpt, shown)
    return DependenciesPage(
        live=live(choice.address(), seen, excerpt.assets, types=_TYPES),
        asset=asset,
        owner=owner,
        choice=choice,
        lineage=lineage,
        excerpt=excerpt,
        steps=min(wanted.steps, lineage.depth),
        picture=drawn(excerpt, shown, folding) if lineage.size > 1 else None,
        lists={side: entries(lineage, side, shown, folding) for side in Side},
        upstream=sorted((known[each] for each in direct), key=lambda each: each.fqn),
        words=words,
        found=await _found(tx, words) if words else None,
    )


async def _found(tx: Transaction, words: str) -> Sequence[tuple[Asset, Team]]:
    return (await tx.asset_search.page(PageRequest(limit=FOUND), AssetFilter(text=words))).items
