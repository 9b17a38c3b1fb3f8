"""Revising an open proposal: its producer puts other content in the place of what is proposed.

The difference is made before the lock and written under it. A party whose changes are the same
keeps its answer, the others are asked anew, and whom nothing touches any more is released. It only
changes what is asked: what follows is the workflow's, also where nobody is left to ask.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset, AssetPolicy
from domain.authorization import Resource, permitted
from domain.changes import Change, is_told
from domain.contracts import Contract, ContractContent
from domain.errors import NotReady, PublishContended
from domain.events import ASKED, EventType, NewEvent
from domain.permissions import Action
from domain.proposals import Proposal, ProposalStatus, Touched, change_of, touched_by
from domain.publication import version_for
from domain.registrations import Registration
from domain.teams import Team
from record import events, lookup, observations, openings, parties, rounds
from record.comparison import Comparer, Draft, Versions
from record.decrees import ended
from record.drafts import compared_with
from record.rounds import ProposalDetail
from store.database import Database, Runner
from store.outbox import Wake
from store.transaction import Transaction

T = TypeVar("T")

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What is to be proposed instead, and how it differs from what was active when it was read.

    Without a requested version the one that was requested before stays.
    """

    content: ContractContent
    requested_version: str | None
    active: Contract | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What a revision does: the proposal, and what each party is asked, before and after."""

    before: Proposal
    after: Proposal
    were: Mapping[UUID, str]
    are: Mapping[UUID, str]
    told: tuple[Touched, ...] = ()

    @property
    def kept(self) -> list[UUID]:
        """Return whose question is the same, so that its answer stays."""
        return sorted(team for team in self.are if self.were.get(team) == self.are[team])

    @property
    def asked(self) -> list[UUID]:
        """Return who is asked anew."""
        return sorted(team for team in self.are if self.were.get(team) != self.are[team])

    @property
    def released(self) -> list[UUID]:
        """Return whom nothing touches any more."""
        return sorted(team for team in self.were if team not in self.are)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a revision would do, with the proposal as it would stand."""

    revised: Revised
    detail: ProposalDetail
    teams: Mapping[UUID, Team]
    """Those that would be released or told."""


class _Moved(Exception):
    """Another contract is active than the one that was compared with."""


class _Undone(Exception):
    """Takes a revision back that was made only to see what comes of it."""

    def __init__(self, foreseen: Foreseen) -> None:
        super().__init__()
        self.foreseen = foreseen


async def drafted(
    database: Database,
    comparer: Comparer,
    proposal_id: UUID,
    draft: Draft,
    requested_version: str | None = None,
) -> Revision:
    """Read a draft and compare it by the proposal's own policy: one piece of work for a child.

    Raises `NotFound`, `InvalidSchema` or `InvalidGuarantees`.
    """
    proposal, active, versions = await _base(database, proposal_id)
    parsed, changes = await comparer.drafted(versions, draft, proposal.policy.content_model)
    return Revision(
        content=parsed.content,
        requested_version=requested_version,
        active=active,
        changes=changes,
    )


async def revise(
    database: Database,
    runner: Runner,
    comparer: Comparer,
    caller: Caller,
    proposal_id: UUID,
    revision: Revision,
) -> Revised:
    """Propose other content; that which is proposed already changes nothing: `after` is `before`.

    It says what is meant against what is active now, so it also ends the wait for a confirmation.
    Raises `ProposalEnded`, `NotReady` once it was withdrawn, cancelled or forced, `InvalidVersion`,
    and `PublishContended` when the asset kept changing.
    """

    async def attempt(tx: Transaction, revision: Revision) -> Revised:
        return await _write(tx, caller, proposal_id, revision)

    return await _tried(database, runner, comparer, proposal_id, revision, attempt)


