"""Opening a proposal, telling those who are not asked, and noting that its base moved."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.acknowledgments import Acknowledgment
from domain.actors import Caller
from domain.amounts import counted
from domain.assets import Asset
from domain.bounds import ServerPolicy, named_fallback
from domain.contracts import Contract, ContractContent
from domain.events import ASKED, EventType, NewEvent
from domain.proposals import FrozenPolicy, Proposal, ProposalStatus, Touched, change_of, touched_by
from domain.publication import Verdict
from domain.registrations import Registration
from domain.team_policies import Fallback
from domain.timeline import Timeline
from record import consent, dependencies, events
from record.parties import new_parties
from record.rounds import ProposalDetail, detail_of
from store.outbox import Wake
from store.parties import StoredParty
from store.publications import Standing
from store.registrations import Consumers
from store.rounds import StoredMember, StoredRound
from store.rows import new_id
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The proposal, whom it asks, and who is only told."""

    detail: ProposalDetail
    asked: tuple[Touched, ...]
    told: tuple[Touched, ...]


def not_asked(
    verdict: Verdict, registrations: Iterable[Registration], asked: Sequence[Touched]
) -> tuple[Touched, ...]:
    """Return who is told: of a proposal every other consumer, else those whom a break touches."""
    already = {each.team_id for each in asked}
    others = [each for each in registrations if each.consumer_team_id not in already]
    touched = {each.team_id: each for each in touched_by(verdict.told, others)}
    if verdict.gating:
        for each in others:
            touched.setdefault(
                each.consumer_team_id,
                Touched(
                    team_id=each.consumer_team_id,
                    reason="reads nothing that breaks",
                    fields=(),
                    changes=(),
                ),
            )
    return tuple(sorted(touched.values(), key=lambda each: each.team_id.hex))


async def open_proposal(
    tx: Transaction,
    caller: Caller,
    standing: Standing,
    active: Contract | None,
    content: ContractContent,
    requested_version: str | None,
    verdict: Verdict,
    consumers: Consumers,
    policy: FrozenPolicy,
    publish_at: datetime | None = None,
) -> Opened:
    """Open a proposal under the asset's lock: parties, event, and the wish to be woken."""
    asset = standing.asset
    asked = tuple(touched_by(verdict.gating, consumers.registrations))
    told = not_asked(verdict, consumers.registrations, asked)
    proposal = replace(
        _new(caller, standing, active, content, verdict, policy),
        requested_version=requested_version,
        publish_at=publish_at,
        together_at=tx.together_at,
    )
    parties = await new_parties(tx, proposal, asked)
    given: list[Acknowledgment] = []
    if standing.proposed_before:
        parties, given = await consent.recalled(tx, proposal, parties, standing.read_at)
    await tx.proposals.insert(proposal, parties)
    await _announce(tx, caller, asset, proposal, verdict, asked)
    carried = await consent.carry(tx, proposal, given)
    await tell(tx, caller, asset, verdict.version, told, proposal)
    if standing.feeds_others:
        heard = {each.team_id for each in (*asked, *told)}
        await tell_downstream(tx, caller, asset, proposal, heard)
    detail = _first_detail(proposal, standing, parties, carried, consumers)
    return Opened(detail=detail, asked=asked, told=told)


def _new(
    caller: Caller,
    standing: Standing,
    active: Contract | None,
    content: ContractContent,
    verdict: Verdict,
    policy: FrozenPolicy,
) -> Proposal:
    asset = standing.asset
    return Proposal(
        id=new_id(),
        asset_id=asset.id,
        producer_team_id=asset.owner_team_id,
        status=ProposalStatus.PENDING,
        cause=None,
        revision=1,
        base_contract_id=None if active is None else active.id,
        base_version=None if active is None else active.version,
        requested_version=None,
        version=verdict.version,
        content=content,
        content_hash=content.content_hash,
        changes=verdict.changes,
        policy=policy,
        proposed_by=caller.actor,
        opened_at=standing.read_at,
    )


def _first_detail(
    proposal: Proposal,
    standing: Standing,
    parties: Iterable[StoredParty],
    carried: Mapping[UUID, Acknowledgment],
    consumers: Consumers,
) -> ProposalDetail:
    """Return what reading the proposal would find; it all stands in this transaction."""
    round_ = StoredRound(
        proposal=proposal,
        asset=standing.asset,
        producer=standing.owner,
        members=tuple(
            StoredMember(
                team=consumers.teams[each.team_id],
                party=each,
                acknowledgment=carried.get(each.team_id),
            )
            for each in parties
        ),
        read_at=standing.read_at,
    )
    return detail_of(round_, standing.read_at)


def frozen(
    asset: Asset, timeline: Timeline, fallback: Fallback | None, *, observes: bool = False
) -> FrozenPolicy:
    """Return what a proposal keeps of the policies that hold when it opens."""
    return FrozenPolicy(
        mode=asset.policy.mode,
        content_model=asset.policy.content_model,
        semver_mode=asset.policy.semver_mode,
        timeline=timeline,
        fallback=fallback,
        observe=observes,
    )


