"""What a proposal's workflow does, step by step and at times that a test chooses."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.json_types import JsonObject
from domain.parties import NoticeKind
from domain.proposals import Proposal
from domain.schemas import JSON_SCHEMA, field_tree
from domain.steps import Step, StepKind
from record import notices, rebase, release_publication, revise, rounds, settlement
from record.comparison import Draft
from record.settlement import Settled
from store.transaction import Transaction
from tests.support.facts import CALLER, Facts, table

NOTES = {kind.value for kind in NoticeKind}
DAY = timedelta(days=1)


async def publish_release(facts: Facts, release_id: UUID, now: datetime) -> Settled:
    """Do what the activity does for a proposal that is to be published with others."""

    async def work(tx: Transaction) -> list[Proposal]:
        return await tx.proposals.these(await tx.releases.members(release_id))

    members = await facts.database.read(work)
    fields = {(each.id, each.content_hash): field_tree(each.content.schema) for each in members}
    return await release_publication.publish(facts.database, release_id, fields, now)


@dataclass
class Conductor:
    """Carries out one proposal's steps; `now` is the workflow's clock."""

    facts: Facts
    proposal: Proposal
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def review(self) -> Step:
        step, _ = await rounds.review(self.facts.database, self.proposal.id, self.now)
        return step

    async def settle(
        self, *, revision: int | None = None, content_hash: str | None = None
    ) -> Settled:
        proposal = (await self.facts.detail(self.proposal.id)).proposal
        settled = await settlement.settle(
            self.facts.database,
            proposal.id,
            proposal.revision if revision is None else revision,
            content_hash or proposal.content_hash,
            field_tree(proposal.content.schema),
            self.now,
        )
        if settled is Settled.TOGETHER and proposal.release_id is not None:
            return await self.publish_release(proposal.release_id)
        return settled

    async def publish_release(self, release_id: UUID) -> Settled:
        return await publish_release(self.facts, release_id, self.now)

    async def note(self, step: Step) -> int:
        proposal = (await self.facts.detail(self.proposal.id)).proposal
        return await notices.note(
            self.facts.database,
            proposal.id,
            proposal.revision,
            NoticeKind(step.kind.value),
            step.notes,
            self.now,
        )

    async def rebase(self) -> None:
        await rebase.rebase(self.facts.database, self.facts.comparer, self.proposal.id, self.now)

    async def carry_on(self, after: timedelta = timedelta(0)) -> Step:
        """Carry out every step that is due `after` so long, and return the one that waits."""
        self.now += after
        for _ in range(50):
            step = await self.review()
            if step.kind.value in NOTES:
                await self.note(step)
            elif step.kind is StepKind.REBASE:
                await self.rebase()
            elif step.kind in (StepKind.SETTLE, StepKind.PUBLISH):
                await self.settle()
            else:
                return step
        raise AssertionError(f"{step} comes again and again")


async def breaking(facts: Facts, *consumers: str, **timeline: object) -> Conductor:
    """Propose to drop `email`, which each of the consumers reads; parties are in their order."""
    asset = await facts.asset(await facts.team("owner"), **timeline)
    await facts.publish(asset, table("id", "email"))
    for name in consumers:
        await facts.register(asset, await facts.team(name), ["email"])
    return Conductor(facts, await facts.proposed(asset, table("id")))


def draft(schema: JsonObject) -> Draft:
    return Draft(format=JSON_SCHEMA, schema=schema, documents=None, root=None, guarantees=None)


async def revised(conductor: Conductor, schema: JsonObject, version: str | None = None) -> Proposal:
    """Propose this in the place of what is proposed."""
    facts, proposal_id = conductor.facts, conductor.proposal.id
    revision = await revise.drafted(
        facts.database, facts.comparer, proposal_id, draft(schema), version
    )
    made = await revise.revise(
        facts.database, facts.database, facts.comparer, CALLER, proposal_id, revision
    )
    return made.after