async def preview(
    database: Database, comparer: Comparer, caller: Caller, proposal_id: UUID, revision: Revision
) -> Foreseen:
    """Return what revising would do now: it is done, looked at, and taken back.

    Whoever may not revise it foresees nothing; raises as `revise` does.
    """

    async def attempt(tx: Transaction, revision: Revision) -> Foreseen:
        revised = await _write(tx, caller, proposal_id, revision)
        others = {*revised.released, *(each.team_id for each in revised.told)}
        detail = await rounds.load_one(tx, proposal_id)
        teams = await tx.teams.by_id(others)
        raise _Undone(Foreseen(revised=revised, detail=detail, teams=teams))

    try:
        return await _tried(database, database, comparer, proposal_id, revision, attempt)
    except _Undone as undone:
        return undone.foreseen


async def _tried(
    database: Database,
    runner: Runner,
    comparer: Comparer,
    proposal_id: UUID,
    revision: Revision,
    attempt: Callable[[Transaction, Revision], Awaitable[T]],
) -> T:
    for _ in range(_TRIES):

        async def work(tx: Transaction, revision: Revision = revision) -> T:
            return await attempt(tx, revision)

        try:
            return await runner.run(work)
        except _Moved:
            revision = await _compared_again(database, comparer, proposal_id, revision)
    raise PublishContended("This asset keeps changing; try again in a moment.")


async def _base(
    database: Database, proposal_id: UUID
) -> tuple[Proposal, Contract | None, Versions]:
    """Return the proposal, what is active, and the versions that its mode compares with."""

    async def work(tx: Transaction) -> tuple[Proposal, Contract | None, Versions]:
        proposal = await lookup.proposal(tx, proposal_id)
        active = await tx.contracts.active(proposal.asset_id)
        mode = proposal.policy.mode
        return proposal, active, await compared_with(tx, proposal.asset_id, mode, active)

    return await database.read(work)


async def _compared_again(
    database: Database, comparer: Comparer, proposal_id: UUID, revision: Revision
) -> Revision:
    proposal, active, versions = await _base(database, proposal_id)
    model = proposal.policy.content_model
    changes = await comparer.changes(versions, revision.content, model)
    return replace(revision, active=active, changes=changes)


async def _write(tx: Transaction, caller: Caller, proposal_id: UUID, revision: Revision) -> Revised:
    before = await lookup.proposal(tx, proposal_id)
    await tx.assets.lock(before.asset_id)
    asset = (await tx.assets.by_id([before.asset_id]))[before.asset_id]
    by = permitted(caller, Action.PUBLISH, Resource(noun="proposals", team_id=asset.owner_team_id))
    proposal = await lookup.locked_proposal(tx, proposal_id)
    _check(proposal)
    requested = revision.requested_version or proposal.requested_version
    if (revision.content.content_hash, requested) == (
        proposal.content_hash,
        proposal.requested_version,
    ):
        were = await tx.parties.standing(proposal.id)
        return Revised(before=proposal, after=proposal, were=were, are=were)
    active = revision.active
    if await tx.contracts.active_id(asset.id) != (None if active is None else active.id):
        raise _Moved
    registrations = await tx.registrations.of_asset(asset.id)
    were = await tx.parties.standing(proposal.id)
    after = await _put(tx, _revised(proposal, revision, requested), registrations)
    await tx.proposals.save(after)
    are = await tx.parties.standing(proposal.id)
    told = _newly_told(proposal, after, [r for r in registrations if r.consumer_team_id not in are])
    revised = Revised(before=proposal, after=after, were=were, are=are, told=told)
    await _tell(tx, by, asset, revised)
    await openings.tell(tx, by, asset, after.version, told, after)
    await observations.note_revision(tx, by, asset, proposal, after, registrations)
    if after.gating:
        heard = await _heard(tx, after.id, registrations)
        await openings.tell_downstream(tx, by, asset, after, heard)
    tx.outbox.wake(after.id, Wake.REVISED, asset.fqn)
    return revised


