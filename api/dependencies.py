"""Dependencies: which asset is made of which, by hand."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.call import Call, May
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import AssetRef, PageView, View
from domain.assets import Asset
from domain.dependencies import Dependency
from domain.permissions import Action
from record import dependencies, lookup
from store.transaction import Transaction

router = APIRouter(
    prefix="/assets/{asset_id}/dependencies", tags=["assets"], route_class=TesseraRoute
)


class Direction(StrEnum):
    """Which way to look from the asset."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


class DependencyView(View):
    """The downstream asset is made of the upstream one."""

    id: UUID
    upstream: AssetRef
    downstream: AssetRef
    declared_by: str
    declared_at: datetime

    @classmethod
    def of(cls, dependency: Dependency, assets: dict[UUID, Asset]) -> "DependencyView":
        """Return the view of a dependency."""
        return cls(
            id=dependency.id,
            upstream=AssetRef.of(assets[dependency.upstream_asset_id]),
            downstream=AssetRef.of(assets[dependency.downstream_asset_id]),
            declared_by=dependency.declared_by,
            declared_at=dependency.declared_at,
        )


@router.get("", summary="List what an asset is made of")
async def list_dependencies(
    call: Annotated[Call, Depends(May(Action.READ, "dependencies"))],
    page: Paging,
    asset_id: UUID,
    direction: Annotated[
        Direction, Query(description="`downstream`: what is made of it instead.")
    ] = Direction.UPSTREAM,
) -> PageView[DependencyView]:
    """Newest first; directly, by one step."""

    async def work(tx: Transaction) -> PageView[DependencyView]:
        await lookup.asset(tx, asset_id)
        found = await tx.dependencies.page(
            page, asset_id, downstream=direction is Direction.DOWNSTREAM
        )
        assets = await _assets(tx, *found.items)
        return PageView[DependencyView].of(found, lambda each: DependencyView.of(each, assets))

    return await call.resources.database.read(work)


@router.put("/{upstream_id}", summary="Say that an asset is made of another one")
async def put_dependency(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "dependencies"))],
    asset_id: UUID,
    upstream_id: UUID,
) -> DependencyView:
    """The owner of what is made says so. What was said before stays."""
    made = await dependencies.put(call.resources.database, call.caller, asset_id, upstream_id)

    async def work(tx: Transaction) -> DependencyView:
        return DependencyView.of(made, await _assets(tx, made))

    return await call.resources.database.read(work)


@router.delete(
    "/{upstream_id}", status_code=204, summary="Say that an asset is made of another one no more"
)
async def remove_dependency(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "dependencies"))],
    asset_id: UUID,
    upstream_id: UUID,
) -> None:
    """Removing what nobody said is no error."""
    await dependencies.remove(call.resources.database, call.caller, asset_id, upstream_id)


async def _assets(tx: Transaction, *found: Dependency) -> dict[UUID, Asset]:
    ends = {(each.upstream_asset_id, each.downstream_asset_id) for each in found}
    return await tx.assets.by_id({asset_id for both in ends for asset_id in both})
