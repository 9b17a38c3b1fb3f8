"""Events: the append-only log, the feed of the page, and the source of notifications."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.actors import Caller
from domain.json_types import JsonObject


class EventType(StrEnum):
    """Every kind of event; `docs/reference/events.md` has a heading for each."""

    TEAM_CREATED = "team.created"
    TEAM_POLICY_CHANGED = "team.policy_changed"
    MEMBER_ADDED = "team.member_added"
    MEMBER_ROLE_CHANGED = "team.member_role_changed"
    MEMBER_REMOVED = "team.member_removed"
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    USER_DEACTIVATED = "user.deactivated"
    USER_REACTIVATED = "user.reactivated"
    API_KEY_CREATED = "api_key.created"
    API_KEY_ROTATED = "api_key.rotated"
    API_KEY_REVOKED = "api_key.revoked"
    ASSET_CREATED = "asset.created"
    POLICY_CHANGED = "asset.policy_changed"
    DESTINATION_SET = "destination.set"
    DESTINATION_REMOVED = "destination.removed"
    DESTINATION_DISABLED = "destination.disabled"
    CONTRACT_PUBLISHED = "contract.published"
    CONTRACT_DEPRECATED = "contract.deprecated"
    CONSUMERS_TOLD = "contract.consumers_told"
    CONTRACT_OBSERVED = "contract.observed"
    REGISTRATION_CREATED = "registration.created"
    REGISTRATION_CHANGED = "registration.changed"
    REGISTRATION_REMOVED = "registration.removed"
    PROPOSAL_OPENED = "proposal.opened"
    PROPOSAL_ASKED = "proposal.asked"
    PROPOSAL_REMINDED = "proposal.reminded"
    PROPOSAL_ESCALATED = "proposal.escalated"
    PARTY_UNREACHABLE = "proposal.party_unreachable"
    PARTIES_CHANGED = "proposal.parties_changed"
    ACKNOWLEDGED = "proposal.acknowledged"
    WITHDRAWAL_RECORDED = "proposal.withdrawal_recorded"
    FORCE_RECORDED = "proposal.force_recorded"
    PUBLICATION_REQUESTED = "proposal.publication_requested"
    BASE_MOVED = "proposal.base_moved"
    REVISED = "proposal.revised"
    REOPENED = "proposal.reopened"
    CONFIRMATION_ASKED = "proposal.confirmation_asked"
    CONFIRMED = "proposal.confirmed"
    STUCK = "proposal.stuck"
    PROPOSAL_APPROVED = "proposal.approved"
    PROPOSAL_PUBLISHED = "proposal.published"
    PROPOSAL_REJECTED = "proposal.rejected"
    PROPOSAL_WITHDRAWN = "proposal.withdrawn"
    PROPOSAL_EXPIRED = "proposal.expired"
    OUTBOX_PARKED = "outbox.parked"
    OUTBOX_UNPARKED = "outbox.unparked"


PROVEN = frozenset({EventType.PROPOSAL_OPENED, EventType.PROPOSAL_ASKED})
"""Whoever first hears of a break is shown what proves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event about to be appended, with the teams it is for."""

    type: EventType
    caller: Caller
    summary: str
    """One sentence for people: `orders.customers 2.0.0 is published.`"""
    asset_id: UUID | None = None
    proposal_id: UUID | None = None
    team_id: UUID | None = None
    payload: JsonObject | None = None
    audience: tuple[UUID, ...] = ()
    """The teams whose destinations receive it; the server's own receive every event with one."""
    notifies: bool = False
    """Whether it leaves the house at all; most events are for the log and the feed only."""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the feed: transaction first, since sequence numbers are not in commit order."""

    transaction: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the log."""

    id: UUID
    cursor: Cursor
    type: EventType
    caller: Caller
    summary: str
    asset_id: UUID | None
    proposal_id: UUID | None
    team_id: UUID | None
    payload: JsonObject
    at: datetime
