"""Acknowledgments: what a party answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.actors import Caller


class Response(StrEnum):
    """The wire words; people read and write `plain`."""

    APPROVED = "approved"
    MIGRATING = "migrating"
    BLOCKED = "blocked"

    @property
    def plain(self) -> str:
        """The word that command line and page show."""
        return {"approved": "ready", "migrating": "needs time", "blocked": "blocked"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgment:
    """One answer of one team; the latest one that answers the present question counts."""

    id: UUID
    proposal_id: UUID
    team_id: UUID
    revision: int
    changes_hash: str
    """The content that was answered: an answer never counts for other content."""
    response: Response
    note: str | None
    until: datetime | None
    caller: Caller
    recorded_at: datetime
    carried_from: UUID | None = None
    """The answer to an earlier proposal, of the same changes, which counts here too."""
