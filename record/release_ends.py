"""The end of a release: with it its members end, each by its own workflow, which is woken."""

from uuid import UUID

from domain.actors import WORKFLOW, Caller
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.proposals import Decree, Proposal
from domain.releases import Release, ReleaseStatus, change_of
from record import events, lookup
from store.outbox import Wake
from store.transaction import Transaction

_TYPES = {
    ReleaseStatus.PUBLISHED: EventType.RELEASE_PUBLISHED,
    ReleaseStatus.FAILED: EventType.RELEASE_FAILED,
    ReleaseStatus.CANCELLED: EventType.RELEASE_CANCELLED,
}


async def fail(tx: Transaction, proposal: Proposal, fqn: str) -> None:
    """Let the release of a proposal, which ends otherwise than published, fail if it is open.

    The proposal's lock is held. Nobody publishes the release meanwhile: that takes all of them.
    """
    if proposal.release_id is None:
        return
    release = await locked(tx, proposal.release_id)
    if release.status is not ReleaseStatus.OPEN:
        return
    standing = (await tx.releases.standing([release.id], await tx.now()))[release.id]
    others = [each.asset_id for each in standing.members if each.proposal_id != proposal.id]
    assets = await tx.assets.by_id(others)
    summary = f"The release {release.name} fails: {fqn} {proposal.version} is not published."
    await end(tx, WORKFLOW, release, ReleaseStatus.FAILED, summary, failed=proposal.id)
    for each in standing.members:
        if each.status.is_open and each.proposal_id != proposal.id:
            tx.outbox.wake(each.proposal_id, Wake.REVISED, assets[each.asset_id].fqn)


async def locked(tx: Transaction, release_id: UUID) -> Release:
    """Lock a release after its proposals, then return it as it is now, or raise `NotFound`."""
    await tx.releases.lock(release_id)
    return lookup.found(await tx.releases.get(release_id), "release", release_id)


async def end(
    tx: Transaction,
    caller: Caller,
    release: Release,
    status: ReleaseStatus,
    summary: str,
    *,
    failed: UUID | None = None,
    cancelled: Decree | None = None,
) -> Release:
    """Write that a locked release has ended, with its event."""
    ended = release.ended(status, await tx.now(), failed=failed, cancelled=cancelled)
    await tx.releases.save(ended)
    details: JsonObject = {
        "failed_proposal_id": None if failed is None else str(failed),
        "reason": None if cancelled is None else cancelled.reason,
    }
    await tell(tx, caller, _TYPES[status], release, ended, summary, details)
    return ended


async def tell(
    tx: Transaction,
    caller: Caller,
    type_: EventType,
    before: Release | None,
    after: Release,
    summary: str,
    details: JsonObject,
) -> None:
    """Append what became of a release; those whom it concerns hear of its proposals."""
    payload = {"release_id": str(after.id), "name": after.name, **details}
    await events.append(
        tx,
        NewEvent(
            type=type_,
            caller=caller,
            summary=summary,
            payload={**payload, **change_of(before, after)},
        ),
    )
