"""What was sent where, and what came of it."""

from collections.abc import Sequence
from datetime import datetime

from tessera_sdk.calls import Call, get, instant, paging, post, query
from tessera_sdk.models import Page
from tessera_sdk.operations import Noun, RunnerT, listing, operation
from tessera_sdk.told import Delivery


class Deliveries(Noun[RunnerT]):
    """What was sent where, and what came of it."""

    @listing
    def list(
        self,
        *,
        destination_id: str | None = None,
        team_id: str | None = None,
        user_id: str | None = None,
        status: str | Sequence[str] | None = None,
        type: str | Sequence[str] | None = None,  # noqa: A002  # the API's word
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Delivery]]:
        wanted = query(
            destination_id=destination_id,
            team_id=team_id,
            user_id=user_id,
            status=status,
            type=type,
            since=instant(since),
            until=instant(until),
        )
        return get("/deliveries", Page[Delivery], {**wanted, **paging(limit, cursor)})

    @operation
    def get(self, delivery_id: str) -> Call[Delivery]:
        """With its attempts, `made`: what was sent, what came back, and how long it took."""
        return get(f"/deliveries/{delivery_id}", Delivery)

    @operation
    def replay(self, delivery_id: str, *, idempotency_key: str | None = None) -> Call[Delivery]:
        """Send it again, as a delivery of its own."""
        return post(f"/deliveries/{delivery_id}/replay", Delivery, {}, key=idempotency_key)
