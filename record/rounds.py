"""The round of a proposal as the facts have it, and what the workflow does next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.acknowledgments import Acknowledgment
from domain.assets import Asset
from domain.coordination import Round
from domain.parties import Answer, Party
from domain.proposals import Proposal
from domain.steps import Step, StepKind
from domain.teams import Team
from record import lookup
from store.database import Runner
from store.parties import StoredParty
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDetail:
    """A party with everything that is shown of it."""

    team: Team
    stored: StoredParty
    acknowledgment: Acknowledgment | None
    party: Party
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDetail:
    """A proposal with all that belongs to it."""

    proposal: Proposal
    asset: Asset
    producer: Team
    round: Round
    parties: tuple[PartyDetail, ...]
    deadline_at: datetime | None
    """When the last pending party is due."""


async def load(
    tx: Transaction, proposals: Iterable[Proposal], now: datetime | None = None
) -> tuple[ProposalDetail, ...]:
    """Return the details of proposals, in a fixed number of queries.

    `now` is the workflow's clock; who only shows them leaves it out.
    """
    proposals = tuple(proposals)
    now = now or await tx.now()
    ids = [proposal.id for proposal in proposals]
    parties = await tx.parties.of(ids)
    answers = await tx.acknowledgments.latest(ids)
    assets = await tx.assets.by_id(proposal.asset_id for proposal in proposals)
    team_ids = {each.team_id for those in parties.values() for each in those}
    teams = await tx.teams.by_id(team_ids | {each.producer_team_id for each in proposals})
    return tuple(
        _detail(
            proposal,
            assets[proposal.asset_id],
            teams,
            parties[proposal.id],
            answers,
            now,
        )
        for proposal in proposals
    )


async def load_one(
    tx: Transaction, proposal: Proposal, now: datetime | None = None
) -> ProposalDetail:
    """Return the detail of one proposal."""
    return (await load(tx, [proposal], now))[0]


async def detail(runner: Runner, proposal_id: UUID) -> ProposalDetail:
    """Return the detail of a proposal, or raise `NotFound`."""

    async def work(tx: Transaction) -> ProposalDetail:
        return await load_one(tx, await lookup.proposal(tx, proposal_id))

    return await runner.run(work)


async def review(
    runner: Runner, proposal_id: UUID, now: datetime
) -> tuple[Step, ProposalDetail | None]:
    """Return the next step, and the detail it was taken from; unknown proposals have ended.

    Writes when the workflow will look again, by which vanished workflows are found.
    """

    async def work(tx: Transaction) -> tuple[Step, ProposalDetail | None]:
        proposal = await tx.proposals.get(proposal_id)
        if proposal is None:
            return Step(kind=StepKind.ENDED), None
        found = await load_one(tx, proposal, now)
        step = found.round.next_step(now)
        if step.kind is not StepKind.ENDED:
            await tx.proposals.set_next_review(proposal_id, step.until or now)
        return step, found

    return await runner.run(work)


def _detail(
    proposal: Proposal,
    asset: Asset,
    teams: dict[UUID, Team],
    stored: tuple[StoredParty, ...],
    answers: dict[tuple[UUID, UUID, str], Acknowledgment],
    now: datetime,
) -> ProposalDetail:
    given = {
        each.team_id: answers.get((proposal.id, each.team_id, each.changes_hash)) for each in stored
    }
    parties = {
        each.team_id: _party(each, teams[each.team_id], given[each.team_id]) for each in stored
    }
    round_ = _round(proposal, tuple(parties.values()))
    return ProposalDetail(
        proposal=proposal,
        asset=asset,
        producer=teams[proposal.producer_team_id],
        round=round_,
        parties=tuple(
            PartyDetail(
                team=teams[each.team_id],
                stored=each,
                acknowledgment=given[each.team_id],
                party=parties[each.team_id],
                due_at=round_.due_at(parties[each.team_id], now),
            )
            for each in stored
        ),
        deadline_at=round_.deadline_at(now),
    )


def _party(stored: StoredParty, team: Team, given: Acknowledgment | None) -> Party:
    return Party(
        team_id=stored.team_id,
        name=team.name,
        answer=None if given is None else _answer(given),
        notices=stored.notices,
    )


def _answer(given: Acknowledgment) -> Answer:
    return Answer(response=given.response, until=given.until, answered_at=given.recorded_at)


def _round(proposal: Proposal, parties: tuple[Party, ...]) -> Round:
    return Round(
        status=proposal.status,
        timeline=proposal.policy.timeline,
        opened_at=proposal.opened_at,
        parties=parties,
        withdrawn=proposal.withdrawn is not None,
        forced=proposal.forced is not None,
        base_moved=proposal.base_moved,
        confirmation_asked_at=proposal.confirmation_asked_at,
        approved_at=proposal.approved_at,
        publish_requested=proposal.publish_requested is not None,
    )
