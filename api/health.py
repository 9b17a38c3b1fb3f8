"""Whether the process lives and whether it can do its work; open to everybody."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends

from api.resources import Resources, resources_of
from api.routing import operation_id
from api.views import View
from domain.errors import Unavailable
from store.revisions import HEAD, current_revision
from store.transaction import Transaction

router = APIRouter(prefix="/health", tags=["health"], generate_unique_id_function=operation_id)

ANSWER_WITHIN = 5.0


class LiveView(View):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyView(View):
    """The process can serve."""

    status: Literal["ready"] = "ready"
    revision: str | None


@router.get("/live", summary="Is the process alive?")
async def live() -> LiveView:
    """Says nothing about what the process needs."""
    return LiveView()


@router.get("/ready", summary="Can it serve?")
async def ready(resources: Annotated[Resources, Depends(resources_of)]) -> ReadyView:
    """The database answers and has the tables that this version expects."""

    async def work(tx: Transaction) -> str | None:
        return await current_revision(tx.sql)

    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            found = await resources.database.read(work)
    except TimeoutError:
        raise Unavailable("The database does not answer in time.") from None
    if found != HEAD:
        raise Unavailable(
            f"The database is at revision {found}, not {HEAD}; run `tessera server migrate`.",
            revision=found,
            expected=HEAD,
        )
    return ReadyView(revision=found)
