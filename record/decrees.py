"""Saying something about an open proposal besides answering it.

Each word only appends a fact under the proposal's lock and has the workflow woken; the status is
changed by `record/settlement.py`. Saying the same thing again changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import InvalidRequest, ProposalEnded
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.proposals import Decree, Proposal, change_of
from record import events, lookup
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

REASON_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that can be said: the event that tells it, and the wake that follows it."""

    event: EventType
    says: str
    """In `The proposal … is … by …`."""
    wake: Wake
    notifies: bool = False


Said = Callable[[Transaction, Proposal, Decree], Awaitable[tuple[Word, Proposal] | None]]
"""What becomes of the locked proposal; None: nothing new."""


def never(_proposal: Proposal) -> bool:
    """Nothing that is said can be how a proposal ended."""
    return False


async def say(
    runner: Runner,
    caller: Caller,
    proposal_id: UUID,
    action: Action,
    reason: str | None,
    said: Said,
    is_done: Callable[[Proposal], bool] = never,
) -> Proposal:
    """Lock in order, let `said` change the proposal, write, tell and wake.

    Raises `ProposalEnded` unless it ended as `is_done` says it was to.
    """
    check_length(reason)

    async def work(tx: Transaction) -> Proposal:
        before = await lookup.proposal(tx, proposal_id)
        await tx.assets.lock(before.asset_id)
        asset = (await tx.assets.by_id([before.asset_id]))[before.asset_id]
        by = permitted(caller, action, Resource(noun="proposals", team_id=asset.owner_team_id))
        proposal = await lookup.locked_proposal(tx, proposal_id)
        if not proposal.status.is_open:
            if is_done(proposal):
                return proposal
            raise ended(proposal)
        decree = Decree(by=by.actor, at=await tx.now(), reason=reason)
        new = await said(tx, proposal, decree)
        if new is None:
            return proposal
        word, changed = new
        await tx.proposals.save(changed)
        payload = {"reason": reason, **change_of(proposal, changed)}
        await _tell(tx, by, changed, asset.fqn, word, payload)
        return changed

    return await runner.run(work)


def check_length(reason: str | None) -> None:
    """Refuse a reason that is too long for the log."""
    if reason is not None and len(reason) > REASON_LIMIT:
        raise InvalidRequest(
            f"A reason has at most {REASON_LIMIT} characters.",
            errors=[{"path": "reason", "message": "too long"}],
        )


def checked_reason(reason: str, what: str) -> str:
    """Return a reason that says something, or raise `InvalidRequest`."""
    if reason.strip():
        return reason
    raise InvalidRequest(
        f"{what} a proposal needs a reason; it stands in the log.",
        errors=[{"path": "reason", "message": "empty"}],
    )


def ended(proposal: Proposal) -> ProposalEnded:
    """Return the error that tells how a proposal ended: whatever else is said comes too late."""
    return ProposalEnded(
        f"This proposal has ended: it is {proposal.status.value}.",
        proposal_status=proposal.status.value,
        cause=None if proposal.cause is None else proposal.cause.value,
    )


async def _tell(
    tx: Transaction,
    caller: Caller,
    proposal: Proposal,
    fqn: str,
    word: Word,
    payload: JsonObject,
) -> None:
    parties = await tx.parties.standing(proposal.id)
    await events.append(
        tx,
        NewEvent(
            type=word.event,
            caller=caller,
            summary=f"The proposal {fqn} {proposal.version} is {word.says} by {caller.actor.name}.",
            asset_id=proposal.asset_id,
            proposal_id=proposal.id,
            team_id=proposal.producer_team_id,
            payload=payload,
            audience=(proposal.producer_team_id, *parties),
            notifies=word.notifies,
        ),
    )
    tx.outbox.wake(proposal.id, word.wake, fqn)
