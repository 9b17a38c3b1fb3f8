"""Objections of teams that a proposal affects only downstream: heard, told, and no veto."""

from collections.abc import Sequence
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.errors import InvalidRequest, NotInvolved
from domain.events import EventType, NewEvent
from domain.objections import MOST_OBJECTIONS, REASON_LIMIT, Objection
from domain.permissions import Action
from domain.teams import Team
from record import dependencies, events, lookup, rounds
from record.decrees import ended
from record.rounds import ProposalDetail
from store.database import Runner
from store.transaction import Transaction


async def object_to(
    runner: Runner, caller: Caller, proposal_id: UUID, team_id: UUID, reason: str
) -> Objection:
    """Record why a team would rather that an open proposal is not published.

    The same said again is not another one. Raises `ProposalEnded`, and `NotInvolved` for a team
    that is asked, so has an answer, and for one that owns nothing downstream.
    """
    reason = reason.strip()
    _check(reason)

    async def work(tx: Transaction) -> Objection:
        await tx.proposals.lock(proposal_id)
        detail = await rounds.load_one(tx, proposal_id)
        by = permitted(caller, Action.COMMENT, Resource(noun="objections", team_id=team_id))
        team = await lookup.team(tx, team_id)
        if not detail.proposal.status.is_open:
            raise ended(detail.proposal)
        assets = await _downstream(tx, detail, team)
        said = [
            each
            for each in await tx.objections.of_proposals([proposal_id])
            if each.team_id == team_id
        ]
        if said and said[-1].reason == reason:
            return said[-1]
        if len(said) >= MOST_OBJECTIONS:
            raise InvalidRequest.of(
                "reason", f"A team objects to a proposal at most {MOST_OBJECTIONS} times."
            )
        objection = await tx.objections.append(
            proposal_id=proposal_id, team_id=team_id, reason=reason, caller=by
        )
        await events.append(tx, _told(by, detail, team, objection, assets))
        return objection

    return await runner.run(work)


def _check(reason: str) -> None:
    if not reason:
        raise InvalidRequest.of("reason", "An objection says why.")
    if len(reason) > REASON_LIMIT:
        raise InvalidRequest.of("reason", f"A reason has at most {REASON_LIMIT} characters.")


async def _downstream(tx: Transaction, detail: ProposalDetail, team: Team) -> Sequence[Asset]:
    """Return what of the team's is made of the proposal's asset, or raise `NotInvolved`."""
    if any(party.team.id == team.id for party in detail.parties):
        raise NotInvolved(f"{team.name} is asked by this proposal: its answer is what counts.")
    assets = (await dependencies.affected(tx, detail.asset)).get(team.id)
    if not assets:
        raise NotInvolved(f"Nothing that {team.name} owns is made of {detail.asset.fqn}.")
    return assets


def _told(
    caller: Caller,
    detail: ProposalDetail,
    team: Team,
    objection: Objection,
    assets: Sequence[Asset],
) -> NewEvent:
    return NewEvent(
        type=EventType.OBJECTED,
        caller=caller,
        summary=f"{team.name} objects to {detail.asset.fqn} {detail.proposal.version}: "
        f"{objection.reason[:200]}",
        asset_id=detail.asset.id,
        proposal_id=detail.proposal.id,
        team_id=team.id,
        payload={
            "objection_id": str(objection.id),
            "reason": objection.reason,
            "assets": [asset.fqn for asset in assets[:20]],
            "before": None,
            "after": {"reason": objection.reason},
        },
        audience=(detail.proposal.producer_team_id,),
        notifies=True,
    )
