"""What people say about a proposal besides answering: withdraw, force, confirm, publish.

Each only appends a fact under the proposal's lock and has the workflow woken; the status is changed
by `record/settlement.py`. Saying the same thing again changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.actors import SERVER, Caller
from domain.authorization import Action, Resource, permitted
from domain.errors import InvalidRequest, NotReady, ProposalEnded
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.proposals import Decree, Proposal, ProposalStatus, change_of
from record import events, lookup
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

REASON_LIMIT = 2000
STUCK_FOR = timedelta(hours=1)
"""How long the workflow of a stuck proposal waits before it looks again by itself."""

Said = Callable[[Transaction, Proposal, Decree], Awaitable[Proposal | None]]


async def withdraw(
    runner: Runner, caller: Caller, proposal_id: UUID, reason: str | None
) -> Proposal:
    """Take an open proposal back."""

    async def said(tx: Transaction, proposal: Proposal, decree: Decree) -> Proposal | None:
        return None if proposal.withdrawn else replace(proposal, withdrawn=decree)

    return await _say(
        runner, caller, proposal_id, reason, said, EventType.WITHDRAWAL_RECORDED, Wake.WITHDRAWN
    )


async def force(runner: Runner, caller: Caller, proposal_id: UUID, reason: str) -> Proposal:
    """Publish past the parties: an administrator's decision that says why.

    It also confirms the present base: whoever forces has seen what would break now.
    """
    if not reason.strip():
        raise InvalidRequest(
            "Forcing a proposal needs a reason; it stands in the log.",
            errors=[{"path": "reason", "message": "empty"}],
        )

    async def said(tx: Transaction, proposal: Proposal, decree: Decree) -> Proposal | None:
        if proposal.forced:
            return None
        active_id = await tx.contracts.active_id(proposal.asset_id)
        return replace(
            proposal, forced=decree, confirmed_base_id=active_id, confirmation_asked_at=None
        )

    return await _say(
        runner, caller, proposal_id, reason, said, EventType.FORCE_RECORDED, Wake.FORCED
    )


async def request_publication(runner: Runner, caller: Caller, proposal_id: UUID) -> Proposal:
    """Publish an approved proposal whose policy is `publish: on_demand`."""

    async def said(tx: Transaction, proposal: Proposal, decree: Decree) -> Proposal | None:
        if proposal.status is not ProposalStatus.APPROVED:
            raise NotReady(
                "This proposal is not approved yet.", proposal_status=proposal.status.value
            )
        return None if proposal.publish_requested else replace(proposal, publish_requested=decree)

    return await _say(
        runner, caller, proposal_id, None, said, EventType.PUBLICATION_REQUESTED, Wake.REVISED
    )


async def confirm(runner: Runner, caller: Caller, proposal_id: UUID) -> Proposal:
    """Confirm that the proposed content is meant against what is active now.

    The confirmation names the active contract; if that moves again, it is asked for again.
    """

    async def said(tx: Transaction, proposal: Proposal, decree: Decree) -> Proposal | None:
        active_id = await tx.contracts.active_id(proposal.asset_id)
        if proposal.confirmed_base_id == active_id and proposal.confirmation_asked_at is None:
            return None
        if proposal.confirmation_asked_at is None:
            raise NotReady("This proposal waits for no confirmation.")
        return replace(proposal, confirmed_base_id=active_id, confirmation_asked_at=None)

    return await _say(runner, caller, proposal_id, None, said, EventType.CONFIRMED, Wake.REVISED)


async def mark_stuck(runner: Runner, proposal_id: UUID, error: str | None) -> None:
    """Note that no retry can mend a step (None: that it works again); said once per change."""

    async def work(tx: Transaction) -> None:
        await tx.proposals.lock(proposal_id)
        proposal = await tx.proposals.get(proposal_id)
        if proposal is None or not proposal.status.is_open or proposal.stuck == error:
            return
        again = None if error is None else await tx.now() + STUCK_FOR
        marked = replace(proposal, stuck=error, next_review_at=again or proposal.next_review_at)
        await tx.proposals.save(marked)
        await events.append(tx, _marked(proposal, marked))

    await runner.run(work)


def _marked(before: Proposal, after: Proposal) -> NewEvent:
    error = after.stuck
    return NewEvent(
        type=EventType.UNSTUCK if error is None else EventType.STUCK,
        caller=SERVER,
        summary="A proposal is not stuck any more."
        if error is None
        else f"A proposal is stuck: {error}",
        asset_id=after.asset_id,
        proposal_id=after.id,
        team_id=after.producer_team_id,
        payload={"error": error or before.stuck, **change_of(before, after)},
        audience=(after.producer_team_id,),
        notifies=True,
    )


_ACTIONS = {
    EventType.WITHDRAWAL_RECORDED: Action.WITHDRAW,
    EventType.FORCE_RECORDED: Action.FORCE,
    EventType.PUBLICATION_REQUESTED: Action.PUBLISH,
    EventType.CONFIRMED: Action.CONFIRM,
}
_WORDS = {
    EventType.WITHDRAWAL_RECORDED: "withdrawn",
    EventType.FORCE_RECORDED: "forced",
    EventType.PUBLICATION_REQUESTED: "to be published",
    EventType.CONFIRMED: "confirmed",
}


async def _say(
    runner: Runner,
    caller: Caller,
    proposal_id: UUID,
    reason: str | None,
    said: Said,
    event: EventType,
    signal: Wake,
) -> Proposal:
    """Lock in order, let `said` change the proposal (None: nothing new), write, tell and wake."""
    if reason is not None and len(reason) > REASON_LIMIT:
        raise InvalidRequest(
            f"A reason has at most {REASON_LIMIT} characters.",
            errors=[{"path": "reason", "message": "too long"}],
        )

    async def work(tx: Transaction) -> Proposal:
        before = await lookup.proposal(tx, proposal_id)
        await tx.assets.lock(before.asset_id)
        asset = (await tx.assets.by_id([before.asset_id]))[before.asset_id]
        by = permitted(
            caller, _ACTIONS[event], Resource(noun="proposals", team_id=asset.owner_team_id)
        )
        proposal = await lookup.locked_proposal(tx, proposal_id)
        if not proposal.status.is_open:
            return _ended(proposal, event)
        decree = Decree(by=by.actor, at=await tx.now(), reason=reason)
        changed = await said(tx, proposal, decree)
        if changed is None:
            return proposal
        await tx.proposals.save(changed)
        payload = {"reason": reason, **change_of(proposal, changed)}
        await _tell(tx, by, changed, asset.fqn, event, payload, signal)
        return changed

    return await runner.run(work)


def _ended(proposal: Proposal, event: EventType) -> Proposal:
    """Return a proposal that ended just so; anything else said about it comes too late."""
    same = {
        EventType.WITHDRAWAL_RECORDED: ProposalStatus.WITHDRAWN,
        EventType.PUBLICATION_REQUESTED: ProposalStatus.PUBLISHED,
        EventType.FORCE_RECORDED: ProposalStatus.PUBLISHED if proposal.forced else None,
    }
    if proposal.status is same.get(event):
        return proposal
    raise ProposalEnded(
        f"This proposal has ended: it is {proposal.status.value}.",
        proposal_status=proposal.status.value,
        cause=None if proposal.cause is None else proposal.cause.value,
    )


async def _tell(
    tx: Transaction,
    caller: Caller,
    proposal: Proposal,
    fqn: str,
    event: EventType,
    payload: JsonObject,
    signal: Wake,
) -> None:
    parties = await tx.parties.standing(proposal.id)
    await events.append(
        tx,
        NewEvent(
            type=event,
            caller=caller,
            summary=f"The proposal {fqn} {proposal.version} is {_WORDS[event]} "
            f"by {caller.actor.name}.",
            asset_id=proposal.asset_id,
            proposal_id=proposal.id,
            team_id=proposal.producer_team_id,
            payload=payload,
            audience=(proposal.producer_team_id, *parties),
            notifies=event is EventType.FORCE_RECORDED,
        ),
    )
    tx.outbox.wake(proposal.id, signal, fqn)
