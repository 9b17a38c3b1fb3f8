"""Releases: proposals that are published together, or not at all."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.actors import Actor
from domain.json_types import JsonObject
from domain.proposals import Decree, ProposalStatus

MOST_MEMBERS = 100
LONGEST_NAME = 200


class ReleaseStatus(StrEnum):
    """`open` waits for its members; the others are ends."""

    OPEN = "open"
    PUBLISHED = "published"
    FAILED = "failed"
    """One of its proposals ended otherwise than published, so none of them is published."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is published together; its members are the proposals that name it."""

    id: UUID
    name: str
    status: ReleaseStatus
    opened_by: Actor
    opened_at: datetime
    cancelled: Decree | None = None
    failed_proposal_id: UUID | None = None
    """The member that ended otherwise."""
    ended_at: datetime | None = None

    def ended(
        self,
        status: ReleaseStatus,
        at: datetime,
        *,
        failed: UUID | None = None,
        cancelled: Decree | None = None,
    ) -> "Release":
        """Return the release as it has ended."""
        return replace(
            self, status=status, ended_at=at, failed_proposal_id=failed, cancelled=cancelled
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A proposal of a release, as far as the others wait for it."""

    proposal_id: UUID
    asset_id: UUID
    status: ProposalStatus
    is_ready: bool
    """Whether it would be published now, were it alone."""
    publish_at: datetime | None = None
    """The time that it waits for, once it is approved; the others wait for that with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStanding:
    """How a release stands, as each of its members sees it."""

    status: ReleaseStatus
    members: tuple[Member, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing keeps it from being published."""
        return all(member.is_ready for member in self.members)

    @property
    def publish_at(self) -> datetime | None:
        """The latest time that one of its members waits for."""
        return max((each.publish_at for each in self.members if each.publish_at), default=None)

    @property
    def awaited(self) -> int:
        """How many members it waits for."""
        return sum(not member.is_ready for member in self.members)


def change_of(before: Release | None, after: Release) -> JsonObject:
    """Return `before` and `after` for the log."""
    return {
        "before": None if before is None else {"status": before.status.value},
        "after": {"status": after.status.value},
    }
