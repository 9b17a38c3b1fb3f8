"""Things with a schema: tables, topics, endpoints, models."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tessera_sdk import calls
from tessera_sdk.calls import Call, get, given, only, paging, post, query, texts
from tessera_sdk.catalog import BulkResult, Facets, Steward
from tessera_sdk.models import Asset, Page, Policy
from tessera_sdk.names import AssetName, is_id
from tessera_sdk.operations import Noun, RunnerT, listing, operation


class Assets(Noun[RunnerT]):
    """Things with a schema: tables, topics, endpoints, models."""

    @operation
    def create(
        self,
        fqn: str,
        owner_team_id: str,
        *,
        environment: str | None = None,
        kind: str | None = None,
        tags: Sequence[str] | None = None,
        description: str | None = None,
        preset: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Asset]:
        body = given(
            fqn=fqn,
            owner_team_id=owner_team_id,
            environment=environment,
            kind=kind,
            tags=texts(tags),
            description=description,
            preset=preset,
        )
        return post("/assets", Asset, body, key=idempotency_key)

    @operation
    def get(self, asset_id: str, *, deleted: str | None = None) -> Call[Asset]:
        """`deleted="include"` shows a deleted one too."""
        return get(f"/assets/{asset_id}", Asset, query(deleted=deleted))

    @operation
    def update(
        self,
        asset_id: str,
        *,
        kind: str | None = None,
        tags: Sequence[str] | None = None,
        description: str | None = None,
        owner_team_id: str | None = None,
    ) -> Call[Asset]:
        """Change what is given; an empty description goes away, another owner gets the asset."""
        body = given(
            kind=kind, tags=texts(tags), description=description, owner_team_id=owner_team_id
        )
        return calls.change("PATCH", f"/assets/{asset_id}", Asset, body)

    @operation
    def delete(self, asset_id: str) -> Call[None]:
        return calls.delete(f"/assets/{asset_id}")

    @operation
    def restore(self, asset_id: str, *, idempotency_key: str | None = None) -> Call[Asset]:
        """With its contracts, and for those who read it."""
        return post(f"/assets/{asset_id}/restore", Asset, {}, key=idempotency_key)

    @operation
    def find(self, name_or_id: str) -> Call[Asset]:
        """By id, FQN (in production) or `FQN@ENVIRONMENT`; else a `not_found` problem."""
        if is_id(name_or_id):
            return get(f"/assets/{name_or_id}", Asset)
        name = AssetName.parse(name_or_id)
        wanted = query(fqn=name.fqn, environment=name.environment)
        return only(
            "/assets",
            Page[Asset],
            wanted,
            lambda asset: (asset.fqn, asset.environment) == (name.fqn, name.environment),
            f"asset called {name.fqn!r} in {name.environment}",
        )

    @listing
    def list(
        self,
        *,
        fqn: str | None = None,
        environment: str | None = None,
        owner_team_id: str | None = None,
        kind: str | None = None,
        tag: str | None = None,
        steward: str | None = None,
        deleted: str | None = None,
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Asset]]:
        """With words in `q` the best come first, else the newest; `deleted`: `include`, `only`."""
        wanted = query(
            fqn=fqn,
            environment=environment,
            owner_team_id=owner_team_id,
            kind=kind,
            tag=tag,
            steward=steward,
            deleted=deleted,
            q=q,
        )
        return get("/assets", Page[Asset], {**wanted, **paging(limit, cursor)})

    @operation
    def policy(self, asset_id: str) -> Call[Policy]:
        return get(f"/assets/{asset_id}/policy", Policy)

    @operation
    def set_policy(self, asset_id: str, changes: Mapping[str, JsonValue]) -> Call[Policy]:
        """Change only the named values: `{"mode": "full", "timeline": {"deadline": "7d"}}`."""
        return calls.change("PATCH", f"/assets/{asset_id}/policy", Policy, changes)

    @listing
    def stewards(
        self, asset_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Steward]]:
        return get(f"/assets/{asset_id}/stewards", Page[Steward], paging(limit, cursor))

    @operation
    def put_steward(self, asset_id: str, user_id: str) -> Call[Steward]:
        """Name somebody to turn to; it gives them no rights."""
        return calls.change("PUT", f"/assets/{asset_id}/stewards/{user_id}", Steward, {})

    @operation
    def remove_steward(self, asset_id: str, user_id: str) -> Call[None]:
        return calls.delete(f"/assets/{asset_id}/stewards/{user_id}")

    @operation
    def environments(self) -> Call[Facets]:
        """Every environment with how many assets are in it."""
        return get("/environments", Facets)

    @operation
    def tags(self, *, limit: int | None = None) -> Call[Facets]:
        """The tags that most assets have, with how many have each."""
        return get("/tags", Facets, query(limit=None if limit is None else str(limit)))

    @operation
    def bulk_assign(
        self,
        owner_team_id: str,
        *,
        asset_ids: Sequence[str] | None = None,
        where: Mapping[str, JsonValue] | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Call[BulkResult]:
        """Give assets to a team: those of the ids, or all that a listing shows for `where`."""
        which = _which(asset_ids, where, dry_run)
        body = {**which, "owner_team_id": owner_team_id}
        return post("/assets/bulk/assign", BulkResult, body, key=idempotency_key)

    @operation
    def bulk_tags(
        self,
        *,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        asset_ids: Sequence[str] | None = None,
        where: Mapping[str, JsonValue] | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Call[BulkResult]:
        which = _which(asset_ids, where, dry_run)
        body = {**which, "add": texts(add), "remove": texts(remove)}
        return post("/assets/bulk/tags", BulkResult, body, key=idempotency_key)

    @operation
    def bulk_delete(
        self,
        *,
        asset_ids: Sequence[str] | None = None,
        where: Mapping[str, JsonValue] | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Call[BulkResult]:
        which = _which(asset_ids, where, dry_run)
        return post("/assets/bulk/delete", BulkResult, which, key=idempotency_key)


def _which(
    asset_ids: Sequence[str] | None, where: Mapping[str, JsonValue] | None, dry_run: bool
) -> dict[str, JsonValue]:
    given_filter = None if where is None else dict(where)
    return given(asset_ids=texts(asset_ids), filter=given_filter, dry_run=dry_run)
