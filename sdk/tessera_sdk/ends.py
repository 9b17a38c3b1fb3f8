"""The ends of old versions, as the server shows them."""

from datetime import datetime

from tessera_sdk.models import AssetRef, NamedTeam, Received, TeamRef


class Mover(Received):
    """A team that is to move off an old version."""

    team: NamedTeam
    reason: str | None = None
    moved: bool = False
    moved_at: datetime | None = None
    extended_until: datetime | None = None
    note: str | None = None
    said_by: str | None = None
    due_at: datetime | None = None
    asked_at: datetime | None = None
    reminders: int = 0


class Retirement(Received):
    """The end of an old version: `open` until it is `retired` or `cancelled`."""

    contract_id: str
    asset: AssetRef = AssetRef()
    owner: NamedTeam = TeamRef()
    version: str
    status: str
    cause: str | None = None
    revision: int = 1
    sunset_at: datetime | None = None
    ends_at: datetime | None = None
    """When it is retired if nobody says anything more."""
    latest_until: datetime | None = None
    reason: str | None = None
    set_by: str | None = None
    set_at: datetime | None = None
    movers: tuple[Mover, ...] = ()
    pending: tuple[str, ...] = ()
    """Names of the teams that are still on it."""
    next_review_at: datetime | None = None
    stuck: str | None = None
    ended_at: datetime | None = None
