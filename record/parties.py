"""Keeping the parties of an open proposal true while registrations and the base change."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from domain.actors import Caller
from domain.events import EventType, NewEvent
from domain.proposals import Proposal, ProposalStatus, Touched, touched_by
from record import events
from store.outbox import Wake
from store.transaction import Transaction


async def follow(tx: Transaction, caller: Caller, asset_id: UUID, fqn: str) -> None:
    """Bring the parties of the asset's pending proposal in line with the registrations.

    The asset's lock is held, so the registrations stand still. An approved proposal is decided:
    whoever registers after that was not among those it waited for.
    """
    found = await tx.proposals.open_of(asset_id)
    if found is None:
        return
    await tx.proposals.lock(found.id)
    proposal = await tx.proposals.get(found.id)
    if proposal is None or proposal.status is not ProposalStatus.PENDING:
        return
    registrations = await tx.registrations.of_asset(asset_id)
    before = sorted(map(str, await tx.parties.standing(proposal.id)))
    changed = await put_question(tx, proposal, touched_by(proposal.gating, registrations))
    if changed is None:
        return
    await tx.proposals.save(changed)
    await events.append(
        tx,
        NewEvent(
            type=EventType.PARTIES_CHANGED,
            caller=caller,
            summary=f"The parties of the proposal for {fqn} changed.",
            asset_id=asset_id,
            proposal_id=proposal.id,
            payload={
                "revision": changed.revision,
                "before": {"revision": proposal.revision, "parties": before},
                "after": {
                    "revision": changed.revision,
                    "parties": sorted(map(str, await tx.parties.standing(proposal.id))),
                },
            },
        ),
    )
    tx.outbox.wake(proposal.id, Wake.PARTIES_CHANGED, fqn)


async def put_question(
    tx: Transaction, proposal: Proposal, touched: Iterable[Touched]
) -> Proposal | None:
    """Write whom the present changes touch; return the proposal, or None if nothing changed.

    A party whose changes are the same keeps its answer and its notices. A new question gets a new
    revision, which is what makes it be asked anew.
    """
    wanted = {each.team_id: each for each in touched}
    standing = await tx.parties.standing(proposal.id)
    released = [team_id for team_id in standing if team_id not in wanted]
    asked = [
        each
        for team_id, each in wanted.items()
        if team_id not in standing or standing[team_id] != each.changes_hash
    ]
    if not released and not asked:
        return None
    if released:
        await tx.parties.release(proposal.id, released)
    if not asked:
        return proposal
    proposal = replace(proposal, revision=proposal.revision + 1)
    await tx.parties.put(proposal.id, proposal.revision, asked)
    return proposal
