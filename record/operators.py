"""What operators do about an open proposal: ask again, give more time, hand over, end it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import InvalidRequest, NotAParty, NotReady
from domain.events import EventType, NewEvent
from domain.merging import united
from domain.parties import NoticeKind
from domain.permissions import Action
from domain.proposals import Decree, Proposal, ProposalStatus
from domain.registrations import Registration
from domain.teams import Team
from domain.timeline import format_duration
from record import events, lookup, movers, notices, parties, rounds
from record.decrees import Word, check_length, checked_reason, ended, say
from record.registrations import registration_to_wire
from record.rounds import PartyDetail, ProposalDetail
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

ASKED_JUST_NOW = timedelta(minutes=1)
"""Somebody who was told so lately is not told again by hand."""

_EXTENDED = Word(event=EventType.EXTENDED, says="given more time", wake=Wake.REVISED, notifies=True)
_CANCELLED = Word(event=EventType.CANCELLATION_RECORDED, says="cancelled", wake=Wake.WITHDRAWN)


async def ask_again(runner: Runner, caller: Caller, proposal_id: UUID, team_id: UUID) -> Proposal:
    """Remind one party now, out of turn; who was told within a minute is not told again.

    Raises `ProposalEnded`, `NotReady` or `NotAParty`.
    """

    async def work(tx: Transaction) -> Proposal:
        await tx.proposals.lock(proposal_id)
        detail = await rounds.load_one(tx, proposal_id)
        by = permitted(
            caller,
            Action.ASK_AGAIN,
            Resource(noun="proposals", team_id=detail.asset.owner_team_id),
        )
        _check_pending(detail.proposal)
        party = await _waited_for(tx, detail, team_id)
        told_at = max((each.noted_at for each in party.party.notices), default=None)
        if told_at is None or detail.read_at - told_at < ASKED_JUST_NOW:
            return detail.proposal
        ordinal = party.party.count(NoticeKind.REMIND) + 1
        await notices.tell(tx, by, detail, NoticeKind.REMIND, [(party, ordinal)], detail.read_at)
        tx.outbox.wake(proposal_id, Wake.PARTIES_CHANGED, detail.asset.fqn)
        return detail.proposal

    return await runner.run(work)


async def extend(
    runner: Runner, caller: Caller, proposal_id: UUID, by: timedelta, reason: str | None
) -> Proposal:
    """Give everybody so much more time; all of it together within the policy's `max_extension`."""
    if by <= timedelta(0):
        raise InvalidRequest(
            "More time is more than none.", errors=[{"path": "by", "message": "not positive"}]
        )

    async def said(
        _tx: Transaction, proposal: Proposal, _decree: Decree
    ) -> tuple[Word, Proposal] | None:
        _check_pending(proposal)
        most = proposal.policy.timeline.max_extension
        if proposal.extended_by + by > most:
            raise InvalidRequest(
                f"The policy lets this proposal be extended by {format_duration(most)} in all; "
                f"{format_duration(proposal.extended_by)} are given already.",
                errors=[{"path": "by", "message": "too long"}],
            )
        return _EXTENDED, replace(proposal, extended_by=proposal.extended_by + by)

    return await say(runner, caller, proposal_id, Action.EXTEND, reason, said)


async def cancel(runner: Runner, caller: Caller, proposal_id: UUID, reason: str) -> Proposal:
    """End an open proposal in its producer's place; nothing is published."""

    async def said(
        _tx: Transaction, proposal: Proposal, decree: Decree
    ) -> tuple[Word, Proposal] | None:
        return None if proposal.cancelled else (_CANCELLED, replace(proposal, cancelled=decree))

    def is_done(proposal: Proposal) -> bool:
        return proposal.status is ProposalStatus.REJECTED and proposal.cancelled is not None

    reason = checked_reason(reason, "Cancelling")
    return await say(runner, caller, proposal_id, Action.CANCEL, reason, said, is_done)


