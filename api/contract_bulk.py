"""Publishing many contracts by one request, with an outcome for each."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StrictBool, model_validator

from api import publications
from api.call import Call, May
from api.contract_views import ToldView, TouchedView, asked_views, change_views, told_views
from api.contracts import NewContractBody
from api.json_bodies import Body, Moment
from api.once import REPLAYED, Answer, Key, answered
from api.problem_views import ProblemView
from api.problems import problem_document
from api.routing import TesseraRoute
from api.views import AssetRef, ChangeView, View
from domain.assets import DEFAULT_ENVIRONMENT, Asset
from domain.bulk import MOST_CONTRACTS, ContractOutcome
from domain.errors import IdempotencyKeyReused, InvalidRequest, TesseraError, Unavailable
from domain.permissions import Action
from record import contract_bulk
from record.contract_bulk import Ready, Unready, Wanted
from record.contracts import Published
from store.database import Runner
from store.idempotency import RequestKey
from store.transaction import Transaction

router = APIRouter(prefix="/contracts/bulk/publish", tags=["contracts"], route_class=TesseraRoute)

_SIDE_BY_SIDE = 4
"""So many are written at the same time, each by a connection of its own."""
PATH = "/api/v1/contracts/bulk/publish"


class NamedContractBody(NewContractBody):
    """A contract, and the asset whose it is: by its id, or by FQN and environment."""

    asset_id: UUID | None = None
    fqn: str | None = Field(None, examples=["orders.customers"])
    environment: str = DEFAULT_ENVIRONMENT

    @model_validator(mode="after")
    def _names_an_asset(self) -> "NamedContractBody":
        if (self.asset_id is None) == (self.fqn is None):
            raise ValueError("names its asset by `asset_id` or by `fqn`: say one of them")
        return self

    def wanted(self) -> Wanted:
        """Return what is to be published where."""
        return Wanted(
            draft=self.draft(),
            asset_id=self.asset_id,
            fqn=self.fqn or "",
            environment=self.environment,
            requested_version=self.version,
        )


class BulkContractsBody(Body):
    """Contracts of different assets."""

    contracts: list[NamedContractBody] = Field(min_length=1, max_length=MOST_CONTRACTS)
    dry_run: StrictBool = Field(False, description="Only say what would become of each.")
    told_at: Moment | None = Field(
        None,
        description="The `told_at` of a request before this one, whose news go out with these.",
    )


class ContractOutcomeView(View):
    """What became of one contract, or with `dry_run` would."""

    asset: AssetRef | None
    outcome: ContractOutcome
    version: str | None = Field(description="Published, standing or proposed.")
    contract_id: UUID | None = Field(description="What is active now because of it.")
    proposal_id: UUID | None = Field(description="The proposal that waits.")
    changes: list[ChangeView]
    asked: list[TouchedView] = Field(description="Of a proposal that is new: who is asked.")
    told: list[ToldView] = Field(description="Consumers that are told and not asked.")
    base_moved_proposal: UUID | None = Field(
        description="An open proposal under which this was published."
    )
    problem: ProblemView | None = Field(description="Why it was refused.")


class BulkContractsView(View):
    """An outcome for each contract, in the order in which they were sent."""

    dry_run: bool
    published: int
    unchanged: int
    proposed: int
    refused: int
    told_at: datetime | None = Field(
        description="When those whom it concerns are told of all of it, in one message each; null "
        "if there is at most one thing to tell."
    )
    items: list[ContractOutcomeView]


@router.post("", response_model=BulkContractsView, summary="Publish many contracts")
async def publish_contracts(
    call: Annotated[Call, Depends(May(Action.PUBLISH, "contracts"))],
    key: Key,
    body: BulkContractsBody,
) -> Response:
    """Each as `POST /assets/{asset_id}/contracts` would, by itself: the others go on.

    Safe to repeat, with the same key or without: what was done is not done again, what was refused
    is tried again. Whoever is asked or told is told of all in one message, two minutes later.
    """
    resources = call.resources
    wanted = [each.wanted() for each in body.contracts]
    found = await contract_bulk.compared(resources.database, resources.comparer, wanted)
    told_at = _told_at(call, found, body.told_at)
    if body.dry_run:
        views = await _foreseen(call, found)
        return _answer(views, dry_run=True, told_at=told_at)
    plan, replayed = await _planned(call, key, found, told_at)
    publishing = _Publishing(call, key, plan)
    views = list(await asyncio.gather(*map(publishing.one, range(len(found)), found)))
    response = _answer(views, dry_run=False, told_at=plan.told_at)
    if replayed:
        response.headers[REPLAYED] = "true"
    return response


class _Plan(View):
    """What the first request with a key settles for those that repeat it."""

    told_at: datetime | None
    unchanged: dict[int, ContractOutcomeView]
    """By place in the request: nothing is locked or written for these."""


async def _planned(
    call: Call,
    key: RequestKey | None,
    found: Sequence[Ready | Unready],
    told_at: datetime | None,
) -> tuple[_Plan, bool]:
    """Return the plan, and whether a request with this key has made it before."""
    made = _Plan(told_at=told_at, unchanged=_unchanged(call, found))
    if key is None:
        return made, False

    async def effect(runner: Runner) -> None:
        async def nothing(_tx: Transaction) -> None:
            return

        await runner.run(nothing)

    async def render(_tx: Transaction, _result: None) -> Answer:
        return Answer(status=200, body=made.model_dump_json())

    answer = await answered(call, _key_of(key, "plan"), effect, render)
    return _Plan.model_validate_json(answer.body), answer.replayed


def _unchanged(call: Call, found: Sequence[Ready | Unready]) -> dict[int, ContractOutcomeView]:
    """Return what is active already; who might not publish it is refused with the others."""
    views = {}
    for place, each in enumerate(found):
        if isinstance(each, Ready) and each.is_unchanged:
            with suppress(TesseraError):
                published = contract_bulk.unchanged(call.caller, each)
                views[place] = _view(each.base.asset, published)
    return views


def _told_at(
    call: Call, found: Sequence[Ready | Unready], said: datetime | None
) -> datetime | None:
    """When all is told together: one thing alone waits for nothing."""
    now, lull = datetime.now(UTC), call.resources.channels.lull
    if said is not None and said > now + lull:
        raise InvalidRequest(
            "What is told together is told within a few minutes.",
            errors=[{"path": "told_at", "message": "too far ahead"}],
        )
    if said is not None and said > now:
        return said
    changing = [each for each in found if isinstance(each, Ready) and not each.is_unchanged]
    return now + lull if len(changing) > 1 else None


class _Publishing:
    """Publishes each in a transaction of its own, which keeps its answer under a key of its own."""

    def __init__(self, call: Call, key: RequestKey | None, plan: _Plan) -> None:
        self._call = call
        self._key = key
        self._plan = plan
        self._turns = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(self, place: int, ready: Ready | Unready) -> ContractOutcomeView:
        """Return what became of it. What stops all of them is raised: they are safe to repeat."""
        if isinstance(ready, Unready):
            return _refused(ready.asset, ready.refusal)
        if place in self._plan.unchanged:
            return self._plan.unchanged[place]
        try:
            async with self._turns:
                answer = await self._published(place, ready)
        except (IdempotencyKeyReused, Unavailable):
            raise
        except TesseraError as refusal:
            return _refused(ready.base.asset, refusal)
        return ContractOutcomeView.model_validate_json(answer.body)

    async def _published(self, place: int, ready: Ready) -> Answer:
        call = self._call

        async def effect(runner: Runner) -> Published:
            return await publications.publish(
                call, runner, ready.publication, ready.compared, together_at=self._plan.told_at
            )

        async def render(_tx: Transaction, published: Published) -> Answer:
            return Answer(status=200, body=_view(ready.base.asset, published).model_dump_json())

        return await answered(call, _key_of(self._key, place), effect, render)


def _key_of(key: RequestKey | None, place: int | str) -> RequestKey | None:
    """Return the key of one of them, as long as the longest that a client sends."""
    if key is None:
        return None
    return replace(key, key=hashlib.sha256(f"{place} {key.key}".encode()).hexdigest())


async def _foreseen(call: Call, found: Sequence[Ready | Unready]) -> Sequence[ContractOutcomeView]:
    resources = call.resources
    ready = [each for each in found if isinstance(each, Ready)]
    foreseen = iter(
        await contract_bulk.foreseen(resources.database, ready, observe=resources.observe)
    )

    def one(each: Ready | Unready) -> ContractOutcomeView:
        if isinstance(each, Unready):
            return _refused(each.asset, each.refusal)
        outcome, asset = next(foreseen), each.base.asset
        if isinstance(outcome, TesseraError):
            return _refused(asset, outcome)
        return _view(asset, outcome)

    return [one(each) for each in found]


def _view(asset: Asset, published: Published) -> ContractOutcomeView:
    verdict, proposal = published.verdict, published.proposal
    outcome = ContractOutcome(verdict.action.value)
    proposed = outcome is ContractOutcome.PROPOSED
    return ContractOutcomeView(
        asset=AssetRef.of(asset),
        outcome=outcome,
        version=verdict.version,
        contract_id=None if published.contract is None else published.contract.id,
        proposal_id=proposal.id if proposal is not None and proposed else None,
        changes=change_views(verdict),
        asked=asked_views(published.asked, published.teams),
        told=told_views(published.told, published.teams),
        base_moved_proposal=None if published.moved is None else published.moved.id,
        problem=None,
    )


def _refused(asset: Asset | None, refusal: TesseraError) -> ContractOutcomeView:
    document = problem_document(
        refusal,
        instance=PATH if asset is None else f"/api/v1/assets/{asset.id}",
        request_id=None,  # a repetition is answered alike; the header names the request
    )
    return ContractOutcomeView(
        asset=None if asset is None else AssetRef.of(asset),
        outcome=ContractOutcome.REFUSED,
        version=None,
        contract_id=None,
        proposal_id=None,
        changes=[],
        asked=[],
        told=[],
        base_moved_proposal=None,
        problem=ProblemView.model_validate(document),
    )


def _answer(
    views: Sequence[ContractOutcomeView], *, dry_run: bool, told_at: datetime | None
) -> Response:
    counted = Counter(each.outcome for each in views)
    view = BulkContractsView(
        dry_run=dry_run,
        published=counted[ContractOutcome.PUBLISHED],
        unchanged=counted[ContractOutcome.UNCHANGED],
        proposed=counted[ContractOutcome.PROPOSED],
        refused=counted[ContractOutcome.REFUSED],
        told_at=None if dry_run else told_at,
        items=list(views),
    )
    return Response(view.model_dump_json(), media_type="application/json")
