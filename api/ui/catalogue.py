"""The catalogue: all assets, found by words and narrowed by what tells them apart."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.call import Call, May
from api.ui.entered import team_of
from api.ui.rendering import page
from api.ui.routing import PageRoute, address
from domain.assets import FQN_LIMIT, Asset, AssetFilter, AssetKind, AssetState
from domain.pages import LARGEST_LIMIT, Deleted, PageRequest
from domain.permissions import Action
from domain.teams import Team
from store.catalogue import Beside
from store.transaction import Transaction

PATH = "/assets"
ON_A_PAGE = 30
MOST_TAGS = 60
SHOWN_TAGS = 8
"""So many tags stand at once beside the list; the rest of them are folded away."""
DELETED = "deleted"
STATES = {
    "": "All",
    AssetState.PROPOSED.value: "With an open proposal",
    AssetState.UNPUBLISHED.value: "Without a contract",
    DELETED: "Deleted",
}

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the catalogue is narrowed to, as it was entered."""

    q: str = ""
    team: str = ""
    environment: str = ""
    tag: str = ""
    kind: str = ""
    state: str = ""
    cursor: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether it shows less than everything."""
        return replace(self, cursor="") != Wanted()

    def address(self, **others: str) -> str:
        """Return the address of the list with other wishes, from its beginning."""
        wanted = replace(self, **{"cursor": "", **others})
        return address(PATH, **{name: getattr(wanted, name) for name in self.__slots__})

    def narrowing(self, team: Team | None) -> AssetFilter:
        """Return what is asked of the store."""
        return AssetFilter(
            text=self.q or None,
            environment=self.environment or None,
            tag=self.tag or None,
            kind=AssetKind(self.kind) if self.kind else None,
            owner_team_id=None if team is None else team.id,
            state=AssetState(self.state) if self.state not in ("", DELETED) else None,
            deleted=Deleted.ONLY if self.state == DELETED else Deleted.EXCLUDE,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One value that assets have, and where it leads: to them, or away from them again."""

    name: str
    assets: int
    chosen: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLine:
    """One row of the list."""

    asset: Asset
    owner: Team
    beside: Beside


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePage:
    """Everything that the page shows."""

    wanted: Wanted
    unknown_team: bool
    teams: tuple[Team, ...]
    lines: tuple[AssetLine, ...]
    environments: tuple[Facet, ...]
    tags: tuple[Facet, ...]
    next: str | None

    @property
    def is_new(self) -> bool:
        """Whether there is nothing to be found at all."""
        return not self.lines and not self.environments and not self.wanted.is_narrowed


async def _wanted(
    q: Annotated[str, Query(max_length=FQN_LIMIT)] = "",
    team: Annotated[str, Query(max_length=FQN_LIMIT)] = "",
    environment: Annotated[str, Query(max_length=FQN_LIMIT)] = "",
    tag: Annotated[str, Query(max_length=FQN_LIMIT)] = "",
    kind: str = "",
    state: str = "",
    cursor: str = "",
) -> Wanted:
    return Wanted(
        q=q.strip(),
        team=team.strip(),
        environment=environment.strip(),
        tag=tag.strip(),
        kind=kind if kind in list(AssetKind) else "",
        state=state if state in STATES else "",
        cursor=cursor,
    )


@router.get(PATH)
async def catalogue(
    call: Annotated[Call, Depends(May(Action.READ, "assets"))],
    wanted: Annotated[Wanted, Depends(_wanted)],
) -> HTMLResponse:
    """Show the best first if words are asked for, else the newest."""

    async def work(tx: Transaction) -> CataloguePage:
        return await _read(tx, wanted)

    database = call.resources.database
    found = await (database.run(work) if wanted.q else database.read(work))
    context = {"page": found, "wanted": wanted, "KINDS": list(AssetKind), "STATES": STATES}
    status = 404 if found.unknown_team else 200
    return page(call.request, "catalogue.html", {**context, "SHOWN_TAGS": SHOWN_TAGS}, status)


async def _read(tx: Transaction, wanted: Wanted) -> CataloguePage:
    team = await team_of(tx, wanted.team)
    unknown = bool(wanted.team) and team is None
    lines, following = ((), None) if unknown else await _lines(tx, wanted, team)
    environments = await tx.asset_search.environments()
    tags = await tx.asset_search.tags(MOST_TAGS)
    return CataloguePage(
        wanted=wanted,
        unknown_team=unknown,
        teams=(await tx.teams.page(PageRequest(limit=LARGEST_LIMIT))).items,
        lines=lines,
        environments=_facets(wanted, "environment", environments),
        tags=_facets(wanted, "tag", tags),
        next=following and wanted.address(cursor=following),
    )


async def _lines(
    tx: Transaction, wanted: Wanted, team: Team | None
) -> tuple[tuple[AssetLine, ...], str | None]:
    request = PageRequest(limit=ON_A_PAGE, cursor=wanted.cursor or None)
    reads = tx.asset_search if wanted.q else tx.assets
    found = await reads.page(request, wanted.narrowing(team))
    beside = await tx.catalogue.beside(asset.id for asset, _ in found.items)
    lines = tuple(
        AssetLine(asset=asset, owner=owner, beside=beside[asset.id])
        for asset, owner in found.items
        if asset.id in beside
    )
    return lines, found.next


def _facets(wanted: Wanted, name: str, found: tuple[tuple[str, int], ...]) -> tuple[Facet, ...]:
    """Return the values with where they lead; one that is chosen leads away from itself."""
    own = getattr(wanted, name)
    counted = dict(found)
    if own and own not in counted:
        counted = {own: 0, **counted}
    return tuple(
        Facet(
            name=value,
            assets=number,
            chosen=value == own,
            address=wanted.address(**{name: "" if value == own else value}),
        )
        for value, number in sorted(counted.items(), key=lambda each: each[0] != own)
    )
