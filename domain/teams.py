"""Teams own assets and answer proposals."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import InvalidRequest
from domain.team_policies import NO_POLICY, TeamPolicy

NAME_LIMIT = 100
_NAME = re.compile(r"[^\s/](?:[^/\n\r\t]*[^\s/])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """`name` is unique among the teams that are not deleted.

    `observe` is what its assets do that do not say it themselves; None leaves it to the server.
    `merged_into` is the team that took over everything of a deleted one.
    """

    id: UUID
    name: str
    created_at: datetime
    observe: bool | None = None
    policy: TeamPolicy = NO_POLICY
    deleted_at: datetime | None = None
    merged_into: UUID | None = None


def checked_team_name(name: str) -> str:
    """Return the name as it is stored, or raise `InvalidRequest`."""
    name = name.strip()
    if not name or len(name) > NAME_LIMIT or not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"A team's name has 1 to {NAME_LIMIT} characters, no slash and no line break.",
            errors=[{"path": "name", "message": "not a usable name"}],
        )
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamCounts:
    """How much a team has to do with."""

    members: int
    owned: int
    consumed: int
    """Assets that it has registered to read."""
    waits: int
    """Open questions to it."""
    proposed: int
    """Open proposals of its own."""
