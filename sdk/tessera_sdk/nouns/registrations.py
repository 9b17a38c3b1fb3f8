"""The declared uses of an asset by consumer teams."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from tessera_sdk import calls
from tessera_sdk.calls import Call, get, given, paging, post, query, texts
from tessera_sdk.models import Page, Registration
from tessera_sdk.operations import Noun, RunnerT, listing, operation


class Registrations(Noun[RunnerT]):
    """The declared uses of an asset by consumer teams."""

    @operation
    def create(
        self,
        asset_id: str,
        consumer_team_id: str,
        *,
        fields: Sequence[str] | None = None,
        pinned_version: str | None = None,
        used_by: str | None = None,
        used_by_link: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Registration]:
        """Declare that a team reads an asset: all of it, or only the `fields` (`address.city`).

        A second declaration is united with the first. `used_by` names the job or dashboard.
        """
        body = given(
            asset_id=asset_id,
            consumer_team_id=consumer_team_id,
            fields=texts(fields),
            pinned_version=pinned_version,
            used_by=None if used_by is None else given(name=used_by, link=used_by_link),
        )
        return post("/registrations", Registration, body, key=idempotency_key)

    @listing
    def list(
        self,
        *,
        asset_id: str | None = None,
        consumer_team_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Registration]]:
        wanted = query(asset_id=asset_id, consumer_team_id=consumer_team_id)
        return get("/registrations", Page[Registration], {**wanted, **paging(limit, cursor)})

    @operation
    def get(self, registration_id: str) -> Call[Registration]:
        return get(f"/registrations/{registration_id}", Registration)

    @operation
    def update(self, registration_id: str, changes: Mapping[str, JsonValue]) -> Call[Registration]:
        """Replace the named values; `{"fields": None}` means all fields."""
        return calls.change("PATCH", f"/registrations/{registration_id}", Registration, changes)

    @operation
    def remove(self, registration_id: str) -> Call[None]:
        return calls.delete(f"/registrations/{registration_id}")
