"""Where teams, people and the server are told what happens."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue

from tessera_sdk import calls
from tessera_sdk.calls import Call, get, given, instant, post, texts
from tessera_sdk.operations import Noun, RunnerT, operation
from tessera_sdk.told import Delivery, Destination, Replayed
from tessera_sdk.told import Destinations as Found

WEBHOOK = "webhook"


class Destinations(Noun[RunnerT]):
    """Where teams, people and the server are told what happens.

    Of `team_id` and `user_id` one says whose; with neither it is the server's.
    """

    @operation
    def set(
        self,
        address: str | None = None,
        *,
        team_id: str | None = None,
        user_id: str | None = None,
        name: str = WEBHOOK,
        kind: str = WEBHOOK,
        secret: str | None = None,
        events: Sequence[str] | None = None,
        assets: Sequence[str] | None = None,
        severity: str | None = None,
        pace: str | None = None,
    ) -> Call[Destination]:
        """Replace the one of the name. A webhook's new secret is shown in this answer, once."""
        wanted: dict[str, JsonValue] = given(
            events=texts(events), assets=texts(assets), severity=severity
        )
        body = given(
            kind=kind,
            address=address,
            secret=secret,
            subscription=wanted or None,
            pace=pace,
        )
        return calls.change("PUT", f"{_of(team_id, user_id)}/{name}", Destination, body)

    @operation
    def list(self, *, team_id: str | None = None, user_id: str | None = None) -> Call[Found]:
        return get(_of(team_id, user_id), Found)

    @operation
    def named(
        self, name: str = WEBHOOK, *, team_id: str | None = None, user_id: str | None = None
    ) -> Call[Destination]:
        return get(f"{_of(team_id, user_id)}/{name}", Destination)

    @operation
    def get(self, destination_id: str) -> Call[Destination]:
        return get(f"/destinations/{destination_id}", Destination)

    @operation
    def remove(
        self, name: str = WEBHOOK, *, team_id: str | None = None, user_id: str | None = None
    ) -> Call[None]:
        return calls.delete(f"{_of(team_id, user_id)}/{name}")

    @operation
    def ping(self, destination_id: str, *, idempotency_key: str | None = None) -> Call[Delivery]:
        """Send a test there; the answer is its delivery, which `deliveries.get` follows."""
        path = f"/destinations/{destination_id}/ping"
        return post(path, Delivery, {}, key=idempotency_key)

    @operation
    def rotate_secret(
        self,
        destination_id: str,
        *,
        overlap: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Destination]:
        """A new secret; for the overlap (`7d`; a day by default) the one before signs too."""
        path = f"/destinations/{destination_id}/rotate-secret"
        return post(path, Destination, given(overlap=overlap), key=idempotency_key)

    @operation
    def replay(
        self, destination_id: str, since: datetime, *, idempotency_key: str | None = None
    ) -> Call[Replayed]:
        """Send again what failed since a time."""
        path = f"/destinations/{destination_id}/replay"
        return post(path, Replayed, {"since": instant(since)}, key=idempotency_key)


def _of(team_id: str | None, user_id: str | None) -> str:
    if team_id is not None:
        return f"/teams/{team_id}/destinations"
    return "/server/destinations" if user_id is None else f"/users/{user_id}/destinations"
