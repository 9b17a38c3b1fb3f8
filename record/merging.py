"""Merging a team into another one: everything that it has goes over, and it is deleted."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from domain.acknowledgments import Acknowledgment
from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import InvalidRequest
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.merging import higher_role, united, united_answer
from domain.permissions import Action
from domain.proposals import Proposal, ProposalStatus, touched_by
from domain.teams import Team
from record import (
    events,
    holding,
    lookup,
    members,
    movers,
    ownership,
    parties,
    registrations,
    rounds,
    team_lives,
)
from record.destination_events import told
from record.ownership import Given
from record.rounds import PartyDetail, ProposalDetail
from store.database import Runner
from store.destinations import Owner
from store.outbox import Wake
from store.transaction import Transaction


async def merge(runner: Runner, caller: Caller, team_id: UUID, into: UUID) -> Team:
    """Give all that a team has to another one and delete it; return the deleted team.

    Assets, registrations, members, keys, open questions with their calendars, answers and whom they
    are handed to, the destinations of whose names the other has none, and being a fallback. What
    the other team says about itself stays. Merging again what is merged so changes nothing.
    """
    if team_id == into:
        raise InvalidRequest(
            "A team is merged into another one, not into itself.",
            errors=[{"path": "into", "message": "is the team itself"}],
        )

    async def work(tx: Transaction) -> Team:
        by = permitted(caller, Action.DELETE_TEAM, Resource(noun="teams", team_id=team_id))
        await holding.hold(tx, team_id, into)
        team = await lookup.any_team(tx, team_id)
        if team.merged_into == into:
            return team
        if team.merged_into is not None:
            raise await team_lives.merged(tx, team)
        team, target = await lookup.team(tx, team_id), await lookup.team(tx, into)
        moved = await _move(tx, by, team, target)
        after = await tx.teams.delete(team_id, merged_into=into)
        await events.append(tx, _told(by, team, target, after, moved))
        return after

    return await holding.run(runner, work)


async def _move(tx: Transaction, caller: Caller, team: Team, target: Team) -> JsonObject:
    """Give everything over and return, for the log, what has no event of its own."""
    owned = await tx.assets.owned_by(team.id)
    await ownership.hand_over(
        tx, [Given(asset=asset, by=caller) for asset in owned], {team.id: team}, target
    )
    read = {each.asset_id for each in await tx.registrations.of_consumer(team.id)}
    asked = read | await tx.proposals.waiting_for(team.id)
    open_ones = await tx.proposals.all_open_of(asked)
    before = await rounds.load(tx, [proposal.id for proposal in open_ones])
    await _move_registrations(tx, caller, team, target)
    for detail in before:
        await _move_question(tx, caller, detail, team, target)
    for asset in (await tx.assets.by_id(read)).values():
        await movers.merge(tx, caller, asset, team, target)
    left = await _move_members(tx, caller, team, target)
    await _move_destinations(tx, caller, team, target)
    keys = await tx.api_keys.move(team.id, target.id)
    await tx.teams.fall_back_to(target.id, team.id)
    return {
        "assets": len(owned),
        "registrations": len(read),
        "members": [str(user_id) for user_id in left],
        "api_keys": [str(key_id) for key_id in keys],
    }


async def _move_registrations(tx: Transaction, caller: Caller, team: Team, target: Team) -> None:
    theirs = {each.asset_id: each for each in await tx.registrations.of_consumer(target.id)}
    standing = await tx.registrations.of_consumer(team.id)
    assets = await tx.assets.by_id(each.asset_id for each in standing)
    alone = [each for each in standing if each.asset_id not in theirs]
    await tx.registrations.move([each.id for each in alone], target.id)
    for each in standing:
        asset, kept = assets[each.asset_id], theirs.get(each.asset_id)
        await events.append(tx, registrations.told(caller, asset, team, each, None))
        if kept is None:
            await events.append(tx, registrations.told(caller, asset, target, None, each))
            continue
        await tx.registrations.delete(each.id)
        after = united(kept, each)
        if after != kept:
            await tx.registrations.save(after)
            await events.append(tx, registrations.told(caller, asset, target, kept, after))


async def _move_question(
    tx: Transaction, caller: Caller, detail: ProposalDetail, team: Team, target: Team
) -> None:
    """Ask the other team what the merged one was asked, as far as that has come.

    Where both were asked, the answer is what holds for both; what only one of them has answered is
    asked again.
    """
    asked = {each.team.id: each for each in detail.parties}
    ours, theirs = asked.get(team.id), asked.get(target.id)
    proposal, asset = detail.proposal, detail.asset
    if ours is None:
        await parties.follow(tx, caller, asset.id, asset.fqn, recalls=False)
        return
    await tx.acknowledgments.supersede(proposal.id, target.id)
    answer = ours.acknowledgment
    if theirs is None:
        await tx.acknowledgments.move(proposal.id, team.id, target.id)
        await tx.parties.move(proposal.id, team.id, target.id)
    else:
        answer = united_answer([ours.acknowledgment, theirs.acknowledgment])
        await tx.parties.release(proposal.id, [team.id])
    after = await _put_question(tx, proposal)
    if theirs is not None and answer is not None:
        await _carry(tx, after, target, answer)
    await _tell_parties(tx, caller, detail, after, [team, target], [ours, theirs], answer)


async def _put_question(tx: Transaction, proposal: Proposal) -> Proposal:
    """Bring the parties of a pending proposal in line; an approved one is decided."""
    if proposal.status is not ProposalStatus.PENDING:
        return proposal
    reading = await tx.registrations.of_asset(proposal.asset_id)
    touched = touched_by(proposal.gating, reading)
    changed = await parties.put_question(tx, proposal, touched, recalls=False)
    if changed is None:
        return proposal
    await tx.proposals.save(changed)
    return changed


async def _carry(tx: Transaction, proposal: Proposal, target: Team, answer: Acknowledgment) -> None:
    """Let an answer hold for the question as the team is asked it now."""
    standing = await tx.parties.standing(proposal.id)
    if target.id not in standing:
        return
    await tx.acknowledgments.append(
        proposal_id=proposal.id,
        team_id=target.id,
        revision=proposal.revision,
        changes_hash=standing[target.id],
        response=answer.response,
        note=answer.note,
        until=answer.until,
        caller=answer.caller,
    )


async def _tell_parties(
    tx: Transaction,
    caller: Caller,
    detail: ProposalDetail,
    after: Proposal,
    teams: Sequence[Team],
    asked: Sequence[PartyDetail | None],
    answer: Acknowledgment | None,
) -> None:
    before, (team, target) = detail.proposal, teams
    were = sorted(str(each.team.id) for each in detail.parties)
    responses = [each and each.acknowledgment and each.acknowledgment.response for each in asked]
    now = await tx.parties.standing(after.id)
    await events.append(
        tx,
        NewEvent(
            type=EventType.PARTIES_CHANGED,
            caller=caller,
            summary=f"{target.name} is asked in the place of {team.name} about the proposal for "
            f"{detail.asset.fqn}.",
            asset_id=after.asset_id,
            proposal_id=after.id,
            payload={
                "revision": after.revision,
                "before": {"revision": before.revision, "parties": were, "answers": responses},
                "after": {
                    "revision": after.revision,
                    "parties": sorted(map(str, now)),
                    "answers": [answer and answer.response],
                },
            },
        ),
    )
    tx.outbox.wake(after.id, Wake.PARTIES_CHANGED, detail.asset.fqn)


async def _move_members(
    tx: Transaction, caller: Caller, team: Team, target: Team
) -> tuple[UUID, ...]:
    """Put everybody into the other team, in the higher of two roles; return who they are.

    A role that the provider's groups gave stays one of theirs, to be taken away again.
    """
    theirs = {member.user.id: member for member in await tx.members.all_of(target.id)}
    ours = await tx.members.all_of(team.id)
    put = []
    for member in ours:
        standing = theirs.get(member.user.id)
        had = None if standing is None else standing.role
        if had is not None and higher_role(had, member.role) is had:
            continue
        put.append(member)
        kind = EventType.MEMBER_ADDED if standing is None else EventType.MEMBER_ROLE_CHANGED
        by_groups = (standing is not None and standing.by_groups, member.by_groups)
        await members.tell(
            tx, caller, kind, target, member.user, had, member.role, by_groups=by_groups
        )
    await tx.members.put_all(target.id, put)
    await tx.members.remove_all(team.id)
    return tuple(member.user.id for member in ours)


async def _move_destinations(tx: Transaction, caller: Caller, team: Team, target: Team) -> None:
    """Give the other team what it has none of the name of, and take the rest out of use."""
    theirs = {each.name for each in await tx.destinations.of_owner(Owner(target.id))}
    for ours in await tx.destinations.of_owner(Owner(team.id)):
        await events.append(tx, told(caller, team, ours, None))
        if ours.name in theirs:
            await tx.destinations.remove(ours.id)
            continue
        await tx.destinations.move(ours.id, target.id)
        moved = replace(ours, team_id=target.id)
        await events.append(tx, told(caller, target, None, moved))


def _told(caller: Caller, team: Team, target: Team, after: Team, moved: JsonObject) -> NewEvent:
    into = {"merged_into": str(target.id), "merged_into_name": target.name}
    return NewEvent(
        type=EventType.TEAM_MERGED,
        caller=caller,
        summary=f"Team {team.name} is merged into {target.name}.",
        team_id=team.id,
        payload={
            **moved,
            "before": team_lives.to_wire(team),
            "after": {**team_lives.to_wire(after), **into},
        },
    )
