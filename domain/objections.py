"""Objections: heard, without a veto, from teams that a proposal affects only downstream."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actors import Caller

REASON_LIMIT = 2000
MOST_OBJECTIONS = 100
"""Of one team to one proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a team would rather that a proposal is not published."""

    id: UUID
    proposal_id: UUID
    team_id: UUID
    reason: str
    caller: Caller
    recorded_at: datetime
