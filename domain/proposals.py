"""Proposals: breaking changes that wait for the teams they would break."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.actors import Actor
from domain.changes import Change
from domain.compatibility import ContentModel, Mode
from domain.contracts import ContractContent
from domain.differences import changed
from domain.fields import ANY_NAME, split_path
from domain.json_types import JsonObject
from domain.registrations import Registration
from domain.team_policies import Fallback
from domain.timeline import Days, Timeline, format_duration
from domain.versioning import SemverMode


class ProposalStatus(StrEnum):
    """`pending` and `approved` are open; the others are ends."""

    PENDING = "pending"
    APPROVED = "approved"
    PUBLISHED = "published"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """Whether facts are still taken."""
        return self in (ProposalStatus.PENDING, ProposalStatus.APPROVED)


class Cause(StrEnum):
    """Why a proposal was decided as it was."""

    ALL_APPROVED = "all_approved"
    NO_PARTIES = "no_parties"
    DEADLINE = "deadline"
    """Silence, and the frozen policy says that silence approves."""
    FORCED = "forced"
    BLOCKED = "blocked"
    SILENCE = "silence"
    UNREACHABLE = "unreachable"
    """Somebody could not be told in time: never taken as consent."""
    NOT_PUBLISHED = "not_published"
    BASE_MOVED = "base_moved"
    """The active contract moved on and the producer did not confirm the new difference."""
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    """An administrator ended it; its producer did not take it back."""
    ASSET_DELETED = "asset_deleted"
    VERSION_TAKEN = "version_taken"
    """Another contract has its chosen number, or a greater one, by now."""
    RELEASE_FAILED = "release_failed"
    """Another proposal of its release ended otherwise than published."""
    RELEASE_CANCELLED = "release_cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPolicy:
    """The asset's policy as it was when the proposal opened."""

    mode: Mode
    content_model: ContentModel
    semver_mode: SemverMode
    timeline: Timeline
    fallback: Fallback | None = None
    """The server's, for teams that have none."""
    observe: bool = False
    """Whether nothing gates: what it waits for makes it a proposal, and no break."""

    def gates(self, change: Change) -> bool:
        """Whether a change asks for anybody's consent."""
        return not self.observe and self.mode.gates(change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decree:
    """A withdrawal, a force, a wish to publish: who said it, why and when."""

    by: Actor
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed and how far it has come; its parties are loaded apart."""

    id: UUID
    asset_id: UUID
    producer_team_id: UUID
    status: ProposalStatus
    cause: Cause | None
    revision: int
    base_contract_id: UUID | None
    base_version: str | None
    requested_version: str | None
    version: str
    content: ContractContent
    content_hash: str
    changes: tuple[Change, ...]
    policy: FrozenPolicy
    proposed_by: Actor
    opened_at: datetime
    base_moved: bool = False
    confirmed_base_id: UUID | None = None
    """The active contract against which the producer confirmed the present content."""
    confirmation_asked_at: datetime | None = None
    withdrawn: Decree | None = None
    cancelled: Decree | None = None
    force_requested: Decree | None = None
    """What the first of two persons said, where it takes two."""
    forced: Decree | None = None
    publish_requested: Decree | None = None
    extended_by: timedelta = timedelta(0)
    """How much longer than its policy says everybody has, by an operator's word."""
    publish_at: datetime | None = None
    """When it publishes by itself once it is approved; None leaves that to the timeline."""
    approved_at: datetime | None = None
    next_review_at: datetime | None = None
    stuck: str | None = None
    ended_at: datetime | None = None
    together_at: datetime | None = None
    """Who is asked before this time is asked then, in one message with what else is told then."""
    release_id: UUID | None = None
    """With what it is published, or not at all."""

    def waits_until(self, now: datetime) -> datetime | None:
        """Return the time that its publication waits for, if that is still to come."""
        return self.publish_at if self.publish_at is not None and self.publish_at > now else None

    @property
    def gating(self) -> tuple[Change, ...]:
        """The changes that ask for consent under the frozen mode."""
        return tuple(change for change in self.changes if self.policy.gates(change))

    @property
    def observed(self) -> tuple[Change, ...]:
        """The changes that would ask for it, were its asset not observing."""
        gates = self.policy.mode.gates
        return tuple(change for change in self.changes if self.policy.observe and gates(change))

    @property
    def timeline(self) -> Timeline:
        """The frozen timeline, with the time that was given beyond it."""
        return extended(self.policy.timeline, self.extended_by)


def extended(timeline: Timeline, by: timedelta) -> Timeline:
    """Return a timeline whose deadline is so much later; in whole days, where working days count.

    Else what would be no whole days any more went by the clock, and might end before.
    """
    if timeline.days is Days.WORKING:
        by = timedelta(days=-(-by // timedelta(days=1)))
    return replace(timeline, deadline=timeline.deadline + by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A consumer team and which of the changes touch what it reads."""

    team_id: UUID
    reason: str
    fields: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def changes_hash(self) -> str:
        """The hash of what the team is asked about; its answer is bound to it."""
        wire = [change.to_wire() for change in self.changes]
        text = json.dumps(wire, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def touched_by(changes: Iterable[Change], registrations: Iterable[Registration]) -> list[Touched]:
    """Return the registered teams that read something the changes touch, in order of team id."""
    near = _Near(changes)
    touched = [_touched(near, registration) for registration in registrations]
    return sorted((each for each in touched if each.changes), key=lambda each: each.team_id.hex)


def asked_about(proposal: Proposal, fields: Sequence[str]) -> tuple[Change, ...]:
    """Return what gates and touches these fields of a reader; none named means all it reads."""
    if not fields:
        return proposal.gating
    near = _Near(proposal.gating)
    return tuple(near.changes[place] for place in sorted(near.touching_any(fields)))


class _Near:
    """Changes by the first step of their paths, so that a wide table is not compared all to all."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.changes = tuple(changes)
        self._by_step: dict[str, set[int]] = defaultdict(set)
        for place, change in enumerate(self.changes):
            for path in (change.path, *change.also):
                self._by_step[_first_step(path)].add(place)

    def touching(self, field: str) -> set[int]:
        """Return the places of the changes that touch a field."""
        step = _first_step(field)
        if step:
            places = self._by_step.get(step, set()) | self._by_step.get(_ANY_STEP, set())
        else:
            places = set(range(len(self.changes)))
        return {place for place in places if self.changes[place].touches(field)}

    def touching_any(self, fields: Iterable[str]) -> set[int]:
        """Return the places of the changes that touch one of these fields."""
        return set[int]().union(*(self.touching(field) for field in fields))


_ANY_STEP = ""
"""Paths that begin with a wildcard, an item of a list, or nothing: near to every field."""


def _first_step(path: str) -> str:
    first = next(iter(split_path(path)), _ANY_STEP)
    return _ANY_STEP if first == ANY_NAME or first.startswith("[") else first


def _touched(near: _Near, registration: Registration) -> Touched:
    if registration.fields is None:
        return Touched(
            team_id=registration.consumer_team_id,
            reason="reads the whole asset",
            fields=(),
            changes=near.changes,
        )
    places = {field: near.touching(field) for field in registration.fields}
    own = tuple(near.changes[place] for place in sorted(near.touching_any(registration.fields)))
    read = tuple(field for field in registration.fields if places[field])
    return Touched(
        team_id=registration.consumer_team_id,
        reason="reads " + ", ".join(f"`{name}`" for name in read),
        fields=read,
        changes=own,
    )


def change_of(before: Proposal | None, after: Proposal) -> JsonObject:
    """Return `before` and `after` for the log: what differs; of a new proposal, everything."""
    return changed(None if before is None else _facts(before), _facts(after))


def _facts(proposal: Proposal) -> JsonObject:
    return {
        "status": proposal.status.value,
        "cause": None if proposal.cause is None else proposal.cause.value,
        "revision": proposal.revision,
        "version": proposal.version,
        "base_version": proposal.base_version,
        "base_moved": proposal.base_moved,
        "content_hash": proposal.content_hash,
        "confirmation_asked": proposal.confirmation_asked_at is not None,
        "confirmed_base": None
        if proposal.confirmed_base_id is None
        else str(proposal.confirmed_base_id),
        "withdrawn": proposal.withdrawn is not None,
        "cancelled": proposal.cancelled is not None,
        "force_requested": proposal.force_requested is not None,
        "forced": proposal.forced is not None,
        "publish_requested": proposal.publish_requested is not None,
        "extended_by": format_duration(proposal.extended_by),
        "publish_at": None if proposal.publish_at is None else proposal.publish_at.isoformat(),
        "stuck": proposal.stuck,
    }
