"""Keeping the parties of an open proposal true while registrations and the base change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.actors import Caller
from domain.events import EventType, NewEvent
from domain.proposals import FrozenPolicy, Proposal, ProposalStatus, Touched, touched_by
from domain.timeline import Days
from domain.working_days import WorkCalendar
from record import consent, events
from store.outbox import Wake
from store.parties import StoredParty, new_party
from store.transaction import Transaction

_BEHIND, _AHEAD = timedelta(days=40), timedelta(days=3 * 365)


async def follow(
    tx: Transaction,
    caller: Caller,
    asset_id: UUID,
    fqn: str,
    *,
    recalls: bool = True,
    anew: Collection[UUID] = (),
) -> None:
    """Bring the parties of the asset's pending proposal in line with the registrations.

    The asset's lock is held, so the registrations stand still. An approved proposal is decided:
    whoever registers after that was not among those it waited for.
    """
    found = await tx.proposals.open_of(asset_id)
    if found is None:
        return
    await tx.proposals.lock(found.id)
    proposal = await tx.proposals.get(found.id)
    if proposal is None or proposal.status is not ProposalStatus.PENDING:
        return
    registrations = await tx.registrations.of_asset(asset_id)
    before = sorted(map(str, await tx.parties.standing(proposal.id)))
    touched = touched_by(proposal.gating, registrations)
    changed = await put_question(tx, proposal, touched, recalls=recalls, anew=anew)
    if changed is None:
        return
    await tx.proposals.save(changed)
    await events.append(
        tx,
        NewEvent(
            type=EventType.PARTIES_CHANGED,
            caller=caller,
            summary=f"The parties of the proposal for {fqn} changed.",
            asset_id=asset_id,
            proposal_id=proposal.id,
            payload={
                "revision": changed.revision,
                "before": {"revision": proposal.revision, "parties": before},
                "after": {
                    "revision": changed.revision,
                    "parties": sorted(map(str, await tx.parties.standing(proposal.id))),
                },
            },
        ),
    )
    tx.outbox.wake(proposal.id, Wake.PARTIES_CHANGED, fqn)


async def put_question(
    tx: Transaction,
    proposal: Proposal,
    touched: Iterable[Touched],
    *,
    recalls: bool = True,
    anew: Collection[UUID] = (),
) -> Proposal | None:
    """Write whom the present changes touch; return the proposal, or None if nothing changed.

    A party whose changes are the same keeps its answer and its notices. A new question gets a new
    revision, which is what makes it be asked anew, unless it answered the same question before;
    a team that grows by another one answers for itself alone no more: it `recalls` nothing. Those
    of `anew` are asked once more, also if their changes are the same.
    """
    wanted = {each.team_id: each for each in touched}
    standing = await tx.parties.standing(proposal.id)
    released = [team_id for team_id in standing if team_id not in wanted]
    asked = [
        each
        for team_id, each in wanted.items()
        if standing.get(team_id) != each.changes_hash or team_id in anew
    ]
    if not released and not asked:
        return None
    if released:
        await tx.parties.release(proposal.id, released)
    if not asked:
        return proposal
    proposal = replace(proposal, revision=proposal.revision + 1)
    parties = await new_parties(tx, proposal, asked)
    if not recalls:
        await tx.parties.put(proposal.id, parties)
        return proposal
    recalling, given = await consent.recalled(tx, proposal, parties, await tx.now())
    await tx.parties.put(proposal.id, recalling)
    await consent.carry(tx, proposal, given)
    return proposal


async def new_parties(
    tx: Transaction, proposal: Proposal, asked: Sequence[Touched]
) -> list[StoredParty]:
    """Return the parties of teams whose question is new, with what is kept of their calendars."""
    calendars = await calendars_of(tx, proposal.policy, [each.team_id for each in asked])
    return [
        new_party(proposal.id, proposal.revision, each, calendars.get(each.team_id))
        for each in asked
    ]


async def calendars_of(
    tx: Transaction, policy: FrozenPolicy, team_ids: Iterable[UUID]
) -> Mapping[UUID, WorkCalendar]:
    """Return the calendars that are kept with questions to these teams: where they count.

    Of the days off those are left out of which no question can last to see them.
    """
    if policy.timeline.days is not Days.WORKING:
        return {}
    today = (await tx.now()).date()
    found = await tx.team_calendars.of_teams(team_ids)
    return {
        team_id: calendar.between(today - _BEHIND, today + _AHEAD)
        for team_id, calendar in found.items()
    }
