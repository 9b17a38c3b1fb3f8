"""The ends of old versions."""

from datetime import datetime

from tessera_sdk.calls import Call, get, given, paging, post, query
from tessera_sdk.ends import Retirement
from tessera_sdk.models import Page
from tessera_sdk.operations import Noun, RunnerT, listing, operation


class Retirements(Noun[RunnerT]):
    """The ends of old versions: who is to move off them, and when they are retired."""

    @listing
    def list(
        self,
        *,
        status: str | None = None,
        asset_id: str | None = None,
        consumer_team_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Retirement]]:
        wanted = query(status=status, asset_id=asset_id, consumer_team_id=consumer_team_id)
        return get("/retirements", Page[Retirement], {**wanted, **paging(limit, cursor)})

    @operation
    def get(self, contract_id: str) -> Call[Retirement]:
        return get(_path(contract_id), Retirement)

    @operation
    def set(
        self,
        contract_id: str,
        sunset_at: datetime,
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Retirement]:
        """Set when a deprecated version is retired, or another date; who is on it is told."""
        body = given(sunset_at=sunset_at.isoformat(), reason=reason)
        return post(_path(contract_id), Retirement, body, key=idempotency_key)

    @operation
    def moved(
        self,
        contract_id: str,
        consumer_team_id: str,
        *,
        note: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Retirement]:
        """Confirm that a team uses the version no more."""
        body = given(consumer_team_id=consumer_team_id, note=note)
        return post(f"{_path(contract_id)}/moved", Retirement, body, key=idempotency_key)

    @operation
    def extend(
        self,
        contract_id: str,
        consumer_team_id: str,
        until: datetime,
        *,
        note: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Retirement]:
        """Keep the version until a later date, at most the retirement's `latest_until`."""
        body = given(consumer_team_id=consumer_team_id, until=until.isoformat(), note=note)
        return post(f"{_path(contract_id)}/extend", Retirement, body, key=idempotency_key)

    @operation
    def cancel(
        self, contract_id: str, *, reason: str | None = None, idempotency_key: str | None = None
    ) -> Call[Retirement]:
        """Take the end back; the version stays deprecated."""
        body = given(reason=reason)
        return post(f"{_path(contract_id)}/cancel", Retirement, body, key=idempotency_key)


def _path(contract_id: str) -> str:
    return f"/contracts/{contract_id}/retirement"
