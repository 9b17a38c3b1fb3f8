"""Between a proposal and its row: the JSONB columns in the domain's own wire forms."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from domain.actors import Actor
from domain.changes import Change
from domain.compatibility import ContentModel, Mode
from domain.contracts import ContractContent
from domain.guarantees import Guarantees
from domain.json_types import JsonObject
from domain.proposals import Cause, Decree, FrozenPolicy, Proposal, ProposalStatus
from domain.schemas import Schema
from domain.team_policies import Fallback
from domain.timeline import Timeline
from domain.versioning import SemverMode
from store.rows import Wire

if TYPE_CHECKING:
    from store.proposals import ProposalRow

_ACTOR = Wire(Actor)
_DECREE = Wire(Decree)
_SETTINGS = frozenset(Timeline().to_wire())


def proposal_columns(proposal: Proposal) -> JsonObject:
    """Return the row's values."""
    return {
        "id": proposal.id,
        "asset_id": proposal.asset_id,
        "producer_team_id": proposal.producer_team_id,
        "status": proposal.status,
        "cause": proposal.cause,
        "revision": proposal.revision,
        "base_contract_id": proposal.base_contract_id,
        "base_version": proposal.base_version,
        "requested_version": proposal.requested_version,
        "version": proposal.version,
        "schema": proposal.content.schema.to_wire(),
        "guarantees": proposal.content.guarantees.to_wire(),
        "content_hash": proposal.content_hash,
        "changes": [change.to_wire() for change in proposal.changes],
        "policy": _policy_to_wire(proposal.policy),
        "proposed_by": _ACTOR.write(proposal.proposed_by),
        "opened_at": proposal.opened_at,
        "base_moved": proposal.base_moved,
        "confirmed_base_id": proposal.confirmed_base_id,
        "confirmation_asked_at": proposal.confirmation_asked_at,
        "withdrawn": _decree_to_wire(proposal.withdrawn),
        "cancelled": _decree_to_wire(proposal.cancelled),
        "force_requested": _decree_to_wire(proposal.force_requested),
        "forced": _decree_to_wire(proposal.forced),
        "publish_requested": _decree_to_wire(proposal.publish_requested),
        "extended_by": proposal.extended_by,
        "publish_at": proposal.publish_at,
        "approved_at": proposal.approved_at,
        "next_review_at": proposal.next_review_at,
        "stuck": proposal.stuck,
        "ended_at": proposal.ended_at,
        "together_at": proposal.together_at,
        "release_id": proposal.release_id,
    }


def proposal_from(row: "ProposalRow") -> Proposal:
    """Return the domain value of a row."""
    return Proposal(
        id=row.id,
        asset_id=row.asset_id,
        producer_team_id=row.producer_team_id,
        status=ProposalStatus(row.status),
        cause=None if row.cause is None else Cause(row.cause),
        revision=row.revision,
        base_contract_id=row.base_contract_id,
        base_version=row.base_version,
        requested_version=row.requested_version,
        version=row.version,
        content=ContractContent(
            schema=Schema.from_wire(row.schema), guarantees=Guarantees.from_wire(row.guarantees)
        ),
        content_hash=row.content_hash,
        changes=tuple(Change.from_wire(change) for change in row.changes),
        policy=policy_from(row.policy),
        proposed_by=_ACTOR.read(row.proposed_by),
        opened_at=row.opened_at,
        base_moved=row.base_moved,
        confirmed_base_id=row.confirmed_base_id,
        confirmation_asked_at=row.confirmation_asked_at,
        withdrawn=_decree_from_wire(row.withdrawn),
        cancelled=_decree_from_wire(row.cancelled),
        force_requested=_decree_from_wire(row.force_requested),
        forced=_decree_from_wire(row.forced),
        publish_requested=_decree_from_wire(row.publish_requested),
        extended_by=row.extended_by,
        publish_at=row.publish_at,
        approved_at=row.approved_at,
        next_review_at=row.next_review_at,
        stuck=row.stuck,
        ended_at=row.ended_at,
        together_at=row.together_at,
        release_id=row.release_id,
    )


def _decree_to_wire(decree: Decree | None) -> JsonObject | None:
    return None if decree is None else _DECREE.write(decree)


def _decree_from_wire(stored: JsonObject | None) -> Decree | None:
    return None if stored is None else _DECREE.read(stored)


def _policy_to_wire(policy: FrozenPolicy) -> JsonObject:
    return {
        "mode": policy.mode.value,
        "content_model": policy.content_model.value,
        "semver_mode": policy.semver_mode.value,
        "timeline": policy.timeline.to_wire(),
        "fallback": None if policy.fallback is None else policy.fallback.to_wire(),
        "observe": policy.observe,
    }


def policy_from(stored: Mapping[str, object]) -> FrozenPolicy:
    """Return the policy that a proposal keeps."""
    timeline = stored["timeline"]
    assert isinstance(timeline, Mapping)
    fallback = stored.get("fallback")
    assert fallback is None or isinstance(fallback, Mapping)
    return FrozenPolicy(
        mode=Mode(str(stored["mode"])),
        content_model=ContentModel(str(stored["content_model"])),
        semver_mode=SemverMode(str(stored["semver_mode"])),
        timeline=timeline_from(timeline),
        fallback=Fallback.from_wire(fallback),
        observe=bool(stored.get("observe")),
    )


def timeline_from(stored: Mapping[str, object]) -> Timeline:
    """Return the timeline of a policy that a proposal keeps."""
    return _timeline(tuple(stored.items()))


@lru_cache(maxsize=256)
def _timeline(kept: tuple[tuple[str, object], ...]) -> Timeline:
    """Once for each timeline: a server knows few, and reads one with every proposal.

    What a later version keeps besides is not read: for a while both may run.
    """
    return Timeline().overlaid({name: value for name, value in kept if name in _SETTINGS})
