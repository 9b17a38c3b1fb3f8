"""What assets can be told apart by: environments and tags, with how many assets have each."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.call import Call, May
from api.routing import TesseraRoute
from api.views import View
from domain.permissions import Action
from store.transaction import Transaction

router = APIRouter(tags=["assets"], route_class=TesseraRoute)

MOST_TAGS = 1000


class FacetView(View):
    """A name and how many assets have it."""

    name: str
    assets: int


class FacetsView(View):
    """All of them, the most frequent first."""

    items: list[FacetView]

    @classmethod
    def of(cls, found: tuple[tuple[str, int], ...]) -> "FacetsView":
        """Return the view of names with their counts."""
        return cls(items=[FacetView(name=name, assets=number) for name, number in found])


@router.get("/environments", summary="Count assets by environment")
async def count_environments(
    call: Annotated[Call, Depends(May(Action.READ, "environments"))],
) -> FacetsView:
    """Every environment in which there is an asset."""

    async def work(tx: Transaction) -> FacetsView:
        return FacetsView.of(await tx.asset_search.environments())

    return await call.resources.database.read(work)


@router.get("/tags", summary="Count assets by tag")
async def count_tags(
    call: Annotated[Call, Depends(May(Action.READ, "tags"))],
    limit: Annotated[int, Query(ge=1, le=MOST_TAGS, description="How many at most.")] = MOST_TAGS,
) -> FacetsView:
    """The tags that most assets have."""

    async def work(tx: Transaction) -> FacetsView:
        return FacetsView.of(await tx.asset_search.tags(limit))

    return await call.resources.database.read(work)
