"""Comments: what those who are involved say about a proposal. They decide nothing."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actors import Caller

TEXT_LIMIT = 4000
MOST_COMMENTS = 1000
"""Of one proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody said for a team; it is never changed, and stays when the proposal has ended."""

    id: UUID
    proposal_id: UUID
    thread_id: UUID
    """The comment that the thread began with; its own id, if it began one."""
    reply_to: UUID | None
    team_id: UUID
    text: str
    caller: Caller
    recorded_at: datetime
