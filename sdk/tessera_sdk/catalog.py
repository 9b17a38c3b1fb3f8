"""What the server says of many assets at once, and who knows about one."""

from datetime import datetime

from tessera_sdk.models import AssetRef, Received
from tessera_sdk.people import User


class Steward(Received):
    """A user to turn to about an asset."""

    asset_id: str
    user_id: str
    user: User
    added_at: datetime | None = None


class Facet(Received):
    """A name, and how many assets have it."""

    name: str
    assets: int = 0


class Facets(Received):
    """The most frequent first."""

    items: tuple[Facet, ...] = ()


class Refusal(Received):
    """Why something was refused: a problem (RFC 9457)."""

    type: str = ""
    title: str = ""
    status: int = 0
    detail: str = ""


class AssetOutcome(Received):
    """What became of one asset: `changed`, `unchanged` or `refused`."""

    asset_id: str
    asset: AssetRef | None = None
    outcome: str
    problem: Refusal | None = None


class BulkResult(Received):
    """An outcome for each asset, in the order of the ids."""

    dry_run: bool = False
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    items: tuple[AssetOutcome, ...] = ()
