"""Publishing a release: all of its proposals in one transaction, or none of them.

Locked are the assets in order of id, then the proposals, then the release. Everything is read again
under the locks; what has moved on since changes nothing and is looked at again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.actors import WORKFLOW
from domain.fields import Field
from domain.proposals import Cause, ProposalStatus
from domain.releases import ReleaseStatus
from domain.steps import StepKind
from record import release_ends, rounds, settlement
from record.rounds import ProposalDetail
from record.settlement import Settled
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

Fields = Mapping[tuple[UUID, str], tuple[Field, ...]]
"""The field tree of each member's content, by proposal and hash."""


async def publish(runner: Runner, release_id: UUID, fields: Fields, now: datetime) -> Settled:
    """Publish all members if each says so under the locks; safe to repeat."""

    async def work(tx: Transaction) -> Settled:
        details = await _locked(tx, release_id, now)
        if details is None:
            return Settled.AGAIN
        release = await release_ends.locked(tx, release_id)
        if release.status is not ReleaseStatus.OPEN:
            return Settled.DONE
        if not all(_is_due(each, fields, now) for each in details):
            return Settled.AGAIN
        return await _publish(tx, release_id, details, fields, now)

    return await runner.run(work)


async def _locked(
    tx: Transaction, release_id: UUID, now: datetime
) -> Sequence[ProposalDetail] | None:
    """Lock assets, then proposals, and return the members; None if others are by now."""
    before = await tx.releases.members(release_id)
    await tx.assets.lock_these(before.values())
    await tx.proposals.lock_these(before)
    if await tx.releases.members(release_id) != before:
        return None
    return await rounds.load(tx, before, now)


def _is_due(detail: ProposalDetail, fields: Fields, now: datetime) -> bool:
    key = (detail.proposal.id, detail.proposal.content_hash)
    return key in fields and detail.round.next_step(now).kind is StepKind.PUBLISH


async def _publish(
    tx: Transaction,
    release_id: UUID,
    details: Sequence[ProposalDetail],
    fields: Fields,
    now: datetime,
) -> Settled:
    """Look at every member before any is written: what stands in the way of one keeps all back."""
    obstacles = [(each, await settlement.obstacle_to(tx, each)) for each in details]
    hopeless = [(each, why) for each, why in obstacles if isinstance(why, Cause)]
    moved = [each for each, why in obstacles if why is Settled.AGAIN]
    if hopeless:
        detail, cause = hopeless[0]
        # the release fails by it
        await settlement.end(tx, detail, ProposalStatus.REJECTED, cause, now)
        return Settled.DONE
    for each in moved:
        await tx.proposals.save(replace(each.proposal, base_moved=True))
        tx.outbox.wake(each.proposal.id, Wake.REVISED, each.asset.fqn)
    if moved:
        return Settled.AGAIN
    for each in details:
        cause = Cause(each.proposal.cause or Cause.ALL_APPROVED)
        key = (each.proposal.id, each.proposal.content_hash)
        await settlement.put_in_force(tx, each, cause, fields[key], now)
        tx.outbox.wake(each.proposal.id, Wake.REVISED, each.asset.fqn)
    release = await release_ends.locked(tx, release_id)
    summary = f"The release {release.name} is published: {len(details)} contracts."
    await release_ends.end(tx, WORKFLOW, release, ReleaseStatus.PUBLISHED, summary)
    return Settled.DONE
