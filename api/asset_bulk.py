"""The same to many assets at once, with an outcome for each."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StrictBool, model_validator

from api.assets import Tag
from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.problem_views import ProblemView
from api.problems import problem_document
from api.routing import TesseraRoute
from api.views import AssetRef, View
from domain.assets import FQN_LIMIT, TAGS_LIMIT, AssetFilter, AssetKind
from domain.bulk import MOST_ASSETS, AssetOutcome, Outcome
from domain.permissions import Action
from record import asset_bulk
from record.asset_bulk import Selection
from store.database import Runner
from store.idempotency import RequestKey
from store.transaction import Transaction

router = APIRouter(prefix="/assets/bulk", tags=["assets"], route_class=TesseraRoute)


class FilterBody(Body):
    """All assets that the listing would show for this; at least one member is said."""

    q: str | None = Field(None, max_length=FQN_LIMIT)
    fqn: str | None = None
    environment: str | None = None
    kind: AssetKind | None = None
    tag: str | None = None
    owner_team_id: UUID | None = None
    steward: UUID | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "FilterBody":
        if not any(self.model_dump().values()):
            raise ValueError("is empty: it would mean every asset")
        return self

    def wanted(self) -> AssetFilter:
        """Return the filter."""
        return AssetFilter(
            text=(self.q or "").strip() or None,
            fqn=self.fqn,
            environment=self.environment,
            kind=self.kind,
            tag=self.tag,
            owner_team_id=self.owner_team_id,
            steward_id=self.steward,
        )


class BulkBody(Body):
    """Which assets: by their ids or by a filter, not by both."""

    asset_ids: list[UUID] | None = Field(None, min_length=1, max_length=MOST_ASSETS)
    filter: FilterBody | None = Field(
        None, description=f"It may find at most {MOST_ASSETS:,} assets."
    )
    dry_run: StrictBool = Field(False, description="Only say what would become of each.")

    @model_validator(mode="after")
    def _names_assets(self) -> "BulkBody":
        if (self.asset_ids is None) == (self.filter is None):
            raise ValueError("names assets by `asset_ids` or by `filter`: say one of them")
        return self

    def selection(self) -> Selection:
        """Return which assets are meant."""
        return Selection(
            asset_ids=None if self.asset_ids is None else tuple(self.asset_ids),
            wanted=None if self.filter is None else self.filter.wanted(),
            dry_run=self.dry_run,
        )


class BulkAssignBody(BulkBody):
    """Whose they are to be."""

    owner_team_id: UUID


class BulkTagsBody(BulkBody):
    """Which tags come and go; one that is in both is there."""

    add: list[Tag] = Field(default=[], max_length=TAGS_LIMIT)
    remove: list[Tag] = Field(default=[], max_length=TAGS_LIMIT)


class AssetOutcomeView(View):
    """What became of one asset, or with `dry_run` would."""

    asset_id: UUID
    asset: AssetRef | None
    outcome: Outcome
    problem: ProblemView | None = Field(description="Why it was refused.")


class BulkView(View):
    """An outcome for each asset, in the order of the ids."""

    dry_run: bool
    changed: int
    unchanged: int
    refused: int
    items: list[AssetOutcomeView]


@router.post("/assign", response_model=BulkView, summary="Give many assets to a team")
async def assign_assets(
    call: Annotated[Call, Depends(May(Action.ASSIGN_ASSET, "assets"))],
    key: Key,
    body: BulkAssignBody,
) -> Response:
    """Each as `PATCH /assets/{asset_id}` would; all that may change in one transaction."""
    return await _answer(
        call,
        key,
        body,
        lambda runner, which: asset_bulk.assign(runner, call.caller, which, body.owner_team_id),
    )


@router.post("/tags", response_model=BulkView, summary="Add tags to many assets, remove others")
async def retag_assets(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "assets"))], key: Key, body: BulkTagsBody
) -> Response:
    """Each as `PATCH /assets/{asset_id}` would; all that may change in one transaction."""
    add, remove = tuple(body.add), tuple(body.remove)
    return await _answer(
        call,
        key,
        body,
        lambda runner, which: asset_bulk.retag(runner, call.caller, which, add, remove),
    )


@router.post("/delete", response_model=BulkView, summary="Delete many assets")
async def delete_assets(
    call: Annotated[Call, Depends(May(Action.DELETE_ASSET, "assets"))], key: Key, body: BulkBody
) -> Response:
    """Each as `DELETE /assets/{asset_id}` would; all that may go in one transaction."""
    return await _answer(
        call, key, body, lambda runner, which: asset_bulk.delete(runner, call.caller, which)
    )


async def _answer(
    call: Call,
    key: RequestKey | None,
    body: BulkBody,
    effect: Callable[[Runner, Selection], Awaitable[tuple[AssetOutcome, ...]]],
) -> Response:
    async def render(_tx: Transaction, outcomes: tuple[AssetOutcome, ...]) -> Answer:
        counted = Counter(each.outcome for each in outcomes)
        view = BulkView(
            dry_run=body.dry_run,
            changed=counted[Outcome.CHANGED],
            unchanged=counted[Outcome.UNCHANGED],
            refused=counted[Outcome.REFUSED],
            items=[_view(call, each) for each in outcomes],
        )
        return Answer(status=200, body=view.model_dump_json())

    selection = body.selection()
    answer = await answered(call, key, lambda runner: effect(runner, selection), render)
    return answer.response()


def _view(call: Call, outcome: AssetOutcome) -> AssetOutcomeView:
    refusal = outcome.refusal
    problem = None
    if refusal is not None:
        problem = ProblemView.model_validate(
            problem_document(
                refusal,
                instance=f"/api/v1/assets/{outcome.asset_id}",
                request_id=call.caller.request_id,
            )
        )
    return AssetOutcomeView(
        asset_id=outcome.asset_id,
        asset=None if outcome.asset is None else AssetRef.of(outcome.asset),
        outcome=outcome.outcome,
        problem=problem,
    )
