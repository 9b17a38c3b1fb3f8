"""Looking at a proposal again after something else was published under it.

The difference is made anew before the lock and written under it. Answers to changes that are the
same stay. If publishing would now break something that nobody was asked about, the producer has to
confirm that this is meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.actors import WORKFLOW
from domain.assets import Asset, AssetPolicy
from domain.changes import Change
from domain.contracts import Contract
from domain.errors import InvalidVersion
from domain.events import EventType, NewEvent
from domain.proposals import Proposal, ProposalStatus, change_of, touched_by
from domain.publication import version_for
from record import events, parties
from record.comparison import Comparer, Versions
from record.drafts import compared_with
from store.database import Database
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rebased:
    """The difference as it is against what was active when it was made."""

    active: Contract | None
    changes: tuple[Change, ...]
    content_hash: str


async def rebase(database: Database, comparer: Comparer, proposal_id: UUID, now: datetime) -> None:
    """Bring an open proposal up to what is active now; safe to repeat, ends are left alone."""
    rebased = await _compare(database, comparer, proposal_id)
    if rebased is None:
        return

    async def work(tx: Transaction) -> None:
        asset_id = await tx.proposals.asset_of(proposal_id)
        if asset_id is None:
            return
        await tx.assets.lock(asset_id)
        await tx.proposals.lock(proposal_id)
        proposal = await tx.proposals.get(proposal_id)
        asset = await tx.assets.get(asset_id)
        if proposal is None or asset is None or not _wants_rebase(proposal):
            return
        active_id = await tx.contracts.active_id(asset_id)
        if active_id != (rebased.active.id if rebased.active else None):
            return  # it moved again; the next review asks for the next rebase
        if proposal.content_hash != rebased.content_hash:
            return  # it was revised meanwhile; the same
        await _write(tx, asset, proposal, rebased, now)

    await database.run(work)


async def _compare(database: Database, comparer: Comparer, proposal_id: UUID) -> _Rebased | None:
    async def work(tx: Transaction) -> tuple[Proposal, Contract | None, Versions] | None:
        proposal = await tx.proposals.get(proposal_id)
        if proposal is None or not _wants_rebase(proposal):
            return None
        active = await tx.contracts.active(proposal.asset_id)
        mode = proposal.policy.mode
        return proposal, active, await compared_with(tx, proposal.asset_id, mode, active)

    found = await database.run(work)
    if found is None:
        return None
    proposal, active, versions = found
    changes = await comparer.changes(
        versions,
        proposal.content,
        proposal.policy.content_model,
    )
    return _Rebased(active=active, changes=changes, content_hash=proposal.content_hash)


def _wants_rebase(proposal: Proposal) -> bool:
    return proposal.status.is_open and proposal.base_moved


def unasked(before: Sequence[Change], after: Sequence[Change]) -> tuple[Change, ...]:
    """Return the changes that nobody was asked about: the same one may be worded differently."""
    known = {(change.kind, change.path) for change in before}
    return tuple(change for change in after if (change.kind, change.path) not in known)


async def _write(
    tx: Transaction, asset: Asset, proposal: Proposal, rebased: _Rebased, now: datetime
) -> None:
    after = replace(proposal, changes=rebased.changes)
    new = unasked(proposal.gating, after.gating)
    active = rebased.active
    if new and proposal.confirmed_base_id != (active.id if active else None):
        await _ask_confirmation(tx, asset, proposal, new, now)
        return
    after = replace(
        after,
        base_moved=False,
        base_contract_id=None if active is None else active.id,
        base_version=None if active is None else active.version,
        version=_version(after, active),
        # the first of two persons has not seen what would break now
        force_requested=None if new else proposal.force_requested,
    )
    registrations = await tx.registrations.of_asset(asset.id)
    asked = await parties.put_question(tx, after, touched_by(after.gating, registrations))
    after = asked or after
    reopened = proposal.status is ProposalStatus.APPROVED and after.revision != proposal.revision
    if reopened:
        after = replace(
            after,
            status=ProposalStatus.PENDING,
            cause=None,
            approved_at=None,
            publish_requested=None,
        )
    await tx.proposals.save(after)
    await _tell(tx, asset, proposal, after, reopened=reopened)


def _version(proposal: Proposal, active: Contract | None) -> str:
    """Return the number over the new base; a chosen one that is too small now shows at the end."""
    policy = AssetPolicy(mode=proposal.policy.mode, semver_mode=proposal.policy.semver_mode)
    try:
        return version_for(policy, active, proposal.changes, proposal.requested_version)
    except InvalidVersion:
        return proposal.version


async def _ask_confirmation(
    tx: Transaction,
    asset: Asset,
    proposal: Proposal,
    new: Sequence[Change],
    now: datetime,
) -> None:
    asked = replace(proposal, confirmation_asked_at=now, force_requested=None)
    await tx.proposals.save(asked)
    await events.append(
        tx,
        NewEvent(
            type=EventType.CONFIRMATION_ASKED,
            caller=WORKFLOW,
            summary=f"Publishing {asset.fqn} {proposal.version} would now also break "
            "what nobody was asked about; its producer has to confirm.",
            asset_id=asset.id,
            proposal_id=proposal.id,
            team_id=proposal.producer_team_id,
            payload={
                "breaking": [change.sentence for change in new[:20]],
                **change_of(proposal, asked),
            },
            audience=(proposal.producer_team_id,),
            notifies=True,
        ),
    )


async def _tell(
    tx: Transaction, asset: Asset, before: Proposal, proposal: Proposal, *, reopened: bool
) -> None:
    await events.append(
        tx,
        NewEvent(
            type=EventType.REOPENED if reopened else EventType.REVISED,
            caller=WORKFLOW,
            summary=f"The proposal {asset.fqn} {proposal.version} "
            f"{'is open again' if reopened else 'is now'} against {proposal.base_version}.",
            asset_id=asset.id,
            proposal_id=proposal.id,
            team_id=proposal.producer_team_id,
            payload={
                "revision": proposal.revision,
                "base_version": proposal.base_version,
                **change_of(before, proposal),
            },
            audience=(proposal.producer_team_id,),
            notifies=True,
        ),
    )
