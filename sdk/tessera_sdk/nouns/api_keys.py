"""Credentials of teams and users."""

from datetime import datetime

from tessera_sdk.calls import Call, get, given, instant, paging, post, query
from tessera_sdk.models import Page
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.people import ApiKey


class ApiKeys(Noun[RunnerT]):
    """Credentials of teams and users."""

    @operation
    def create(
        self,
        name: str,
        *,
        team_id: str | None = None,
        user_id: str | None = None,
        scope: str = "write",
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Call[ApiKey]:
        """For a team or for a user. `key` of the answer is shown this once."""
        body = given(
            name=name,
            scope=scope,
            team_id=team_id,
            user_id=user_id,
            expires_at=instant(expires_at),
        )
        return post("/api-keys", ApiKey, body, key=idempotency_key)

    @operation
    def get(self, key_id: str) -> Call[ApiKey]:
        return get(f"/api-keys/{key_id}", ApiKey)

    @listing
    def list(
        self,
        *,
        team_id: str | None = None,
        user_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[ApiKey]]:
        wanted = query(team_id=team_id, user_id=user_id)
        return get("/api-keys", Page[ApiKey], {**wanted, **paging(limit, cursor)})

    @operation
    def rotate(
        self,
        key_id: str,
        *,
        overlap: str | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Call[ApiKey]:
        """A new key in its place; both work for the overlap (`36h`, `7d`; a day by default)."""
        body = given(overlap=overlap, expires_at=instant(expires_at))
        return post(f"/api-keys/{key_id}/rotate", ApiKey, body, key=idempotency_key)

    @operation
    def revoke(self, key_id: str, *, idempotency_key: str | None = None) -> Call[ApiKey]:
        """From the answer on it opens nothing."""
        return post(f"/api-keys/{key_id}/revoke", ApiKey, {}, key=idempotency_key)
