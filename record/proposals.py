"""What people say about a proposal besides answering: withdraw, force, confirm, publish."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.actors import SERVER, Caller
from domain.errors import NotReady
from domain.events import EventType, NewEvent
from domain.forcing import forced_by
from domain.permissions import Action
from domain.proposals import Decree, Proposal, ProposalStatus, change_of
from record import events
from record.decrees import Word, checked_reason, say
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

STUCK_FOR = timedelta(hours=1)
"""How long the workflow of a stuck proposal waits before it looks again by itself."""

_WITHDRAWN = Word(event=EventType.WITHDRAWAL_RECORDED, says="withdrawn", wake=Wake.WITHDRAWN)
_FORCED = Word(event=EventType.FORCE_RECORDED, says="forced", wake=Wake.FORCED, notifies=True)
_HALF_FORCED = Word(
    event=EventType.FORCE_REQUESTED,
    says="to be forced, once a second person says so, as asked",
    wake=Wake.REVISED,
    notifies=True,
)
_TO_PUBLISH = Word(event=EventType.PUBLICATION_REQUESTED, says="to be published", wake=Wake.REVISED)
_CONFIRMED = Word(event=EventType.CONFIRMED, says="confirmed", wake=Wake.REVISED)


async def withdraw(
    runner: Runner, caller: Caller, proposal_id: UUID, reason: str | None
) -> Proposal:
    """Take an open proposal back."""

    async def said(
        _tx: Transaction, proposal: Proposal, decree: Decree
    ) -> tuple[Word, Proposal] | None:
        return None if proposal.withdrawn else (_WITHDRAWN, replace(proposal, withdrawn=decree))

    def is_done(proposal: Proposal) -> bool:
        return proposal.status is ProposalStatus.WITHDRAWN

    return await say(runner, caller, proposal_id, Action.WITHDRAW, reason, said, is_done)


async def force(runner: Runner, caller: Caller, proposal_id: UUID, reason: str) -> Proposal:
    """Publish past the parties: an administrator's decision that says why.

    Where the policy wants two persons, the first word only stands until another one says the same.
    It also confirms the present base: whoever forces has seen what would break now.
    """

    async def said(
        tx: Transaction, proposal: Proposal, decree: Decree
    ) -> tuple[Word, Proposal] | None:
        changed = forced_by(proposal, decree)
        if changed is None:
            return None
        if changed.forced is None:
            return _HALF_FORCED, changed
        active_id = await tx.contracts.active_id(proposal.asset_id)
        return _FORCED, replace(changed, confirmed_base_id=active_id, confirmation_asked_at=None)

    def is_done(proposal: Proposal) -> bool:
        return proposal.status is ProposalStatus.PUBLISHED and proposal.forced is not None

    reason = checked_reason(reason, "Forcing")
    return await say(runner, caller, proposal_id, Action.FORCE, reason, said, is_done)


async def request_publication(runner: Runner, caller: Caller, proposal_id: UUID) -> Proposal:
    """Publish an approved proposal whose policy is `publish: on_demand`."""

    async def said(
        _tx: Transaction, proposal: Proposal, decree: Decree
    ) -> tuple[Word, Proposal] | None:
        if proposal.status is not ProposalStatus.APPROVED:
            raise NotReady(
                "This proposal is not approved yet.", proposal_status=proposal.status.value
            )
        if proposal.publish_requested:
            return None
        return _TO_PUBLISH, replace(proposal, publish_requested=decree)

    def is_done(proposal: Proposal) -> bool:
        return proposal.status is ProposalStatus.PUBLISHED

    return await say(runner, caller, proposal_id, Action.PUBLISH, None, said, is_done)


async def confirm(runner: Runner, caller: Caller, proposal_id: UUID) -> Proposal:
    """Confirm that the proposed content is meant against what is active now.

    The confirmation names the active contract; if that moves again, it is asked for again.
    """

    async def said(
        tx: Transaction, proposal: Proposal, _decree: Decree
    ) -> tuple[Word, Proposal] | None:
        active_id = await tx.contracts.active_id(proposal.asset_id)
        if proposal.confirmed_base_id == active_id and proposal.confirmation_asked_at is None:
            return None
        if proposal.confirmation_asked_at is None:
            raise NotReady("This proposal waits for no confirmation.")
        return _CONFIRMED, replace(
            proposal, confirmed_base_id=active_id, confirmation_asked_at=None
        )

    return await say(runner, caller, proposal_id, Action.CONFIRM, None, said)


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
