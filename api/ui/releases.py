"""The page of one release: what is published together, and what it waits for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.call import Call, May
from api.release_views import ReleaseView, release_views
from api.ui.rendering import page
from api.ui.routing import PageRoute, id_of
from domain.permissions import Action
from record import lookup
from store.transaction import Transaction

router = APIRouter(prefix="/releases", route_class=PageRoute, include_in_schema=False)


def _release_id(release_id: str) -> UUID:
    return id_of(release_id, "release")


@router.get("/{release_id}")
async def show(
    call: Annotated[Call, Depends(May(Action.READ, "releases"))],
    release_id: Annotated[UUID, Depends(_release_id)],
) -> HTMLResponse:
    """Its proposals, each with a link to its page."""

    async def work(tx: Transaction) -> ReleaseView:
        release = lookup.found(await tx.releases.get(release_id), "release", release_id)
        return (await release_views(tx, [release]))[0]

    release = await call.resources.database.read(work)
    now = await call.resources.database.read(Transaction.now)
    return page(call.request, "release.html", {"release": release, "now": now})
