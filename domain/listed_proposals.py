"""A proposal as one line of a list: what breaks, who is waited for, how it ended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.proposals import Cause, ProposalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProposal:
    """As much of a proposal as a list shows, without its schema and whatever it was told."""

    id: UUID
    asset: str
    environment: str
    producer: str
    status: ProposalStatus
    cause: Cause | None
    base_version: str | None
    version: str
    breaks: tuple[str, ...]
    """The sentences of what gates."""
    opened_at: datetime
    ended_at: datetime | None
    pending: tuple[str, ...] = ()
    """By name, the teams that it waits for."""
    deadline_at: datetime | None = None
    """When the last of them is due; None before they were asked."""
