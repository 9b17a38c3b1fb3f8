"""Dependencies: which asset is made of which, as far as somebody has said so."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

MOST_UPSTREAM = 500
"""What one asset may be made of directly."""
MOST_AROUND = 2000
"""How many assets are read on either side of one that is looked at, by any number of steps."""
MOST_EDGES_AROUND = 20_000
"""How many edges between them; those of the asset itself are among these."""
MOST_DOWNSTREAM = 1000
"""How many assets downstream of a proposal are looked at, by any number of steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """The downstream asset is made of the upstream one."""

    id: UUID
    upstream_asset_id: UUID
    downstream_asset_id: UUID
    declared_by: str
    declared_at: datetime
