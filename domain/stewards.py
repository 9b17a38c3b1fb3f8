"""Stewards: the people to turn to about an asset. It gives them no rights."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Steward:
    """A user who knows about an asset."""

    asset_id: UUID
    user: User
    added_at: datetime