async def reassign(
    runner: Runner,
    caller: Caller,
    proposal_id: UUID,
    team_id: UUID,
    to_team_id: UUID,
    reason: str,
) -> Proposal:
    """Have another team asked in the place of one: it is who reads the asset, from now on.

    The registration goes over, united with what the other team declared, and it is asked anew: an
    answer is never anybody else's, and what that team said for itself is not said for both. It has
    to move off old versions in the first one's place too.

    Raises `ProposalEnded`, `NotReady` or `NotAParty`.
    """
    reason = _checked(reason, team_id, to_team_id)

    async def work(tx: Transaction) -> Proposal:
        before = await lookup.proposal(tx, proposal_id)
        asset = await lookup.locked_asset(tx, before.asset_id)
        by = permitted(
            caller, Action.REASSIGN, Resource(noun="proposals", team_id=asset.owner_team_id)
        )
        _check_pending(await lookup.locked_proposal(tx, proposal_id))
        detail = await rounds.load_one(tx, proposal_id)
        party = _party(detail, await lookup.team(tx, team_id))
        to_team = await lookup.standing_team(tx, to_team_id)
        was, now = await _hand_over(tx, asset.id, party.team, to_team)
        await events.append(
            tx,
            NewEvent(
                type=EventType.REGISTRATION_REASSIGNED,
                caller=by,
                summary=f"{to_team.name} reads {asset.fqn} in the place of {party.team.name}.",
                asset_id=asset.id,
                proposal_id=proposal_id,
                team_id=to_team.id,
                payload={
                    "reason": reason,
                    "before": _to_wire(party.team, was),
                    "after": _to_wire(to_team, now),
                },
                audience=(party.team.id, to_team.id),
                notifies=True,
            ),
        )
        await movers.merge(tx, by, asset, party.team, to_team)
        await tx.acknowledgments.supersede(proposal_id, to_team.id)
        await parties.follow(tx, by, asset.id, asset.fqn, recalls=False, anew=[to_team.id])
        return await lookup.proposal(tx, proposal_id)

    return await runner.run(work)


def _checked(reason: str, team_id: UUID, to_team_id: UUID) -> str:
    reason = checked_reason(reason, "Reassigning a party of")
    check_length(reason)
    if team_id == to_team_id:
        raise InvalidRequest(
            "That team is asked already.",
            errors=[{"path": "to_team_id", "message": "the same team"}],
        )
    return reason


async def _hand_over(
    tx: Transaction, asset_id: UUID, team: Team, to_team: Team
) -> tuple[Registration, Registration]:
    """Return the registration of the one team, and what is the other's from now on."""
    found = await tx.registrations.of_teams(asset_id, [team.id, to_team.id])
    by_team = {each.consumer_team_id: each for each in found}
    was = lookup.found(by_team.get(team.id), "registration", team.id)
    other = by_team.get(to_team.id)
    if other is None:
        await tx.registrations.move([was.id], to_team.id)
        return was, replace(was, consumer_team_id=to_team.id)
    await tx.registrations.delete(was.id)
    return was, await tx.registrations.take_over(united(other, was))


def _to_wire(team: Team, registration: Registration) -> dict[str, object]:
    return {
        "team_id": str(team.id),
        "team": team.name,
        "registration": registration_to_wire(registration),
    }


def _check_pending(proposal: Proposal) -> None:
    if not proposal.status.is_open:
        raise ended(proposal)
    if proposal.status is not ProposalStatus.PENDING:
        raise NotReady(
            "This proposal is approved; nobody is waited for.",
            proposal_status=proposal.status.value,
        )


def _party(detail: ProposalDetail, team: Team) -> PartyDetail:
    party = next((each for each in detail.parties if each.team.id == team.id), None)
    if party is None:
        asked = ", ".join(each.team.name for each in detail.parties) or "nobody"
        raise NotAParty(f"{team.name} is not asked by this proposal; it asks {asked}.")
    return party


async def _waited_for(tx: Transaction, detail: ProposalDetail, team_id: UUID) -> PartyDetail:
    party = _party(detail, await lookup.team(tx, team_id))
    if not party.party.pending:
        raise NotReady(f"{party.team.name} has answered.")
    return party
