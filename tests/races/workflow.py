"""Hands that do a workflow's work, as its activities do it."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from domain.parties import NoticeKind
from domain.schemas import field_tree
from domain.steps import Step, StepKind
from record import notices, rebase, rounds, settlement
from record.rounds import ProposalDetail
from record.settlement import Settled
from tests.support.conductor import publish_release
from tests.support.facts import Facts

NOTES = frozenset(StepKind(kind.value) for kind in NoticeKind)


async def carry_on(
    facts: Facts, proposal_id: UUID, now: datetime | None = None, *, tells: bool = False
) -> None:
    """Do what the workflow would do now, until it settles or waits.

    Nobody is asked or reminded unless `tells`: what is decided comes before all telling.
    """
    now = now or datetime.now(UTC)
    for _ in range(50):
        step, detail = await rounds.review(facts.database, proposal_id, now)
        waits = step.kind in (StepKind.WAIT, StepKind.ENDED)
        if detail is None or waits or (step.kind in NOTES and not tells):
            return
        settled = await _carry_out(facts, step, detail, now)
        if settled is Settled.DONE:
            return
        if settled is Settled.AGAIN:
            await asyncio.sleep(0.005)
    raise AssertionError(f"{step} comes again and again")


async def _carry_out(
    facts: Facts, step: Step, detail: ProposalDetail, now: datetime
) -> Settled | None:
    database, proposal = facts.database, detail.proposal
    if step.kind in NOTES:
        kind = NoticeKind(step.kind.value)
        await notices.note(database, proposal.id, proposal.revision, kind, step.notes, now)
    elif step.kind is StepKind.REBASE:
        await rebase.rebase(database, facts.comparer, proposal.id, now)
    else:
        settled = await settlement.settle(
            database,
            proposal.id,
            proposal.revision,
            proposal.content_hash,
            field_tree(proposal.content.schema),
            now,
        )
        if settled is Settled.TOGETHER and proposal.release_id is not None:
            return await publish_release(facts, proposal.release_id, now)
        return settled
    return None
