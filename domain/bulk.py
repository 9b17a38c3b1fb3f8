"""What becomes of each of many assets that one request is about."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.assets import Asset
from domain.errors import TesseraError

MOST_ASSETS = 1000
MOST_CONTRACTS = 200


class Outcome(StrEnum):
    """What the request did to one asset, or with `dry_run` would do."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetOutcome:
    """The asset as it was before, if there is one, and why it was refused, if it was."""

    asset_id: UUID
    asset: Asset | None
    outcome: Outcome
    refusal: TesseraError | None = None


class ContractOutcome(StrEnum):
    """What became of one of many contracts, or with `dry_run` would."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    PROPOSED = "proposed"
    REFUSED = "refused"
