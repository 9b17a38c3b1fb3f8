"""Stewards: the people to turn to about an asset."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.call import Call, May
from api.paging import Paging
from api.routing import TesseraRoute
from api.users import UserView
from api.views import PageView, View
from domain.pages import Page
from domain.permissions import Action
from domain.stewards import Steward
from record import lookup, stewards
from store.transaction import Transaction

router = APIRouter(prefix="/assets/{asset_id}/stewards", tags=["assets"], route_class=TesseraRoute)


class StewardView(View):
    """A user to turn to; being one gives no rights."""

    asset_id: UUID
    user_id: UUID
    user: UserView
    added_at: datetime

    @classmethod
    def of(cls, steward: Steward) -> "StewardView":
        """Return the view of a steward."""
        return cls(
            asset_id=steward.asset_id,
            user_id=steward.user.id,
            user=UserView.of(steward.user),
            added_at=steward.added_at,
        )


@router.get("", summary="List an asset's stewards")
async def list_stewards(
    call: Annotated[Call, Depends(May(Action.READ, "stewards"))], page: Paging, asset_id: UUID
) -> PageView[StewardView]:
    """The newest users first."""

    async def work(tx: Transaction) -> Page[Steward]:
        await lookup.asset(tx, asset_id)
        return await tx.stewards.page(page, asset_id)

    return PageView[StewardView].of(await call.resources.database.read(work), StewardView.of)


@router.put("/{user_id}", summary="Add a steward")
async def put_steward(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "stewards"))],
    asset_id: UUID,
    user_id: UUID,
) -> StewardView:
    """Who is one stays one."""
    return StewardView.of(
        await stewards.put(call.resources.database, call.caller, asset_id, user_id)
    )


@router.delete("/{user_id}", status_code=204, summary="Remove a steward")
async def remove_steward(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "stewards"))],
    asset_id: UUID,
    user_id: UUID,
) -> None:
    """Removing who is none is no error."""
    await stewards.remove(call.resources.database, call.caller, asset_id, user_id)
