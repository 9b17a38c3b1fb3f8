"""Proposals that are published together, or not at all."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tessera_sdk.calls import Call, get, given, paging, post, query, texts
from tessera_sdk.catalog import Release
from tessera_sdk.models import Page
from tessera_sdk.operations import Noun, RunnerT, listing, operation


class Releases(Noun[RunnerT]):
    """Proposals that are published together, or not at all."""

    @operation
    def open(
        self,
        name: str,
        *,
        proposal_ids: Sequence[str] = (),
        contracts: Sequence[Mapping[str, JsonValue]] = (),
        idempotency_key: str | None = None,
    ) -> Call[Release]:
        """Over open proposals, and contracts as `Contracts.bulk_publish` takes them."""
        body: dict[str, JsonValue] = {
            "name": name,
            "proposal_ids": texts(proposal_ids),
            "contracts": [dict(each) for each in contracts],
        }
        return post("/releases", Release, body, key=idempotency_key)

    @listing
    def list(
        self, *, status: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Release]]:
        return get("/releases", Page[Release], query(status=status, **paging(limit, cursor)))

    @operation
    def get(self, release_id: str) -> Call[Release]:
        return get(f"/releases/{release_id}", Release)

    @operation
    def add(
        self, release_id: str, proposal_ids: Sequence[str], *, idempotency_key: str | None = None
    ) -> Call[Release]:
        body: dict[str, JsonValue] = {"proposal_ids": texts(proposal_ids)}
        return post(f"/releases/{release_id}/proposals", Release, body, key=idempotency_key)

    @operation
    def remove(self, release_id: str, proposal_id: str) -> Call[Release]:
        """Let a proposal go its own way."""
        path = f"/releases/{release_id}/proposals/{proposal_id}"
        return Call("DELETE", path, Release.model_validate)

    @operation
    def cancel(
        self, release_id: str, *, reason: str | None = None, idempotency_key: str | None = None
    ) -> Call[Release]:
        """End it: none of its proposals is published."""
        body = given(reason=reason)
        return post(f"/releases/{release_id}/cancel", Release, body, key=idempotency_key)

    @operation
    def force(
        self, release_id: str, reason: str, *, idempotency_key: str | None = None
    ) -> Call[Release]:
        """Publish all of it without the missing answers; for administrators."""
        body: dict[str, JsonValue] = {"reason": reason}
        return post(f"/releases/{release_id}/force", Release, body, key=idempotency_key)
