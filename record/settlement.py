"""The moment of decision: where a proposal is approved, published, or ended.

It takes the lock, reads everything again and decides over all facts recorded by then. It carries
the revision and content that the workflow reviewed; if the proposal has moved on, it changes
nothing and says `again`. An ended proposal stays as it ended. Others that change a status are
`rebase` and `revise`, which open an approved proposal again, and `release_publication`, which
publishes those of a release by what stands here.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.actors import WORKFLOW
from domain.assets import Asset
from domain.decisions import MEMBER, Decision
from domain.events import EventType, NewEvent
from domain.fields import Field
from domain.proposals import Cause, Proposal, ProposalStatus, change_of
from domain.steps import Step, StepKind
from domain.timeline import PublishWhen
from domain.versioning import is_greater
from record import activation, decisions, events, movers, release_ends, rounds
from record.rounds import ProposalDetail
from store.database import Runner
from store.transaction import Transaction


class Settled(StrEnum):
    """What came of trying to settle."""

    DONE = "done"
    AGAIN = "again"
    TOGETHER = "together"
    """It is to be published with the others of its release, whose locks are needed too."""


_EVENTS = {
    ProposalStatus.APPROVED: EventType.PROPOSAL_APPROVED,
    ProposalStatus.PUBLISHED: EventType.PROPOSAL_PUBLISHED,
    ProposalStatus.REJECTED: EventType.PROPOSAL_REJECTED,
    ProposalStatus.WITHDRAWN: EventType.PROPOSAL_WITHDRAWN,
    ProposalStatus.EXPIRED: EventType.PROPOSAL_EXPIRED,
}


async def settle(
    runner: Runner,
    proposal_id: UUID,
    revision: int,
    content_hash: str,
    fields: tuple[Field, ...],
    now: datetime,
) -> Settled:
    """Settle or publish a proposal if the facts under the lock say so.

    `fields` is the field tree of the proposed content, derived before the lock. Idempotent: an
    ended proposal stays as it ended.
    """

    async def work(tx: Transaction) -> Settled:
        asset_id = await tx.proposals.asset_of(proposal_id)
        if asset_id is None:
            return Settled.DONE
        await tx.assets.lock(asset_id)
        await tx.proposals.lock(proposal_id)
        detail = await rounds.load_one(tx, proposal_id, now)
        proposal = detail.proposal
        if not proposal.status.is_open:
            return Settled.DONE
        if (proposal.revision, proposal.content_hash) != (revision, content_hash):
            return Settled.AGAIN
        step = detail.round.next_step(now)
        if step.kind is StepKind.PUBLISH and proposal.release_id is not None:
            return Settled.TOGETHER
        if step.kind is StepKind.PUBLISH:
            cause = Cause(proposal.cause or Cause.ALL_APPROVED)
            return await _publish(tx, detail, cause, fields, now)
        if step.kind is not StepKind.SETTLE:
            return Settled.AGAIN
        return await _settle(tx, detail, step, fields, now)

    return await runner.run(work)


async def _settle(
    tx: Transaction,
    detail: ProposalDetail,
    step: Step,
    fields: tuple[Field, ...],
    now: datetime,
) -> Settled:
    assert step.outcome is not None
    assert step.cause is not None
    if step.outcome is not ProposalStatus.APPROVED:
        await end(tx, detail, step.outcome, step.cause, now)
        return Settled.DONE
    alone = detail.proposal.release_id is None
    if alone and (step.cause is Cause.FORCED or _publishes_at_once(detail.proposal, now)):
        return await _publish(tx, detail, step.cause, fields, now)
    await end(tx, detail, ProposalStatus.APPROVED, step.cause, now)
    return Settled.DONE


def _publishes_at_once(proposal: Proposal, now: datetime) -> bool:
    if proposal.publish_at is not None:
        return proposal.waits_until(now) is None
    return proposal.policy.timeline.publish is PublishWhen.AT_ONCE


async def _publish(
    tx: Transaction,
    detail: ProposalDetail,
    cause: Cause,
    fields: tuple[Field, ...],
    now: datetime,
) -> Settled:
    """Publish over the base that everybody was asked about, or say `again` if it has moved."""
    obstacle = await obstacle_to(tx, detail)
    if obstacle is Settled.AGAIN:
        await tx.proposals.save(replace(detail.proposal, base_moved=True))
        return Settled.AGAIN
    if isinstance(obstacle, Cause):
        await end(tx, detail, ProposalStatus.REJECTED, obstacle, now)
        return Settled.DONE
    await put_in_force(tx, detail, cause, fields, now)
    return Settled.DONE


async def obstacle_to(tx: Transaction, detail: ProposalDetail) -> Cause | Settled | None:
    """Return why a proposal cannot be published: for good, `again` if its base moved, or None."""
    proposal = detail.proposal
    if detail.asset.deleted_at is not None:
        return Cause.ASSET_DELETED
    active = await tx.contracts.active(proposal.asset_id)
    if (active.id if active else None) != proposal.base_contract_id:
        return Settled.AGAIN
    if active is not None and active.content_hash == proposal.content_hash:
        return None
    taken = await tx.contracts.has_version(proposal.asset_id, proposal.version)
    if taken or (active is not None and not is_greater(proposal.version, active.version)):
        return Cause.VERSION_TAKEN
    return None


async def put_in_force(
    tx: Transaction,
    detail: ProposalDetail,
    cause: Cause,
    fields: tuple[Field, ...],
    now: datetime,
) -> None:
    """Make what nothing stands in the way of the active version, unless it is that already.

    What it broke begins the end of the version before, off which everybody has time to move.
    """
    proposal = detail.proposal
    active = await tx.contracts.active(proposal.asset_id)
    if active is None or active.content_hash != proposal.content_hash:
        await _activate(tx, detail.asset, proposal, fields)
        if active is not None and proposal.gating:
            replaced, timeline = (active.id, active.version), proposal.policy.timeline
            await movers.begin_after_publication(
                tx, WORKFLOW, detail.asset, replaced, timeline, now
            )
    cause = Cause.FORCED if proposal.forced else cause
    await end(tx, detail, ProposalStatus.PUBLISHED, cause, now)


async def _activate(
    tx: Transaction, asset: Asset, proposal: Proposal, fields: tuple[Field, ...]
) -> None:
    await activation.activate(
        tx,
        WORKFLOW,
        asset,
        version=proposal.version,
        content=proposal.content,
        fields=fields,
        registrations=await tx.registrations.of_asset(asset.id),
        proposal=proposal,
    )


async def end(
    tx: Transaction,
    detail: ProposalDetail,
    status: ProposalStatus,
    cause: Cause,
    now: datetime,
) -> None:
    """Write the new status with its event, which keeps what was known.

    `approved` is a state, the others are ends.

    With one that ends otherwise than published its release fails.
    """
    ended_at = None if status.is_open else await tx.now()
    proposal = replace(
        detail.proposal,
        status=status,
        cause=cause,
        approved_at=now if status.is_open else detail.proposal.approved_at,
        ended_at=ended_at,
        next_review_at=None if ended_at else detail.proposal.next_review_at,
        stuck=None,
    )
    await tx.proposals.save(proposal, now)
    if not status.is_open and status is not ProposalStatus.PUBLISHED:
        await release_ends.fail(tx, proposal, detail.asset.fqn)
    heard = frozenset() if status.is_open else await tx.comments.heard(proposal.id)
    await events.append(tx, _told(detail, proposal, status, cause, now, heard))


def _told(
    detail: ProposalDetail,
    proposal: Proposal,
    status: ProposalStatus,
    cause: Cause,
    now: datetime,
    heard: frozenset[UUID],
) -> NewEvent:
    """Tell the producer and the parties, and at its end who has objected or commented."""
    asked = [party.team.id for party in detail.parties]
    others = sorted(heard.difference(asked, [proposal.producer_team_id]))
    pending = [party.team.name for party in detail.parties if party.party.pending]
    return NewEvent(
        type=_EVENTS[status],
        caller=WORKFLOW,
        summary=f"{detail.asset.fqn} {proposal.version} is {status.value} "
        f"({cause.value.replace('_', ' ')}).",
        asset_id=proposal.asset_id,
        proposal_id=proposal.id,
        team_id=proposal.producer_team_id,
        payload={
            "status": status.value,
            "cause": cause.value,
            "version": proposal.version,
            "revision": proposal.revision,
            "pending": pending,
            MEMBER: decisions.to_wire(Decision.of(detail.round, now)),
            **change_of(detail.proposal, proposal),
        },
        audience=(proposal.producer_team_id, *asked, *others),
        notifies=True,
    )
