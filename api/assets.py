"""Assets: things with a schema that teams own."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, StringConstraints

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView, TeamRef, View
from domain.assets import DEFAULT_ENVIRONMENT, FQN_LIMIT, Asset, AssetKind, Preset
from domain.authorization import Action
from domain.pages import Page
from domain.teams import Team
from record import assets, lookup
from record.assets import NewAsset
from store.transaction import Transaction

router = APIRouter(prefix="/assets", tags=["assets"], route_class=TesseraRoute)

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class NewAssetBody(Body):
    """An asset to be made."""

    fqn: str = Field(description="Unique within the environment.", examples=["orders.customers"])
    owner_team_id: UUID
    environment: str = DEFAULT_ENVIRONMENT
    kind: AssetKind = AssetKind.TABLE
    tags: list[Tag] = Field(default=[], max_length=50, examples=[["pii"]])
    preset: Preset = Field(Preset.DEFAULT, description="How its changes are judged to begin with.")


class AssetView(View):
    """An asset."""

    id: UUID
    fqn: str
    environment: str
    kind: AssetKind
    tags: list[str]
    owner_team_id: UUID
    owner: TeamRef
    created_at: datetime

    @classmethod
    def of(cls, asset: Asset, owner: Team) -> "AssetView":
        """Return the view of an asset."""
        return cls(
            id=asset.id,
            fqn=asset.fqn,
            environment=asset.environment,
            kind=asset.kind,
            tags=list(asset.tags),
            owner_team_id=asset.owner_team_id,
            owner=TeamRef.of(owner),
            created_at=asset.created_at,
        )


@router.post("", status_code=201, response_model=AssetView, summary="Create an asset")
async def create_asset(
    call: Annotated[Call, Depends(May(Action.CREATE_ASSET, "assets"))], key: Key, body: NewAssetBody
) -> Response:
    """The FQN is unique within its environment; one that is taken is a `conflict`."""
    new = NewAsset(
        fqn=body.fqn,
        owner_team_id=body.owner_team_id,
        environment=body.environment,
        kind=body.kind,
        tags=tuple(body.tags),
        preset=body.preset,
    )

    async def render(tx: Transaction, asset: Asset) -> Answer:
        teams = await tx.teams.by_id([asset.owner_team_id])
        return Answer(
            status=201, body=AssetView.of(asset, teams[asset.owner_team_id]).model_dump_json()
        )

    answer = await answered(
        call, key, lambda runner: assets.create(runner, call.caller, new), render
    )
    return answer.response()


@router.get("", summary="List assets")
async def list_assets(
    call: Annotated[Call, Depends(May(Action.READ, "assets"))],
    page: Paging,
    fqn: Annotated[str | None, Query(description="Exactly this FQN.")] = None,
    environment: Annotated[str | None, Query(description="Only of this environment.")] = None,
    owner_team_id: Annotated[UUID | None, Query(description="Only of this team.")] = None,
    q: Annotated[str | None, Query(max_length=FQN_LIMIT, description="A part of the FQN.")] = None,
) -> PageView[AssetView]:
    """Newest first."""

    async def work(tx: Transaction) -> Page[tuple[Asset, Team]]:
        return await tx.assets.page(
            page, fqn=fqn, environment=environment, owner_team_id=owner_team_id, text=q
        )

    found = await call.resources.database.read(work)
    return PageView[AssetView].of(found, lambda each: AssetView.of(*each))


@router.get("/{asset_id}", summary="Get an asset")
async def get_asset(
    call: Annotated[Call, Depends(May(Action.READ, "assets"))], asset_id: UUID
) -> AssetView:
    """One asset by its id."""

    async def work(tx: Transaction) -> AssetView:
        return AssetView.of(*lookup.found(await tx.assets.with_owner(asset_id), "asset", asset_id))

    return await call.resources.database.read(work)