async def server_fallback(tx: Transaction, server: ServerPolicy) -> Fallback | None:
    """Return whom the server names as the last to hear of silence, if there is such a one."""
    if server.fallback is None:
        return None
    kind, name = named_fallback(server.fallback)
    if kind == "team":
        team = await tx.teams.named(name)
        return None if team is None else Fallback(team_id=team.id)
    user = await tx.users.of_email(name)
    return None if user is None else Fallback(user_id=user.id)


async def _announce(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    proposal: Proposal,
    verdict: Verdict,
    asked: Sequence[Touched],
) -> None:
    tx.outbox.wake(proposal.id, Wake.REVISED, _headline(asset, verdict))
    await events.append(
        tx,
        NewEvent(
            type=EventType.PROPOSAL_OPENED,
            caller=caller,
            summary=f"{asset.fqn} {verdict.version} is proposed: {_breaks(verdict)}"
            f"{_when(proposal)}.",
            asset_id=asset.id,
            proposal_id=proposal.id,
            team_id=asset.owner_team_id,
            payload={
                "version": verdict.version,
                "base_version": proposal.base_version,
                "breaking": [change.sentence for change in verdict.gating[:20]],
                ASKED: [str(each.team_id) for each in asked],
                **change_of(None, proposal),
            },
            audience=(asset.owner_team_id,),
            notifies=True,
        ),
    )


async def tell(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    version: str,
    told: Sequence[Touched],
    proposal: Proposal | None,
) -> None:
    """Tell consumers what changes without asking them."""
    if not told:
        return
    await events.append(
        tx,
        NewEvent(
            type=EventType.CONSUMERS_TOLD,
            caller=caller,
            summary=f"{len(told)} {'team is' if len(told) == 1 else 'teams are'} told "
            f"what changes in {asset.fqn} {version}.",
            asset_id=asset.id,
            proposal_id=None if proposal is None else proposal.id,
            payload={
                "version": version,
                "told": [
                    {
                        "team_id": str(each.team_id),
                        "reason": each.reason,
                        "breaking": [change.sentence for change in each.changes[:20]],
                    }
                    for each in told
                ],
            },
            audience=tuple(each.team_id for each in told),
            notifies=True,
        ),
    )


async def tell_downstream(
    tx: Transaction, caller: Caller, asset: Asset, proposal: Proposal, heard: Collection[UUID]
) -> None:
    """Tell the teams that own what is made of the asset; they can object, and decide nothing.

    Those that have heard of the proposal already are left out.
    """
    affected = await dependencies.affected(tx, asset)
    told = {team_id: owned for team_id, owned in affected.items() if team_id not in heard}
    if not told:
        return
    who = "1 team is" if len(told) == 1 else f"{len(told)} teams are"
    await events.append(
        tx,
        NewEvent(
            type=EventType.DOWNSTREAM_TOLD,
            caller=caller,
            summary=f"{who} told of {asset.fqn} {proposal.version}, of which assets of theirs "
            "are made.",
            asset_id=asset.id,
            proposal_id=proposal.id,
            payload={
                "version": proposal.version,
                "breaking": [change.sentence for change in proposal.gating[:20]],
                "told": [
                    {"team_id": str(team_id), "assets": [each.fqn for each in owned[:20]]}
                    for team_id, owned in told.items()
                ],
            },
            audience=tuple(sorted(told)),
            notifies=True,
        ),
    )


async def mark_base_moved(
    tx: Transaction, caller: Caller, asset: Asset, proposal: Proposal, moved_to: Contract
) -> Proposal:
    """Note on the locked open proposal that something else was published under it."""
    before = proposal
    proposal = replace(proposal, base_moved=True, confirmation_asked_at=None)
    await tx.proposals.save(proposal)
    await events.append(
        tx,
        NewEvent(
            type=EventType.BASE_MOVED,
            caller=caller,
            summary=f"{asset.fqn} {moved_to.version} is published while "
            f"{proposal.version} is proposed.",
            asset_id=asset.id,
            proposal_id=proposal.id,
            team_id=asset.owner_team_id,
            payload={
                "base_version": proposal.base_version,
                "active_version": moved_to.version,
                **change_of(before, proposal),
            },
            audience=(asset.owner_team_id,),
            notifies=True,
        ),
    )
    tx.outbox.wake(proposal.id, Wake.REVISED, asset.fqn)
    return proposal


def _headline(asset: Asset, verdict: Verdict) -> str:
    return f"{asset.fqn} → {verdict.version}: {_breaks(verdict)}"


def _breaks(verdict: Verdict) -> str:
    return counted(len(verdict.gating), "breaking change") if verdict.gating else "nothing breaks"


def _when(proposal: Proposal) -> str:
    at = proposal.publish_at
    return "" if at is None else f", to be published at {at:%Y-%m-%d %H:%M:%S %Z}"
