"""Releases: proposals that are published together, or not at all."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, model_validator

from api.call import Call, May
from api.contract_bulk import NamedContractBody
from api.json_bodies import Body
from api.once import Answer, Key, answered, kept_answer
from api.paging import Paging
from api.release_views import ReleaseView, release_views
from api.routing import TesseraRoute
from api.views import PageView
from domain.errors import PublishContended
from domain.pages import Page
from domain.permissions import Action
from domain.releases import LONGEST_NAME, MOST_MEMBERS, Release, ReleaseStatus
from record import contract_bulk, contracts, lookup, releases
from record.contract_bulk import Ready, Unready
from record.releases import NewRelease
from store.database import Runner
from store.idempotency import RequestKey
from store.transaction import Transaction

router = APIRouter(prefix="/releases", tags=["proposals"], route_class=TesseraRoute)
_TRIES = 3


class NewReleaseBody(Body):
    """What is to be published together: open proposals, contracts to propose, or both."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["checkout 2027-01"])
    proposal_ids: list[UUID] = Field(default=[], max_length=MOST_MEMBERS)
    contracts: list[NamedContractBody] = Field(
        default=[],
        max_length=MOST_MEMBERS,
        description="Each becomes a proposal, even if it breaks nothing: it waits for the others.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> "NewReleaseBody":
        if not self.proposal_ids and not self.contracts:
            raise ValueError("names no proposal and no contract")
        return self


class MembersBody(Body):
    """Which proposals."""

    proposal_ids: list[UUID] = Field(min_length=1, max_length=MOST_MEMBERS)


class CancelBody(Body):
    """Why nothing of it is published."""

    reason: str | None = None


class ForceReleaseBody(Body):
    """Why it is published past its parties."""

    reason: str = Field(description="Stands in the log and is told to everybody.")


@router.post("", status_code=201, response_model=ReleaseView, summary="Open a release")
async def open_release(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "releases"))],
    key: Key,
    body: NewReleaseBody,
) -> Response:
    """All of it comes into the release, or none. For who may publish every part of it.

    Its proposals are asked about as any are. Approved, they wait for each other and are published
    in one transaction; one that ends otherwise ends the others (`release_failed`).
    """
    if (kept := await kept_answer(call, key)) is not None:
        return kept.response()
    for _ in range(_TRIES):
        new = NewRelease(
            name=body.name,
            proposal_ids=tuple(body.proposal_ids),
            contracts=await _compared(call, body.contracts),
        )

        async def effect(runner: Runner, new: NewRelease = new) -> Release:
            resources = call.resources
            return await releases.open_release(
                runner,
                call.caller,
                new,
                resources.timeline,
                observe=resources.observe,
                server=resources.server_policy,
            )

        try:
            return await _answer(call, key, effect, status=201)
        except contracts.Moved:
            continue
    raise PublishContended("An asset of this release keeps changing; try again in a moment.")


async def _compared(call: Call, bodies: Sequence[NamedContractBody]) -> tuple[Ready, ...]:
    """Read and compare the contracts; the first that cannot be published refuses the release."""
    if not bodies:
        return ()
    resources = call.resources
    wanted = [each.wanted() for each in bodies]
    found = await contract_bulk.compared(resources.database, resources.comparer, wanted)
    for each in found:
        if isinstance(each, Unready):
            raise each.refusal
    return tuple(each for each in found if isinstance(each, Ready))


@router.get("", summary="List releases")
async def list_releases(
    call: Annotated[Call, Depends(May(Action.READ, "releases"))],
    page: Paging,
    status: Annotated[
        list[ReleaseStatus] | None, Query(description="Only in these states; may be repeated.")
    ] = None,
) -> PageView[ReleaseView]:
    """Newest first."""

    async def work(tx: Transaction) -> tuple[Page[Release], list[ReleaseView]]:
        found = await tx.releases.page(page, status or ())
        return found, await release_views(tx, found.items)

    found, views = await call.resources.database.read(work)
    return PageView[ReleaseView](items=views, next=found.next)


@router.get("/{release_id}", summary="Get a release")
async def get_release(
    call: Annotated[Call, Depends(May(Action.READ, "releases"))], release_id: UUID
) -> ReleaseView:
    """Its proposals, and which of them it waits for."""

    async def work(tx: Transaction) -> ReleaseView:
        release = lookup.found(await tx.releases.get(release_id), "release", release_id)
        return (await release_views(tx, [release]))[0]

    return await call.resources.database.read(work)


@router.post(
    "/{release_id}/proposals", response_model=ReleaseView, summary="Put proposals into a release"
)
async def add_to_release(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "releases"))],
    key: Key,
    release_id: UUID,
    body: MembersBody,
) -> Response:
    """While it is open; what is in it already stays. For who may publish all of it."""
    ids = tuple(body.proposal_ids)
    return await _answer(
        call, key, lambda runner: releases.add(runner, call.caller, release_id, ids)
    )


@router.delete(
    "/{release_id}/proposals/{proposal_id}",
    response_model=ReleaseView,
    summary="Take a proposal out of a release",
)
async def remove_from_release(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "releases"))],
    release_id: UUID,
    proposal_id: UUID,
) -> Response:
    """It goes its own way again. The only one of a release is not taken out."""
    return await _answer(
        call, None, lambda runner: releases.remove(runner, call.caller, release_id, proposal_id)
    )


@router.post("/{release_id}/cancel", response_model=ReleaseView, summary="Cancel a release")
async def cancel_release(
    call: Annotated[Call, Depends(May(Action.WITHDRAW, "releases"))],
    key: Key,
    release_id: UUID,
    body: CancelBody | None = None,
) -> Response:
    """Its proposals end as withdrawn (`release_cancelled`); nothing is published."""
    reason = None if body is None else body.reason
    return await _answer(
        call, key, lambda runner: releases.cancel(runner, call.caller, release_id, reason)
    )


@router.post("/{release_id}/force", response_model=ReleaseView, summary="Force a release")
async def force_release(
    call: Annotated[Call, Depends(May(Action.FORCE, "releases"))],
    key: Key,
    release_id: UUID,
    body: ForceReleaseBody,
) -> Response:
    """Publishes all of it without the missing answers; for administrators."""
    return await _answer(
        call, key, lambda runner: releases.force(runner, call.caller, release_id, body.reason)
    )


async def _answer(
    call: Call,
    key: RequestKey | None,
    effect: Callable[[Runner], Awaitable[Release]],
    status: int = 200,
) -> Response:
    async def render(tx: Transaction, release: Release) -> Answer:
        view = (await release_views(tx, [release]))[0]
        return Answer(status=status, body=view.model_dump_json())

    return (await answered(call, key, effect, render)).response()
