"""Assets: things with a schema that teams own."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, StringConstraints

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging, WithDeleted
from api.routing import TesseraRoute
from api.views import PageView, TeamRef, View
from domain.assets import (
    DEFAULT_ENVIRONMENT,
    DESCRIPTION_LIMIT,
    FQN_LIMIT,
    TAGS_LIMIT,
    Asset,
    AssetFilter,
    AssetKind,
    Preset,
)
from domain.pages import Deleted, Page
from domain.permissions import Action
from domain.teams import Team
from record import asset_lives, assets, lookup
from record.asset_lives import AssetChange
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
    tags: list[Tag] = Field(default=[], max_length=TAGS_LIMIT, examples=[["pii"]])
    description: str | None = Field(None, max_length=DESCRIPTION_LIMIT)
    preset: Preset = Field(Preset.DEFAULT, description="How its changes are judged to begin with.")


class AssetBody(Body):
    """What changes; what is left out stays."""

    kind: AssetKind | None = None
    tags: list[Tag] | None = Field(None, max_length=TAGS_LIMIT, description="All of its tags.")
    description: str | None = Field(
        None, max_length=DESCRIPTION_LIMIT, description="An empty one goes away."
    )
    owner_team_id: UUID | None = Field(
        None, description="Gives the asset to another team, for which one has to work too."
    )


class AssetView(View):
    """An asset."""

    id: UUID
    fqn: str
    environment: str
    kind: AssetKind
    tags: list[str]
    description: str | None
    owner_team_id: UUID
    owner: TeamRef
    created_at: datetime
    deleted_at: datetime | None

    @classmethod
    def of(cls, asset: Asset, owner: Team) -> "AssetView":
        """Return the view of an asset."""
        return cls(
            id=asset.id,
            fqn=asset.fqn,
            environment=asset.environment,
            kind=asset.kind,
            tags=list(asset.tags),
            description=asset.description,
            owner_team_id=asset.owner_team_id,
            owner=TeamRef.of(owner),
            created_at=asset.created_at,
            deleted_at=asset.deleted_at,
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
        description=body.description,
        preset=body.preset,
    )

    async def render(tx: Transaction, asset: Asset) -> Answer:
        return await _rendered(tx, asset, 201)

    answer = await answered(
        call, key, lambda runner: assets.create(runner, call.caller, new), render
    )
    return answer.response()


@router.get("", summary="List and search assets")
async def list_assets(
    call: Annotated[Call, Depends(May(Action.READ, "assets"))],
    page: Paging,
    q: Annotated[
        str | None,
        Query(
            max_length=FQN_LIMIT,
            description="Words of the FQN, the tags, the description, or the active contract's "
            "fields; a part of the FQN; or nearly so. The best come first.",
        ),
    ] = None,
    fqn: Annotated[str | None, Query(description="Exactly this FQN.")] = None,
    environment: Annotated[str | None, Query(description="Only of this environment.")] = None,
    kind: Annotated[AssetKind | None, Query(description="Only of this kind.")] = None,
    tag: Annotated[str | None, Query(description="Only with this tag.")] = None,
    owner_team_id: Annotated[UUID | None, Query(description="Only of this team.")] = None,
    steward: Annotated[UUID | None, Query(description="Only with this user as a steward.")] = None,
    deleted: WithDeleted = Deleted.EXCLUDE,
) -> PageView[AssetView]:
    """Newest first; with `q` the best first."""
    wanted = AssetFilter(
        text=(q or "").strip() or None,
        fqn=fqn,
        environment=environment,
        kind=kind,
        tag=tag,
        owner_team_id=owner_team_id,
        steward_id=steward,
        deleted=deleted,
    )

    async def listed(tx: Transaction) -> Page[tuple[Asset, Team]]:
        return await tx.assets.page(page, wanted)

    async def searched(tx: Transaction) -> Page[tuple[Asset, Team]]:
        return await tx.asset_search.page(page, wanted)

    database = call.resources.database
    found = await (database.run(searched) if wanted.text else database.read(listed))
    return PageView[AssetView].of(found, lambda each: AssetView.of(*each))


@router.get("/{asset_id}", summary="Get an asset")
async def get_asset(
    call: Annotated[Call, Depends(May(Action.READ, "assets"))],
    asset_id: UUID,
    deleted: WithDeleted = Deleted.EXCLUDE,
) -> AssetView:
    """One asset by its id."""

    async def work(tx: Transaction) -> AssetView:
        return AssetView.of(*await lookup.shown_asset(tx, asset_id, deleted))

    return await call.resources.database.read(work)


@router.patch("/{asset_id}", summary="Change an asset, or give it to another team")
async def change_asset(
    call: Annotated[Call, Depends(May(Action.CHANGE_ASSET, "assets"))],
    asset_id: UUID,
    body: AssetBody,
) -> AssetView:
    """Only what is sent changes. Another owner needs an owner of the present one, who works for
    the new one too, or an administrator.
    """
    wanted = AssetChange(
        kind=body.kind,
        tags=None if body.tags is None else tuple(body.tags),
        description=body.description,
        owner_team_id=body.owner_team_id,
    )
    database = call.resources.database
    asset = await asset_lives.change(database, call.caller, asset_id, wanted)
    owners = await database.read(lambda tx: tx.teams.by_id([asset.owner_team_id]))
    return AssetView.of(asset, owners[asset.owner_team_id])


@router.delete("/{asset_id}", status_code=204, summary="Delete an asset")
async def delete_asset(
    call: Annotated[Call, Depends(May(Action.DELETE_ASSET, "assets"))], asset_id: UUID
) -> None:
    """For owners of its team. An open proposal for it is rejected; who reads it is told.

    `restore` brings it back with its contracts and registrations. Deleting a deleted one is no
    error.
    """
    await asset_lives.delete(call.resources.database, call.caller, asset_id)


@router.post("/{asset_id}/restore", response_model=AssetView, summary="Restore a deleted asset")
async def restore_asset(
    call: Annotated[Call, Depends(May(Action.DELETE_ASSET, "assets"))], key: Key, asset_id: UUID
) -> Response:
    """For owners of its team. It goes on with its active contract, and who read it reads it.

    An FQN that is taken meanwhile is a `conflict` with the id of who has it.
    """
    answer = await answered(
        call, key, lambda runner: asset_lives.restore(runner, call.caller, asset_id), _rendered
    )
    return answer.response()


async def _rendered(tx: Transaction, asset: Asset, status: int = 200) -> Answer:
    teams = await tx.teams.by_id([asset.owner_team_id])
    view = AssetView.of(asset, teams[asset.owner_team_id])
    return Answer(status=status, body=view.model_dump_json())
