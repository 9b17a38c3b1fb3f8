"""Events: the append-only log, the feed of the page, and the source of notifications."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.actors import ActorKind, Caller, Origin
from domain.json_types import JsonObject


class EventType(StrEnum):
    """Every kind of event; `docs/reference/events.md` has a heading for each."""

    TEAM_CREATED = "team.created"
    TEAM_POLICY_CHANGED = "team.policy_changed"
    TEAM_RENAMED = "team.renamed"
    TEAM_DELETED = "team.deleted"
    TEAM_RESTORED = "team.restored"
    TEAM_MERGED = "team.merged"
    MEMBER_ADDED = "team.member_added"
    MEMBER_ROLE_CHANGED = "team.member_role_changed"
    MEMBER_REMOVED = "team.member_removed"
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    USER_DEACTIVATED = "user.deactivated"
    USER_REACTIVATED = "user.reactivated"
    USER_LINKED = "user.linked"
    PASSWORD_LINK_CREATED = "user.password_link_created"
    PASSWORD_CHANGED = "user.password_changed"
    SESSION_STARTED = "session.started"
    SESSIONS_ENDED = "session.ended"
    API_KEY_CREATED = "api_key.created"
    API_KEY_ROTATED = "api_key.rotated"
    API_KEY_REVOKED = "api_key.revoked"
    ASSET_CREATED = "asset.created"
    POLICY_CHANGED = "asset.policy_changed"
    ASSET_CHANGED = "asset.changed"
    ASSET_REASSIGNED = "asset.reassigned"
    ASSET_DELETED = "asset.deleted"
    ASSET_RESTORED = "asset.restored"
    STEWARD_ADDED = "asset.steward_added"
    STEWARD_REMOVED = "asset.steward_removed"
    DEPENDENCY_ADDED = "asset.dependency_added"
    DEPENDENCY_REMOVED = "asset.dependency_removed"
    DESTINATION_SET = "destination.set"
    DESTINATION_REMOVED = "destination.removed"
    DESTINATION_DISABLED = "destination.disabled"
    DESTINATION_PINGED = "destination.pinged"
    DESTINATION_SECRET_ROTATED = "destination.secret_rotated"
    DELIVERIES_REPLAYED = "destination.deliveries_replayed"
    SLACK_INSTALLED = "slack.installed"
    SLACK_REMOVED = "slack.removed"
    CONTRACT_PUBLISHED = "contract.published"
    CONTRACT_DEPRECATED = "contract.deprecated"
    CONSUMERS_TOLD = "contract.consumers_told"
    CONTRACT_OBSERVED = "contract.observed"
    RETIREMENT_SET = "retirement.set"
    RETIREMENT_ASKED = "retirement.asked"
    RETIREMENT_REMINDED = "retirement.reminded"
    RETIREMENT_ESCALATED = "retirement.escalated"
    MOVER_UNREACHABLE = "retirement.mover_unreachable"
    MOVERS_CHANGED = "retirement.movers_changed"
    MOVED = "retirement.moved"
    RETIREMENT_EXTENDED = "retirement.extended"
    RETIREMENT_CANCELLED = "retirement.cancelled"
    CONTRACT_RETIRED = "retirement.retired"
    RETIREMENT_STUCK = "retirement.stuck"
    RETIREMENT_UNSTUCK = "retirement.unstuck"
    REGISTRATION_CREATED = "registration.created"
    REGISTRATION_CHANGED = "registration.changed"
    REGISTRATION_REMOVED = "registration.removed"
    REGISTRATION_REASSIGNED = "registration.reassigned"
    PROPOSAL_OPENED = "proposal.opened"
    PROPOSAL_ASKED = "proposal.asked"
    PROPOSAL_REMINDED = "proposal.reminded"
    PROPOSAL_ESCALATED = "proposal.escalated"
    ESCALATED_TO_OWNERS = "proposal.escalated_to_owners"
    ESCALATED_TO_FALLBACK = "proposal.escalated_to_fallback"
    PARTY_UNREACHABLE = "proposal.party_unreachable"
    PARTIES_CHANGED = "proposal.parties_changed"
    DELEGATED = "proposal.delegated"
    ACKNOWLEDGED = "proposal.acknowledged"
    WITHDRAWAL_RECORDED = "proposal.withdrawal_recorded"
    CANCELLATION_RECORDED = "proposal.cancellation_recorded"
    FORCE_REQUESTED = "proposal.force_requested"
    FORCE_RECORDED = "proposal.force_recorded"
    EXTENDED = "proposal.extended"
    PUBLICATION_REQUESTED = "proposal.publication_requested"
    BASE_MOVED = "proposal.base_moved"
    REVISED = "proposal.revised"
    REVISION_RECORDED = "proposal.revision_recorded"
    ANSWER_CARRIED = "proposal.answer_carried"
    COMMENTED = "proposal.commented"
    OBJECTED = "proposal.objected"
    DOWNSTREAM_TOLD = "proposal.downstream_told"
    REOPENED = "proposal.reopened"
    CONFIRMATION_ASKED = "proposal.confirmation_asked"
    CONFIRMED = "proposal.confirmed"
    STUCK = "proposal.stuck"
    UNSTUCK = "proposal.unstuck"
    PROPOSAL_APPROVED = "proposal.approved"
    PROPOSAL_PUBLISHED = "proposal.published"
    PROPOSAL_REJECTED = "proposal.rejected"
    PROPOSAL_WITHDRAWN = "proposal.withdrawn"
    PROPOSAL_EXPIRED = "proposal.expired"
    RELEASE_OPENED = "release.opened"
    RELEASE_CHANGED = "release.changed"
    RELEASE_PUBLISHED = "release.published"
    RELEASE_FAILED = "release.failed"
    RELEASE_CANCELLED = "release.cancelled"
    OUTBOX_PARKED = "outbox.parked"
    OUTBOX_UNPARKED = "outbox.unparked"
    LOG_PRUNED = "log.pruned"


CHANGING = frozenset(
    {
        *(EventType.TEAM_CREATED, EventType.TEAM_POLICY_CHANGED, EventType.TEAM_RENAMED),
        *(EventType.TEAM_DELETED, EventType.TEAM_RESTORED, EventType.TEAM_MERGED),
        *(EventType.MEMBER_ADDED, EventType.MEMBER_ROLE_CHANGED, EventType.MEMBER_REMOVED),
        *(EventType.USER_CREATED, EventType.USER_CHANGED),
        *(EventType.USER_DEACTIVATED, EventType.USER_REACTIVATED),
        *(EventType.USER_LINKED, EventType.PASSWORD_LINK_CREATED, EventType.PASSWORD_CHANGED),
        *(EventType.SESSION_STARTED, EventType.SESSIONS_ENDED),
        *(EventType.API_KEY_CREATED, EventType.API_KEY_ROTATED, EventType.API_KEY_REVOKED),
        *(EventType.ASSET_CREATED, EventType.POLICY_CHANGED, EventType.ASSET_CHANGED),
        *(EventType.ASSET_REASSIGNED, EventType.ASSET_DELETED, EventType.ASSET_RESTORED),
        *(EventType.STEWARD_ADDED, EventType.STEWARD_REMOVED),
        *(EventType.DEPENDENCY_ADDED, EventType.DEPENDENCY_REMOVED),
        *(EventType.DESTINATION_SET, EventType.DESTINATION_REMOVED, EventType.DESTINATION_DISABLED),
        EventType.DESTINATION_SECRET_ROTATED,
        *(EventType.SLACK_INSTALLED, EventType.SLACK_REMOVED),
        *(EventType.CONTRACT_PUBLISHED, EventType.CONTRACT_DEPRECATED),
        *(EventType.RETIREMENT_SET, EventType.MOVERS_CHANGED, EventType.MOVED),
        *(
            EventType.RETIREMENT_EXTENDED,
            EventType.RETIREMENT_CANCELLED,
            EventType.CONTRACT_RETIRED,
        ),
        *(EventType.RETIREMENT_STUCK, EventType.RETIREMENT_UNSTUCK),
        *(EventType.REGISTRATION_CREATED, EventType.REGISTRATION_CHANGED),
        *(EventType.REGISTRATION_REMOVED, EventType.REGISTRATION_REASSIGNED),
        *(EventType.DELEGATED, EventType.ACKNOWLEDGED),
        *(EventType.PROPOSAL_OPENED, EventType.PARTIES_CHANGED, EventType.BASE_MOVED),
        *(EventType.WITHDRAWAL_RECORDED, EventType.CANCELLATION_RECORDED),
        *(EventType.FORCE_REQUESTED, EventType.FORCE_RECORDED, EventType.EXTENDED),
        *(EventType.PUBLICATION_REQUESTED, EventType.CONFIRMATION_ASKED, EventType.CONFIRMED),
        *(EventType.REVISED, EventType.REOPENED, EventType.STUCK, EventType.UNSTUCK),
        *(EventType.REVISION_RECORDED, EventType.ANSWER_CARRIED),
        *(EventType.COMMENTED, EventType.OBJECTED),
        *(EventType.PROPOSAL_APPROVED, EventType.PROPOSAL_PUBLISHED, EventType.PROPOSAL_REJECTED),
        *(EventType.PROPOSAL_WITHDRAWN, EventType.PROPOSAL_EXPIRED),
        *(EventType.RELEASE_OPENED, EventType.RELEASE_CHANGED, EventType.RELEASE_PUBLISHED),
        *(EventType.RELEASE_FAILED, EventType.RELEASE_CANCELLED),
    }
)
"""They change what is recorded, and their payload says `before` and `after`. The others tell of
something that was sent or noticed, and say what."""

UPSTREAM = "upstream_asset_id"
"""In the `before` or `after` of a dependency's event: the asset that the other one is made of."""
ASKED = "asked"
"""In the payload of a proposal that opens or is revised: the teams that it asks."""

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
    persons: tuple[UUID, ...] | None = None
    """In person only these users are told, by their own destinations; None: the members of the
    audience."""
    notifies: bool = False
    """Whether it leaves the house at all; most events are for the log and the feed only."""
    urgent: bool = False
    """Whether it waits for no digest: time is nearly up."""
    only_to: UUID | None = None
    """The one destination that it is for: a test, whatever that is subscribed to."""


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

    @property
    def about(self) -> frozenset[UUID | None]:
        """What it is about: an asset, a proposal, a team; of a dependency the other asset too.

        And the teams that are asked by what it tells of.
        """
        ends = (self.payload.get(each) for each in ("before", "after"))
        upstream = [end.get(UPSTREAM) for end in ends if isinstance(end, dict)]
        asked = self.payload.get(ASKED)
        named = [*upstream, *(asked if isinstance(asked, list) else ())]
        others = [UUID(each) for each in named if isinstance(each, str)]
        return frozenset({self.asset_id, self.proposal_id, self.team_id, *others})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are wanted: those that meet everything that is said."""

    types: frozenset[EventType] = frozenset()
    """Any of these; none named means every one."""
    about: frozenset[UUID] = frozenset()
    """About any of these: assets, proposals or teams; none named means whatever it is about."""
    asset_id: UUID | None = None
    proposal_id: UUID | None = None
    team_id: UUID | None = None
    actor_kind: ActorKind | None = None
    actor: str | None = None
    """The actor's name, as it stands in the log."""
    origin: Origin | None = None
    since: datetime | None = None
    """Written at this time or later."""
    until: datetime | None = None
    """Written before this time."""

    def wants(self, event: Event) -> bool:
        """Whether an event is among them."""
        return (
            (not self.types or event.type in self.types)
            and (not self.about or not self.about.isdisjoint(event.about))
            and self.asset_id in (None, event.asset_id)
            and self.proposal_id in (None, event.proposal_id)
            and self.team_id in (None, event.team_id)
            and self._wants_caller(event.caller)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )

    def _wants_caller(self, caller: Caller) -> bool:
        return (
            self.actor_kind in (None, caller.actor.kind)
            and self.actor in (None, caller.actor.name)
            and self.origin in (None, caller.origin)
        )


EVERY_EVENT = EventFilter()
