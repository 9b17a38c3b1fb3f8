"""Which asset is made of which."""

from tessera_sdk.calls import Call, change, delete, get, paging, query
from tessera_sdk.models import Page
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.said import Dependency


class Dependencies(Noun[RunnerT]):
    """Which asset is made of which."""

    @listing
    def list(
        self,
        asset_id: str,
        *,
        direction: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Dependency]]:
        """What an asset is made of; with the direction `downstream`, what is made of it."""
        wanted = {**query(direction=direction), **paging(limit, cursor)}
        return get(f"/assets/{asset_id}/dependencies", Page[Dependency], wanted)

    @operation
    def put(self, asset_id: str, upstream_id: str) -> Call[Dependency]:
        """Say that an asset is made of another one."""
        return change("PUT", f"/assets/{asset_id}/dependencies/{upstream_id}", Dependency, {})

    @operation
    def remove(self, asset_id: str, upstream_id: str) -> Call[None]:
        """Say that an asset is made of another one no more."""
        return delete(f"/assets/{asset_id}/dependencies/{upstream_id}")
