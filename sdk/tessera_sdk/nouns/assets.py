"""Things with a schema: tables, topics, endpoints, models."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tessera_sdk import calls
from tessera_sdk.calls import Call, get, given, only, paging, post, query, texts
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
        preset: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Asset]:
        body = given(
            fqn=fqn,
            owner_team_id=owner_team_id,
            environment=environment,
            kind=kind,
            tags=texts(tags),
            preset=preset,
        )
        return post("/assets", Asset, body, key=idempotency_key)

    @operation
    def get(self, asset_id: str) -> Call[Asset]:
        return get(f"/assets/{asset_id}", Asset)

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
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Asset]]:
        wanted = query(fqn=fqn, environment=environment, owner_team_id=owner_team_id, q=q)
        return get("/assets", Page[Asset], {**wanted, **paging(limit, cursor)})

    @operation
    def policy(self, asset_id: str) -> Call[Policy]:
        return get(f"/assets/{asset_id}/policy", Policy)

    @operation
    def set_policy(self, asset_id: str, changes: Mapping[str, JsonValue]) -> Call[Policy]:
        """Change only the named values: `{"mode": "full", "timeline": {"deadline": "7d"}}`."""
        return calls.change("PATCH", f"/assets/{asset_id}/policy", Policy, changes)
