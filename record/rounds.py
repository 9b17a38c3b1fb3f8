"""The round of a proposal as the facts have it, and what the workflow does next."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.acknowledgments import Acknowledgment
from domain.assets import Asset
from domain.coordination import Round
from domain.parties import Answer, Party
from domain.proposals import Proposal, ProposalStatus
from domain.releases import ReleaseStanding
from domain.steps import Step, StepKind
from domain.team_policies import Fallback
from domain.teams import Team
from record import lookup
from store.database import Database, Runner
from store.parties import StoredParty
from store.rounds import StoredMember, StoredRound
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
    read_at: datetime
    """Postgres' time when this was so."""

    @property
    def waited_for(self) -> tuple[PartyDetail, ...]:
        """Return those who have not agreed; of what is approved none, though some kept silent."""
        if self.proposal.status is ProposalStatus.APPROVED:
            return ()
        return tuple(each for each in self.parties if each.party.pending)


async def load(
    tx: Transaction, proposal_ids: Iterable[UUID], now: datetime | None = None
) -> tuple[ProposalDetail, ...]:
    """Return the details of these proposals in their order, without those that are not there.

    `now` is the workflow's clock; who only shows them leaves it out.
    """
    ids = tuple(proposal_ids)
    found = await tx.rounds.of(ids)
    releases = await _releases(tx, found.values(), now)
    return tuple(
        detail_of(found[each], now or found[each].read_at, releases.get(each))
        for each in ids
        if each in found
    )


async def _releases(
    tx: Transaction, found: Collection[StoredRound], now: datetime | None
) -> Mapping[UUID, ReleaseStanding]:
    """Return how the releases of these proposals stand, by proposal; most are in none."""
    of = {each.proposal.id: id_ for each in found if (id_ := each.proposal.release_id)}
    if not of:
        return {}
    standing = await tx.releases.standing(of.values(), now or max(each.read_at for each in found))
    return {proposal_id: standing[release_id] for proposal_id, release_id in of.items()}


async def load_one(
    tx: Transaction, proposal_id: UUID, now: datetime | None = None
) -> ProposalDetail:
    """Return the detail of one proposal, or raise `NotFound`."""
    found = await load(tx, [proposal_id], now)
    return lookup.found(found[0] if found else None, "proposal", proposal_id)


async def locked(tx: Transaction, proposal_id: UUID, team_id: UUID | None = None) -> ProposalDetail:
    """Lock the proposal, then return its detail as it is now, or raise `NotFound`.

    With a team, that is its only party, or there is none: hundreds that answer at once stand in
    line for the lock, and none of them needs what the others have said.
    """
    await tx.proposals.lock(proposal_id)
    if team_id is None:
        found = (await tx.rounds.of([proposal_id])).get(proposal_id)
    else:
        found = await tx.rounds.with_one(proposal_id, team_id)
    stored = lookup.found(found, "proposal", proposal_id)
    return detail_of(stored, stored.read_at)


async def detail(database: Database, proposal_id: UUID) -> ProposalDetail:
    """Return the detail of a proposal, or raise `NotFound`."""

    async def work(tx: Transaction) -> ProposalDetail:
        return await load_one(tx, proposal_id)

    return await database.read(work)


async def review(
    runner: Runner, proposal_id: UUID, now: datetime
) -> tuple[Step, ProposalDetail | None]:
    """Return the next step, and the detail it was taken from; unknown proposals have ended.

    Writes when the workflow will look again, by which vanished workflows are found; but not before
    a step that it takes at once, if it is missed by the time that stands there already.
    """

    async def work(tx: Transaction) -> tuple[Step, ProposalDetail | None]:
        found = await load(tx, [proposal_id], now)
        if not found:
            return Step(kind=StepKind.ENDED), None
        step = found[0].round.next_step(now)
        if step.kind is not StepKind.ENDED and (step.until or not _missed(found[0].proposal, now)):
            await tx.proposals.set_next_review(proposal_id, step.until or now)
        return step, found[0]

    return await runner.run(work)


def _missed(proposal: Proposal, now: datetime) -> bool:
    """Whether the time has come at which somebody would find that nobody looks after it."""
    return (proposal.next_review_at or proposal.opened_at) <= now


def detail_of(
    stored: StoredRound, now: datetime, release: ReleaseStanding | None = None
) -> ProposalDetail:
    """Return the detail of a round, however it came to be known."""
    parties = tuple(party_of(each, stored.proposal.policy.fallback) for each in stored.members)
    deleted = stored.asset.deleted_at is not None
    round_ = _round(stored.proposal, parties, release, asset_deleted=deleted)
    return ProposalDetail(
        proposal=stored.proposal,
        asset=stored.asset,
        producer=stored.producer,
        round=round_,
        parties=tuple(
            PartyDetail(
                team=member.team,
                stored=member.party,
                acknowledgment=member.acknowledgment,
                party=party,
                due_at=round_.due_at(party, now),
            )
            for member, party in zip(stored.members, parties, strict=True)
        ),
        deadline_at=round_.deadline_at(now),
        read_at=stored.read_at,
    )


def party_of(member: StoredMember, fallback: Fallback | None = None) -> Party:
    """Return what the rules need to know of a party; `fallback` is the server's."""
    given = member.acknowledgment
    return Party(
        team_id=member.team.id,
        name=member.team.name,
        answer=None if given is None else _answer(given),
        notices=member.party.notices,
        calendar=member.party.calendar,
        has_owners=bool(member.party.owners),
        has_fallback=(member.team.policy.fallback or fallback) is not None,
    )


def _answer(given: Acknowledgment) -> Answer:
    return Answer(response=given.response, until=given.until, answered_at=given.recorded_at)


def _round(
    proposal: Proposal,
    parties: tuple[Party, ...],
    release: ReleaseStanding | None,
    *,
    asset_deleted: bool,
) -> Round:
    return Round(
        status=proposal.status,
        timeline=proposal.timeline,
        opened_at=proposal.opened_at,
        parties=parties,
        withdrawn=proposal.withdrawn is not None,
        cancelled=proposal.cancelled is not None,
        asset_deleted=asset_deleted,
        forced=proposal.forced is not None,
        base_moved=proposal.base_moved,
        confirmation_asked_at=proposal.confirmation_asked_at,
        approved_at=proposal.approved_at,
        publish_requested=proposal.publish_requested is not None,
        release=release,
        publish_at=proposal.publish_at,
    )