def _check(proposal: Proposal) -> None:
    if not proposal.status.is_open:
        raise ended(proposal)
    said = {
        "withdrawn": proposal.withdrawn,
        "cancelled": proposal.cancelled,
        "forced": proposal.forced,
    }
    for word, decree in said.items():
        if decree is not None:
            raise NotReady(
                f"This proposal is {word} already, as it stands; it takes no other content.",
                proposal_status=proposal.status.value,
            )


def _revised(proposal: Proposal, revision: Revision, requested: str | None) -> Proposal:
    """Return it with the other content against what is active; an approved one is open again."""
    active, policy = revision.active, proposal.policy
    own = AssetPolicy(mode=policy.mode, semver_mode=policy.semver_mode)
    return replace(
        proposal,
        status=ProposalStatus.PENDING,
        cause=None,
        approved_at=None,
        publish_requested=None,
        force_requested=None,
        content=revision.content,
        content_hash=revision.content.content_hash,
        changes=revision.changes,
        requested_version=requested,
        version=version_for(own, active, revision.changes, requested),
        base_contract_id=None if active is None else active.id,
        base_version=None if active is None else active.version,
        base_moved=False,
        confirmed_base_id=None if active is None else active.id,
        confirmation_asked_at=None,
    )


async def _put(
    tx: Transaction, proposal: Proposal, registrations: Sequence[Registration]
) -> Proposal:
    """Put the question to whom it touches; the revision grows, whether or not that is anew."""
    touched = touched_by(proposal.gating, registrations)
    put = await parties.put_question(tx, proposal, touched) or proposal
    return replace(put, revision=proposal.revision + 1)


def _newly_told(
    before: Proposal, after: Proposal, others: Sequence[Registration]
) -> tuple[Touched, ...]:
    """Return who is not asked and did not hear before of what breaks for it without gating."""
    heard = {each.team_id: each.changes_hash for each in touched_by(_told(before), others)}
    return tuple(
        each
        for each in touched_by(_told(after), others)
        if heard.get(each.team_id) != each.changes_hash
    )


async def _heard(
    tx: Transaction, proposal_id: UUID, registrations: Iterable[Registration]
) -> frozenset[UUID]:
    """Return who has heard of the proposal: its readers, who was asked, and who was told."""
    told = await tx.events.of_proposals(EventType.DOWNSTREAM_TOLD, [proposal_id])
    return frozenset(
        {
            *(each.consumer_team_id for each in registrations),
            *await tx.parties.ever(proposal_id),
            *(UUID(team["team_id"]) for event in told for team in event.payload["told"]),
        }
    )


def _told(proposal: Proposal) -> tuple[Change, ...]:
    gates = proposal.policy.gates
    return tuple(each for each in proposal.changes if is_told(each) and not gates(each))


async def _tell(tx: Transaction, caller: Caller, asset: Asset, revised: Revised) -> None:
    """Tell the producer, whose answer stays, and who is released or objects; others are asked."""
    after, kept, released = revised.after, revised.kept, revised.released
    objections = await tx.objections.of_proposals([after.id])
    objecting = sorted({each.team_id for each in objections} - {*revised.were, *revised.are})
    await events.append(
        tx,
        NewEvent(
            type=EventType.REVISION_RECORDED,
            caller=caller,
            summary=f"The proposal {asset.fqn} {after.version} is revised by {caller.actor.name}.",
            asset_id=asset.id,
            proposal_id=after.id,
            team_id=after.producer_team_id,
            payload={
                "revision": after.revision,
                "version": after.version,
                "base_version": after.base_version,
                "breaking": [change.sentence for change in after.gating[:20]],
                ASKED: [str(team) for team in revised.asked],
                "kept": [str(team) for team in kept],
                "released": [str(team) for team in released],
                **change_of(revised.before, after),
            },
            audience=(after.producer_team_id, *kept, *released, *objecting),
            notifies=True,
        ),
    )
