"""Members: what a user is in a team."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.users import User


class TeamRole(StrEnum):
    """What somebody may do for a team."""

    OWNER = "owner"
    """Everything, the team's members and keys and looser policies included."""
    MEMBER = "member"
    """Publish, answer, register, and make policies stricter."""
    VIEWER = "viewer"
    """Only read."""


WORKING = frozenset({TeamRole.MEMBER, TeamRole.OWNER})
"""Who acts for the team: answers, publishes, registers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A user's role in a team."""

    team_id: UUID
    user: User
    role: TeamRole
    by_groups: bool
    """Whether the identity provider's groups gave it, and may take it away again."""
    added_at: datetime
