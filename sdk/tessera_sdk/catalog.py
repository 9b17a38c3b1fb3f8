"""What the server says of many assets at once, and who knows about one."""

from datetime import datetime

from tessera_sdk.models import Asked, AssetRef, Change, NamedTeam, Received
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


class ContractOutcome(Received):
    """What became of one of many contracts: `published`, `unchanged`, `proposed` or `refused`."""

    asset: AssetRef | None = None
    outcome: str
    version: str | None = None
    contract_id: str | None = None
    proposal_id: str | None = None
    changes: tuple[Change, ...] = ()
    asked: tuple[Asked, ...] = ()
    told: tuple[NamedTeam, ...] = ()
    base_moved_proposal: str | None = None
    problem: Refusal | None = None


class BulkContracts(Received):
    """An outcome for each contract, in the order in which they were sent."""

    dry_run: bool = False
    published: int = 0
    unchanged: int = 0
    proposed: int = 0
    refused: int = 0
    told_at: datetime | None = None
    """When those whom it concerns are told of all of it, in one message each."""
    items: tuple[ContractOutcome, ...] = ()


class ReleaseMember(Received):
    """A proposal of a release."""

    proposal_id: str
    asset: AssetRef = AssetRef()
    version: str | None = None
    status: str = "pending"
    ready: bool = False


class Release(Received):
    """What is published together: `open`, `published`, `failed` or `cancelled`."""

    id: str
    name: str
    status: str = "open"
    opened_by: str | None = None
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    awaited: int = 0
    failed_proposal_id: str | None = None
    proposals: tuple[ReleaseMember, ...] = ()
